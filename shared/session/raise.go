package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/secret"
)

// Raiser raises sessions to Phone OTP strength: for the functions that verify codes.
type Raiser struct {
	Sessions
	key *secret.Key
}

// NewRaiser returns a Raiser whose derived tokens come from the codes ring.
func NewRaiser(sessions Sessions, codes *secret.Ring) (Raiser, error) {
	k, err := codes.Key("session raise")
	if err != nil {
		return Raiser{}, fmt.Errorf("session: %w", err)
	}
	return Raiser{Sessions: sessions, key: k}, nil
}

// Require is Sessions.Require for a verification: a token that was raised within the last minute passes too
// (Session.Raised), so that the same verification can be repeated after a lost answer.
func (r Raiser) Require(ctx context.Context, req httpapi.Request) (Session, error) {
	found, err := r.present(ctx, req)
	if err != nil {
		return Session{}, err
	}
	switch {
	case found.repeatable(req.At):
		return found, nil
	case !found.live(req.At):
		return Session{}, ErrNotSignedIn
	}
	return r.seen(ctx, found, req)
}

// Raise returns the session that cur becomes by a right code, under a new token, and the two writes that make
// it so. The new token is derived from the old one and the challenge, so that a repeat gives the same one.
// The writes are refused with ErrNotSignedIn if cur has ended or was raised by another verification.
func (r Raiser) Raise(cur Session, challenge string, code secret.Text, now time.Time) (Session, []dynamo.Write) {
	next := cur
	next.Strength, next.CodeAt, next.SeenAt = PhoneOTP, now, now
	return r.succeed(cur, next, challenge, code, now)
}

// Renew is Raise for a right code that is no login (a further number was confirmed, product.md 5): the token is
// new, strength and the instant of the last code login stay.
func (r Raiser) Renew(cur Session, challenge string, code secret.Text, now time.Time) (Session, []dynamo.Write) {
	next := cur
	next.SeenAt = now
	return r.succeed(cur, next, challenge, code, now)
}

func (r Raiser) succeed(cur, next Session, challenge string, code secret.Text, now time.Time) (Session, []dynamo.Write) {
	next.token = r.derive(cur, r.key.Digest([]byte(cur.token.Reveal()), []byte(challenge)))
	t := raised{until: now.Add(repeatLife), challenge: challenge, proof: r.key.Digest(proofOf(cur, challenge, code)...)}
	return next, []dynamo.Write{
		r.start(next),
		r.bury(cur, t, func(there raised) bool { return r.proves(cur, there, challenge, code) }),
	}
}

// derive makes the next token out of a digest: its version is no part of it.
func (r Raiser) derive(cur Session, digest []byte) secret.Text {
	return makeToken(cur.Account, digest[1:])
}

func proofOf(cur Session, challenge string, code secret.Text) [][]byte {
	return [][]byte{[]byte("proof"), []byte(cur.token.Reveal()), []byte(challenge), []byte(code.Reveal())}
}

// proves tells whether a tombstone was made by this very verification.
func (r Raiser) proves(cur Session, t raised, challenge string, code secret.Text) bool {
	return t.challenge == challenge && r.key.Check(t.proof, proofOf(cur, challenge, code)...)
}

// Repeat answers a verification again whose first answer may have been lost: cur is the raised token's. It
// returns the session that it became, or ErrNotSignedIn if anything differs or that session is over.
func (r Raiser) Repeat(ctx context.Context, cur Session, challenge string, code secret.Text, now time.Time) (Session, error) {
	if !cur.repeatable(now) || !r.proves(cur, *cur.raised, challenge, code) {
		return Session{}, ErrNotSignedIn
	}
	for _, d := range r.key.Digests([]byte(cur.token.Reveal()), []byte(challenge)) {
		next, err := r.byToken(ctx, r.derive(cur, d))
		if errors.Is(err, ErrNotSignedIn) {
			continue
		}
		if err == nil && !next.live(now) {
			err = ErrNotSignedIn
		}
		return next, err
	}
	return Session{}, ErrNotSignedIn
}
