package order

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/payment"
)

// What becomes of orders whose money goes back, as the audit trail has it.
const (
	EventReversed   audit.Event = "order-reversed"
	EventUnreversed audit.Event = "order-restored"
)

// reverses tells the events of refunds and disputes.
func reverses(kind string) bool {
	return kind == "charge.refunded" || strings.HasPrefix(kind, "refund.") || strings.HasPrefix(kind, "charge.dispute.")
}

// takeCharge acts on an event of a refund or a dispute.
func (f Fulfiller) takeCharge(ctx context.Context, e payment.Event, now time.Time) (Outcome, error) {
	c, err := f.Payment.ChargeOf(ctx, e)
	if errors.Is(err, payment.ErrNoCharge) {
		return Outcome{Result: NotOurs, Order: e.Order, Why: e.Object}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	return f.Reverse(ctx, c, now)
}

// Reverse brings an order to where its charge stands: also for reconciliation. Taking the same charge twice, or
// its events in another order, changes nothing twice. It returns dynamo.ErrBusy for an order that has not yet
// learnt of its payment, so that Stripe tells it again.
func (f Fulfiller) Reverse(ctx context.Context, c payment.Charge, now time.Time) (Outcome, error) {
	if c.Order == "" { // another product's, on the same Stripe account
		return Outcome{Result: Ignored}, nil
	}
	for range tries {
		o, err := f.Orders.get(ctx, c.Order)
		switch {
		case errors.Is(err, ErrUnknown):
			return Outcome{Result: NotOurs, Order: c.Order, Why: "order"}, nil
		case err != nil:
			return Outcome{}, err
		case o.State == Placed:
			return Outcome{}, fmt.Errorf("reverse %s before it is paid: %w", o.Number, dynamo.ErrBusy)
		case o.paidWith != c.Payment: // what came on top goes back, as it should
			return Outcome{Result: Ignored, Order: o.Number}, nil
		}
		reversal := f.reversal
		if o.Renewal() {
			reversal = f.renewalReversal
		}
		out, writes, err := reversal(ctx, o, c, now)
		if err != nil || len(writes) == 0 {
			return out, err
		}
		err = f.Orders.DB.Commit(ctx, writes...)
		if !moved(err) && !errors.Is(err, license.ErrMoved) {
			return out, err
		}
	}
	return Outcome{}, fmt.Errorf("reverse %s: %w", c.Order, dynamo.ErrBusy)
}

// reversal decides what a charge means for the order and its keys as they stand.
func (f Fulfiller) reversal(ctx context.Context, o Order, c payment.Charge, now time.Time) (Outcome, []dynamo.Write, error) {
	h := o.happening(c)
	mark := h.mark(c)
	if mark == o.reversal {
		return Outcome{Result: Already, Order: o.Number}, nil, nil
	}
	keys, err := f.keysOf(ctx, o)
	if err != nil {
		return Outcome{}, nil, err
	}
	row := Policy(h)
	writes, person := f.onKeys(row, h, keys, now)
	to := row.State
	if to == Fulfilled && len(keys) == 0 { // it was held
		to = Paid
	}
	out := Outcome{Result: Reversed, Order: o.Number, Why: string(h)}
	what := EventReversed
	if h == Cleared {
		what, out.Why = EventUnreversed, "undone"
	}
	if person {
		out.Result = Decide
	}
	changed := len(writes)
	writes = append(writes, f.Orders.reversed(o, to, mark),
		f.entry(o, what, now, map[string]string{"charge": c.ID, "because": out.Why, "refunded": c.Refunded.String(), "keys": strconv.Itoa(changed), "person": strconv.FormatBool(person)}))
	if mail, ok := reversalMail(o, h, changed); ok {
		writes = append(writes, f.Notices.Write(mail, now))
	}
	return out, writes, nil
}

func (f Fulfiller) keysOf(ctx context.Context, o Order) ([]license.License, error) {
	if len(o.keys) == 0 {
		return nil, nil
	}
	keys, err := f.Issuer.Licenses.Find(ctx, o.keys...)
	if err == nil && len(keys) != len(o.keys) {
		err = errors.New("a license is missing")
	}
	if err != nil {
		return nil, fmt.Errorf("keys of %s: %w", o.Number, err)
	}
	return keys, nil
}

// onKeys are the writes of one row, and whether a person must look.
func (f Fulfiller) onKeys(row Row, h Happening, keys []license.License, now time.Time) (writes []dynamo.Write, person bool) {
	if len(keys) == 0 { // held: a person has it already
		return nil, row.Cells[Unredeemed].Person
	}
	for _, l := range keys {
		at, gone := stage(l, now)
		cell := row.Cells[at]
		person = person || cell.Person
		if gone {
			continue
		}
		writes = append(writes, f.onKey(cell.Act, h, l, now)...)
	}
	if person && row.ForAll {
		return nil, true
	}
	return writes, person
}

func (f Fulfiller) onKey(act Act, h Happening, l license.License, now time.Time) []dynamo.Write {
	s := f.Issuer.Licenses
	why := license.ByRefund
	if h == DisputeLost {
		why = license.ByDispute
	}
	switch {
	case act == Void && l.State != license.Void:
		writes := []dynamo.Write{s.Voiding(l, why, now)}
		if !l.Free() {
			writes = append(writes, f.Credentials.Closing(*l.Holder, l.Digest, license.ErrMoved), f.Audit.Write(audit.Entry{
				Subject: audit.Account(l.Holder.String()), Actor: audit.Stripe, What: license.EventVoided, At: now, Ref: l.Order, Detail: map[string]string{"last4": l.Last4},
			}))
		}
		return writes
	case act == Suspend && l.State == license.Issued:
		return []dynamo.Write{s.Suspending(l)}
	case act == Restore && (l.State == license.Suspended || l.State == license.Void):
		return []dynamo.Write{s.Restoring(l)}
	}
	return nil
}

// reversalMail is what the purchaser is told, if anything changed for them.
func reversalMail(o Order, h Happening, changed int) (notice.Notice, bool) {
	by := o.Purchaser.String()
	switch {
	case h == RefundWhole || h == RefundLate || h == DisputeLost:
		return notice.OrderRefunded(by, o.Number, changed > 0), true
	case h == DisputeOpened && changed > 0:
		return notice.KeysSuspended(by, o.Number), true
	case h == Cleared && changed > 0:
		return notice.KeysRestored(by, o.Number), true
	}
	return notice.Notice{}, false
}
