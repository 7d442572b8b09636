package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
)

// Buyer is who bought a key, and how he knows it.
type Buyer struct {
	Account account.ID
	Order   string // number
	Last4   string // of the key
	// Entered tells which keys of the same order were entered by whom, this one too. It is asked once an order and
	// reminder. Nil if the order had this key alone.
	Entered func(ctx context.Context) ([]Entered, error)
}

// Entered is a key that somebody has entered.
type Entered struct {
	Holder  account.ID
	License []byte
}

// toOthers tells whether the buyer is mailed about a credential that its holder is mailed about.
func (b *Buyer) toOthers(c *Credential) bool { return b != nil && b.Account != c.Holder }

// bundles are the mails to buyers that one sweep writes. All credentials of an order that were not renewed end at
// one instant, so a buyer gets one mail for all of them: the name under which it lies in the outbox is made of order,
// end and reminder, so whoever is first writes it, in the transaction of its own credential, and the others find it.
// The lock lets them wait for the first instead of all trying; the name alone decides, also among several sweeps.
type bundles struct {
	mu  sync.Mutex
	all map[string]*bundle
}

type bundle struct {
	mu      sync.Mutex
	written bool
}

func (b *bundles) of(name string) *bundle {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[string]*bundle{}
	}
	if b.all[name] == nil {
		b.all[name] = &bundle{}
	}
	return b.all[name]
}

// commit makes the writes of one credential's reminder, with the mail to its buyer if that is not written yet.
func (r Reminding) commit(ctx context.Context, all *bundles, buyer *Buyer, c *Credential, step Reminder, now time.Time, writes []dynamo.Write) error {
	if !buyer.toOthers(c) {
		return r.Registry.DB.Commit(ctx, writes...)
	}
	name := fmt.Sprintf("%s#%d#%d", buyer.Order, c.ExpiresAt.UnixMilli(), step)
	first := all.of(name)
	first.mu.Lock()
	if !first.written {
		mail, err := r.toBuyer(ctx, buyer, c, step, now)
		if err == nil {
			err = r.Registry.DB.Commit(ctx, append(writes[:len(writes):len(writes)], r.Outbox.WriteFirst(mail, name, now))...)
		}
		first.written = err == nil || errors.Is(err, notice.ErrWritten)
		if !errors.Is(err, notice.ErrWritten) {
			first.mu.Unlock()
			return err
		}
	}
	first.mu.Unlock()
	return r.Registry.DB.Commit(ctx, writes...)
}

// toBuyer is the mail about all credentials of the order that have come to the same reminder of the same end, as they
// stand now. It names none of their holders, and says nothing of renewals that these have ordered.
func (r Reminding) toBuyer(ctx context.Context, buyer *Buyer, c *Credential, step Reminder, now time.Time) (notice.Notice, error) {
	entered, stand := []Entered{{c.Holder, c.License}}, map[account.ID]*Credential{c.Holder: c}
	if buyer.Entered != nil {
		var err error
		if entered, err = buyer.Entered(ctx); err == nil {
			stand, err = r.Registry.several(ctx, entered)
		}
		if err != nil {
			return notice.Notice{}, err
		}
	}
	bought := notice.Bought{Order: buyer.Order}
	for _, e := range entered {
		other := stand[e.Holder]
		if other == nil || !buyer.toOthers(other) || !bytes.Equal(other.License, e.License) || !other.ExpiresAt.Equal(c.ExpiresAt) {
			continue
		}
		if at, ok := latest(other.reminders(), other.ExpiresAt, now); !ok || at != step {
			continue
		}
		if other.ActivatedAt.IsZero() {
			bought.Unused++
		} else {
			bought.Active++
		}
	}
	if bought.Active+bought.Unused == 1 {
		bought.Last4 = buyer.Last4
	}
	e := notice.Expiry{At: c.ExpiresAt, RenewableUntil: c.ClosesAt(r.Grace)}
	switch {
	case step < AtExpiry:
		return notice.BoughtExpiring(buyer.Account.String(), bought, e), nil
	case step > AtExpiry:
		return notice.BoughtOver(buyer.Account.String(), bought, e), nil
	}
	return notice.BoughtExpired(buyer.Account.String(), bought, e), nil
}

// several reads the credentials of those who entered keys. One that cannot be read keeps no mail about the others: it
// is told when its own turn comes.
func (r *Registry) several(ctx context.Context, entered []Entered) (map[account.ID]*Credential, error) {
	seen := map[account.ID]bool{}
	var keys []dynamo.Item
	for _, e := range entered {
		if !seen[e.Holder] {
			seen[e.Holder] = true
			keys = append(keys, key(e.Holder))
		}
	}
	items, err := r.DB.BatchGet(ctx, r.Table, keys)
	if err != nil {
		return nil, fmt.Errorf("credentials of an order: %w", err)
	}
	found := map[account.ID]*Credential{}
	for _, item := range items {
		if c, err := r.read(item); err == nil {
			found[c.Holder] = c
		}
	}
	return found, nil
}
