package order

import (
	"context"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/license"
)

// Reader shows orders to their purchasers.
type Reader struct {
	Orders   Orders
	Licenses license.Licenses
	Keyring  *license.Keyring
}

// View is an order with its keys.
type View struct {
	Order
	Licenses []Key
}

// Key is one key of an order. Plain is there only while it is unredeemed and may be shown.
type Key struct {
	Product string // catalog code
	Last4   string
	State   license.State
	Plain   *license.Plain
}

// MayShow tells whether unredeemed keys may be shown in clear: with Phone OTP strength if the purchaser
// holds a live credential (product.md 2). It is asked only where there is such a key.
type MayShow func(context.Context) (bool, error)

// One reads an order of the purchaser. It returns ErrUnknown.
func (r Reader) One(ctx context.Context, number string, by account.ID, show MayShow, now time.Time) (View, error) {
	o, err := r.Orders.own(ctx, number, by)
	if err != nil {
		return View{}, err
	}
	views, err := r.Of(ctx, show, now, o)
	if err != nil {
		return View{}, err
	}
	return views[0], nil
}

// All reads the purchaser's last 50 orders, newest first.
func (r Reader) All(ctx context.Context, by account.ID, show MayShow, now time.Time) ([]View, error) {
	orders, err := r.Orders.byPurchaser(ctx, by)
	if err != nil {
		return nil, err
	}
	return r.Of(ctx, show, now, orders...)
}

// Of adds the keys to orders of one purchaser.
func (r Reader) Of(ctx context.Context, show MayShow, now time.Time, orders ...Order) ([]View, error) {
	var digests [][]byte
	for _, o := range orders {
		digests = append(digests, o.keys...)
	}
	found := map[string]license.License{}
	if len(digests) > 0 {
		licenses, err := r.Licenses.Find(ctx, digests...)
		if err != nil {
			return nil, fmt.Errorf("keys of orders: %w", err)
		}
		for _, l := range licenses {
			found[string(l.Digest)] = l
		}
	}
	shown, err := r.shown(ctx, show, found, now)
	if err != nil {
		return nil, err
	}
	views := make([]View, len(orders))
	for i, o := range orders {
		views[i].Order = o
		for _, digest := range o.keys {
			l, ok := found[string(digest)]
			if !ok {
				return nil, fmt.Errorf("keys of order %s: a license is missing", o.Number)
			}
			key := Key{Product: l.Product, Last4: l.Last4, State: l.StateAt(now)}
			if plain, ok := shown[string(digest)]; ok {
				key.Plain = &plain
			}
			views[i].Licenses = append(views[i].Licenses, key)
		}
	}
	return views, nil
}

// shown opens the keys that are issued, if they may be shown.
func (r Reader) shown(ctx context.Context, show MayShow, found map[string]license.License, now time.Time) (map[string]license.Plain, error) {
	shown := map[string]license.Plain{}
	asked := false
	for digest, l := range found {
		if l.StateAt(now) != license.Issued {
			continue
		}
		if !asked {
			may, err := show(ctx)
			if err != nil {
				return nil, fmt.Errorf("may keys be shown: %w", err)
			}
			if !may {
				return nil, nil
			}
			asked = true
		}
		plain, ok, err := r.Keyring.Open(l)
		if err != nil {
			return nil, err
		}
		if ok {
			shown[digest] = plain
		}
	}
	return shown, nil
}
