package order

import "phoneotp/shared/fault"

var (
	// ErrUnknown: there is no such order, or it is somebody else's.
	ErrUnknown = fault.New(fault.NotFound, "order-unknown", "We do not know this order")
	// ErrNotPayable: the order is paid, over, or too old for a fresh link.
	ErrNotPayable = fault.New(fault.Conflict, "order-not-payable", "This order cannot be paid now").Then("reload")
	// ErrNotCancellable: the order is paid or over.
	ErrNotCancellable = fault.New(fault.Conflict, "order-not-cancellable", "This order cannot be cancelled").Then("reload")
	// ErrRenewalNotOpen: the credential cannot be renewed now; the detail says why.
	ErrRenewalNotOpen = fault.New(fault.Conflict, "renewal-not-open", "Your credential cannot be renewed now")
	// ErrRenewalWrongProduct: what was asked for renews another kind of credential.
	ErrRenewalWrongProduct = fault.New(fault.Invalid, "renewal-wrong-product", "This product does not renew your credential")
	// ErrKeyRequired: placing needs an Idempotency-Key of 16 to 64 printable characters.
	ErrKeyRequired = fault.New(fault.Malformed, "idempotency-key-required", "The request needs an Idempotency-Key of 16 to 64 printable characters")
	// ErrKeyReused: the idempotency key came with another request in the last 24 hours.
	ErrKeyReused = fault.New(fault.Invalid, "idempotency-key-reused", "This Idempotency-Key was used for another request")
	// ErrKeyInUse: the first request with this key is still being worked on.
	ErrKeyInUse = fault.New(fault.Conflict, "idempotency-key-in-use", "The first request with this Idempotency-Key is still being worked on")
	// ErrNoKeys: the order has no key that could still be sent.
	ErrNoKeys = fault.New(fault.Conflict, "order-no-keys", "This order has no unused license key to send")
	// ErrKeyUnknown: the order has no key that ends so, or several.
	ErrKeyUnknown = fault.New(fault.NotFound, "key-unknown", "This order has no such license key")
	// ErrKeyActivated: a credential lives by the key; that one is revoked instead.
	ErrKeyActivated = fault.New(fault.Conflict, "key-in-use", "This license key is in use")
	// ErrResendLimit: the mail was sent again too often.
	ErrResendLimit = fault.New(fault.Throttled, "order-resend-limit", "The mail was sent again too often")
)
