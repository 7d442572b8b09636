package order

import (
	"context"
	"errors"
	"time"

	"phoneotp/shared/payment"
)

// takeInvoice acts on an event about an invoice.
func (f Fulfiller) takeInvoice(ctx context.Context, e payment.Event, now time.Time) (Outcome, error) {
	in, err := f.invoice(ctx, e.ObjectID, e.Order)
	if err != nil {
		return Outcome{}, err
	}
	out, err := f.SettleInvoice(ctx, in, now)
	if err != nil || out.Alarming() || in.Order == "" {
		return out, err
	}
	switch open := in.Status == payment.InvoiceOpen; {
	case e.Type == "invoice.finalization_failed":
		return f.stuck(ctx, in, now)
	case open && (e.Type == "invoice.payment_failed" || e.Type == "invoice.payment_action_required"):
		return f.failed(ctx, in.Order, in.ID, now)
	case open && e.Type == "invoice.overdue":
		return f.overdue(ctx, in, now)
	}
	return out, err
}

// invoice reads an invoice; a draft that is gone is one that was deleted.
func (f Fulfiller) invoice(ctx context.Context, id, order string) (payment.Invoice, error) {
	in, err := f.Payment.GetInvoice(ctx, id)
	if errors.Is(err, payment.ErrNoInvoice) {
		return payment.Invoice{ID: id, Order: order, Status: payment.InvoiceDeleted}, nil
	}
	return in, err
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
			return f.overpaid(ctx, o, in, now)
		}
		return out, err
	case payment.InvoiceVoid, payment.InvoiceDeleted:
		return f.dropInvoice(ctx, o, in, now)
	case payment.InvoiceOpen, payment.InvoiceUncollectible:
		changed, err := f.Orders.noteInvoice(ctx, o, in)
		if err != nil || !changed {
			return Outcome{Result: Ignored, Order: o.Number}, err
		}
		return Outcome{Result: Noted, Order: o.Number, Changed: true}, nil
	case payment.InvoiceDraft:
	}
	return Outcome{Result: Ignored, Order: o.Number}, nil
}

// dropInvoice cancels the order whose invoice nobody can pay any more. What was paid of it is for a person to
// give back, also where the order was cancelled first: by its purchaser, or by a run that went no further.
func (f Fulfiller) dropInvoice(ctx context.Context, o Order, in payment.Invoice, now time.Time) (Outcome, error) {
	for range tries {
		switch {
		case o.invoice != in.ID || o.State != Placed && o.State != Cancelled:
			return Outcome{Result: Ignored, Order: o.Number}, nil
		case o.State == Cancelled:
			return f.partGiven(ctx, o, in, Ignored, now)
		}
		o = o.partly(in)
		writes, err := f.Orders.ending(ctx, f.Credentials, o, now)
		if err != nil {
			return Outcome{}, err
		}
		err = f.Orders.DB.Commit(ctx, append(writes, f.Notices.Write(unpaidMail(o), now),
			f.entry(o, EventCancelled, now, map[string]string{"invoice": string(in.Status), "paid": in.Paid.String()}))...)
		if err == nil {
			return f.partGiven(ctx, o, in, Cancels, now)
		}
		if !moved(err) {
			return Outcome{}, err
		}
		if o, err = f.Orders.get(ctx, o.Number); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{}, errMoved
}

// partGiven is the outcome of an order that ended: where nothing was paid of its invoice, or a person knows of it
// already, the one given. A part that was paid is left to a person, once.
func (f Fulfiller) partGiven(ctx context.Context, o Order, in payment.Invoice, none Result, now time.Time) (Outcome, error) {
	out := Outcome{Result: none, Order: o.Number, Changed: none == Cancels}
	if in.Paid.Amount <= 0 {
		return out, nil
	}
	told, err := f.tell(ctx, o, EventPaidInPart, in.ID, now)
	if err != nil || !told {
		return out, err
	}
	return Outcome{Result: Decide, Order: o.Number, Why: "paid in part", Changed: true}, nil
}
