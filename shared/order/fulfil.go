package order

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/payment"
)

// Fulfiller turns payments into keys.
type Fulfiller struct {
	Orders  Orders
	Payment *payment.Client
	Issuer  license.Issuer
	Notices *notice.Outbox
	Audit   audit.Log

	Credentials *credential.Registry // closes what a refunded key opened, takes the terms of renewals
}

// Result is what came of a payment event.
type Result string

// The results. The first seven are in order; the others are for a person to look at.
const (
	Ignored   Result = "ignored"    // of a type that changes nothing here, or not paid
	Done      Result = "fulfilled"  // the keys are issued
	Already   Result = "already"    // they were before
	Lapsed    Result = "lapsed"     // the session's link was taken off the order
	Noted     Result = "noted"      // the order tells more of its invoice than before
	Cancels   Result = "cancelled"  // its invoice was voided
	Reversed  Result = "reversed"   // a refund or dispute had its effect, or lost it
	Held      Result = "held"       // what was paid is not what was ordered
	PaidAgain Result = "paid-again" // the order was paid by another payment, or is over
	NotOurs   Result = "not-ours"   // no such order
	Overpaid  Result = "overpaid"   // the keys are issued; what came beyond the total is to be given back
	Decide    Result = "to-decide"  // a refund or dispute of keys in use, in part or late
	Stuck     Result = "stuck"      // Stripe cannot finalise the invoice
)

// Outcome is a result with what a log line says about it.
type Outcome struct {
	Result Result
	Order  string // number
	Why    string
}

// Alarming tells whether a person must look at it.
func (o Outcome) Alarming() bool {
	switch o.Result {
	case Held, PaidAgain, NotOurs, Overpaid, Decide, Stuck:
		return true
	}
	return false
}

// Take acts on a payment event. The event is only a hint of what to read again. Taking it twice, in any
// order with others, changes nothing twice. Its errors are those of the database and payment.ErrUnavailable.
func (f Fulfiller) Take(ctx context.Context, e payment.Event, now time.Time) (Outcome, error) {
	if strings.HasPrefix(e.Type, "invoice.") {
		return f.takeInvoice(ctx, e, now)
	}
	if reverses(e.Type) {
		return f.takeCharge(ctx, e, now)
	}
	if !strings.HasPrefix(e.Type, "checkout.session.") {
		return Outcome{Result: Ignored, Order: e.Order}, nil
	}
	s, err := f.Payment.GetCheckout(ctx, e.ObjectID)
	if errors.Is(err, payment.ErrNoSession) {
		return Outcome{Result: NotOurs, Order: e.Order, Why: "session"}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	return f.Settle(ctx, s, now)
}

// Settle brings the order of a session to where the session stands: also for reconciliation and the sweep.
func (f Fulfiller) Settle(ctx context.Context, s payment.Session, now time.Time) (Outcome, error) {
	if s.Order == "" { // another product's, on the same Stripe account
		return Outcome{Result: Ignored}, nil
	}
	if s.Status == payment.Expired {
		return f.lapse(ctx, s)
	}
	if s.Status != payment.Complete || !s.Paid {
		return Outcome{Result: Ignored, Order: s.Order}, nil
	}
	o, err := f.Orders.get(ctx, s.Order)
	if errors.Is(err, ErrUnknown) {
		return Outcome{Result: NotOurs, Order: s.Order, Why: "order"}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	return f.settle(ctx, o, ofSession(s), now)
}

// settle moves an order that was paid. It looks again where somebody else moved it meanwhile.
func (f Fulfiller) settle(ctx context.Context, o Order, r receipt, now time.Time) (Outcome, error) {
	for range tries {
		result, writes, why, err := f.move(ctx, o, r, now)
		if err != nil || len(writes) == 0 {
			return Outcome{result, o.Number, why}, err
		}
		err = f.Orders.DB.Commit(ctx, writes...)
		if !moved(err) {
			return Outcome{result, o.Number, why}, err
		}
		if o, err = f.Orders.get(ctx, o.Number); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{}, fmt.Errorf("settle %s: %w", o.Number, dynamo.ErrBusy)
}

// move decides what a payment means for the order as it stands.
func (f Fulfiller) move(ctx context.Context, o Order, r receipt, now time.Time) (Result, []dynamo.Write, string, error) {
	switch {
	case o.paidBy(r):
		return Already, nil, "", nil
	case o.State != Placed:
		return PaidAgain, f.noteExtra(o, r, now), string(o.State), nil
	}
	if why := o.difference(r, f.Payment.Live()); why != "" {
		return Held, f.hold(o, r, why, now), why, nil
	}
	if o.Renewal() {
		return f.renew(ctx, o, r, now)
	}
	writes, err := f.fulfil(o, r, now)
	return Done, writes, "", err
}

func (f Fulfiller) fulfil(o Order, r receipt, now time.Time) ([]dynamo.Write, error) {
	var issued []license.License
	var writes []dynamo.Write
	for _, l := range o.Lines {
		for range l.Quantity {
			key, write, err := f.Issuer.Issue(l.Product, o.Number, o.PlacedAt)
			if err != nil {
				return nil, fmt.Errorf("fulfil %s: %w", o.Number, err)
			}
			issued, writes = append(issued, key), append(writes, write)
		}
	}
	mail := notice.KeysReady(o.Purchaser.String(), o.Number, len(issued))
	if len(issued) == 1 {
		mail = notice.LicenseKey(o.Purchaser.String(), o.Number, o.Lines[0].Name, issued[0].Digest)
	}
	return append(writes,
		f.Orders.fulfilled(o, r.proof, issued, now),
		f.Notices.Write(mail, now),
		f.entry(o, EventFulfilled, now, map[string]string{"payment": r.proof, "keys": strconv.Itoa(len(issued)), "last4": last4(issued)}),
	), nil
}

// hold keeps a paid order back for a person.
func (f Fulfiller) hold(o Order, r receipt, why string, now time.Time) []dynamo.Write {
	return []dynamo.Write{
		f.Orders.held(o, r.proof, why, now),
		f.Notices.Write(notice.OrderHeld(o.Purchaser.String(), o.Number), now),
		f.entry(o, EventHeld, now, map[string]string{"payment": r.proof, "differs": why, "paid": r.total.String()}),
	}
}

// noteExtra keeps a payment that came on top, once.
func (f Fulfiller) noteExtra(o Order, r receipt, now time.Time) []dynamo.Write {
	for _, known := range o.extra {
		if known == r.proof {
			return nil
		}
	}
	return []dynamo.Write{
		f.Orders.noteExtra(o, r.proof),
		f.entry(o, EventPaidAgain, now, map[string]string{"payment": r.proof, "paid": r.total.String()}),
	}
}

func (f Fulfiller) entry(o Order, what audit.Event, now time.Time, detail map[string]string) dynamo.Write {
	return f.Audit.Write(audit.Entry{Subject: audit.Order(o.Number), Actor: audit.Stripe, What: what, At: now, Detail: detail})
}

// lapse takes the link of an expired session off its order, unless a fresh one stands there.
func (f Fulfiller) lapse(ctx context.Context, s payment.Session) (Outcome, error) {
	gone, err := f.Orders.forgetSession(ctx, s)
	if err != nil || !gone {
		return Outcome{Result: Ignored, Order: s.Order}, err
	}
	return Outcome{Result: Lapsed, Order: s.Order}, nil
}

func last4(issued []license.License) string {
	all := make([]string, len(issued))
	for i, l := range issued {
		all[i] = l.Last4
	}
	return strings.Join(all, " ")
}
