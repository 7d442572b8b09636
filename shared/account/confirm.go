package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

// Confirm confirms the email of the account that a link was sent for. The first account to confirm an email
// has it. It returns fault.ErrInvalid, or ErrTokenSpent for a link that is unknown, used or too old, or that
// came second. Three calls.
func (g Registrar) Confirm(ctx context.Context, text secret.Text, from string, now time.Time) error {
	var c fault.Check
	c.Field(text != "", "/token", textRequired)
	if err := c.Err(); err != nil {
		return err
	}
	t, err := g.Accounts.token(ctx, text, toConfirm, now)
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	found, err := g.Accounts.ByID(ctx, t.account, now)
	if errors.Is(err, ErrUnknown) {
		return ErrTokenSpent
	}
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	err = g.Accounts.DB.Commit(ctx,
		g.Accounts.use(t, mark(), now),
		g.Accounts.confirm(found, t, now),
		g.Accounts.claim(found),
		g.Log.Write(audit.Entry{Subject: auditID(found.ID), What: Confirmed, At: now, From: from}),
	)
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	return nil
}

// confirm makes the account a confirmed one: it lapses no more.
func (a Accounts) confirm(found Account, t token, now time.Time) dynamo.Write {
	return a.change(accountKey(found.ID), "SET cf = :now, ct = :ct REMOVE la, x", "r = :r AND attribute_not_exists(cf) AND la > :now",
		dynamo.Item{":now": dynamo.Ms(now), ":ct": dynamo.B(t.digest), ":r": dynamo.B(t.registration)},
		func(stands dynamo.Item) error {
			if stands == nil {
				return ErrTokenSpent
			}
			there, err := readAccount(stands)
			switch {
			case err != nil:
				return err
			case !bytes.Equal(there.registration, t.registration) || there.lapsed(now):
				return ErrTokenSpent
			case there.Confirmed() && bytes.Equal(dynamo.Read(stands).MayBytes("ct"), t.digest):
				return dynamo.ErrAlready
			case there.Confirmed(): // by another link of the same registration
				return ErrTokenSpent
			}
			return nil
		})
}

// claim takes the email for the account, for good.
func (a Accounts) claim(found Account) dynamo.Write {
	return a.change(emailKey(found.Email), "SET a = :id REMOVE pa, x", "attribute_not_exists(a)", dynamo.Item{":id": dynamo.B(found.ID[:])},
		func(stands dynamo.Item) error {
			f := dynamo.Read(stands)
			switch {
			case !f.Has("a"):
				return nil
			case bytes.Equal(f.Bytes("a"), found.ID[:]):
				return dynamo.ErrAlready
			}
			return ErrTokenSpent
		})
}

// checkEmail tells whether a text can be an email address: fault.ErrInvalid if not.
func checkEmail(email string) error {
	var c fault.Check
	c.Field(email != "", "/email", textRequired)
	c.Field(email == "" || validEmail(email), "/email", textEmail)
	return c.Err()
}

// Resend mails a fresh link to the account that registered with an email last, if it still waits to be
// confirmed. Whether it did is not told, and takes the same calls: four. It returns fault.ErrInvalid.
func (g Registrar) Resend(ctx context.Context, email, from string, now time.Time) error {
	if err := checkEmail(email); err != nil {
		return err
	}
	mailed, err := mayMail(ctx, g.Limits, confirmMails, email, now)
	if err != nil {
		return fmt.Errorf("resend confirmation: %w", err)
	}
	stands, err := g.Accounts.email(ctx, email)
	if err != nil {
		return fmt.Errorf("resend confirmation: %w", err)
	}
	found, err := g.Accounts.ByID(ctx, stands.id, now)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return fmt.Errorf("resend confirmation: %w", err)
	}
	waits := err == nil && !found.Confirmed() && !stands.taken && strings.EqualFold(found.Email, email)
	text, d := newToken()
	t := token{digest: d, purpose: toConfirm, registration: mark(), expires: now.Add(unconfirmedLife)} // fits nobody
	subject := unknownSubject(email)
	if waits {
		t.account, t.registration, t.expires = found.ID, found.registration, found.LapsesAt
		subject = auditID(found.ID)
	}
	writes := []dynamo.Write{
		g.Accounts.issue(t),
		g.Log.Write(audit.Entry{Subject: subject, What: ConfirmationRequested, At: now, From: from}),
	}
	if waits && mailed {
		writes = append(writes, g.Outbox.Write(notice.ConfirmAccount(found.Email, found.UserID, found.GivenName, text), now))
	}
	if err := g.Accounts.DB.Commit(ctx, writes...); err != nil {
		return fmt.Errorf("resend confirmation: %w", err)
	}
	return nil
}

// AuditSubject is whom an entry about what was typed concerns: the account that it names, or, where found is the
// zero Account, a digest of what was typed.
func AuditSubject(found Account, typed string) string {
	if found.UserID == "" {
		return unknownSubject(typed)
	}
	return auditID(found.ID)
}

func unknownSubject(identifier string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(identifier)))
	return "u#" + hex.EncodeToString(sum[:16])
}
