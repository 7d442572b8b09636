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

// What is told of orders whose payment goes another than the straight way, as the audit trail has it.
const (
	EventPaymentFailed audit.Event = "order-payment-failed"
	EventOverdue       audit.Event = "order-invoice-overdue"
	EventOverpaid      audit.Event = "order-overpaid"
	EventPaidInPart    audit.Event = "order-paid-in-part" // and is over
	EventStuck         audit.Event = "order-invoice-stuck"
	EventWarned        audit.Event = "order-fraud-warning"
	EventCredited      audit.Event = "order-credited"
)

// Types of events with a meaning of their own (commerce-proofing.md 1.5).
const (
	delayedFailure = "checkout.session.async_payment_failed"
	fraudWarning   = "radar.early_fraud_warning.created"
	creditNote     = "credit_note."
)

// errTold: it was told before.
var errTold = errors.New("order: this was told before")

// tell notes a mark on an order, once, with its audit entry and mail. It tells whether this was the first time.
func (f Fulfiller) tell(ctx context.Context, o Order, what audit.Event, about string, now time.Time, mail ...notice.Notice) (bool, error) {
	writes := []dynamo.Write{f.Orders.told(o, string(what)+" "+about), f.entry(o, what, now, map[string]string{"about": about})}
	for _, n := range mail {
		writes = append(writes, f.Notices.Write(n, now))
	}
	err := f.Orders.DB.Commit(ctx, writes...)
	if errors.Is(err, errTold) {
		return false, nil
	}
	return err == nil, err
}

// failed tells the purchaser of an order that still waits for its payment, once for each session or invoice, that a
// try to pay did not go through.
func (f Fulfiller) failed(ctx context.Context, number, about string, now time.Time) (Outcome, error) {
	return f.toPurchaser(ctx, number, EventPaymentFailed, about, now, func(o Order) notice.Notice {
		return notice.PaymentFailed(o.Purchaser.String(), o.Number)
	})
}

// overdue tells the purchaser until when an invoice can still be paid.
func (f Fulfiller) overdue(ctx context.Context, in payment.Invoice, now time.Time) (Outcome, error) {
	return f.toPurchaser(ctx, in.Order, EventOverdue, in.ID, now, func(o Order) notice.Notice {
		return notice.InvoiceOverdue(o.Purchaser.String(), o.Number, in.DueAt.Add(grace))
	})
}

func (f Fulfiller) toPurchaser(ctx context.Context, number string, what audit.Event, about string, now time.Time, mail func(Order) notice.Notice) (Outcome, error) {
	o, err := f.Orders.get(ctx, number)
	if errors.Is(err, ErrUnknown) {
		return Outcome{Result: NotOurs, Order: number, Why: "order"}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	if o.State != Placed || about != o.invoice && about != o.session {
		return Outcome{Result: Ignored, Order: number}, nil
	}
	told, err := f.tell(ctx, o, what, about, now, mail(o))
	if err != nil || !told {
		return Outcome{Result: Ignored, Order: number}, err
	}
	return Outcome{Result: Told, Order: number, Changed: true}, nil
}

// stuck leaves an invoice that Stripe cannot finalise to a person, usually because of its address.
func (f Fulfiller) stuck(ctx context.Context, in payment.Invoice, now time.Time) (Outcome, error) {
	return f.toPerson(ctx, in.Order, Stuck, "finalisation", EventStuck, in.ID, now)
}

// overpaid leaves what came beyond an invoice's total to a person, and tells the purchaser.
func (f Fulfiller) overpaid(ctx context.Context, o Order, in payment.Invoice, now time.Time) (Outcome, error) {
	told, err := f.tell(ctx, o, EventOverpaid, in.ID, now, notice.PaidTooMuch(o.Purchaser.String(), o.Number))
	return Outcome{Result: Overpaid, Order: o.Number, Why: in.Overpaid.String(), Changed: told}, err
}

// takeWarning leaves an order whose card may be stolen to a person; keys are not touched before that.
func (f Fulfiller) takeWarning(ctx context.Context, e payment.Event, now time.Time) (Outcome, error) {
	c, err := f.Payment.ChargeOf(ctx, e)
	if errors.Is(err, payment.ErrNoCharge) {
		return Outcome{Result: NotOurs, Order: e.Order, Why: e.Object}, nil
	}
	if err != nil || c.Order == "" {
		return Outcome{Result: Ignored}, err
	}
	return f.toPerson(ctx, c.Order, Decide, "fraud warning", EventWarned, e.ObjectID, now)
}

// takeCredit leaves a credit note to a person: it changes what an invoice asks for, or gives money back.
func (f Fulfiller) takeCredit(ctx context.Context, e payment.Event, now time.Time) (Outcome, error) {
	in, err := f.Payment.CreditedInvoice(ctx, e.ObjectID)
	if errors.Is(err, payment.ErrNoInvoice) {
		return Outcome{Result: NotOurs, Order: e.Order, Why: "credit note"}, nil
	}
	if err != nil || in.Order == "" {
		return Outcome{Result: Ignored}, err
	}
	return f.toPerson(ctx, in.Order, Decide, "credit note", EventCredited, e.ObjectID, now)
}

// toPerson notes what a person must look at.
func (f Fulfiller) toPerson(ctx context.Context, number string, result Result, why string, what audit.Event, about string, now time.Time) (Outcome, error) {
	o, err := f.Orders.get(ctx, number)
	if errors.Is(err, ErrUnknown) {
		return Outcome{Result: NotOurs, Order: number, Why: "order"}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	told, err := f.tell(ctx, o, what, about, now)
	return Outcome{Result: result, Order: number, Why: why, Changed: told}, err
}
