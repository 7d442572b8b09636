package order

import (
	"context"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
)

// Voider ends keys of orders for staff (product.md 9).
type Voider struct {
	Orders      Orders
	Licenses    license.Licenses
	Credentials *credential.Registry
	Cases       proofing.Desk // with its Release
	Notices     *notice.Outbox
	Audit       audit.Log
}

// Voiding is which key is to end, and who says so why.
type Voiding struct {
	Number string // of the order
	Last4  string // the key's last symbols
	By     account.ID
	Why    string
	From   string // the client's address
}

// Void ends a key that nobody activated, with what it has opened, and tells the purchaser and whoever entered it, in one
// transaction. holder refuses whose key it may not be. changed is false for one that is void already.
//
// It returns ErrUnknown, ErrKeyUnknown, ErrKeyActivated, or what holder returns.
func (v Voider) Void(ctx context.Context, a Voiding, holder func(account.ID) error, now time.Time) (changed bool, err error) {
	for range tries {
		changed, err := v.void(ctx, a, holder, now)
		if !overtaken(err) {
			return changed, err
		}
	}
	return false, fmt.Errorf("void a key of %s: %w", a.Number, dynamo.ErrBusy)
}

func (v Voider) void(ctx context.Context, a Voiding, holder func(account.ID) error, now time.Time) (changed bool, err error) {
	o, err := v.Orders.get(ctx, a.Number)
	if err != nil {
		return false, err
	}
	if err := holder(o.Purchaser); err != nil {
		return false, err
	}
	l, err := v.key(ctx, o, a.Last4)
	if err != nil {
		return false, err
	}
	if !l.Free() {
		if err := holder(*l.Holder); err != nil {
			return false, err
		}
	}
	switch l.StateAt(now) {
	case license.Void:
		return false, nil
	case license.Activated:
		return false, ErrKeyActivated.Because(becauseActivated)
	case license.Issued, license.Registered, license.Suspended:
	}
	writes, err := v.writes(ctx, o, l, a, now)
	if err != nil {
		return false, err
	}
	return true, v.Orders.DB.Commit(ctx, writes...)
}

// key finds the one key of an order that ends so.
func (v Voider) key(ctx context.Context, o Order, last4 string) (license.License, error) {
	if len(o.keys) == 0 {
		return license.License{}, ErrKeyUnknown
	}
	all, err := v.Licenses.Find(ctx, o.keys...)
	if err != nil {
		return license.License{}, err
	}
	var found []license.License
	for _, l := range all {
		if l.Last4 == last4 {
			found = append(found, l)
		}
	}
	switch len(found) {
	case 0:
		return license.License{}, ErrKeyUnknown
	case 1:
		return found[0], nil
	}
	return license.License{}, ErrKeyUnknown.Because(becauseSeveralKeys)
}

func (v Voider) writes(ctx context.Context, o Order, l license.License, a Voiding, now time.Time) ([]dynamo.Write, error) {
	entry := audit.Entry{
		Subject: audit.Order(o.Number), Actor: audit.Account(a.By.String()), What: license.EventVoided, At: now, Why: a.Why, From: a.From,
		Detail: map[string]string{"last4": l.Last4},
	}
	writes := []dynamo.Write{
		v.Licenses.Voiding(l, license.BySupport, now), v.Audit.Write(entry), v.Notices.Write(notice.KeyVoided(o.Purchaser.String(), o.Number, l.Last4, now), now),
	}
	if l.Free() {
		return writes, nil
	}
	cancel, err := v.Cases.Cancelling(ctx, l.Digest, entry.Actor, a.Why, now)
	if err != nil {
		return nil, err
	}
	held, err := v.Credentials.Find(ctx, *l.Holder)
	if err != nil {
		return nil, err
	}
	closing, err := v.Credentials.Closing(held, l.Digest)
	if err != nil {
		return nil, err
	}
	entry.Subject, entry.Ref = audit.Account(l.Holder.String()), o.Number
	writes = append(append(append(writes, cancel...), closing...), v.Audit.Write(entry))
	if *l.Holder != o.Purchaser {
		writes = append(writes, v.Notices.Write(notice.KeyVoided(l.Holder.String(), o.Number, l.Last4, now), now))
	}
	return writes, nil
}
