package credential

import (
	"context"
	"fmt"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/session"
)

// Confirming makes pending numbers registered ones by right codes.
type Confirming struct {
	DB       *dynamo.DB
	Verifier *Verifier
	Raiser   session.Raiser
	Log      audit.Log
	Outbox   *notice.Outbox
	// Activation is the write that marks the license activated, which the license room builds.
	Activation func(license []byte, now time.Time) dynamo.Write
}

// Confirm registers the pending number of a session of Raiser.Require, by the code that was sent to it. The
// first number activates credential and license and raises the session; a further one renews the token and is
// no login (product.md 5). Every change is told by mail, and by text to the other numbers that take texts.
//
// It returns what Verifier.Try returns, ErrPhoneLimit, ErrDuplicate or session.ErrNotSignedIn. The same code
// from the session whose token it renewed, within a minute, gets the same answer again.
func (c Confirming) Confirm(ctx context.Context, cur session.Session, a Attempt) (session.Session, *Credential, Phone, error) {
	if cur.Raised() {
		next, stands, err := repeat(ctx, c.Verifier, c.Raiser, cur, otp.Enrolment, a)
		if err != nil {
			return session.Session{}, nil, Phone{}, err
		}
		p, ok := stands.Phone(stands.live.phone)
		if !ok {
			return session.Session{}, nil, Phone{}, otp.ErrSpent
		}
		return next, stands, p, nil
	}
	right, err := c.Verifier.Try(ctx, Asker{Holder: cur.Account, Session: cur.ID}, otp.Enrolment, a.Challenge, a.Code, a.At)
	if err != nil {
		return session.Session{}, nil, Phone{}, err
	}
	done := c.Verifier.Confirm(right)
	raise := c.Raiser.Renew
	if done.Activates {
		raise = c.Raiser.Raise
	}
	next, writes := raise(cur, a.Challenge.String(), a.Code, a.At)
	writes = append(writes, done.Write)
	added := a.entry(cur, EventPhoneAdded)
	added.Ref, added.Detail = done.Phone.ID, map[string]string{"ending": done.Phone.Number.Ending(), "channel": string(done.Phone.Channel)}
	writes = append(writes, c.Log.Write(added))
	if done.Activates {
		writes = append(writes, c.Activation(done.After.License, a.At), c.Log.Write(a.entry(cur, EventActivated)))
	}
	writes = append(writes, c.notices(done, cur.Account.String(), a.At)...)
	if err := c.DB.Commit(ctx, writes...); err != nil {
		return session.Session{}, nil, Phone{}, fmt.Errorf("credential: confirm: %w", err)
	}
	return next, done.After, done.Phone, nil
}

func (c Confirming) notices(done Confirmation, holder string, now time.Time) []dynamo.Write {
	ending := done.Phone.Number.Ending()
	writes := []dynamo.Write{c.Outbox.Write(notice.PhoneAdded(holder, ending, string(done.Phone.Channel), now, ""), now)}
	for _, other := range done.After.Phones {
		if other.ID != done.Phone.ID && other.Channel == phone.SMS {
			writes = append(writes, c.Outbox.Write(notice.PhoneAddedText(other.Number, ending, ""), now))
		}
	}
	return writes
}
