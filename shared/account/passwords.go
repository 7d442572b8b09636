package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account/password"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

// Limits around passwords.
var (
	resetMails = limit.Rule{Name: "mail-reset", Max: 5, Window: time.Hour}
	wrongOnes  = limit.Rule{Name: "password", Max: 5, Window: 15 * time.Minute, Extends: true}
)

// PasswordTries counts the wrong current passwords of somebody who changes the password.
func PasswordTries(id ID) limit.Use {
	return limit.Use{Rule: wrongOnes, Subject: id.String(), Fault: ErrPasswordLocked}
}

// ResetMails counts the mails with a link to choose a new password, to one address.
func ResetMails(email string) limit.Use { return mailsTo(resetMails, email) }

// EndSessions reads an account, lists its sessions, and has commit make one transaction that ends them, all
// but the one whose id is keep. When commit returns ErrMoved it does so again. The session room has it.
type EndSessions func(ctx context.Context, id ID, keep string, now time.Time, commit func(found Account, ends []dynamo.Write) error) error

// Passwords changes and resets passwords.
type Passwords struct {
	Accounts Accounts
	Outbox   *notice.Outbox
	Log      audit.Log
	Limits   limit.Counters
	End      EndSessions
}

// Change replaces the password of a signed-in person who knows the current one, and ends the other sessions:
// all but the one whose id is keep. It returns fault.ErrInvalid, ErrPasswordLocked, ErrPasswordWrong or
// ErrPasswordRefused. Four calls.
func (p Passwords) Change(ctx context.Context, id ID, keep string, current, next secret.Text, from string, now time.Time) error {
	var c fault.Check
	c.Field(current != "", "/current", textRequired)
	c.Field(next != "", "/new", textRequired)
	if err := c.Err(); err != nil {
		return err
	}
	try := PasswordTries(id)
	if err := p.Limits.Take(ctx, now, try); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	m := mark()
	err := p.End(ctx, id, keep, now, func(found Account, ends []dynamo.Write) error {
		right, err := found.PasswordIs(current)
		if err != nil {
			return err
		}
		if !right {
			return ErrPasswordWrong.At("/current", "is not the current password")
		}
		if err := refusal(next, found, "/new"); err != nil {
			return err
		}
		return p.commit(ctx, found, password.Hash(next), m, PasswordChanged, from, now, append(ends, p.Limits.Clear(try))...)
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return nil
}

// Forgot mails a link that sets a new password to the account that has confirmed an email. Whether there is
// one is not told, and takes the same calls: three. It returns fault.ErrInvalid.
func (p Passwords) Forgot(ctx context.Context, email, from string, now time.Time) error {
	if err := checkEmail(email); err != nil {
		return err
	}
	mailed, err := mayMail(ctx, p.Limits, resetMails, email, now)
	if err != nil {
		return fmt.Errorf("forgotten password: %w", err)
	}
	stands, err := p.Accounts.email(ctx, email)
	if err != nil {
		return fmt.Errorf("forgotten password: %w", err)
	}
	text, d := newToken()
	t := token{digest: d, purpose: toReset, expires: now.Add(resetLife)}
	subject := unknownSubject(email)
	if stands.taken {
		t.account, subject = stands.id, auditID(stands.id)
	}
	writes := []dynamo.Write{
		p.Accounts.issue(t),
		p.Log.Write(audit.Entry{Subject: subject, What: PasswordResetAsked, At: now, From: from}),
	}
	if stands.taken && mailed {
		writes = append(writes, p.Outbox.Write(notice.ResetPassword(stands.id.String(), text), now))
	}
	if err := p.Accounts.DB.Commit(ctx, writes...); err != nil {
		return fmt.Errorf("forgotten password: %w", err)
	}
	return nil
}

// Reset sets a new password by a mailed link and ends every session. The need for a code stays as it is. It
// returns fault.ErrInvalid, ErrTokenSpent, or ErrPasswordRefused, which leaves the link usable. Four calls.
func (p Passwords) Reset(ctx context.Context, text, next secret.Text, from string, now time.Time) error {
	var c fault.Check
	c.Field(text != "", "/token", textRequired)
	c.Field(next != "", "/password", textRequired)
	if err := c.Err(); err != nil {
		return err
	}
	t, err := p.Accounts.token(ctx, text, toReset, now)
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	m := mark()
	err = p.End(ctx, t.account, "", now, func(found Account, ends []dynamo.Write) error {
		if err := refusal(next, found, "/password"); err != nil {
			return err
		}
		return p.commit(ctx, found, password.Hash(next), m, PasswordReset, from, now, append([]dynamo.Write{p.Accounts.use(t, m, now)}, ends...)...)
	})
	if errors.Is(err, ErrUnknown) {
		return ErrTokenSpent
	}
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	return nil
}

// commit stores a new hash with everything that belongs to it. The writes before come first: a spent token
// says more than a moved account.
func (p Passwords) commit(ctx context.Context, found Account, hash string, m []byte, what audit.Event, from string, now time.Time, before ...dynamo.Write) error {
	return p.Accounts.DB.Commit(ctx, append(before,
		p.Accounts.setPassword(found, hash, m),
		p.Log.Write(audit.Entry{Subject: auditID(found.ID), What: what, At: now, From: from}),
		p.Outbox.Write(notice.PasswordChanged(found.ID.String(), now), now),
	)...)
}
