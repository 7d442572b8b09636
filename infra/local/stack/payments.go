package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"phoneotp/infra/local/front"
	"phoneotp/infra/local/stripe"
)

// payments speaks the contract's event names to the sandbox.
type payments struct{ sandbox *stripe.Sandbox }

// ServeHTTP is the sandbox's API and hosted pages.
func (p payments) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.sandbox.ServeHTTP(w, r) }

// Do lets an event happen and waits until the product has taken it in.
func (p payments) Do(ctx context.Context, order, event string) error {
	act, ok := map[string]func(context.Context, string) error{
		"pay": p.sandbox.Pay, "fail": p.sandbox.Fail, "expire": p.sandbox.Expire, "refund": p.sandbox.Refund,
	}[event]
	if !ok {
		return fmt.Errorf("%w: %q", front.ErrNoSuchEvent, event)
	}
	err := act(ctx, order)
	switch {
	case errors.Is(err, stripe.ErrNoCheckout):
		return fmt.Errorf("%w: %s", front.ErrNoPayment, order)
	case errors.Is(err, stripe.ErrNotOpen), errors.Is(err, stripe.ErrNotPaid):
		return fmt.Errorf("%w: %w", front.ErrNotNow, err)
	}
	return err
}
