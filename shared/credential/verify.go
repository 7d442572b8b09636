package credential

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
	"phoneotp/shared/secret"
)

// Verifier takes codes in.
type Verifier struct {
	Registry *Registry
	Keys     *otp.Keys
}

// Right is a code that was compared and is right, but not used yet: Use or Confirm, in a transaction, make it
// count.
type Right struct {
	Credential *Credential // as it stood when the try was reserved
	Challenge  otp.ID

	asker Asker
	mark  otp.Mark
	left  int // tries, after the one that was right
	now   time.Time
}

// Try reserves a try in one conditional update and then compares, in constant time. Nothing is compared that
// was not reserved before, whatever comes in parallel; a lost answer of the reservation counts once.
//
// It returns, in this order (api.md): otp.ErrUnknown, otp.ErrSpent, otp.ErrExpired, otp.ErrLocked, then with a
// try taken otp.ErrEarlier or otp.ErrWrong with tries_left. Between ErrUnknown and ErrSpent stands what became
// of the credential meanwhile: ErrFrozen, ErrNotActive, ErrRequired.
func (v *Verifier) Try(ctx context.Context, a Asker, p otp.Purpose, id otp.ID, code secret.Text, now time.Time) (Right, error) {
	mark := a.mark(p)
	c, err := v.reserve(ctx, a, p, id, mark, now)
	if err != nil {
		return Right{}, err
	}
	if v.Keys.Check(c.live.digest, c.live.binding(a.Holder[:]), code) {
		return Right{Credential: c, Challenge: id, asker: a, mark: mark, left: c.live.triesLeft(), now: now}, nil
	}
	if rung, reached := otp.RungAt(c.wrong); reached {
		if err := v.Registry.tell(ctx, c, rung); err != nil {
			return Right{}, err
		}
	}
	if err := v.Registry.flag(ctx, c, now); err != nil {
		return Right{}, err
	}
	for _, old := range c.earlier {
		if len(old.digest) > 0 && v.Keys.Check(old.digest, old.binding(a.Holder[:]), code) {
			v.Registry.tellEarlier(ctx, c)
			return Right{}, c.counted(otp.ErrEarlier, now)
		}
	}
	return Right{}, c.counted(otp.ErrWrong, now)
}

// reserve takes a try, or tells why there is none.
func (v *Verifier) reserve(ctx context.Context, a Asker, p otp.Purpose, id otp.ID, mark otp.Mark, now time.Time) (*Credential, error) {
	nonce := make([]byte, 8)
	_, _ = rand.Read(nonce)  // never fails
	rungAt, anew := 0, false // the number of wrong codes that this try makes, if that is a rung; the watch begins anew
	for range saves {
		c, err := v.Registry.apply(ctx, v.Registry.reserving(a, p, id, mark, nonce, rungAt, now).watching(anew, now))
		if err == nil {
			return c, nil
		}
		stands, err := v.Registry.refusal(err)
		if err != nil {
			return nil, err
		}
		if stands != nil && bytes.Equal(stands.nonce, nonce) {
			return stands, nil // our own reservation, whose answer was lost
		}
		if err := v.refuse(stands, a, p, id, mark, now); err != nil {
			if stands != nil {
				err = cmp.Or(v.Registry.tellLeft(ctx, stands, now), err)
			}
			return nil, err
		}
		anew = !stands.watch.ends.After(now)
		rungAt = 0
		if _, rung := otp.RungAt(stands.wrong + 1); rung {
			rungAt = stands.wrong + 1
		}
	}
	return nil, fmt.Errorf("credential: verify: %w", dynamo.ErrBusy)
}

// reserving is the update that takes a try. Where the try, if wrong, reaches a rung of the ladder, the same
// write sets the lock; a right code lifts it again.
func (r *Registry) reserving(a Asker, p otp.Purpose, id otp.ID, mark otp.Mark, nonce []byte, rungAt int, now time.Time) *change {
	c := r.change(a.Holder).
		require("begins_with(#c, :challenge)", "#cu = :zero", "#ct < :tries", "#ce > :now", "#lk <= :now", "#ex > :now", "(attribute_not_exists(#an) OR #an <> :nonce)").
		assign("#ct = #ct + :one", "#f = #f + :one", "#an = :nonce").
		with(":challenge", dynamo.B(prefix(id, mark))).with(":zero", dynamo.N(0)).with(":one", dynamo.N(1)).
		with(":tries", dynamo.N(otp.Tries)).with(":now", dynamo.Ms(now)).with(":nonce", dynamo.B(nonce))
	if p == otp.SignIn {
		c.require("#st = :active").with(":active", dynamo.S(string(Active)))
	} else {
		c.require("(#st = :active OR #st = :proofed OR #st = :registered)", "attribute_exists(#pe)").
			with(":active", dynamo.S(string(Active))).with(":proofed", dynamo.S(string(Proofed))).with(":registered", dynamo.S(string(Registered)))
	}
	if rungAt > 0 {
		rung, _ := otp.RungAt(rungAt)
		return c.require("#f = :before").assign("#lk = :until", "#ls = :now").
			with(":before", dynamo.N(rungAt-1)).with(":until", dynamo.Ms(rung.Until(now)))
	}
	ladder := otp.Ladder()
	c.require("#f < :top").with(":top", dynamo.N(ladder[len(ladder)-1].Wrong-1))
	for i, rung := range ladder[:len(ladder)-1] {
		name := ":rung" + string(rune('a'+i))
		c.require("#f <> "+name).with(name, dynamo.N(rung.Wrong-1))
	}
	return c
}

