package support

import (
	"context"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/fault"
	"phoneotp/shared/order"
)

// The acts on an order.
const (
	ResendKeys Name = "resend-keys"
	VoidKey    Name = "void-key"
)

// Counter is where staff acts on orders.
type Counter struct {
	Orders   order.Orders
	Resender order.Resender
	Voider   order.Voider
}

// OrderAct is what staff does to an order, and why. Last4 belongs to VoidKey.
type OrderAct struct {
	Name   Name
	Reason string
	Last4  string
}

// Check tells what is wrong with it, all at once: fault.ErrInvalid.
func (a OrderAct) Check() error {
	var c fault.Check
	noteReason(&c, a.Reason)
	switch a.Name {
	case ResendKeys:
		c.Field(a.Last4 == "", "/last4", textKeyNotNeeded)
	case VoidKey:
		c.Field(a.Last4 != "", "/last4", textRequired)
	default:
		c.Field(a.Name != "", "/act", textRequired)
		c.Field(a.Name == "", "/act", textAct)
	}
	return c.Err()
}

// Do does something to an order. Keys are sent again to the purchaser alone, whoever asked.
//
// It returns fault.ErrInvalid, ErrOwnAccount, order.ErrUnknown, ErrNoKeys, ErrResendLimit, ErrKeyUnknown or
// ErrKeyActivated.
func (c Counter) Do(ctx context.Context, staff Staff, number string, act OrderAct, now time.Time) (Done, error) {
	if err := act.Check(); err != nil {
		return Done{}, err
	}
	others := func(whose account.ID) error {
		if whose == staff.Account {
			return ErrOwnAccount
		}
		return nil
	}
	if act.Name == VoidKey {
		changed, err := c.Voider.Void(ctx, order.Voiding{Number: number, Last4: act.Last4, By: staff.Account, Why: act.Reason, From: staff.From}, others, now)
		return Done{Changed: changed && err == nil}, err
	}
	purchaser, err := c.Orders.Purchaser(ctx, number)
	if err == nil {
		err = others(purchaser)
	}
	if err == nil {
		err = c.Resender.ResendFor(ctx, number, staff.actor(), act.Reason, staff.From, now)
	}
	return Done{Changed: err == nil}, err
}
