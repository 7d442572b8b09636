package credential

import "phoneotp/shared/fault"

// The refusals of this room (api.md, License, phones, codes). Those of codes and sends are package otp's.
var (
	ErrExists       = fault.New(fault.Conflict, "credential-exists", "You hold a credential already")
	ErrRequired     = fault.New(fault.Conflict, "credential-required", "You need a credential first")
	ErrNotActive    = fault.New(fault.Conflict, "credential-not-active", "Your credential is not active")
	ErrFrozen       = fault.New(fault.Forbidden, "credential-frozen", "Your credential is frozen")
	ErrTooWeak      = fault.New(fault.TooWeak, "strength-too-low", "This needs a stronger sign-in")
	ErrNotFresh     = fault.New(fault.TooWeak, "otp-not-fresh", "This needs a code that was entered a moment ago")
	ErrPhoneUnknown = fault.New(fault.NotFound, "phone-unknown", "There is no such number")
	ErrPhoneLimit   = fault.New(fault.Conflict, "phone-limit", "Three numbers are registered already")
	ErrDuplicate    = fault.New(fault.Conflict, "phone-duplicate", "This number is registered already")
	ErrPhoneLast    = fault.New(fault.Conflict, "phone-last", "The last number cannot be removed")
	ErrPhoneTooNew  = fault.New(fault.Forbidden, "phone-too-new", "You logged in through a number that was added less than 24 hours ago")
	ErrSharedWidely = fault.New(fault.Conflict, "phone-shared-too-widely", "This number is registered for too many accounts")
	ErrVoiceOnly    = fault.New(fault.Invalid, "phone-voice-only", "This number takes calls only")
)