// refuse judges what stands in the way of a try, in the order of api.md; nil if nothing does.
func (v *Verifier) refuse(c *Credential, a Asker, p otp.Purpose, id otp.ID, mark otp.Mark, now time.Time) error {
	if c == nil {
		return otp.ErrUnknown
	}
	if !c.live.is(id, mark) {
		for _, old := range c.earlier {
			if old.is(id, mark) {
				return otp.ErrSpent
			}
		}
		return otp.ErrUnknown
	}
	stand := c.usable
	if p == otp.Enrolment {
		stand = c.registrable
	}
	switch {
	case stand(now) != nil:
		return otp.ErrSpent.Because(becauseVoided)
	case !c.live.used.IsZero() || c.live.tries >= otp.Tries || p == otp.Enrolment && c.Pending == nil:
		return otp.ErrSpent
	case !now.Before(c.live.expires):
		return otp.ErrExpired
	case c.history.Locked(now):
		return otp.Locked(c.history.LockedUntil)
	}
	return nil
}

// inFlight is longer than any request lives: a lock that was set that long ago and was never told was left
// behind by a crash.
const inFlight = 30 * time.Second

// tellLeft tells a lock whose verification died before it could: whoever meets the lock next does it.
func (r *Registry) tellLeft(ctx context.Context, c *Credential, now time.Time) error {
	rung, reached := otp.RungAt(c.wrong)
	if !reached || c.told == c.wrong || c.lockSet.IsZero() || now.Sub(c.lockSet) <= inFlight {
		return nil
	}
	return r.tell(ctx, c, rung)
}

// tell marks that a wrong code reached a rung: the table's stream turns the mark into a mail and an audit
// entry. Marking twice changes nothing.
func (r *Registry) tell(ctx context.Context, c *Credential, rung otp.Rung) error {
	_, err := r.apply(ctx, r.change(c.Holder).
		require("#f >= :wrong", "(attribute_not_exists(#lw) OR #lw <> :wrong)").assign("#lw = :wrong").
		with(":wrong", dynamo.N(max(c.wrong, rung.Wrong))))
	if err == nil {
		return nil
	}
	_, err = r.refusal(err) // done already, or a right code came in between
	return err
}

// tellEarlier marks that the try just reserved was an earlier code: the table's stream turns the mark into an audit
// entry. Its own failure changes no answer; what a crash leaves unmarked stays a wrong try in the record.
func (r *Registry) tellEarlier(ctx context.Context, c *Credential) {
	ctx, cancel := context.WithTimeout(ctx, telling)
	defer cancel()
	_, err := r.apply(ctx, r.change(c.Holder).
		require("begins_with(#c, :id)", "(attribute_not_exists(#ec) OR NOT contains(#ec, :try))").
		assign("#ec = list_append(if_not_exists(#ec, :none), :tries)").
		with(":id", dynamo.B(c.live.id[:])).with(":try", dynamo.N(c.live.tries)).with(":none", dynamo.L()).
		with(":tries", dynamo.L(dynamo.N(c.live.tries))))
	if err == nil {
		return
	}
	if _, err = r.refusal(err); err != nil { // else it is marked already, or another code was sent meanwhile
		slog.Warn("credential", "what", "an earlier code is not recorded", "error", err.Error())
	}
}

// Look limits how often a used code may be looked at again by the session that used it (a repeat after a
// lost answer), so that a dead token is no place to guess. It returns otp.ErrSpent when they are used up.
func (v *Verifier) Look(ctx context.Context, a Asker, p otp.Purpose, id otp.ID) (*Credential, error) {
	c, err := v.Registry.apply(ctx, v.Registry.change(a.Holder).
		require("begins_with(#c, :challenge)", "#cu > :zero", "#cr < :looks").assign("#cr = #cr + :one").
		with(":challenge", dynamo.B(prefix(id, a.mark(p)))).with(":zero", dynamo.N(0)).with(":one", dynamo.N(1)).
		with(":looks", dynamo.N(otp.Repeats)))
	if err == nil {
		return c, nil
	}
	if _, err := v.Registry.refusal(err); err != nil {
		return nil, err
	}
	return nil, otp.ErrSpent
}
