package order

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
)

// Expirer tidies the keys that nobody entered within 12 months and tells who bought them (product.md 3). People
// meet such a key as void before that, by the clock.
type Expirer struct {
	Orders   Orders
	Licenses license.Licenses
	Notices  *notice.Outbox
	Audit    audit.Log
}

// Sweep ends every dead key, shard by shard, order by order, and counts them. It stops when the context's deadline
// is near: the next one goes on. One order's trouble does not keep the others; it comes back joined.
func (e Expirer) Sweep(ctx context.Context, now time.Time) (ended int, err error) {
	near, cancel := nearly(ctx)
	defer cancel()
	var errs []error
	for shard := range license.Shards {
		due, err := e.Licenses.Due(ctx, shard, now)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		orders := each(due, func(l license.License) string { return l.Order })
		slices.Sort(orders)
		for _, number := range slices.Compact(orders) {
			if near.Err() != nil {
				return ended, errors.Join(errs...)
			}
			n, err := e.Expire(ctx, number, now)
			if err != nil {
				errs = append(errs, fmt.Errorf("expire keys of %s: %w", number, err))
			}
			ended += n
		}
	}
	return ended, errors.Join(errs...)
}

// Expire ends the dead keys of one order, all in one transaction with one mail, and counts them. Done again it
// finds none.
func (e Expirer) Expire(ctx context.Context, number string, now time.Time) (int, error) {
	for range tries {
		o, err := e.Orders.get(ctx, number)
		if err != nil {
			return 0, err
		}
		keys, err := e.Licenses.Find(ctx, o.keys...)
		if err != nil {
			return 0, err
		}
		dead := slices.DeleteFunc(keys, func(l license.License) bool { return !l.Dead(now) })
		if len(dead) == 0 {
			return 0, nil
		}
		writes := each(dead, func(l license.License) dynamo.Write { return e.Licenses.Expiring(l, now) })
		err = e.Orders.DB.Commit(ctx, append(writes,
			e.Notices.Write(notice.KeysExpired(o.Purchaser.String(), number, len(dead)), now),
			e.Audit.Write(audit.Entry{
				Subject: audit.Order(number), Actor: audit.System, What: license.EventExpired, At: now,
				Detail: map[string]string{"keys": strconv.Itoa(len(dead)), "last4": last4(dead)},
			}))...)
		if err == nil {
			return len(dead), nil
		}
		if !errors.Is(err, license.ErrMoved) {
			return 0, err
		}
	}
	return 0, dynamo.ErrBusy
}
