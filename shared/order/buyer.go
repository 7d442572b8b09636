package order

import (
	"context"
	"errors"

	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
)

// Buyers tells who bought the keys that opened credentials. It asks twice: for the license and for its order; and once
// for all licenses of the order, if that is asked.
type Buyers struct {
	Orders   Orders
	Licenses license.Licenses
}

// Of is the buyer of a license; nil where the license or its order is not there any more.
func (b Buyers) Of(ctx context.Context, digest []byte) (*credential.Buyer, error) {
	found, err := b.Licenses.Find(ctx, digest)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	o, err := b.Orders.get(ctx, found[0].Order)
	if errors.Is(err, ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	buyer := &credential.Buyer{Account: o.Purchaser, Order: o.Number, Last4: found[0].Last4}
	if len(o.keys) > 1 {
		buyer.Entered = func(ctx context.Context) ([]credential.Entered, error) { return b.entered(ctx, o) }
	}
	return buyer, nil
}

// entered are the keys of an order that somebody has entered.
func (b Buyers) entered(ctx context.Context, o Order) ([]credential.Entered, error) {
	found, err := b.Licenses.Find(ctx, o.keys...)
	if errors.Is(err, dynamo.ErrUnavailable) || err != nil && ctx.Err() != nil {
		return nil, err
	}
	if err != nil { // one that cannot be read keeps no other
		found = nil
		for _, digest := range o.keys {
			one, err := b.Licenses.Find(ctx, digest)
			if errors.Is(err, dynamo.ErrUnavailable) {
				return nil, err
			}
			found = append(found, one...)
		}
	}
	var out []credential.Entered
	for _, l := range found {
		if l.Holder != nil {
			out = append(out, credential.Entered{Holder: *l.Holder, License: l.Digest})
		}
	}
	return out, nil
}
