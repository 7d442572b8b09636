package credential

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

// Reject takes a change back by the link that told of it: the numbers stand again as they stood before that
// change, whatever came after it; the credential is frozen (no codes, level 1, support thaws); all sessions end;
// one transaction. Links about the changes that are undone with it are dead from then on, those about earlier
// ones still work. It returns account.ErrTokenSpent for a link that is unknown, used, 10 days old, or about a
// change that does not stand any more.
//
// It needs no session: whoever holds the link got it by the holder's mail or at one of the holder's numbers, and
// all that it does is to stop things. Five calls.
func (g Changing) Reject(ctx context.Context, token secret.Text, from string, now time.Time) error {
	holder, ok := phonebook.HolderOf(token)
	if !ok {
		return account.ErrTokenSpent
	}
	mark := make([]byte, 8)
	_, _ = rand.Read(mark) // never fails
	for range saves {
		c, err := g.Registry.Find(ctx, holder)
		if err != nil {
			return err
		}
		changes, err := g.Book.Changes(ctx, holder) // after the credential, so that its last change is among them
		if err != nil {
			return err
		}
		found, there := phonebook.Find(changes, token)
		if !there || found.Over(now) {
			return account.ErrTokenSpent
		}
		if c == nil || c.State == Revoked || !bytes.Equal(c.License, found.License) || !phonebook.Leads(changes, found, c.last) {
			return account.ErrTokenSpent
		}
		if err := g.restore(ctx, c, found, mark, from, now); !errors.Is(err, phonebook.ErrMoved) {
			return err
		}
	}
	return fmt.Errorf("credential: reject: %w", dynamo.ErrBusy)
}

// restore makes the transaction of Reject with the sessions as they are listed.
func (g Changing) restore(ctx context.Context, c *Credential, found phonebook.Change, mark []byte, from string, now time.Time) error {
	before, err := g.Registry.readPhones(c.Holder, dynamo.Read(dynamo.Item{"ph": dynamo.M(found.Phones)}))
	if err != nil {
		return err
	}
	mine := new(bool)
	writes := g.rejection(c, found, before, mark, mine, from, now)
	err = g.Ender.Ending(ctx, c.Holder, "", now, func(a account.Account, ends []dynamo.Write) error {
		all := append(append(writes[:len(writes):len(writes)], ends...), g.Ender.Accounts.Closing(a))
		err := g.DB.Commit(ctx, all...)
		if *mine {
			return nil // the link bears this request's mark: all of it was done, and the answer lost
		}
		return err
	})
	if errors.Is(err, account.ErrUnknown) {
		return account.ErrTokenSpent
	}
	return err
}

// rejection are the writes of Reject but for the sessions.
func (g Changing) rejection(c *Credential, found phonebook.Change, before []Phone, mark []byte, mine *bool, from string, now time.Time) []dynamo.Write {
	ch := g.Registry.change(c.Holder).require("#st = :before").
		assign("#ph = :phones", "#st = :frozen").drop("#pe").
		with(":before", dynamo.S(string(c.State))).with(":phones", dynamo.M(found.Phones)).with(":frozen", dynamo.S(string(Frozen))).
		changing(c, found.Before).voiding()
	holder := c.Holder.String()
	writes := []dynamo.Write{
		g.Book.Use(found, mark, account.ErrTokenSpent, mine),
		g.Registry.write(ch, func(stands *Credential) error { return moved(stands, c, *mine, now) }),
		g.Log.Write(audit.Entry{
			Subject: audit.Account(holder), What: EventChangeRejected, At: now, From: from,
			Detail: map[string]string{"before": endings(c.Phones), "after": endings(before)},
		}),
		g.Outbox.Write(notice.PhonesRestored(holder, now), now),
	}
	writes = append(writes, texts(g.Outbox, before, "", now, func(to phone.Number) notice.Notice { return notice.PhonesRestoredText(to) })...)
	restored := map[string]bool{}
	for _, p := range before {
		restored[p.ID] = true
		if _, there := c.Phone(p.ID); !there {
			writes = append(writes, g.Book.Restore(p.index, c.Holder))
		}
	}
	for _, p := range c.Phones {
		if !restored[p.ID] {
			writes = append(writes, g.Book.Leave(p.index, c.Holder))
		}
	}
	return writes
}

// endings lists numbers as the audit trail may have them.
func endings(phones []Phone) string {
	var all string
	for i, p := range phones {
		if i > 0 {
			all += " "
		}
		all += p.Number.Ending()
	}
	return all
}
