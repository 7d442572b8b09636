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
		judge := f.reversal
		if o.Renewal() {
			judge = f.renewalReversal
		}
		out, keys, last, err := judge(ctx, o, c, now)
		if err == nil && len(last) > 0 {
			err = f.commit(ctx, keys, last)
		}
		if !overtaken(err) {
			return out, err
		}
	}
	return Outcome{}, fmt.Errorf("reverse %s: %w", c.Order, dynamo.ErrBusy)
}

// overtaken tells whether order, key, credential or case is not as it was seen.
func overtaken(err error) bool {
	return errors.Is(err, errMoved) || errors.Is(err, license.ErrMoved) || errors.Is(err, credential.ErrMoved)
}

// most is how many writes fit into one transaction (a limit of DynamoDB).
const most = 100

// commit makes all changes in one transaction, as long as they fit: an order of a few keys. Of a larger one whole keys
// go before, and the order with its mail last: each key is judged by itself, and a repeat goes on where this one broke off.
func (f Fulfiller) commit(ctx context.Context, keys [][]dynamo.Write, last []dynamo.Write) error {
	for _, writes := range keys {
		if len(last)+len(writes) <= most {
			last = append(writes, last...)
			continue
		}
		if err := f.Orders.DB.Commit(ctx, writes...); err != nil {
			return err
		}
	}
	return f.Orders.DB.Commit(ctx, last...)
}

// reversal decides what a charge means for the order and its keys as they stand: the changes of each key, and those of
// the order, none if there is nothing to do.
func (f Fulfiller) reversal(ctx context.Context, o Order, c payment.Charge, now time.Time) (out Outcome, changes [][]dynamo.Write, last []dynamo.Write, err error) {
	h := o.happening(c)
	mark := h.mark(c)
	if mark == o.reversal {
		return Outcome{Result: Already, Order: o.Number}, nil, nil, nil
	}
	keys, err := f.keysOf(ctx, o)
	if err != nil {
		return Outcome{}, nil, nil, err
	}
	row := Policy(h)
	changes, changed, person, err := f.onKeys(ctx, row, h, keys, now)
	if err != nil {
		return Outcome{}, nil, nil, fmt.Errorf("keys of %s: %w", o.Number, err)
	}
	to := row.State
	if to == Fulfilled && len(keys) == 0 { // it was held
		to = Paid
	}
	out = Outcome{Result: Reversed, Order: o.Number, Why: string(h)}
	what := EventReversed
	if h == Cleared {
		what, out.Why = EventUnreversed, "undone"
	}
	if person {
		out.Result = Decide
	}
	last = append(last, f.Orders.reversed(o, to, mark),
		f.entry(o, what, now, map[string]string{"charge": c.ID, "because": out.Why, "refunded": c.Refunded.String(), "keys": strconv.Itoa(changed), "person": strconv.FormatBool(person)}))
	if mail, ok := reversalMail(o, h, changed); ok {
		last = append(last, f.Notices.Write(mail, now))
	}
	return out, changes, last, nil
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

// onKeys are the writes of one row for each key, how many keys it changes or has changed before it broke off, and
// whether a person must look.
func (f Fulfiller) onKeys(ctx context.Context, row Row, h Happening, keys []license.License, now time.Time) (changes [][]dynamo.Write, changed int, person bool, err error) {
	if len(keys) == 0 { // held: a person has it already
		return nil, 0, row.Cells[Unredeemed].Person, nil
	}
	for _, l := range keys {
		at, gone := stage(l, now)
		cell := row.Cells[at]
		person = person || cell.Person
		if cell.Act == Void && l.State == license.Void && l.VoidBecause == because(h) {
			changed++
		}
		if gone {
			continue
		}
		writes, err := f.onKey(ctx, cell.Act, h, l, now)
		if err != nil {
			return nil, 0, false, err
		}
		if len(writes) > 0 {
			changes, changed = append(changes, writes), changed+1
		}
	}
	if person && row.ForAll {
		return nil, 0, true, nil
	}
	return changes, changed, person, nil
}

// because is why a key is void that a happening ends.
func because(h Happening) license.Reason {
	if h == DisputeLost {
		return license.ByDispute
	}
	return license.ByRefund
}

func (f Fulfiller) onKey(ctx context.Context, act Act, h Happening, l license.License, now time.Time) ([]dynamo.Write, error) {
	s := f.Issuer.Licenses
	switch {
	case act == Void && l.State != license.Void:
		opened, err := f.onOpened(ctx, h, l, now)
		return append(opened, s.Voiding(l, because(h), now)), err
	case act == Suspend && l.State == license.Issued:
		return []dynamo.Write{s.Suspending(l)}, nil
	case act == Restore && (l.State == license.Suspended || l.State == license.Void):
		return []dynamo.Write{s.Restoring(l)}, nil
	}
	return nil, nil
}

// onOpened are the writes that end what a key has opened: the credential, and the proofing with all it holds.
func (f Fulfiller) onOpened(ctx context.Context, h Happening, l license.License, now time.Time) ([]dynamo.Write, error) {
	if l.Free() {
		return nil, nil
	}
	writes, err := f.Cases.Cancelling(ctx, l.Digest, audit.Stripe, string(because(h)), now)
	if err != nil {
		return nil, err
	}
	held, err := f.Credentials.Find(ctx, *l.Holder)
	if err != nil {
		return nil, err
	}
	closing, err := f.Credentials.Closing(held, l.Digest)
	if err != nil {
		return nil, err
	}
	return append(append(writes, closing...), f.Audit.Write(audit.Entry{
		Subject: audit.Account(l.Holder.String()), Actor: audit.Stripe, What: license.EventVoided, At: now, Ref: l.Order, Detail: map[string]string{"last4": l.Last4},
	})), nil
}

// reversalMail is what the purchaser is told, if anything changed for them.
func reversalMail(o Order, h Happening, changed int) (notice.Notice, bool) {
	by := o.Purchaser.String()
	switch {
	case h == RefundWhole || h == RefundLate || h == DisputeLost:
		return notice.OrderRefunded(by, o.Number, changed > 0), true
	case h == RefundPart:
		return notice.RefundedInPart(by, o.Number), true
	case h == DisputeOpened && changed > 0:
		return notice.KeysSuspended(by, o.Number), true
	case h == Cleared && changed > 0:
		return notice.KeysRestored(by, o.Number), true
	}
	return notice.Notice{}, false
}
