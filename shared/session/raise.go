package session

import (
	"context"
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
	if !found.live(req.At) && !found.repeatable(req.At) {
		return Session{}, ErrNotSignedIn
	}
	return found, nil
}

// Raise returns the session that cur becomes by a right code, under a new token, and the write that makes it so.
// The new token is derived from the old one and the challenge, so that a repeat gives the same one. The write is
// refused with ErrNotSignedIn if cur has ended or was raised by another verification.
func (r Raiser) Raise(cur Session, challenge string, code secret.Text, now time.Time) (Session, dynamo.Write) {
	next := cur
	next.Strength, next.CodeAt = PhoneOTP, now
	return r.succeed(cur, next, challenge, code, now)
}

// Renew is Raise for a right code that is no login (a further number was confirmed, product.md 5): the token is
// new, strength and the instant of the last code login stay.
func (r Raiser) Renew(cur Session, challenge string, code secret.Text, now time.Time) (Session, dynamo.Write) {
	return r.succeed(cur, cur, challenge, code, now)
}

func (r Raiser) succeed(cur, next Session, challenge string, code secret.Text, now time.Time) (Session, dynamo.Write) {
	next.SeenAt = now
	next.token = r.derive(cur, r.key.Digest([]byte(cur.token.Reveal()), []byte(challenge)))
	return next, r.raise(cur, next, raised{
		into: digest(next.token), until: now.Add(repeatLife), challenge: challenge, proof: r.key.Digest(proofOf(cur, challenge, code)...),
	})
}

// derive makes the next token out of a digest: its version is no part of it.
func (r Raiser) derive(cur Session, digest []byte) secret.Text {
	return makeToken(cur.Account, cur.ID, digest[1:])
}

func proofOf(cur Session, challenge string, code secret.Text) [][]byte {
	return [][]byte{[]byte("proof"), []byte(cur.token.Reveal()), []byte(challenge), []byte(code.Reveal())}
}

// Repeat answers a verification again whose first answer may have been lost: cur is the raised token's. It
// returns the session that it became, or ErrNotSignedIn if anything differs. No call.
func (r Raiser) Repeat(cur Session, challenge string, code secret.Text, now time.Time) (Session, error) {
	if !cur.repeatable(now) || cur.raised.challenge != challenge || !r.key.Check(cur.raised.proof, proofOf(cur, challenge, code)...) {
		return Session{}, ErrNotSignedIn
	}
	for _, d := range r.key.Digests([]byte(cur.token.Reveal()), []byte(challenge)) {
		if token := r.derive(cur, d); same(digest(token), cur.raised.into) {
			next := cur
			next.token, next.raised = token, nil
			return next, nil
		}
	}
	return Session{}, ErrNotSignedIn
}
