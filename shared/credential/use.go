package credential

import (
	"context"
	"slices"
	"time"

	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
)

// Use is the write that makes a right login code count, in the transaction that raises the session: the code
// is used, wrong codes, lock and the sequence of gaps begin anew. It is judged as done already when the code
// was used, which only this very verification can have done: the session's writes tell the same.
func (v *Verifier) Use(r Right) dynamo.Write {
	c := v.Registry.using(r).require("#st = :active").with(":active", dynamo.S(string(Active)))
	return v.Registry.write(c, func(stands *Credential) error {
		if err := r.stands(stands); err != nil {
			return err
		}
		if stands.usable(r.now) != nil {
			return otp.ErrSpent.Because(becauseVoided)
		}
		return nil
	})
}

// using is what every right code does.
func (r *Registry) using(right Right) *change {
	return r.change(right.asker.Holder).
		require("begins_with(#c, :challenge)", "#cu = :zero", "#ex > :now").
		assign("#cu = :now", "#f = :zero", "#lk = :zero", "#na = :zero", "#q = :gaps", "#wn = #wn - :one").drop("#ls", "#lw").
		with(":one", dynamo.N(1)).
		with(":challenge", dynamo.B(prefix(right.Challenge, right.mark))).with(":zero", dynamo.N(0)).
		with(":now", dynamo.Ms(right.now)).with(":gaps", gapList())
}

// stands judges whether a right code is used already, or no longer the live one.
func (r Right) stands(c *Credential) error {
	switch {
	case c == nil || !c.live.is(r.Challenge, r.mark):
		return otp.ErrSpent // a newer code was sent in between
	case !c.live.used.IsZero():
		return dynamo.ErrAlready
	}
	return nil
}

// Confirmation is what a right enrolment code does.
type Confirmation struct {
	Phone     Phone
	Replaced  *Phone       // what it takes the place of; nil: it comes beside the others
	Activates bool         // it is the first: the credential becomes active, the license activated
	After     *Credential  // as it stands once the write is made
	Write     dynamo.Write // for the transaction
}

// Confirm makes the pending number a registered one, in the place of another where that was asked for. The
// first activates the credential. The write is judged like that of Use; ErrPhoneLimit or ErrDuplicate tell that
// others were faster, phonebook.ErrMoved that the numbers are not what they were when the try was reserved.
func (v *Verifier) Confirm(r Right) Confirmation {
	before := r.Credential
	p := *before.Pending
	p.AddedAt = r.now
	after := *before
	old, replaces := before.Phone(before.replaces)
	after.Phones = slices.DeleteFunc(slices.Clone(before.Phones), func(o Phone) bool { return replaces && o.ID == old.ID })
	after.Phones = append(after.Phones, p)
	after.Pending, after.replaces, after.State = nil, "", Active
	after.changes, after.last = before.changes+1, before.changes+1
	after.settle(r.now)
	if before.ActivatedAt.IsZero() {
		after.ActivatedAt = r.now
	}
	c := v.Registry.using(r)
	registering(c, []string{p.ID}, before.replaces)
	c.changing(before, before.changes+1)
	c.require("#pe.#i = :id", "#st = :before").
		assign("#ph.#id0 = :phone", "#st = :active", "#aa = if_not_exists(#aa, :now)").drop("#pe").
		with(":id", dynamo.S(p.ID)).with(":phone", dynamo.M(p.item())).with(":before", dynamo.S(string(before.State)))
	if before.State != Active {
		c.remind(NextReminder(before.ExpiresAt, r.now))
	}
	done := Confirmation{Phone: p, Activates: before.State != Active, After: &after}
	if replaces {
		c.drop("#ph.#old")
		done.Replaced = &old
	}
	done.Write = v.Registry.write(c, func(stands *Credential) error {
		if err := r.stands(stands); err != nil {
			return err
		}
		if stands.registrable(r.now) != nil {
			return otp.ErrSpent.Because(becauseVoided)
		}
		if _, there := stands.Phone(p.ID); there {
			return ErrDuplicate
		}
		_, there := stands.Phone(before.replaces)
		switch {
		case before.replaces == "" && len(stands.Phones) >= MaxPhones:
			return ErrPhoneLimit
		case before.replaces != "" && !there:
			return otp.ErrSpent.Because(becauseReplacedGone)
		case stands.changes != before.changes:
			return phonebook.ErrMoved
		case stands.Pending == nil || stands.Pending.ID != p.ID || stands.State != before.State:
			return otp.ErrSpent
		}
		return nil
	})
	return done
}

// Spend is the write that uses a right enrolment code up without registering its number, which is forgotten.
func (v *Verifier) Spend(r Right) dynamo.Write {
	return v.Registry.write(v.Registry.using(r).drop("#pe"), func(stands *Credential) error {
		if err := r.stands(stands); err != nil {
			return err
		}
		if !stands.Live(r.now) {
			return otp.ErrSpent.Because(becauseVoided)
		}
		return nil
	})
}

// again is a right code with the credential as it stands now, after a change of numbers got in its way. It
// returns otp.ErrSpent if the code is none any more.
func (v *Verifier) again(ctx context.Context, r Right) (Right, error) {
	stands, err := v.Registry.Find(ctx, r.asker.Holder)
	if err != nil {
		return Right{}, err
	}
	if r.stands(stands) != nil || stands.Pending == nil || stands.Pending.ID != r.Credential.Pending.ID {
		return Right{}, otp.ErrSpent
	}
	r.Credential = stands
	return r, nil
}

// After is the credential once the code of Use counts.
func (r Right) After() *Credential {
	after := *r.Credential
	after.settle(r.now)
	return &after
}

// settle is what a right code does, on a copy.
func (c *Credential) settle(now time.Time) {
	c.live.used = now
	c.wrong, c.told, c.lockSet = 0, 0, time.Time{}
	c.history.LockedUntil, c.history.Next = time.Time{}, time.Time{}
}
