package support

import (
	"context"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/history"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/otp"
	"phoneotp/shared/proofing"
	"phoneotp/shared/session"
)

// Limit is one that holds a person back now, and when it ends.
type Limit struct {
	Rule       string `json:"rule"`                 // one of credential.Limit, or of the names below
	Until      string `json:"until"`                // an instant, rounded up; empty for what only support ends
	Wrong      int    `json:"wrong,omitempty"`      // codes in a row
	Identifier string `json:"identifier,omitempty"` // what is typed to sign in
	From       string `json:"from,omitempty"`       // the address that it holds back alone
}

// The limits beside those of codes.
const (
	limitSignIn            = "sign-in"            // with this identifier, from anywhere
	limitSignInFrom        = "sign-in-address"    // with this identifier, from one address
	limitPassword          = "password-change"    // wrong current passwords
	limitNewNumbers        = "new-numbers"        // unconfirmed ones; those that were tried before go on
	limitLicense           = "license-keys"       // unknown keys
	limitActivation        = "activation-codes"   // tries
	limitConfirmationMails = "confirmation-mails" // to the email address
	limitResetMails        = "reset-mails"        // likewise
)

// addresses is how many of those that failed to sign in lately are looked at, the newest.
const addresses = 10

// counted is a limit as it is shown where its use is full.
type counted struct {
	Limit
	use limit.Use
}

// limits are those in force now: of codes, by the credential, then the others, by one call. A page's entries tell from
// which addresses signing in failed.
func (p Persons) limits(ctx context.Context, a account.Account, held *credential.Credential, page history.Page, now time.Time) ([]Limit, error) {
	all := []Limit{}
	for _, l := range held.Limits(now) {
		all = append(all, Limit{Rule: l.Rule, Until: l.Until, Wrong: l.Wrong})
	}
	others := p.counters(a, failedFrom(page, now))
	uses := make([]limit.Use, len(others))
	for i, o := range others {
		uses[i] = o.use
	}
	ends, err := p.Counters.Look(ctx, now, uses...)
	if err != nil {
		return nil, fmt.Errorf("limits of %s: %w", a.ID, err)
	}
	for i, end := range ends {
		if !end.IsZero() {
			l := others[i].Limit
			l.Until = instant(otp.CeilSecond(end))
			all = append(all, l)
		}
	}
	return all, nil
}

// counters are the limits that count what this person does, and what others do in the person's name.
func (p Persons) counters(a account.Account, from []string) []counted {
	var all []counted
	for _, identifier := range []string{a.UserID, a.Email} {
		all = append(all, counted{Limit{Rule: limitSignIn, Identifier: identifier}, session.Tries(identifier, p.Failures)})
		for _, address := range from {
			all = append(all, counted{Limit{Rule: limitSignInFrom, Identifier: identifier, From: address}, session.TriesFrom(identifier, address)})
		}
	}
	return append(all,
		counted{Limit{Rule: limitPassword}, account.PasswordTries(a.ID)},
		counted{Limit{Rule: limitNewNumbers}, credential.NewNumberTries(a.ID)},
		counted{Limit{Rule: limitLicense}, license.Tries(a.ID)},
		counted{Limit{Rule: limitActivation}, proofing.CodeTries(a.ID)},
		counted{Limit{Rule: limitConfirmationMails}, account.ConfirmationMails(a.Email)},
		counted{Limit{Rule: limitResetMails}, account.ResetMails(a.Email)},
	)
}

// failedFrom are the addresses from which signing in failed so lately that it may still be locked, the newest first.
func failedFrom(page history.Page, now time.Time) []string {
	var from []string
	seen := map[string]bool{"": true}
	for _, e := range page.Entries {
		if e.What != session.SignInFailed || !e.At.Add(session.TriesFromSpan).After(now) {
			continue
		}
		if one := limit.Address(e.From); !seen[one] && len(from) < addresses {
			seen[one] = true
			from = append(from, e.From)
		}
	}
	return from
}
