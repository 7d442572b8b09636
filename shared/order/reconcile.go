package order

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/payment"
)

// Reconciler brings orders to where Stripe has them when webhooks were lost, by the same acts as the webhook, and
// ends what was not paid in time. Running it again, or twice at once, changes nothing twice.
type Reconciler struct{ Fulfiller Fulfiller }

// Numbers of reconciliation.
const (
	sweepLeave  = 15 * time.Second    // what a run keeps of its time for what is under way
	overlap     = 10 * time.Minute    // events are listed again that far back: Stripe's list may be late
	eventsKept  = 30 * 24 * time.Hour // how long Stripe lists them
	giveUpAfter = 3 * 24 * time.Hour  // as long as Stripe tries a webhook
	webhookTime = time.Minute         // what is younger may be on its way by webhook: no repair
	keysWithin  = 15 * time.Minute    // of payment; then it is an alarm
	listedMost  = 1000                // events of one window
	inARow      = 3                   // failures after which the other side counts as down
)

// Reconciled is what a run did.
type Reconciled struct {
	Orders, Events int       // looked at
	Cancelled      int       // not paid in time
	Repairs        []Outcome // what a lost webhook had left
	People         []Outcome // told to a person now
	WithoutKeys    []string  // paid 15 minutes ago and still without keys
	Failed         int       // stay for the next run
	GivenUp        []string  // events that cannot be taken, for three days
	Behind         bool      // events have gone that no run has seen: it stood still for longer than Stripe keeps them
}

func (r *Reconciled) add(other Reconciled) {
	r.Orders += other.Orders
	r.Cancelled += other.Cancelled
	r.Failed += other.Failed
	r.Repairs = append(r.Repairs, other.Repairs...)
	r.People = append(r.People, other.People...)
	r.WithoutKeys = append(r.WithoutKeys, other.WithoutKeys...)
}

// note keeps one outcome. since is when its cause happened, as far as that is known.
func (r *Reconciled) note(out Outcome, since, now time.Time) {
	if !out.Changed {
		return
	}
	if out.Alarming() {
		r.People = append(r.People, out)
	}
	if now.Sub(since) >= webhookTime {
		r.Repairs = append(r.Repairs, out)
	}
}

// Run goes through Stripe's events since the last run, then through all open orders. It stops when the context's
// deadline is near; the next run goes on from there. The trouble of one order or event does not keep the others; it
// comes back joined.
func (r Reconciler) Run(ctx context.Context, now time.Time) (Reconciled, error) {
	near, cancel := nearly(ctx)
	defer cancel()
	var out Reconciled
	return out, errors.Join(r.events(ctx, near, now, &out), r.orders(ctx, near, now, &out))
}

// nearly is over when a run may begin nothing further.
func nearly(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-sweepLeave))
	}
	return context.WithCancel(ctx)
}

// orders looks at every order that waits for its payment or is held, the shards side by side.
func (r Reconciler) orders(ctx, near context.Context, now time.Time, out *Reconciled) error {
	var all [shards]Reconciled
	var errs [shards]error
	var wg sync.WaitGroup
	for shard := range shards {
		wg.Go(func() { errs[shard] = r.shard(ctx, near, shard, now, &all[shard]) })
	}
	wg.Wait()
	for _, one := range all {
		out.add(one)
	}
	return errors.Join(errs[:]...)
}

