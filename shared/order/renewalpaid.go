package order

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/payment"
)

// What renewals do to credentials, as the audit trail has it, under the holder.
const (
	EventRenewed      audit.Event = "credential-renewed"
	EventTermTaken    audit.Event = "credential-term-taken-back"
	EventTermReturned audit.Event = "credential-term-returned"
)

// renew adds the term that a renewal order is for, in the transaction that fulfils it. A payment for which nothing
// is left to renew is held for a person.
func (f Fulfiller) renew(ctx context.Context, o Order, r receipt, now time.Time) (Result, []dynamo.Write, string, error) {
	c, err := f.Credentials.Find(ctx, o.Purchaser)
	if err != nil {
		return "", nil, "", fmt.Errorf("renew by %s: %w", o.Number, err)
	}
	if why := o.unfit(c); why != "" {
		return Held, f.hold(o, r, why, now), why, nil
	}
	until := credential.Expiry(c.PurchasedAt, o.term)
	return Done, []dynamo.Write{
		f.Orders.fulfilled(o, r.proof, nil, now),
		f.Credentials.Renewed(c, o.Number, now),
		f.Notices.Write(notice.RenewalPaid(o.Purchaser.String(), o.Number, until), now),
		f.entry(o, EventFulfilled, now, map[string]string{"payment": r.proof, "term": strconv.Itoa(o.term)}),
		f.ofHolder(o, EventRenewed, until, now),
	}, "", nil
}

// unfit is why a paid renewal cannot be given, or empty.
func (o Order) unfit(c *credential.Credential) string {
	switch {
	case c == nil || !bytes.Equal(c.License, o.renews):
		return "replaced"
	case c.State == credential.Revoked:
		return "revoked"
	case c.Renewal != o.Number || c.Terms != o.term-1:
		return "not-open"
	}
	return ""
}

func (f Fulfiller) ofHolder(o Order, what audit.Event, until, now time.Time) dynamo.Write {
	return f.Audit.Write(audit.Entry{
		Subject: audit.Account(o.Purchaser.String()), Actor: audit.Stripe, What: what, At: now, Ref: o.Number,
		Detail: map[string]string{"until": until.UTC().Format(time.RFC3339)},
	})
}

// supersede ends the renewal order that a pointer leads to, after its holder entered a brand-new key. One that was
// paid first is held for a person.
func (l Lapser) supersede(ctx context.Context, pointer string, now time.Time) (Outcome, error) {
	f := l.Fulfiller
	number, err := f.Orders.pointed(ctx, pointer)
	if err != nil || number == "" {
		return Outcome{Result: Ignored}, err
	}
	var out Outcome
	for range tries {
		if out, err = l.superseded(ctx, number, now); !moved(err) {
			break
		}
	}
	if err != nil {
		return out, err
	}
	return out, f.Orders.settled(ctx, pointer, number)
}

func (l Lapser) superseded(ctx context.Context, number string, now time.Time) (Outcome, error) {
	f := l.Fulfiller
	ignored := Outcome{Result: Ignored, Order: number}
	o, err := f.Orders.get(ctx, number)
	if err != nil || o.State != Placed {
		return ignored, err
	}
	c, err := f.Credentials.Find(ctx, o.Purchaser)
	if err != nil || c != nil && c.Renewal == o.Number { // it is open: a new one, on the new credential
		return ignored, err
	}
	in, out, err := l.close(ctx, o, now)
	if err != nil || out.Result != "" {
		return out, err
	}
	o = o.partly(in)
	if err := l.end(ctx, o, notice.RenewalClosed(o.Purchaser.String(), number), "a brand-new license key was entered", now); err != nil {
		return Outcome{}, err
	}
	return f.partGiven(ctx, o, in, Cancels, now)
}

// renewalReversal decides what a charge means for a renewal order and its term as they stand.
func (f Fulfiller) renewalReversal(ctx context.Context, o Order, ch payment.Charge, now time.Time) (Outcome, [][]dynamo.Write, []dynamo.Write, error) {
	h := o.happening(ch)
	mark := h.mark(ch)
	if mark == o.reversal {
		return Outcome{Result: Already, Order: o.Number}, nil, nil, nil
	}
	c, err := f.Credentials.Find(ctx, o.Purchaser)
	if err != nil {
		return Outcome{}, nil, nil, fmt.Errorf("renewal %s: %w", o.Number, err)
	}
	row := RenewalPolicy(h)
	cell, to := row.Cells[o.termStage(c, now)], row.State
	if o.FulfilledAt.IsZero() { // held: a person has it already, and no term was given
		cell = TermCell{LeaveTerm, row.Cells[TermRunning].Person}
		if to == Fulfilled {
			to = Paid
		}
	}
	writes, taken, person := f.onTerm(cell, o, c, now)
	out := Outcome{Result: Reversed, Order: o.Number, Why: string(h)}
	what := EventReversed
	if h == Cleared {
		what, out.Why = EventUnreversed, "undone"
	}
	if person {
		out.Result = Decide
	}
	if o.FulfilledAt.IsZero() && to == Refunded && c != nil && c.Renewal == o.Number {
		writes = append(writes, f.Credentials.RenewalEnded(c, o.Number))
	}
	writes = append(writes, f.Orders.taking(o, to, mark, taken),
		f.entry(o, what, now, map[string]string{"charge": ch.ID, "because": out.Why, "refunded": ch.Refunded.String(), "term": string(cell.Act), "person": strconv.FormatBool(person)}))
	if person && to == Refunded {
		writes = append(writes, f.Notices.Write(notice.RenewalRefunded(o.Purchaser.String(), o.Number), now))
	}
	return out, nil, writes, nil
}

// onTerm are the writes of one cell, whether the term is taken back after them, and whether a person must look. A
// term that cannot be returned any more is for a person.
func (f Fulfiller) onTerm(cell TermCell, o Order, c *credential.Credential, now time.Time) (writes []dynamo.Write, taken, person bool) {
	switch {
	case cell.Act == TakeTerm && !o.taken:
		until := credential.Expiry(c.PurchasedAt, o.term-1)
		return []dynamo.Write{
			f.Credentials.TermTaken(c, now), f.ofHolder(o, EventTermTaken, until, now),
			f.Notices.Write(notice.RenewalTakenBack(o.Purchaser.String(), o.Number, until), now),
		}, true, cell.Person
	case cell.Act == ReturnTerm && o.taken && o.returnable(c):
		until := credential.Expiry(c.PurchasedAt, o.term)
		return []dynamo.Write{
			f.Credentials.TermReturned(c, now), f.ofHolder(o, EventTermReturned, until, now),
			f.Notices.Write(notice.RenewalReturned(o.Purchaser.String(), o.Number, until), now),
		}, false, cell.Person
	case cell.Act == ReturnTerm && o.taken:
		return nil, true, true
	}
	return nil, o.taken, cell.Person
}
