package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"phoneotp/shared/account/password"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

// unconfirmedLife is how long an account that is not confirmed holds its user ID, and its link works
// (product.md 1).
const unconfirmedLife = 24 * time.Hour

// confirmMails bounds the mails about a registration to one address; who asks is not told.
var confirmMails = limit.Rule{Name: "mail-confirm", Max: 5, Window: time.Hour}

// ConfirmationMails counts those mails to one address.
func ConfirmationMails(email string) limit.Use { return mailsTo(confirmMails, email) }

var errTooManyMails = fault.New(fault.Throttled, "mail-limit", "Too many mails to this address")

// Registrar makes accounts and confirms their emails.
type Registrar struct {
	Accounts Accounts
	Outbox   *notice.Outbox
	Log      audit.Log
	Limits   limit.Counters
}

// Registration is what a person gives to become an account.
type Registration struct {
	UserID     string
	Email      string
	GivenName  string
	FamilyName string
	Country    string
	Password   secret.Text
	From       string // the client's address
}

// Check tells what is wrong with the fields, all at once: fault.ErrInvalid, or ErrPasswordRefused where only
// the password is no good.
func (r Registration) Check() error {
	var c fault.Check
	c.Field(r.UserID != "", "/user_id", textRequired)
	c.Field(r.UserID == "" || validUserID(r.UserID), "/user_id", textUserID)
	c.Field(r.Email != "", "/email", textRequired)
	c.Field(r.Email == "" || validEmail(r.Email), "/email", textEmail)
	name(&c, r.GivenName, "/given_name")
	name(&c, r.FamilyName, "/family_name")
	country(&c, r.Country, "/country")
	c.Field(r.Password != "", "/password", textRequired)
	if err := c.Err(); err != nil {
		return err
	}
	return refusal(r.Password, r.account(time.Time{}), "/password")
}

func (r Registration) account(now time.Time) Account {
	id := strings.ToLower(r.UserID)
	return Account{
		ID: IDOf(id), UserID: id, Email: r.Email, GivenName: tidy(r.GivenName), FamilyName: tidy(r.FamilyName), Country: r.Country,
		CreatedAt: now, LapsesAt: now.Add(unconfirmedLife),
	}
}

// tidy is a name or line as it is kept.
func tidy(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

// Register makes an unconfirmed account and mails the link that confirms it, or tells the owner of a taken
// email. It returns the account, fault.ErrInvalid, ErrPasswordRefused or ErrUserIDTaken. Three calls.
func (g Registrar) Register(ctx context.Context, r Registration, now time.Time) (Account, error) {
	if err := r.Check(); err != nil {
		return Account{}, err
	}
	made := r.account(now)
	made.hash, made.registration = password.Hash(r.Password), mark()
	mailed, err := mayMail(ctx, g.Limits, confirmMails, r.Email, now)
	if err != nil {
		return Account{}, fmt.Errorf("register: %w", err)
	}
	for range retries {
		err = g.register(ctx, made, mailed, r.From, now)
		if !errors.Is(err, errEmailConfirmed) {
			break
		}
	}
	if err != nil {
		return Account{}, fmt.Errorf("register: %w", err)
	}
	return made, nil
}

// retries bounds how often a request looks again after others changed what it had read.
const retries = 4

// errEmailConfirmed: somebody confirmed the email since it was looked up.
var errEmailConfirmed = errors.New("account: the email was confirmed meanwhile")

func (g Registrar) register(ctx context.Context, made Account, mailed bool, from string, now time.Time) error {
	email, err := g.Accounts.email(ctx, made.Email)
	if err != nil {
		return err
	}
	text, d := newToken()
	writes := []dynamo.Write{
		g.Accounts.create(made, now),
		g.Accounts.pend(made, email.taken, now),
		g.Accounts.issue(token{digest: d, purpose: toConfirm, account: made.ID, registration: made.registration, expires: made.LapsesAt}),
		g.Log.Write(audit.Entry{Subject: auditID(made.ID), What: Registered, At: now, From: from}),
	}
	switch {
	case mailed && email.taken:
		writes = append(writes, g.Outbox.Write(notice.EmailAlreadyRegistered(email.id.String()), now))
	case mailed:
		writes = append(writes, g.Outbox.Write(notice.ConfirmAccount(made.Email, made.UserID, made.GivenName, text), now))
	}
	return g.Accounts.DB.Commit(ctx, writes...)
}

// create puts an unconfirmed account where none stands or one has lapsed.
func (a Accounts) create(made Account, now time.Time) dynamo.Write {
	return a.put(accountKey(made.ID), accountItem(made, made.LapsesAt), "attribute_not_exists(p) OR (attribute_not_exists(cf) AND la <= :now)",
		dynamo.Item{":now": dynamo.Ms(now)}, func(stands dynamo.Item) error {
			if stands == nil {
				return nil
			}
			there, err := readAccount(stands)
			switch {
			case err != nil:
				return err
			case bytes.Equal(there.registration, made.registration):
				return dynamo.ErrAlready
			case there.lapsed(now):
				return nil
			}
			return ErrUserIDTaken
		})
}

// pend notes on the email who registered with it last, unless somebody has confirmed it: then only when.
func (a Accounts) pend(made Account, taken bool, now time.Time) dynamo.Write {
	values := dynamo.Item{":now": dynamo.Ms(now)}
	if taken {
		return a.change(emailKey(made.Email), "SET tk = :now", "", values, nil)
	}
	values[":id"], values[":x"] = dynamo.B(made.ID[:]), dynamo.Lifetime(made.LapsesAt)
	return a.change(emailKey(made.Email), "SET tk = :now, pa = :id, x = :x", "attribute_not_exists(a)", values, func(stands dynamo.Item) error {
		f := dynamo.Read(stands)
		switch {
		case f.Has("a"):
			return errEmailConfirmed
		case stands != nil && bytes.Equal(f.MayBytes("pa"), made.ID[:]) && f.MayTime("tk").Equal(now.Truncate(time.Millisecond)):
			return dynamo.ErrAlready
		}
		return nil
	})
}

func mailsTo(r limit.Rule, email string) limit.Use {
	return limit.Use{Rule: r, Subject: strings.ToLower(email), Fault: errTooManyMails}
}

// mayMail counts a mail to an address and tells whether it may go out.
func mayMail(ctx context.Context, limits limit.Counters, r limit.Rule, email string, now time.Time) (bool, error) {
	err := limits.Take(ctx, now, mailsTo(r, email))
	if errors.Is(err, errTooManyMails) {
		return false, nil
	}
	return err == nil, err
}
