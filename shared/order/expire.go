package order

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/sweep"
)

// Expirer ends the keys that nobody entered within their 12 months (product.md 3). That they cannot be entered is
// so by the clock; it tidies and tells. It is safe for concurrent use.
type Expirer struct {
	Orders   Orders
	Licenses license.Licenses
	Notices  *notice.Outbox
	Audit    audit.Log
}

// ordersAtOnce is how many orders a sweep of keys handles at once.
const ordersAtOnce = 16

// Sweep ends all keys that are due, those of one order together, with one mail to its purchaser. The result counts
// orders.
func (e Expirer) Sweep(ctx context.Context, now time.Time) (sweep.Result, error) {
	return sweep.Sweep[dying]{
		Shards: license.Shards, Parallel: ordersAtOnce,
		Pages:  func(ctx context.Context, shard int) iter.Seq2[[]dying, error] { return e.pages(ctx, shard, now) },
		Handle: func(ctx context.Context, d dying) (bool, error) { return e.expire(ctx, d, now) },
	}.Run(ctx)
}

// dying is an order with dead keys, or a key that could not be read.
type dying struct {
	order string
	err   error
}

func (e Expirer) pages(ctx context.Context, shard int, now time.Time) iter.Seq2[[]dying, error] {
	return func(yield func([]dying, error) bool) {
		for digests, err := range e.Licenses.Due(ctx, shard, now) {
			var page []dying
			if err == nil {
				page, err = e.ordersOf(ctx, digests, now)
			}
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

// ordersOf are the orders of dead keys, each once. One key that cannot be read keeps no other.
func (e Expirer) ordersOf(ctx context.Context, digests [][]byte, now time.Time) ([]dying, error) {
	found, err := e.Licenses.Find(ctx, digests...)
	if errors.Is(err, dynamo.ErrUnavailable) || err != nil && ctx.Err() != nil {
		return nil, err
	}
	var out []dying
	if err != nil {
		found = nil
		for _, d := range digests {
			one, err := e.Licenses.Find(ctx, d)
			if err != nil {
				out = append(out, dying{err: err})
			}
			found = append(found, one...)
		}
	}
	seen := map[string]bool{}
	for _, l := range found {
		if l.Dead(now) && !seen[l.Order] {
			seen[l.Order] = true
			out = append(out, dying{order: l.Order})
		}
	}
	return out, nil
}

// expire ends the dead keys of one order. done is false where none is left.
func (e Expirer) expire(ctx context.Context, d dying, now time.Time) (done bool, err error) {
	if d.err != nil {
		return false, fmt.Errorf("expire a key: %w", d.err)
	}
	o, err := e.Orders.get(ctx, d.order)
	if err != nil {
		return false, fmt.Errorf("expire keys of %s: %w", d.order, err)
	}
	keys, err := e.Licenses.Find(ctx, o.keys...)
	if err != nil {
		return false, fmt.Errorf("expire keys of %s: %w", d.order, err)
	}
	var dead []license.License
	var writes []dynamo.Write
	for _, l := range keys {
		if l.Dead(now) {
			dead, writes = append(dead, l), append(writes, e.Licenses.Expiring(l, now))
		}
	}
	if len(dead) == 0 {
		return false, nil
	}
	err = e.Orders.DB.Commit(ctx, append(writes,
		e.Notices.Write(notice.KeysExpired(o.Purchaser.String(), o.Number, len(dead)), now),
		e.Audit.Write(audit.Entry{
			Subject: audit.Order(o.Number), Actor: audit.System, What: license.EventExpired, At: now,
			Detail: map[string]string{"keys": strconv.Itoa(len(dead)), "last4": last4(dead)},
		}))...)
	if errors.Is(err, license.ErrMoved) { // one was entered, or another sweep was first: the next sees what is left
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("expire keys of %s: %w", d.order, err)
	}
	return true, nil
}
