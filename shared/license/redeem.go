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
	// Resuming makes the writes of a higher room that take up again what has ended while the holder's own key waited to
	// be activated; none if nothing has. A refusal of theirs that is ErrMoved asks for them again, credential.ErrRequired
	// leaves them out. Nil where nothing can be taken up.
	Resuming func(ctx context.Context, o credential.Opening, now time.Time) ([]dynamo.Write, error)
}

// tries bounds how often a redemption looks again at what was changed meanwhile.
const tries = 4

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
	Revived bool               // and what had ended goes on, so the credential is as it was opened
}

// Extra are writes of higher rooms that belong to an opening.
type Extra func(credential.Opening) []dynamo.Write

// Redeem finds the key, binds it to the holder and opens the credential, in one transaction with extra, the
// writes of higher rooms. The holder's own key resumes: it changes nothing but what Resuming takes up. Two calls, three
// where it is refused, and one for what Resuming reads.
//
// It returns ErrTyping, ErrTooMany, ErrUnknown, ErrVoid, ErrSuspended or credential.ErrExists, in the order
// of the package's comment.
func (r Redeemer) Redeem(ctx context.Context, e Entry, extra ...Extra) (Entered, error) {
	plain, err := Parse(e.Input)
	if err != nil {
		return Entered{}, err
	}
	for range tries {
		in, err := r.redeem(ctx, plain, e, extra)
		if errors.Is(err, ErrMoved) {
			continue
		}
		if err != nil && !errors.Is(err, ErrUnknown) {
			err = fmt.Errorf("redeem: %w", err)
		}
		return in, err
	}
	return Entered{}, fmt.Errorf("redeem: %w", dynamo.ErrBusy)
}

func (r Redeemer) redeem(ctx context.Context, plain Plain, e Entry, extra []Extra) (Entered, error) {
	found, err := r.Licenses.Find(ctx, r.Keys.digests(plain)...)
	if err != nil {
		return Entered{}, err
	}
	if len(found) == 0 {
		return Entered{}, r.unknown(ctx, e)
	}
	l := found[0]
	why := l.refusal(e.Holder, e.At)
	if why == nil {
		why = r.bind(ctx, e, &l, extra)
	}
	in := Entered{License: l, Resumed: why != nil}
	switch {
	case errors.Is(why, ErrUnknown):
		return Entered{}, r.unknown(ctx, e)
	case errors.Is(why, errOwn):
		in.Revived, why = r.resume(ctx, e, l)
	case errors.Is(why, ErrVoid), errors.Is(why, ErrSuspended): // the limit comes first
		if err := r.Licenses.DB.Commit(ctx, r.limits(e)...); err != nil {
			return Entered{}, err
		}
	}
	if why != nil {
		return Entered{}, why
	}
	in.Opening, _, err = r.opening(l, e.Holder)
	return in, err
}

// resume lets the holder go on with a key that is entered already, and tells whether anything was taken up again.
func (r Redeemer) resume(ctx context.Context, e Entry, l License) (bool, error) {
	var more []dynamo.Write
	if (l.State == Registered || l.State == Activated) && r.Resuming != nil { // one that was activated may be in proofing again
		opening, _, err := r.opening(l, e.Holder)
		if err != nil {
			return false, err
		}
		if more, err = r.Resuming(ctx, opening, e.At); err != nil {
			return false, err
		}
	}
	writes := r.limits(e)
	if len(more) > 0 {
		err := r.Licenses.DB.Commit(ctx, append(append(writes, r.Licenses.holding(l)), more...)...)
		if err == nil || !errors.Is(err, credential.ErrRequired) {
			return err == nil && l.State == Registered, err
		}
	}
	return false, r.Licenses.DB.Commit(ctx, writes...)
}

// unknown counts a try, then answers. What is over the limit learns no more than that.
func (r Redeemer) unknown(ctx context.Context, e Entry) error {
	if err := r.Limits.Take(ctx, e.At, r.uses(e)...); err != nil {
		return err
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
		Tries(e.Holder),
		{Rule: limit.Rule{Name: "license-address", Max: r.PerAddress, Window: time.Hour}, Subject: limit.Address(e.From), Fault: ErrTooMany},
	}
}

// Tries counts unknown keys that an account entered.
func Tries(holder account.ID) limit.Use {
	return limit.Use{Rule: limit.Rule{Name: "license-account", Max: perAccount, Window: time.Hour}, Subject: holder.String(), Fault: ErrTooMany}
}

// limits are the conditions that neither counter is full. They count nothing.
func (r Redeemer) limits(e Entry) []dynamo.Write {
	var checks []dynamo.Write
	for _, u := range r.uses(e) {
		checks = append(checks, r.Limits.Check(u, e.At))
	}
	return checks
}
