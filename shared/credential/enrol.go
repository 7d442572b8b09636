package credential

import (
	"context"
	"strconv"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/session"
)

// MayRegister tells whether a session may register a number: nil, ErrRequired, ErrFrozen, ErrTooWeak or
// ErrNotFresh, in this order (api.md). CodeAt is the session's code login, zero if there was none.
func (c *Credential) MayRegister(codeAt, now time.Time) error {
	if err := c.registrable(now); err != nil {
		return err
	}
	switch {
	case c.State != Active: // the first number: password strength is enough
		return nil
	case !c.raised(codeAt):
		return ErrTooWeak.Because(becauseWeak).Then("elevate")
	case !now.Before(codeAt.Add(Fresh)):
		return ErrNotFresh.Because(becauseStale).Then("elevate")
	}
	return nil
}

// Enrolment is a number that a holder wants to add, judged by package phone already.
type Enrolment struct {
	Number  phone.Number
	Country string
	Channel phone.Channel
	// Replaces is the id of the registered phone that this one takes the place of once it is confirmed; empty:
	// it comes beside the others.
	Replaces string
	// Door is the number that the session logged in through.
	Door session.Door

	judged bool // the session was judged when the code was asked for first
}

// Enrol makes the number the pending one and sends a code to it. The credential is as Find gave it, judged by
// MayRegister; what changed since is seen by the conditional update.
//
// It returns ErrPhoneUnknown for a number to replace that is not there, ErrDuplicate, ErrPhoneLimit, ErrPhoneTooNew, otp.ErrLocked, otp.ErrLimit or otp.ErrTooSoon.
func (s *Sender) Enrol(ctx context.Context, a Asker, c *Credential, e Enrolment, now time.Time) (Challenge, error) {
	return s.enrol(ctx, a, c, e, e.Channel, now)
}

// enrol sends the code by a channel that may be another than the number's own.
func (s *Sender) enrol(ctx context.Context, a Asker, c *Credential, e Enrolment, by phone.Channel, now time.Time) (Challenge, error) {
	ids := s.Registry.Numbers.ids(a.Holder, e.Number)
	judge := func(stands *Credential) error {
		if err := stands.registrable(now); err != nil {
			return err
		}
		for _, id := range ids {
			if _, there := stands.Phone(id); there {
				return ErrDuplicate
			}
		}
		_, there := stands.Phone(e.Replaces)
		switch {
		case e.Replaces == "" && len(stands.Phones) >= MaxPhones:
			return ErrPhoneLimit
		case e.Replaces != "" && !there:
			return ErrPhoneUnknown.At("/replaces", reasonNotThere)
		case e.Replaces != "" && !e.judged:
			return stands.mayTouch(e.Door, e.Replaces, now)
		}
		return nil
	}
	if err := judge(c); err != nil {
		return Challenge{}, err
	}
	if err := c.history.Judge(by, now); err != nil {
		s.Registry.refused(ctx, c, by, err, now)
		return Challenge{}, err
	}
	known := c.Pending != nil && c.Pending.ID == ids[0]
	if err := s.Gate.Unconfirmed(ctx, a, s.Registry.Numbers.Index(e.Number), e, by, !known, now); err != nil {
		s.Registry.refused(ctx, c, by, err, now)
		return Challenge{}, err
	}
	pending, err := s.Registry.Numbers.phone(a.Holder, ids[0], e.Number)
	if err != nil {
		return Challenge{}, err
	}
	pending.Channel, pending.Country, pending.AddedAt = e.Channel, e.Country, now
	item := pending.item()
	item["i"] = dynamo.S(pending.ID)
	if e.Replaces != "" {
		item["re"] = dynamo.S(e.Replaces)
	}
	d := s.draw(a, otp.Enrolment, pending.ID, by, now)
	after, err := s.save(ctx, d, func(c *change) {
		registering(c, ids, e.Replaces)
		c.assign("#pe = :pending").with(":pending", dynamo.M(item))
	}, judge)
	if err != nil {
		return Challenge{}, err
	}
	return s.dispatch(ctx, d, after)
}

// registering are the conditions under which a number may be added, or take another's place.
func registering(c *change, ids []string, replaces string) {
	c.require("#ex > :now", "(#st = :active OR #st = :proofed OR (#st = :registered AND attribute_not_exists(#pf)))").
		with(":active", dynamo.S(string(Active))).with(":proofed", dynamo.S(string(Proofed))).
		with(":registered", dynamo.S(string(Registered)))
	if replaces == "" {
		c.require("size(#ph) < :max").with(":max", dynamo.N(MaxPhones))
	} else {
		c.require("attribute_exists(#ph.#old)").named("#old", replaces)
	}
	for i, id := range ids {
		name := "#id" + strconv.Itoa(i)
		c.require("attribute_not_exists(#ph."+name+")").named(name, id)
	}
}

// Resend sends a new code in place of a challenge's, by the same purpose to the same phone; an empty channel
// means the one of the challenge. Besides what Send and Enrol return it returns otp.ErrUnknown for a
// challenge that is not this session's, and otp.ErrSpent where the code was used or the number is not pending
// any more.
func (s *Sender) Resend(ctx context.Context, a Asker, id otp.ID, channel phone.Channel, now time.Time) (Challenge, error) {
	c, err := s.Registry.Find(ctx, a.Holder)
	if err != nil {
		return Challenge{}, err
	}
	old, purpose, err := c.find(id, a)
	if err != nil {
		return Challenge{}, err
	}
	if !old.used.IsZero() {
		return Challenge{}, otp.ErrSpent
	}
	if purpose == otp.SignIn {
		if channel == "" {
			channel = old.channel // of an earlier challenge it is not kept: the phone's own
		}
		return s.Send(ctx, a, old.phone, channel, now)
	}
	if c.Pending == nil || c.Pending.ID != old.phone {
		return Challenge{}, otp.ErrSpent
	}
	e := Enrolment{Number: c.Pending.Number, Country: c.Pending.Country, Channel: c.Pending.Channel, Replaces: c.replaces, judged: true}
	if channel == phone.SMS && e.Channel == phone.Voice {
		return Challenge{}, ErrVoiceOnly.At("/channel", reasonVoiceOnly)
	}
	if channel == "" {
		channel = e.Channel
	}
	return s.enrol(ctx, a, c, e, channel, now)
}
