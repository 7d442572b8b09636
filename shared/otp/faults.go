package otp

import "phoneotp/shared/fault"

// The refusals of a code (api.md, in the order in which Verify finds them).
var (
	ErrMalformed = fault.New(fault.Invalid, "otp-malformed", "A code has six digits")
	ErrUnknown   = fault.New(fault.NotFound, "otp-unknown", "There is no such code request")
	ErrSpent     = fault.New(fault.Gone, "otp-spent", "This code is no longer in use")
	ErrExpired   = fault.New(fault.Gone, "otp-expired", "This code is too old")
	ErrLocked    = fault.New(fault.Throttled, "otp-locked", "Codes are locked after too many wrong ones")
	ErrEarlier   = fault.New(fault.Invalid, "otp-earlier-code", "That was an earlier code")
	ErrWrong     = fault.New(fault.Invalid, "otp-wrong", "That is not the code")
)

// The refusals of a send (api.md).
var (
	ErrTooSoon = fault.New(fault.Throttled, "send-too-soon", "The last code was sent a moment ago")
	ErrLimit   = fault.New(fault.Throttled, "send-limit", "Too many codes have been sent")
)
