package license

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
)

// Redeemer binds keys to holders.
type Redeemer struct {
	Licenses    Licenses
	Keys        *Keyring
	Credentials *credential.Registry
	Catalog     *catalog.Catalog
	Limits      limit.Counters
	Notices     *notice.Outbox
	Audit       audit.Log
	PerAddress  int // unknown keys an hour an address (a setting; product.md 3: 30)
}

// perAccount is how many unknown keys an hour an account may enter (product.md 3).
const perAccount = 10

// Entry is somebody entering a key.
type Entry struct {
	Input  string // as typed
	Holder account.ID
	From   string // the client's address
	At     time.Time
}

// Entered is what came of it.
type Entered struct {
	License License
	Opening credential.Opening // what the credential was opened with, now or before
	Resumed bool               // it was the holder's before: the credential may have moved on
}

// Extra are writes of higher rooms that belong to an opening.
type Extra func(credential.Opening) []dynamo.Write

// Redeem finds the key, binds it to the holder and opens the credential, in one transaction with extra, the
// writes of higher rooms. The holder's own key resumes and changes nothing. Two calls, three where it is
// refused.
//
// It returns ErrTyping, ErrTooMany, ErrUnknown, ErrVoid, ErrSuspended or credential.ErrExists, in the order
// of the package's comment.
func (r Redeemer) Redeem(ctx context.Context, e Entry, extra ...Extra) (Entered, error) {
	plain, err := Parse(e.Input)
	if err != nil {
		return Entered{}, err
	}
	found, err := r.Licenses.Find(ctx, r.Keys.digests(plain)...)
	if err != nil {
		return Entered{}, fmt.Errorf("redeem: %w", err)
	}
	if len(found) == 0 {
		return Entered{}, r.unknown(ctx, e)
	}
	l := found[0]
	why := l.refusal(e.Holder, e.At)
	switch {
	case why == nil:
		why = r.bind(ctx, e, &l, extra)
	case !errors.Is(why, ErrUnknown): // the limit comes first
		if err := r.Licenses.DB.Commit(ctx, r.limits(e)...); err != nil {
			return Entered{}, fmt.Errorf("redeem: %w", err)
		}
	}
	if errors.Is(why, ErrUnknown) {
		return Entered{}, r.unknown(ctx, e)
	}
	if why != nil && !errors.Is(why, errOwn) {
		return Entered{}, fmt.Errorf("redeem: %w", why)
	}
	opening, _, err := r.opening(l, e.Holder)
	return Entered{License: l, Opening: opening, Resumed: why != nil}, err
}

// unknown counts a try, then answers. What is over the limit learns no more than that.
func (r Redeemer) unknown(ctx context.Context, e Entry) error {
	if err := r.Limits.Take(ctx, e.At, r.uses(e)...); err != nil {
		return fmt.Errorf("redeem: %w", err)
	}
	return ErrUnknown
}

// bind makes the transaction of redemption.
func (r Redeemer) bind(ctx context.Context, e Entry, l *License, extra []Extra) error {
	opening, product, err := r.opening(*l, e.Holder)
	if err != nil {
		return err
	}
	mark := make([]byte, 12)
	_, _ = rand.Read(mark)
	writes := append(r.limits(e), // judged in this order: limit, license, credential
		r.Licenses.register(*l, e.Holder, mark, e.At),
		r.Credentials.Open(opening, e.At),
		r.Notices.Write(notice.LicenseEntered(e.Holder.String(), product.Name, e.At), e.At),
		r.Audit.Write(audit.Entry{
			Subject: audit.Account(e.Holder.String()), What: EventEntered, At: e.At, From: e.From, Ref: l.Order,
			Detail: map[string]string{"last4": l.Last4, "product": l.Product},
		}))
	for _, more := range extra {
		writes = append(writes, more(opening)...)
	}
	if err := r.Licenses.DB.Commit(ctx, writes...); err != nil {
		return err
	}
	l.State, l.Holder, l.sealed = Registered, &e.Holder, nil
	return nil
}

// opening is what the license opens for the holder, by the product that was sold.
func (r Redeemer) opening(l License, holder account.ID) (credential.Opening, catalog.Product, error) {
	p, ok := r.Catalog.Product(l.Product)
	if !ok {
		return credential.Opening{}, p, fmt.Errorf("license: product %q is not in the catalog", l.Product)
	}
	return credential.Opening{
		Holder: holder, License: l.Digest, Product: p.Code, Service: phone.Service(p.Region), Proofing: p.Proofing, PurchasedAt: l.PurchasedAt,
	}, p, nil
}

// uses are the two counters of unknown keys.
func (r Redeemer) uses(e Entry) []limit.Use {
	return []limit.Use{
		{Rule: limit.Rule{Name: "license-account", Max: perAccount, Window: time.Hour}, Subject: e.Holder.String(), Fault: ErrTooMany},
		{Rule: limit.Rule{Name: "license-address", Max: r.PerAddress, Window: time.Hour}, Subject: limit.Address(e.From), Fault: ErrTooMany},
	}
}

// limits are the conditions that neither counter is full. They count nothing.
func (r Redeemer) limits(e Entry) []dynamo.Write {
	var checks []dynamo.Write
	for _, u := range r.uses(e) {
		checks = append(checks, r.Limits.Check(u, e.At))
	}
	return checks
}
