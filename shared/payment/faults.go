package payment

import (
	"errors"

	"phoneotp/shared/fault"
)

var (
	// ErrUnavailable: Stripe did not answer in time or had trouble. Asking again is safe.
	ErrUnavailable = fault.New(fault.Unavailable, "payment-unavailable", "The payment service cannot answer just now")
	// ErrBadSignature: the request was not signed by Stripe, was altered, or is not of this time.
	ErrBadSignature = fault.New(fault.Malformed, "bad-signature", "The signature does not fit the message")
	// ErrWrongMode: an event of Stripe's test mode reached a live stage, or the other way round.
	ErrWrongMode = fault.New(fault.Malformed, "payment-wrong-mode", "The event is of another mode")
)

var (
	// ErrAttemptSpent: this attempt's idempotency key holds a failure, or its session would be too short
	// by now. The caller takes the next attempt.
	ErrAttemptSpent = errors.New("payment: the attempt is spent")
	// ErrNoInvoice: Stripe knows no such invoice.
	ErrNoInvoice = errors.New("payment: no such invoice")
	// ErrNoSession: Stripe knows no such session.
	ErrNoSession = errors.New("payment: no such session")
)
