package credential

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/otp"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

// Login raises sessions by right codes.
type Login struct {
	DB       *dynamo.DB
	Verifier *Verifier
	Raiser   session.Raiser
	Log      audit.Log
}

// Attempt is a code that somebody typed.
type Attempt struct {
	Challenge otp.ID
	Code      secret.Text // six digits, as otp.ReadCode gave it
	From      string      // the client's address
	At        time.Time
}

// ReadAttempt reads what somebody typed from a request with challenge_id and code (api.md, otp/verify). It returns
// fault.ErrInvalid for what is missing, otp.ErrMalformed for what is no code, or otp.ErrUnknown.
func ReadAttempt(req httpapi.Request) (Attempt, error) {
	var in struct {
		ChallengeID string      `json:"challenge_id"`
		Code        secret.Text `json:"code"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return Attempt{}, err
	}
	var check fault.Check
	check.Field(in.ChallengeID != "", "/challenge_id", textRequired)
	check.Field(in.Code != "", "/code", textRequired)
	if err := check.Err(); err != nil {
		return Attempt{}, err
	}
	code, err := otp.ReadCode(in.Code)
	if err != nil {
		return Attempt{}, err
	}
	id, err := otp.ParseID(in.ChallengeID)
	if err != nil {
		return Attempt{}, err
	}
	return Attempt{Challenge: id, Code: code, From: req.Address, At: req.At}, nil
}

func (a Attempt) entry(s session.Session, what audit.Event) audit.Entry {
	return audit.Entry{Subject: audit.Account(s.Account.String()), What: what, At: a.At, From: a.From, Ref: a.Challenge.String()}
}

// Raise raises a session of Raiser.Require by a login code, in two calls: the try is reserved, then one
// transaction uses the code, raises the session and records it. The same code from the session that it raised,
// within a minute, gets the same answer again.
//
// It returns what Verifier.Try returns, or session.ErrNotSignedIn.
func (l Login) Raise(ctx context.Context, cur session.Session, a Attempt) (session.Session, *Credential, error) {
	who := Asker{Holder: cur.Account, Session: cur.ID}
	if cur.Raised() {
		return repeat(ctx, l.Verifier, l.Raiser, cur, otp.SignIn, a)
	}
	right, err := l.Verifier.Try(ctx, who, otp.SignIn, a.Challenge, a.Code, a.At)
	if err != nil {
		return session.Session{}, nil, err
	}
	through, _ := right.Credential.Phone(right.Credential.live.phone)
	cur = cur.Through(session.Door{Phone: through.ID, AddedAt: through.AddedAt})
	next, raise := l.Raiser.Raise(cur, a.Challenge.String(), a.Code, a.At)
	entry := a.entry(cur, EventCodeRight)
	entry.Detail = map[string]string{"tries_left": strconv.Itoa(right.left)}
	if err := l.DB.Commit(ctx, raise, l.Verifier.Use(right), l.Log.Write(entry)); err != nil {
		return session.Session{}, nil, fmt.Errorf("credential: login: %w", err)
	}
	return next, right.After(), nil
}

// repeat answers a verification again whose first answer may have been lost. A used code may be looked at a few
// times only, so that a token that was given up is no place to guess codes.
func repeat(ctx context.Context, v *Verifier, r session.Raiser, cur session.Session, p otp.Purpose, a Attempt) (session.Session, *Credential, error) {
	c, err := v.Look(ctx, Asker{Holder: cur.Account, Session: cur.ID}, p, a.Challenge)
	if err != nil {
		return session.Session{}, nil, err
	}
	next, err := r.Repeat(cur, a.Challenge.String(), a.Code, a.At)
	if err != nil {
		return session.Session{}, nil, fmt.Errorf("credential: %w", err)
	}
	return next, c, nil
}
