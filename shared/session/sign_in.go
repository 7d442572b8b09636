package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/limit"
	"phoneotp/shared/secret"
)

// Wrong passwords (product.md 1).
const (
	pairMax          = 5
	identifierWindow = time.Hour

	// TriesFromSpan is how long after the last of them TriesFrom is locked.
	TriesFromSpan = 15 * time.Minute
)

// SignIn signs people in.
type SignIn struct {
	Sessions Sessions
	Accounts account.Accounts
	Limits   limit.Counters
	Log      audit.Log
	// Failures is the cap on wrong passwords for one identifier from anywhere, an hour.
	Failures int
}

// Attempt is what somebody enters to sign in.
type Attempt struct {
	Identifier string // user ID or email
	Password   secret.Text
	From       string      // the client's address
	Replaces   secret.Text // the token that the browser already has, if any: the session that it opens ends
}

// Check tells what is wrong with the fields: fault.ErrInvalid. It judges no password's shape.
func (a Attempt) Check() error {
	var c fault.Check
	c.Field(strings.TrimSpace(a.Identifier) != "", "/user_id", textRequired)
	c.Field(utf8.RuneCountInString(a.Identifier) <= maxIdentifier, "/user_id", textTooLong)
	c.Field(a.Password != "", "/password", textRequired)
	c.Field(len(a.Password) <= maxPassword, "/password", textTooLong)
	return c.Err()
}

// Bounds on what is typed: characters, and bytes.
const (
	maxIdentifier = 254
	maxPassword   = 4096
)

// uses are the counters of an attempt: what was typed with the address, and what was typed alone.
func (s SignIn) uses(a Attempt) (pair, alone limit.Use) {
	return TriesFrom(a.Identifier, a.From), Tries(a.Identifier, s.Failures)
}

// TriesFrom counts wrong passwords for what was typed, a user ID or an email, from an address (product.md 1).
func TriesFrom(identifier, from string) limit.Use {
	return limit.Use{
		Rule: limit.Rule{Name: "sign-in-pair", Max: pairMax, Window: TriesFromSpan, Extends: true}, Subject: typed(identifier) + "\x00" + limit.Address(from),
		Fault: ErrSignInLocked,
	}
}

// Tries counts them from anywhere, of which failures are let through in an hour.
func Tries(identifier string, failures int) limit.Use {
	return limit.Use{Rule: limit.Rule{Name: "sign-in", Max: failures, Window: identifierWindow}, Subject: typed(identifier), Fault: ErrSignInLocked}
}

// typed is how what was typed is compared and counted.
func typed(identifier string) string { return strings.ToLower(strings.TrimSpace(identifier)) }

// SignIn makes a session of password strength. It returns fault.ErrInvalid, ErrSignInLocked, ErrSignInFailed,
// or account.ErrEmailUnconfirmed, which only the right password learns. Three calls by user ID, four by email.
func (s SignIn) SignIn(ctx context.Context, a Attempt, now time.Time) (Session, error) {
	if err := a.Check(); err != nil {
		return Session{}, err
	}
	identifier := typed(a.Identifier)
	pair, alone := s.uses(a)
	if err := s.Limits.Take(ctx, now, pair, alone); err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	found, err := s.Accounts.ForSignIn(ctx, identifier, now)
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	right, err := found.PasswordIs(a.Password)
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	entry := audit.Entry{Subject: account.AuditSubject(found, identifier), What: SignInFailed, At: now, From: a.From}
	if !right {
		if err := s.Sessions.DB.Commit(ctx, s.Log.Write(entry)); err != nil {
			return Session{}, fmt.Errorf("sign in: %w", err)
		}
		return Session{}, ErrSignInFailed
	}
	free := []dynamo.Write{s.Limits.Clear(pair), s.Limits.GiveBack(alone, now)}
	if !found.Confirmed() {
		entry.Detail = map[string]string{"reason": "email-unconfirmed"}
		if err := s.Sessions.DB.Commit(ctx, append(free, s.Log.Write(entry))...); err != nil {
			return Session{}, fmt.Errorf("sign in: %w", err)
		}
		return Session{}, account.ErrEmailUnconfirmed
	}
	id := newID()
	one := Session{
		ID: id, Account: found.ID, UserID: found.UserID, GivenName: found.GivenName, FamilyName: found.FamilyName, Roles: found.Roles,
		Strength: Password, StartedAt: now, SeenAt: now, From: a.From, token: newToken(found.ID, id),
	}
	entry.What, entry.Ref = SignedIn, one.ID
	writes := append(free, s.Sessions.start(one), s.Accounts.SignedIn(found, ErrSignInFailed), s.Log.Write(entry))
	if err := s.replacing(ctx, a.Replaces, writes); err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	return one, nil
}

// replacing commits a sign-in that ends the session of the token that the browser already had. One that opens no
// session any more ends none and hinders nothing, which then takes a second transaction.
func (s SignIn) replacing(ctx context.Context, token secret.Text, writes []dynamo.Write) error {
	if old, ok := s.Sessions.forget(token); ok {
		if err := s.Sessions.DB.Commit(ctx, append(writes, old)...); !errors.Is(err, errStale) {
			return err
		}
	}
	return s.Sessions.DB.Commit(ctx, writes...)
}
