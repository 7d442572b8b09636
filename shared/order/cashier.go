package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/payment"
)

// Cashier opens checkouts and sends invoices for orders.
type Cashier struct {
	Orders  Orders
	Payment *payment.Client
	Origin  string // of the portal, as https://otp.example.org

	Accounts account.Accounts // for the address that an invoice goes to

	Credentials *credential.Registry // tells whether there is something left to renew
}

// Again makes a fresh link for an unpaid order of the purchaser and closes the old one first, so that an
// old tab cannot pay a second time. It returns ErrUnknown, ErrNotPayable or payment.ErrUnavailable.
func (c Cashier) Again(ctx context.Context, number string, by account.ID, now time.Time) (Order, error) {
	o, err := c.Orders.own(ctx, number, by)
	if err != nil {
		return Order{}, err
	}
	if o.Renewal() {
		c, err := c.Credentials.Find(ctx, by)
		if err != nil {
			return Order{}, err
		}
		if o.State == Placed && (c == nil || c.Renewal != o.Number) {
			return Order{}, ErrNotPayable.Because(textRenewalReplaced)
		}
	}
	return c.again(ctx, o, now)
}

func (c Cashier) again(ctx context.Context, o Order, now time.Time) (Order, error) {
	err := o.payable(now)
	if err != nil {
		return Order{}, err
	}
	if o.Payment == Invoice { // a crash left it without an invoice
		if o, err = c.Orders.takeUp(ctx, o, now); err != nil {
			return Order{}, err
		}
		return c.bill(ctx, o, now)
	}
	if o.session != "" {
		closed, err := c.Payment.ExpireCheckout(ctx, o.session)
		switch {
		case errors.Is(err, payment.ErrNoSession):
		case err != nil:
			return Order{}, fmt.Errorf("pay order again: %w", err)
		case closed.Status == payment.Complete:
			return Order{}, ErrNotPayable.Because(textPaidMeanwhile)
		}
		if o, err = c.Orders.raise(ctx, o, now); err != nil {
			return Order{}, err
		}
	}
	return c.open(ctx, o, now)
}

// open asks Stripe for the session of the order's attempt and keeps its link. An attempt that cannot
// succeed any more is followed by the next.
func (c Cashier) open(ctx context.Context, o Order, now time.Time) (Order, error) {
	for range tries {
		s, err := c.Payment.CreateCheckout(ctx, c.checkout(o))
		switch {
		case errors.Is(err, payment.ErrAttemptSpent), err == nil && !now.Before(s.ExpiresAt): // replayed from hours ago
			if o, err = c.Orders.raise(ctx, o, now); err != nil {
				return Order{}, err
			}
			continue
		case err != nil:
			c.Orders.letGo(ctx, o)
			return Order{}, fmt.Errorf("open checkout of %s: %w", o.Number, err)
		}
		kept, stands, err := c.Orders.keepSession(ctx, o, s)
		if err != nil {
			return Order{}, fmt.Errorf("open checkout of %s: %w", o.Number, err)
		}
		if kept {
			return stands, nil
		}
		// The order moved on while we were asking, so nobody may pay here. If closing fails, the session
		// ends by itself, and a payment is noted for a person.
		_, _ = c.Payment.ExpireCheckout(ctx, s.ID)
		if stands.State != Placed || stands.session != "" {
			return stands, nil
		}
		o = stands
	}
	return Order{}, fmt.Errorf("open checkout of %s: %w", o.Number, payment.ErrUnavailable)
}

func (c Cashier) checkout(o Order) payment.Checkout {
	page := c.Origin + "/orders/" + o.Number // told of a return it waits for Stripe's word: an address proves nothing
	return payment.Checkout{
		Order: o.Number, Attempt: o.attempt, ExpiresAt: o.attemptAt.Add(sessionFor), SuccessURL: page + "?returned=paid", CancelURL: page, Lines: paymentLines(o),
	}
}
