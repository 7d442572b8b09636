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

// The names of the limits, in the member "rule" of a refusal and in the table of limits.
const (
	RuleGap        = "gap"         // between two sends
	RuleSends      = "sends"       // of a holder
	RuleCalls      = "calls"       // of a holder
	RuleWrongCodes = "wrong-codes" // in a row
	RuleNumber     = "number"      // sends to one unconfirmed number, over all accounts
	RuleNewNumbers = "new-numbers" // of a holder
	RuleAddress    = "address"     // sends to unconfirmed numbers from one address
	RulePrefix     = "prefix"      // numbers like this one do not answer
	RuleCountry    = "country"     // numbers of this country do not answer
	RuleSpend      = "spend"       // what a day may cost
)

// The refusals of a send (api.md).
var (
	ErrTooSoon = fault.New(fault.Throttled, "send-too-soon", "The last code was sent a moment ago")
	ErrLimit   = fault.New(fault.Throttled, "send-limit", "Too many codes have been sent")
)
