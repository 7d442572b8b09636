package license

import (
	"errors"

	"phoneotp/shared/fault"
)

var (
	// ErrTyping: what was entered cannot be a key. It costs no try.
	ErrTyping = fault.New(fault.Invalid, "license-typing-error", "That license key has a typing error")
	// ErrUnknown: there is no such key, or it is somebody else's. Nobody learns which.
	ErrUnknown = fault.New(fault.NotFound, "license-unknown", "We do not recognise this license key")
	// ErrVoid: the key was refunded, cancelled, used up or not used in time.
	ErrVoid = fault.New(fault.Gone, "license-void", "This license key is no longer valid")
	// ErrSuspended: the payment for the key is disputed.
	ErrSuspended = fault.New(fault.Gone, "license-suspended", "This license key is suspended")
	// ErrTooMany: too many unknown keys were entered on this account or from this address.
	ErrTooMany = fault.New(fault.Throttled, "license-locked", "Too many unknown license keys were entered")
)

// errOwn is what the holder meets who enters the key again.
var errOwn = errors.New("license: it is the holder's own")
