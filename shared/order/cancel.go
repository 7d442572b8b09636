package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/payment"
)

// Canceller ends unpaid orders for their purchasers.
type Canceller struct {
	Orders  Orders
	Payment *payment.Client
	Audit   audit.Log

	Credentials *credential.Registry // which renewal orders are taken off
}

// Cancel closes the order's checkout and ends the order. One that was cancelled already is returned as it
// is. It returns ErrUnknown, ErrNotCancellable or payment.ErrUnavailable.
func (c Canceller) Cancel(ctx context.Context, number string, by account.ID, from string, now time.Time) (Order, error) {
	for range tries {
		o, err := c.Orders.own(ctx, number, by)
		if err != nil {
			return Order{}, err
		}
		switch o.State {
		case Cancelled:
			return o, nil
		case Placed:
		default:
			return Order{}, ErrNotCancellable.Because(textAlreadySettled)
		}
		if o.session != "" {
			closed, err := c.Payment.ExpireCheckout(ctx, o.session)
			switch {
			case errors.Is(err, payment.ErrNoSession):
			case err != nil:
				return Order{}, fmt.Errorf("cancel order: %w", err)
			case closed.Status == payment.Complete:
				return Order{}, ErrNotCancellable.Because(textPaidMeanwhile)
			}
		}
		if o.invoice != "" {
			ended, err := c.Payment.EndInvoice(ctx, o.invoice)
			if err != nil {
				return Order{}, fmt.Errorf("cancel order: %w", err)
			}
			if ended.Status == payment.InvoicePaid {
				return Order{}, ErrNotCancellable.Because(textPaidMeanwhile)
			}
			o = o.partly(ended) // the event of its end leaves that to a person
		}
		writes, err := c.Orders.ending(ctx, c.Credentials, o, now)
		if err != nil {
			return Order{}, fmt.Errorf("cancel order: %w", err)
		}
		err = c.Orders.DB.Commit(ctx, append(writes, c.Audit.Write(audit.Entry{
			Subject: audit.Order(number), Actor: audit.Account(by.String()), What: EventCancelled, At: now, From: from,
		}))...)
		if moved(err) { // paid, or another checkout was opened: look again
			continue
		}
		if err != nil {
			return Order{}, fmt.Errorf("cancel order: %w", err)
		}
		o.State, o.CancelledAt, o.invoiceLeft = Cancelled, now, 0
		if o.invoice != "" {
			o.invoiceStatus = payment.InvoiceVoid
		}
		return o, nil
	}
	return Order{}, fmt.Errorf("cancel order: %w", errMoved)
}
