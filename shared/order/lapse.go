package order

import (
	"context"
	"errors"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/payment"
)

// Lapser ends an order that was not paid in time (product.md 2): by card 24 hours after placing, by invoice 7 days
// after it was due. What was paid all the same is fulfilled.
type Lapser struct{ Fulfiller Fulfiller }

// Lapse closes what one due order could still be paid with, fulfils it if that was paid, else cancels it. What was
// paid of a cancelled invoice is for a person to give back.
func (l Lapser) Lapse(ctx context.Context, number string, now time.Time) (Outcome, error) {
	f := l.Fulfiller
	for range tries {
		o, err := f.Orders.get(ctx, number)
		if err != nil {
			return Outcome{}, err
		}
		if o.State != Placed || now.Before(o.due()) {
			return Outcome{Result: Ignored, Order: number}, nil
		}
		in, out, err := l.close(ctx, o, now)
		if err != nil || out.Result != "" {
			return out, err
		}
		o = o.partly(in)
		switch err := l.end(ctx, o, unpaidMail(o), "not paid in time", now); {
		case err == nil:
			return f.partGiven(ctx, o, in, Cancels, now)
		case !moved(err):
			return Outcome{}, err
		}
	}
	return Outcome{}, dynamo.ErrBusy
}

// end cancels an order that nobody can pay any more.
func (l Lapser) end(ctx context.Context, o Order, mail notice.Notice, why string, now time.Time) error {
	f := l.Fulfiller
	writes, err := f.Orders.ending(ctx, f.Credentials, o, now)
	if err != nil {
		return err
	}
	return f.Orders.DB.Commit(ctx, append(writes, f.Notices.Write(mail, now),
		f.Audit.Write(audit.Entry{Subject: audit.Order(o.Number), Actor: audit.System, What: EventCancelled, At: now, Why: why}))...)
}

// unpaidMail tells the purchaser that an order ended because nobody paid it.
func unpaidMail(o Order) notice.Notice {
	switch {
	case o.Renewal():
		return notice.RenewalLapsed(o.Purchaser.String(), o.Number)
	case o.Payment == Invoice:
		return notice.InvoiceVoided(o.Purchaser.String(), o.Number)
	}
	return notice.CheckoutExpired(o.Purchaser.String(), o.Number)
}

// close makes sure that nobody can pay the order any more. It settles one that was paid first, and says so.
func (l Lapser) close(ctx context.Context, o Order, now time.Time) (in payment.Invoice, out Outcome, err error) {
	f := l.Fulfiller
	switch {
	case o.session != "":
		s, err := f.Payment.ExpireCheckout(ctx, o.session)
		if errors.Is(err, payment.ErrNoSession) {
			return in, out, nil
		}
		if err != nil || s.Status != payment.Complete {
			return in, out, err
		}
		if s, err = f.Payment.GetCheckout(ctx, o.session); err != nil { // with its lines
			return in, out, err
		}
		out, err = f.Settle(ctx, s, now)
		return in, out, err
	case o.invoice != "":
		in, err = f.Payment.EndInvoice(ctx, o.invoice)
		if err != nil || in.Status != payment.InvoicePaid {
			return in, out, err
		}
		out, err = f.SettleInvoice(ctx, in, now)
	}
	return in, out, err
}
