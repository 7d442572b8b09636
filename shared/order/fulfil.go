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
	"phoneotp/shared/proofing"
)

// Fulfiller turns payments into keys.
type Fulfiller struct {
	Orders  Orders
	Payment *payment.Client
	Issuer  license.Issuer
	Notices *notice.Outbox
	Audit   audit.Log

	// Credentials takes the terms of renewals, and with Cases ends what a refunded key opened.
	Credentials *credential.Registry
	Cases       proofing.Desk // with its Release
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
	Told      Result = "told"       // the purchaser was told that a payment failed or is overdue
	Unknown   Result = "unknown"    // of a type that is not handled here
)

// Outcome is a result with what a log line says about it.
type Outcome struct {
	Result Result
	Order  string // number
	Why    string
	// Changed tells that the order was moved, or a person told, by this very act: a repeat changes nothing.
	Changed bool
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
	switch {
	case strings.HasPrefix(e.Type, "checkout.session."):
		return f.takeSession(ctx, e, now)
	case strings.HasPrefix(e.Type, "invoice."):
		return f.takeInvoice(ctx, e, now)
	case reverses(e.Type):
		out, err := f.takeCharge(ctx, e, now)
		out.Changed = err == nil && (out.Result == Reversed || out.Result == Decide)
		return out, err
	case e.Type == fraudWarning:
		return f.takeWarning(ctx, e, now)
	case strings.HasPrefix(e.Type, creditNote):
		return f.takeCredit(ctx, e, now)
	}
	return Outcome{Result: Unknown, Order: e.Order}, nil
}

func (f Fulfiller) takeSession(ctx context.Context, e payment.Event, now time.Time) (Outcome, error) {
	s, err := f.Payment.GetCheckout(ctx, e.ObjectID)
	if errors.Is(err, payment.ErrNoSession) {
		return Outcome{Result: NotOurs, Order: e.Order, Why: "session"}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	out, err := f.Settle(ctx, s, now)
	if err == nil && e.Type == delayedFailure && out.Result == Ignored && s.Order != "" {
		return f.failed(ctx, s.Order, s.ID, now)
	}
	return out, err
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
			return Outcome{Result: result, Order: o.Number, Why: why}, err
		}
		err = f.Orders.DB.Commit(ctx, writes...)
		if !moved(err) {
			return Outcome{Result: result, Order: o.Number, Why: why, Changed: err == nil}, err
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
		f.Notices.Write(notice.PaidTooMuch(o.Purchaser.String(), o.Number), now),
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
	return Outcome{Result: Lapsed, Order: s.Order, Changed: true}, nil
}

func last4(issued []license.License) string {
	all := make([]string, len(issued))
	for i, l := range issued {
		all[i] = l.Last4
	}
	return strings.Join(all, " ")
}
