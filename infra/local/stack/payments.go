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
		"mark-paid-out-of-band": p.sandbox.MarkPaidOutOfBand, "void": p.sandbox.VoidInvoice, "refund-failed": p.sandbox.FailRefund,
		"dispute": p.sandbox.Dispute, "dispute-won": p.close("won"), "dispute-lost": p.close("lost"),
		"pay-part": p.amount(p.sandbox.PayPart, 1000), "overpay": p.amount(p.sandbox.PayPart, 1_000_000), "refund-part": p.amount(p.sandbox.RefundPart, 500),
		"credit": p.amount(p.sandbox.Credit, 500), "uncollectible": p.sandbox.MarkUncollectible, "wired-late": p.sandbox.Wired,
		"invoice-failed": p.sandbox.FailInvoice, "overdue": p.sandbox.Overdue, "finalization-failed": p.sandbox.FailFinalization,
		"fraud-warning": p.sandbox.Warn,
	}[event]
	if !ok {
		return fmt.Errorf("%w: %q", front.ErrNoSuchEvent, event)
	}
	err := act(ctx, order)
	switch {
	case errors.Is(err, stripe.ErrNoCheckout), errors.Is(err, stripe.ErrNoInvoice):
		return fmt.Errorf("%w: %s", front.ErrNoPayment, order)
	case errors.Is(err, stripe.ErrNotOpen), errors.Is(err, stripe.ErrNotPaid):
		return fmt.Errorf("%w: %w", front.ErrNotNow, err)
	case errors.Is(err, stripe.ErrKeptBack): // as somebody has asked for
		return nil
	}
	return err
}

// amount does something with an amount in minor units.
func (p payments) amount(do func(context.Context, string, int64) error, minor int64) func(context.Context, string) error {
	return func(ctx context.Context, order string) error { return do(ctx, order, minor) }
}

// close ends an order's dispute in one way.
func (p payments) close(status string) func(context.Context, string) error {
	return func(ctx context.Context, order string) error { return p.sandbox.CloseDispute(ctx, order, status) }
}
