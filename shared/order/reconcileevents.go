package order

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"phoneotp/shared/payment"
)

// Places of the events: up to where a run has gone through all, and where one that broke off must go on.
const (
	placeOfEvents = "events"
	placeOfBreak  = "events-break"
)

// events takes what Stripe has told since the last run, the oldest first, window by window. After a run that broke off
// it goes on right there; else a little earlier than the last one ended, since Stripe's list may be late.
func (r Reconciler) events(ctx, near context.Context, now time.Time, out *Reconciled) error {
	orders := r.Fulfiller.Orders
	last, err := orders.position(ctx, placeOfEvents)
	if err != nil {
		return err
	}
	broken, err := orders.position(ctx, placeOfBreak)
	if err != nil {
		return err
	}
	from, oldest := last.Add(-overlap), now.Add(-eventsKept)
	if !broken.IsZero() {
		last, from = broken, broken
	}
	if from.Before(oldest) {
		out.Behind = !last.IsZero() && last.Before(oldest)
		from = oldest
	}
	taker := eventTaker{Reconciler: r, now: now, out: out, seen: map[string]bool{}}
	end := now.Add(webhookTime) // Stripe's clock may be ahead of ours
	for from.Before(end) && near.Err() == nil && !taker.stopped {
		events, to, err := r.window(near, from, end)
		if err != nil {
			if near.Err() != nil { // the time was over
				err = nil
			}
			return errors.Join(append(taker.errs, err)...)
		}
		reached := taker.all(ctx, near, events, to)
		if reached.Before(end) {
			if err := orders.setPosition(ctx, placeOfBreak, reached); err != nil {
				return errors.Join(append(taker.errs, err)...)
			}
		}
		from = to
	}
	if from.Before(end) || taker.stopped || !taker.first.IsZero() {
		return errors.Join(taker.errs...)
	}
	err = orders.advance(ctx, placeOfEvents, now)
	if err == nil {
		err = orders.setPosition(ctx, placeOfBreak, time.Time{})
	}
	return errors.Join(append(taker.errs, err)...)
}

// window lists what happened from an instant on, the oldest first, up to an instant that it chooses so that there
// are not too many.
func (r Reconciler) window(ctx context.Context, from, to time.Time) ([]payment.Logged, time.Time, error) {
	for {
		var all []payment.Logged
		more := true
		for after := ""; more && len(all) < listedMost; {
			page, further, err := r.Fulfiller.Payment.Events(ctx, from, to, after)
			if err != nil {
				return nil, to, err
			}
			all, more = append(all, page...), further && len(page) > 0
			if len(page) > 0 {
				after = page[len(page)-1].ID
			}
		}
		half := from.Add(to.Sub(from) / 2).Truncate(time.Second)
		if !more || !half.After(from) { // one second is not made smaller: what is left out comes by the open orders
			slices.Reverse(all)
			return all, to, nil
		}
		to = half
	}
}

// eventTaker takes the events of one run.
type eventTaker struct {
	Reconciler
	now     time.Time
	out     *Reconciled
	seen    map[string]bool
	row     int       // failures one after another
	first   time.Time // when the first event was made that must be taken again
	stopped bool
	errs    []error
}

// all takes events until the time is over or the other side is down. It returns how far the cursor may go.
func (t *eventTaker) all(ctx, near context.Context, events []payment.Logged, to time.Time) time.Time {
	reached := to
	for _, e := range events {
		if near.Err() != nil || t.row == inARow {
			reached, t.stopped = e.At, true
			break
		}
		t.one(ctx, e)
	}
	if !t.first.IsZero() {
		reached = earlier(reached, t.first)
	}
	return reached
}

func (t *eventTaker) one(ctx context.Context, e payment.Logged) {
	name := nameOf(e.Event)
	if t.seen[name] {
		return
	}
	t.out.Events++
	done, err := t.Fulfiller.Take(ctx, e.Event, t.now)
	switch {
	case err == nil:
		t.row, t.seen[name] = 0, true
		t.out.note(done, e.At, t.now)
	case !passing(err) && t.now.Sub(e.At) > giveUpAfter:
		t.row = 0
		t.out.GivenUp = append(t.out.GivenUp, e.ID)
		t.errs = append(t.errs, fmt.Errorf("reconcile: %s %s is given up: %w", e.Type, e.ID, err))
	default:
		t.row++
		t.out.Failed++
		t.errs = append(t.errs, fmt.Errorf("reconcile: %s %s: %w", e.Type, e.ID, err))
		if t.first.IsZero() {
			t.first = e.At
		}
	}
}

// nameOf is what need be taken once a run: the object as it stands now, or, where the type itself says something,
// that.
func nameOf(e payment.Event) string {
	switch e.Type {
	case "invoice.finalization_failed", "invoice.payment_failed", "invoice.payment_action_required", "invoice.overdue", delayedFailure:
		return e.Type + " " + e.ObjectID
	}
	return e.Object + " " + e.ObjectID
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
