package order

import (
	"context"
	"errors"

	"phoneotp/shared/credential"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
)

// Buyers tells who bought the keys that opened credentials. It asks twice: for the license and for its order.
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
	return &credential.Buyer{Account: o.Purchaser, Bought: notice.Bought{Order: o.Number, Last4: found[0].Last4}}, nil
}
