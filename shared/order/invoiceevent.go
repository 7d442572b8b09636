package order

import (
	"context"
	"errors"
	"strings"
	"time"

	"phoneotp/shared/payment"
)

// takeInvoice acts on an event about an invoice.
func (f Fulfiller) takeInvoice(ctx context.Context, e payment.Event, now time.Time) (Outcome, error) {
	in, err := f.Payment.GetInvoice(ctx, e.ObjectID)
	if errors.Is(err, payment.ErrNoInvoice) {
		in, err = payment.Invoice{ID: e.ObjectID, Order: e.Order, Status: payment.InvoiceDeleted}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	out, err := f.SettleInvoice(ctx, in, now)
	if err == nil && strings.HasSuffix(e.Type, ".finalization_failed") && !out.Alarming() {
		return Outcome{Result: Stuck, Order: in.Order, Why: "finalisation"}, nil
	}
	return out, err
}

// SettleInvoice brings the order of an invoice to where the invoice stands: also for reconciliation and the
// sweep. Only one that is paid whole issues keys; one that is given up can still be paid.
func (f Fulfiller) SettleInvoice(ctx context.Context, in payment.Invoice, now time.Time) (Outcome, error) {
	if in.Order == "" { // another product's, on the same Stripe account
		return Outcome{Result: Ignored}, nil
	}
	o, err := f.Orders.get(ctx, in.Order)
	if errors.Is(err, ErrUnknown) {
		return Outcome{Result: NotOurs, Order: in.Order, Why: "order"}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	switch in.Status {
	case payment.InvoicePaid:
		out, err := f.settle(ctx, o, ofInvoice(in), now)
		if err == nil && in.Overpaid.Amount > 0 && !out.Alarming() {
			out.Result, out.Why = Overpaid, in.Overpaid.String()
		}
		return out, err
	case payment.InvoiceVoid, payment.InvoiceDeleted:
		return f.dropInvoice(ctx, o, in, now)
	case payment.InvoiceOpen, payment.InvoiceUncollectible:
		changed, err := f.Orders.noteInvoice(ctx, o, in)
		if err != nil || !changed {
			return Outcome{Result: Ignored, Order: o.Number}, err
		}
		return Outcome{Result: Noted, Order: o.Number}, nil
	case payment.InvoiceDraft:
	}
	return Outcome{Result: Ignored, Order: o.Number}, nil
}

// dropInvoice cancels the order whose invoice nobody can pay any more.
func (f Fulfiller) dropInvoice(ctx context.Context, o Order, in payment.Invoice, now time.Time) (Outcome, error) {
	for range tries {
		if o.State != Placed || o.invoice != in.ID {
			return Outcome{Result: Ignored, Order: o.Number}, nil
		}
		writes, err := f.Orders.ending(ctx, f.Credentials, o, now)
		if err != nil {
			return Outcome{}, err
		}
		err = f.Orders.DB.Commit(ctx, append(writes, f.entry(o, EventCancelled, now, map[string]string{"invoice": string(in.Status)}))...)
		if !moved(err) {
			return Outcome{Result: Cancels, Order: o.Number}, err
		}
		if o, err = f.Orders.get(ctx, o.Number); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{}, errMoved
}
