package credential

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/otp"
	"phoneotp/shared/session"
)

// Confirming makes pending numbers registered ones by right codes.
type Confirming struct {
	DB       *dynamo.DB
	Verifier *Verifier
	Raiser   session.Raiser
	Log      audit.Log
	Outbox   *notice.Outbox
	Book     phonebook.Book
	// Activation is the write that marks the license activated, which the license room builds.
	Activation func(license []byte, now time.Time) dynamo.Write
}

// Confirm registers the pending number of a session of Raiser.Require, by the code that was sent to it, in the
// place of another where that was asked for. The first number activates credential and license and raises the
// session; a further one renews the token and is no login (product.md 5). Every change is told by mail, and by
// text to the other numbers that take texts, with a link that takes it back.
//
// It returns what Verifier.Try returns, ErrPhoneLimit, ErrDuplicate, ErrSharedWidely, which uses the code up, or
// session.ErrNotSignedIn. The same code from the session whose token it renewed, within a minute, gets the same
// answer again.
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
	struck := false
	for range saves {
		done := c.Verifier.Confirm(right)
		next, err := c.commit(ctx, cur, right, done, a)
		switch {
		case err == nil:
			return next, done.After, done.Phone, nil
		case errors.Is(err, phonebook.ErrMoved):
			right, err = c.Verifier.again(ctx, right)
		case errors.Is(err, ErrSharedWidely) && !struck:
			struck, err = true, c.Verifier.Registry.strike(ctx, c.Book, done.Phone.index, a.At)
		case errors.Is(err, ErrSharedWidely):
			err = cmp.Or(c.refuse(ctx, cur, right, a), err)
		}
		if err != nil {
			return session.Session{}, nil, Phone{}, fmt.Errorf("credential: confirm: %w", err)
		}
	}
	return session.Session{}, nil, Phone{}, fmt.Errorf("credential: confirm: %w", dynamo.ErrBusy)
}

// commit is one transaction with everything that a confirmed number does.
func (c Confirming) commit(ctx context.Context, cur session.Session, right Right, done Confirmation, a Attempt) (session.Session, error) {
	raise, what := c.Raiser.Renew, EventPhoneAdded
	if done.Activates {
		raise, cur = c.Raiser.Raise, cur.Through(session.Door{Phone: done.Phone.ID, AddedAt: done.Phone.AddedAt})
	}
	next, raised := raise(cur, a.Challenge.String(), a.Code, a.At)
	token, mine := phonebook.NewToken(cur.Account), new(bool)
	writes := []dynamo.Write{
		raised, done.Write, c.Book.Record(right.Credential.nextChange(a.At), token, mine),
		c.Book.Enter(done.Phone.index, cur.Account, ErrSharedWidely.Because(becauseShared), mine),
	}
	detail := map[string]string{
		"ending": done.Phone.Number.Ending(), "channel": string(done.Phone.Channel),
		"challenge": a.Challenge.String(), "tries_left": strconv.Itoa(right.left),
	}
	if done.Replaced != nil {
		what, detail["replaced"] = EventPhoneReplaced, done.Replaced.Number.Ending()
		writes = append(writes, c.Book.Leave(done.Replaced.index, cur.Account))
	}
	changed := a.entry(cur, what)
	changed.Ref, changed.Detail = done.Phone.ID, detail
	writes = append(writes, c.Log.Write(changed))
	if done.Activates {
		writes = append(writes, c.Log.Write(a.entry(cur, EventActivated)))
	}
	if right.Credential.ActivatedAt.IsZero() { // else its license is activated: the numbers were reset or taken back
		writes = append(writes, c.Activation(done.After.License, a.At))
	}
	writes = append(writes, c.notices(done, cur.Account.String(), token, a.At)...)
	return next, c.DB.Commit(ctx, writes...)
}

// refuse uses a right code up whose number cannot be registered, and forgets the number.
func (c Confirming) refuse(ctx context.Context, cur session.Session, right Right, a Attempt) error {
	entry := a.entry(cur, EventPhoneRefused)
	entry.Detail = map[string]string{"ending": right.Credential.Pending.Number.Ending(), "tries_left": strconv.Itoa(right.left)}
	return c.DB.Commit(ctx, c.Verifier.Spend(right), c.Log.Write(entry))
}
