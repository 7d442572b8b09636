package credential

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

// mayTouch tells whether a login through a number may remove or replace the number of the given id: nil, or
// ErrPhoneTooNew with the instant from which it may. A number may always be removed or replaced by a login
// through itself, and any by any while all of them are young (product.md 5). A login through a number that is
// not known counts as one through a new one.
func (c *Credential) mayTouch(door session.Door, id string, now time.Time) error {
	young := func(added time.Time) bool { return now.Before(added.Add(Quarantine)) }
	added := door.AddedAt
	if p, there := c.Phone(door.Phone); there {
		added = p.AddedAt
	}
	if door.Phone == id || door.Phone != "" && !young(added) {
		return nil
	}
	for _, p := range c.Phones {
		if !young(p.AddedAt) {
			refused := ErrPhoneTooNew.Because(becauseTooNew).Then("elevate")
			if door.Phone != "" {
				refused = refused.RetryingAt(otp.CeilSecond(added.Add(Quarantine)))
			}
			return refused
		}
	}
	return nil
}

// changing makes an update the one that follows what was read of the numbers: none was changed since. The
// change that stands last from here on is last.
func (ch *change) changing(read *Credential, last int64) *change {
	if read.changes == 0 {
		ch.require("(attribute_not_exists(#hn) OR #hn = :made)")
	} else {
		ch.require("#hn = :made")
	}
	return ch.assign("#hn = :number", "#hd = :last").with(":made", dynamo.N(read.changes)).
		with(":number", dynamo.N(read.changes+1)).with(":last", dynamo.N(last))
}

// voiding makes the live code one that is recognised and never accepted: it went to a number that is not
// registered any more.
func (ch *change) voiding() *change {
	return ch.assign("#o[0] = #c", "#o[1] = #o[0]", "#c = :empty").with(":empty", dynamo.B([]byte{}))
}

// nextChange is the record of a change that is about to be made.
func (c *Credential) nextChange(now time.Time) phonebook.Change {
	return phonebook.Change{
		Holder: c.Holder, Number: c.changes + 1, Before: c.last, License: c.License, At: now, Phones: phonesItem(c.Phones),
	}
}

// Changing takes numbers away and takes changes back.
type Changing struct {
	DB       *dynamo.DB
	Registry *Registry
	Book     phonebook.Book
	Log      audit.Log
	Outbox   *notice.Outbox
	Ender    session.Ender
}

// Remove takes a registered number away, which voids a live code that went there. It returns ErrRequired, ErrFrozen,
// ErrTooWeak, ErrNotFresh, ErrPhoneUnknown, ErrPhoneLast or ErrPhoneTooNew, in this order. Two calls; four more
// where another change came between.
func (g Changing) Remove(ctx context.Context, s session.Session, id, from string, now time.Time) error {
	for range saves {
		c, err := g.Registry.Find(ctx, s.Account)
		if err != nil {
			return err
		}
		if err := c.MayRegister(s.CodeAt, now); err != nil {
			return err
		}
		gone, there := c.Phone(id)
		switch {
		case !there:
			return ErrPhoneUnknown
		case len(c.Phones) == 1:
			return ErrPhoneLast.Because(becauseLast)
		}
		if err := c.mayTouch(s.Door, id, now); err != nil {
			return err
		}
		if err := g.DB.Commit(ctx, g.removal(c, gone, from, now)...); !errors.Is(err, phonebook.ErrMoved) {
			return err
		}
	}
	return fmt.Errorf("credential: remove: %w", dynamo.ErrBusy)
}

func (g Changing) removal(c *Credential, gone Phone, from string, now time.Time) []dynamo.Write {
	token, mine := phonebook.NewToken(c.Holder), new(bool)
	ch := g.Registry.change(c.Holder).require("#st = :active", "#ex > :now").drop("#ph.#phone").named("#phone", gone.ID).
		with(":active", dynamo.S(string(Active))).with(":now", dynamo.Ms(now)).changing(c, c.changes+1)
	if c.live.phone == gone.ID {
		ch.voiding()
	}
	ch.require("#c = :live").with(":live", dynamo.B(c.live.stored())) // no code goes there in between
	writes := []dynamo.Write{
		g.Book.Record(c.nextChange(now), token, mine),
		g.Registry.write(ch, func(stands *Credential) error { return moved(stands, c, *mine, now) }),
		g.Book.Leave(gone.index, c.Holder),
		g.Log.Write(audit.Entry{
			Subject: audit.Account(c.Holder.String()), What: EventPhoneRemoved, At: now, From: from, Ref: gone.ID,
			Detail: map[string]string{"ending": gone.Number.Ending(), "channel": string(gone.Channel)},
		}),
		g.Outbox.Write(notice.PhoneRemoved(c.Holder.String(), gone.Number.Ending(), now, token), now),
	}
	return append(writes, texts(g.Outbox, c.Phones, gone.ID, now, func(to phone.Number) notice.Notice {
		return notice.PhoneRemovedText(to, gone.Number.Ending(), token)
	})...)
}

// moved judges the credential's part of a change: done, made impossible by something that came between, or free.
func moved(stands, read *Credential, mine bool, now time.Time) error {
	switch {
	case mine:
		return dynamo.ErrAlready
	case stands == nil || stands.changes != read.changes || stands.State != read.State || stands.Live(now) != read.Live(now),
		stands.live.id != read.live.id:
		return phonebook.ErrMoved // whoever looks again finds the reason
	}
	return nil
}

// texts are the notices to the registered numbers that take texts, but for one.
func texts(outbox *notice.Outbox, phones []Phone, but string, now time.Time, to func(phone.Number) notice.Notice) []dynamo.Write {
	var writes []dynamo.Write
	for _, p := range phones {
		if p.ID != but && p.Channel == phone.SMS {
			writes = append(writes, outbox.Write(to(p.Number), now))
		}
	}
	return writes
}

// notices tell a confirmed number by mail, and by text to the other numbers.
func (c Confirming) notices(done Confirmation, holder string, token secret.Text, now time.Time) []dynamo.Write {
	ending, channel := done.Phone.Number.Ending(), string(done.Phone.Channel)
	mail := notice.PhoneAdded(holder, ending, channel, now, token)
	text := func(to phone.Number) notice.Notice { return notice.PhoneAddedText(to, ending, token) }
	if done.Replaced != nil {
		old := done.Replaced.Number.Ending()
		mail = notice.PhoneReplaced(holder, ending, channel, old, now, token)
		text = func(to phone.Number) notice.Notice { return notice.PhoneReplacedText(to, ending, old, token) }
	}
	return append([]dynamo.Write{c.Outbox.Write(mail, now)}, texts(c.Outbox, done.After.Phones, done.Phone.ID, now, text)...)
}
