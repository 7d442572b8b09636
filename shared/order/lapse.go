package order

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/payment"
)

// Lapser ends the orders that were not paid in time (product.md 2): by card 24 hours after placing, by invoice
// 7 days after it was due. What was paid all the same is fulfilled.
type Lapser struct{ Fulfiller Fulfiller }

// Swept counts what a sweep did.
type Swept struct {
	Cancelled int
	Settled   int // had been paid: fulfilled, or held for a person
	Failed    int // stays for the next sweep
}

// sweepLeave is what a sweep keeps of its time for the order under way.
const sweepLeave = 15 * time.Second

// Sweep looks at every order that is due, shard by shard, and stops when the context's deadline is near: the
// next one goes on. One order's trouble does not keep the others; it comes back joined.
func (l Lapser) Sweep(ctx context.Context, now time.Time) (Swept, error) {
	var out Swept
	var errs []error
	near := ctx // is over when no further order may be begun
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		near, cancel = context.WithDeadline(ctx, deadline.Add(-sweepLeave))
		defer cancel()
	}
	for shard := range shards {
		numbers, err := l.Fulfiller.Orders.due(ctx, shard, now)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, number := range numbers {
			if near.Err() != nil {
				return out, errors.Join(errs...)
			}
			result, err := l.one(ctx, number, now)
			switch {
			case err != nil:
				out.Failed++
				errs = append(errs, fmt.Errorf("lapse %s: %w", number, err))
			case result == Cancels:
				out.Cancelled++
			case result != Ignored:
				out.Settled++
			}
		}
	}
	return out, errors.Join(errs...)
}

func (l Lapser) one(ctx context.Context, number string, now time.Time) (Result, error) {
	if strings.HasPrefix(number, pointerPrefix) {
		return l.supersede(ctx, number, now)
	}
	return l.Lapse(ctx, number, now)
}

// Lapse closes what one due order could still be paid with, fulfils it if that was paid, else cancels it.
func (l Lapser) Lapse(ctx context.Context, number string, now time.Time) (Result, error) {
	f := l.Fulfiller
	for range tries {
		o, err := f.Orders.get(ctx, number)
		if err != nil {
			return Ignored, err
		}
		if o.State != Placed || now.Before(o.due()) {
			return Ignored, nil
		}
		if result, paid, err := l.close(ctx, o, now); err != nil || paid {
			return result, err
		}
		mail := notice.CheckoutExpired(o.Purchaser.String(), number)
		if o.Renewal() {
			mail = notice.RenewalLapsed(o.Purchaser.String(), number)
		}
		if err := l.end(ctx, o, mail, "not paid in time", now); !moved(err) {
			return Cancels, err
		}
	}
	return Ignored, dynamo.ErrBusy
}

// end cancels an order that nobody can pay any more.
func (l Lapser) end(ctx context.Context, o Order, mail notice.Notice, why string, now time.Time) error {
	f := l.Fulfiller
	writes, err := f.Orders.ending(ctx, f.Credentials, o, now)
	if err != nil {
		return err
	}
	return f.Orders.DB.Commit(ctx, append(writes, f.Notices.Write(mail, now),
		f.Audit.Write(audit.Entry{Subject: audit.Order(o.Number), Actor: audit.System, What: EventCancelled, At: now, Why: why}))...)
}

// close makes sure that nobody can pay the order any more. It settles one that was paid first.
func (l Lapser) close(ctx context.Context, o Order, now time.Time) (result Result, paid bool, err error) {
	f := l.Fulfiller
	var out Outcome
	switch {
	case o.session != "":
		s, err := f.Payment.ExpireCheckout(ctx, o.session)
		if errors.Is(err, payment.ErrNoSession) {
			return Ignored, false, nil
		}
		if err != nil || s.Status != payment.Complete {
			return Ignored, false, err
		}
		if s, err = f.Payment.GetCheckout(ctx, o.session); err != nil { // with its lines
			return Ignored, false, err
		}
		out, err = f.Settle(ctx, s, now)
		return out.Result, err == nil, err
	case o.invoice != "":
		in, err := f.Payment.EndInvoice(ctx, o.invoice)
		if err != nil || in.Status != payment.InvoicePaid {
			return Ignored, false, err
		}
		out, err = f.SettleInvoice(ctx, in, now)
		return out.Result, err == nil, err
	}
	return Ignored, false, nil
}
