package support

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/history"
	"phoneotp/shared/limit"
	"phoneotp/shared/order"
	"phoneotp/shared/proofing"
	"phoneotp/shared/session"
)

// Persons shows people to staff.
type Persons struct {
	DB          *dynamo.DB
	Accounts    account.Accounts
	Credentials *credential.Registry
	Orders      order.Reader // without a keyring: keys stay sealed
	Cases       proofing.Cases
	Sessions    session.Sessions
	Trail       audit.Reader
	Log         audit.Log
	Counters    limit.Counters
	// Failures is the cap on wrong passwords for one identifier from anywhere, an hour: that of signing in.
	Failures int
}

// Person is everything of product.md 9 about one person.
type Person struct {
	Account    Account                `json:"account"`
	Credential *credential.View       `json:"credential"`
	Phones     []credential.PhoneView `json:"phones"`
	Limits     []Limit                `json:"limits"`
	Codes      []Code                 `json:"codes"` // the newest of this page of the timeline
	Case       *Case                  `json:"case"`
	Orders     []Order                `json:"orders"`
	Sessions   []Session              `json:"sessions"`
	Timeline   Timeline               `json:"timeline"`
}

// Account is who the person is.
type Account struct {
	UserID      string   `json:"user_id"`
	Email       string   `json:"email"`
	GivenName   string   `json:"given_name"`
	FamilyName  string   `json:"family_name"`
	Country     string   `json:"country"`
	Roles       []string `json:"roles"`
	NameLocked  bool     `json:"name_locked"`
	CreatedAt   string   `json:"created_at"`
	ConfirmedAt *string  `json:"confirmed_at"` // null while the email is not confirmed
}

// Case is the identity proofing of the credential.
type Case struct {
	ID           string  `json:"id"`
	State        string  `json:"state"` // as the case has it: finer than the holder sees
	AttemptsLeft int     `json:"attempts_left"`
	Method       *string `json:"method"`
	Appointment  *string `json:"appointment"` // when it starts
	OpenedAt     string  `json:"opened_at"`
	Flagged      bool    `json:"flagged"`
}

// Order is an order with its keys' last symbols.
type Order struct {
	Number   string `json:"number"`
	State    string `json:"state"`
	Held     string `json:"held,omitempty"` // why a person must look
	PlacedAt string `json:"placed_at"`
	Total    string `json:"total"`
	Payment  string `json:"payment"`
	Keys     []Key  `json:"keys"`
}

// Key is a license key, which staff never sees whole.
type Key struct {
	Product string `json:"product"`
	Last4   string `json:"last4"`
	State   string `json:"state"`
}

// Session is one that is signed in.
type Session struct {
	ID       string `json:"id"`
	Strength string `json:"strength"`
	Started  string `json:"signed_in_at"`
	Seen     string `json:"last_used_at"`
	From     string `json:"from"`
}

// Of shows a person to a staff account, and records that. before is a place in the timeline (Timeline.Next); empty
// for its newest page. It returns ErrNobody.
func (p Persons) Of(ctx context.Context, staff account.ID, userID, before, from string, now time.Time) (Person, error) {
	a, err := p.Accounts.ByID(ctx, account.IDOf(userID), now)
	if errors.Is(err, account.ErrUnknown) {
		return Person{}, ErrNobody
	}
	if err != nil {
		return Person{}, err
	}
	subject := audit.Account(a.ID.String())
	look := audit.Entry{Subject: subject, Actor: audit.Account(staff.String()), What: EventViewed, At: now, From: from}
	if err := p.DB.Commit(ctx, p.Log.Write(look)); err != nil { // before anything is shown
		return Person{}, fmt.Errorf("look at %s: %w", a.ID, err)
	}
	out := Person{Account: view(a)}
	held, err := p.credential(ctx, a, &out, now)
	if err != nil {
		return Person{}, err
	}
	numbers, err := p.orders(ctx, a, &out, now)
	if err != nil {
		return Person{}, err
	}
	live, err := p.Sessions.List(ctx, a.ID, now)
	if err != nil {
		return Person{}, err
	}
	out.Sessions = []Session{}
	for _, s := range live {
		out.Sessions = append(out.Sessions, Session{ID: s.ID, Strength: string(s.Strength), Started: instant(s.StartedAt), Seen: instant(s.SeenAt), From: s.From})
	}
	mine, err := history.Read(ctx, p.Trail, subject, before, page, now)
	if err != nil {
		return Person{}, err
	}
	if out.Limits, err = p.limits(ctx, a, held, mine, now); err != nil {
		return Person{}, err
	}
	out.Codes = codes(mine, held)
	out.Timeline, err = p.timeline(ctx, mine, subject, numbers, before, now)
	return out, err
}

func (p Persons) credential(ctx context.Context, a account.Account, out *Person, now time.Time) (*credential.Credential, error) {
	held, err := p.Credentials.Find(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	out.Phones = held.PhoneViews()
	if held == nil {
		return nil, nil
	}
	v := held.View(now)
	out.Credential = &v
	if !held.NeedsProofing {
		return held, nil
	}
	return held, p.caseOf(ctx, held, out)
}

// caseOf shows the case of a credential that needs one.
func (p Persons) caseOf(ctx context.Context, held *credential.Credential, out *Person) error {
	c, err := p.Cases.Find(ctx, proofing.IDOf(held.License))
	if errors.Is(err, proofing.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	out.Case = &Case{ID: string(c.ID), State: string(c.State), AttemptsLeft: c.AttemptsLeft(), OpenedAt: instant(c.OpenedAt), Flagged: c.Flagged}
	if c.Method != "" {
		out.Case.Method = &c.Method
	}
	if c.Booking != nil {
		at := instant(c.Booking.StartsAt)
		out.Case.Appointment = &at
	}
	return nil
}

func (p Persons) orders(ctx context.Context, a account.Account, out *Person, now time.Time) (numbers []string, err error) {
	closed := func(context.Context) (bool, error) { return false, nil } // keys are never shown to staff
	views, err := p.Orders.All(ctx, a.ID, closed, now)
	if err != nil {
		return nil, err
	}
	out.Orders = []Order{}
	for _, v := range views {
		o := Order{
			Number: v.Number, State: string(v.State), Held: v.HeldBecause, PlacedAt: instant(v.PlacedAt), Total: v.Total.String(),
			Payment: string(v.Payment), Keys: []Key{},
		}
		for _, k := range v.Licenses {
			o.Keys = append(o.Keys, Key{Product: k.Product, Last4: k.Last4, State: string(k.State)})
		}
		out.Orders = append(out.Orders, o)
		numbers = append(numbers, v.Number)
	}
	return numbers, nil
}

func view(a account.Account) Account {
	v := Account{
		UserID: a.UserID, Email: a.Email, GivenName: a.GivenName, FamilyName: a.FamilyName, Country: a.Country,
		Roles: append([]string{}, a.Roles...), NameLocked: a.NameLocked, CreatedAt: instant(a.CreatedAt),
	}
	if a.Confirmed() {
		at := instant(a.ConfirmedAt)
		v.ConfirmedAt = &at
	}
	return v
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