// shard goes through one shard of the index due, from where the last run had to stop.
func (r Reconciler) shard(ctx, near context.Context, shard int, now time.Time, out *Reconciled) error {
	orders := r.Fulfiller.Orders
	place := fmt.Sprintf("shard#%d", shard)
	began, err := orders.position(ctx, place)
	if err != nil {
		return err
	}
	var errs []error
	seen, row := map[string]bool{}, 0
	for from := began; ; {
		page, err := orders.open(ctx, shard, from)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, w := range page {
			if seen[w.number] {
				continue
			}
			if near.Err() != nil || row == inARow {
				return errors.Join(append(errs, orders.setPosition(ctx, place, w.at))...)
			}
			seen[w.number] = true
			row++
			if err := r.look(ctx, w, now, out); err != nil {
				out.Failed++
				errs = append(errs, fmt.Errorf("reconcile %s: %w", w.number, err))
				continue
			}
			row = 0
		}
		if len(page) < openPage {
			break
		}
		if last := page[len(page)-1].at; last.After(from) {
			from = last
		} else {
			from = from.Add(time.Millisecond)
		}
	}
	if !began.IsZero() {
		errs = append(errs, orders.setPosition(ctx, place, time.Time{}))
	}
	return errors.Join(errs...)
}

// look holds one order against Stripe. A card's session is looked at once its time is over, since until then the
// person may be about to pay.
func (r Reconciler) look(ctx context.Context, w waiting, now time.Time, out *Reconciled) error {
	number := w.number
	if strings.HasPrefix(number, pointerPrefix) {
		return r.pointer(ctx, w, now, out)
	}
	o, err := r.Fulfiller.Orders.get(ctx, number)
	if err != nil {
		return err
	}
	out.Orders++
	switch {
	case o.State == Paid:
		if now.Sub(o.PaidAt) >= keysWithin {
			out.WithoutKeys = append(out.WithoutKeys, number)
		}
	case o.State != Placed: // the index follows the table within moments
	case !now.Before(o.due()):
		return r.lapse(ctx, number, now, out)
	case o.session != "" && o.link != "" && now.Sub(o.linkEnds) >= webhookTime:
		return r.session(ctx, o, now, out)
	case o.invoice != "":
		return r.invoice(ctx, o, now, out)
	}
	return nil
}

// pointer ends the renewal that a brand-new key closed.
func (r Reconciler) pointer(ctx context.Context, w waiting, now time.Time, out *Reconciled) error {
	if w.at.After(now) {
		return nil
	}
	done, err := Lapser(r).supersede(ctx, w.number, now)
	return r.ended(done, err, now, out)
}

func (r Reconciler) lapse(ctx context.Context, number string, now time.Time, out *Reconciled) error {
	done, err := Lapser(r).Lapse(ctx, number, now)
	return r.ended(done, err, now, out)
}

// ended notes what came of an order that was not paid in time.
func (r Reconciler) ended(done Outcome, err error, now time.Time, out *Reconciled) error {
	if err != nil {
		return err
	}
	if done.Result == Cancels || done.Result == Decide {
		out.Cancelled++
		if done.Alarming() && done.Changed {
			out.People = append(out.People, done)
		}
		return nil
	}
	out.note(done, time.Time{}, now)
	return nil
}

func (r Reconciler) session(ctx context.Context, o Order, now time.Time, out *Reconciled) error {
	s, err := r.Fulfiller.Payment.GetCheckout(ctx, o.session)
	if errors.Is(err, payment.ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	done, err := r.Fulfiller.Settle(ctx, s, now)
	if err != nil && s.Status == payment.Complete && s.Paid {
		out.WithoutKeys = append(out.WithoutKeys, o.Number)
	}
	out.note(done, o.linkEnds, now)
	return err
}

func (r Reconciler) invoice(ctx context.Context, o Order, now time.Time, out *Reconciled) error {
	in, err := r.Fulfiller.invoice(ctx, o.invoice, o.Number)
	if err != nil || now.Sub(in.PaidAt) < webhookTime { // the webhook is on its way
		return err
	}
	done, err := r.Fulfiller.SettleInvoice(ctx, in, now)
	if err != nil && in.Status == payment.InvoicePaid && now.Sub(in.PaidAt) >= keysWithin {
		out.WithoutKeys = append(out.WithoutKeys, o.Number)
	}
	out.note(done, in.PaidAt, now)
	return err
}

// passing tells trouble of a dependency, which may be over at the next run.
func passing(err error) bool {
	return errors.Is(err, payment.ErrUnavailable) || errors.Is(err, dynamo.ErrUnavailable)
}
