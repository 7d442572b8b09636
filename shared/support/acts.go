package support

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/license"
	"phoneotp/shared/names"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/session"
)

// Name names an act (api.md).
type Name string

// The acts on a person.
const (
	UnlockCodes Name = "unlock-codes"
	Thaw        Name = "thaw"
	EndSessions Name = "end-sessions"
	ResetPhones Name = "reset-phones"
	Freeze      Name = "freeze"
	Revoke      Name = "revoke"
	ConfirmName Name = "confirm-name"
	CancelCase  Name = "cancel-case"
)

// Desk is where staff acts. It is safe for concurrent use.
type Desk struct {
	DB        *dynamo.DB
	Accounts  account.Accounts
	Cases     proofing.Desk // with its Release, and with the credentials
	Book      phonebook.Book
	Ender     session.Ender
	Approvals Approvals
	Outbox    *notice.Outbox
	Log       audit.Log
}

// Staff is who acts.
type Staff struct {
	Account account.ID
	UserID  string
	From    string // the client's address
}

func (s Staff) actor() string { return audit.Account(s.Account.String()) }

// entry is what the audit trail has of an act on somebody.
func (s Staff) entry(on account.ID, what audit.Event, why string, now time.Time) audit.Entry {
	return audit.Entry{Subject: audit.Account(on.String()), Actor: s.actor(), What: what, At: now, Why: why, From: s.From}
}

// Act is what staff does to a person, and why. The names belong to ConfirmName.
type Act struct {
	Name       Name
	Reason     string
	GivenName  string
	FamilyName string
}

// maxReason is how long a reason may be, in characters.
const maxReason = 500

func checkReason(reason string) error {
	var c fault.Check
	noteReason(&c, reason)
	return c.Err()
}

func noteReason(c *fault.Check, reason string) {
	c.Field(strings.TrimSpace(reason) != "", "/reason", textRequired)
	c.Field(utf8.RuneCountInString(reason) <= maxReason, "/reason", textTooLong)
}

// Check tells what is wrong with it, all at once: fault.ErrInvalid.
func (a Act) Check() error {
	var c fault.Check
	noteReason(&c, a.Reason)
	switch a.Name {
	case UnlockCodes, Thaw, EndSessions, ResetPhones, Freeze, Revoke, CancelCase:
		c.Field(a.GivenName == "", "/given_name", textNotNeeded)
		c.Field(a.FamilyName == "", "/family_name", textNotNeeded)
	case ConfirmName:
		if err := c.Err(); err != nil {
			return err
		}
		return account.Patch{GivenName: &a.GivenName, FamilyName: &a.FamilyName}.Check()
	default:
		c.Field(a.Name != "", "/act", textRequired)
		c.Field(a.Name == "", "/act", textAct)
	}
	return c.Err()
}

// Done is what came of an act.
type Done struct {
	Changed bool      // false where it stood so already
	Waits   *Approval // where a second person has to agree
}

// tries bounds how often an act is decided again after it was overtaken.
const tries = 8

// errMoved: what an act was decided by is not so any more.
var errMoved = errors.New("support: it was changed meanwhile")

func overtaken(err error) bool {
	return errors.Is(err, errMoved) || errors.Is(err, credential.ErrMoved) || errors.Is(err, license.ErrMoved) || errors.Is(err, account.ErrMoved)
}

// Do does something for a person: the change, its audit entry, and the mail to the person in one transaction. What
// stands so already is changed no more. What needs two people waits (Done.Waits).
//
// It returns fault.ErrInvalid, ErrNobody, ErrOwnAccount, ErrApprovalOpen, credential.ErrRequired, proofing.ErrNone,
// ErrOver or ErrBusy.
func (d Desk) Do(ctx context.Context, staff Staff, userID string, act Act, now time.Time) (Done, error) {
	if err := act.Check(); err != nil {
		return Done{}, err
	}
	if act.Name == ConfirmName {
		act.GivenName, act.FamilyName = account.Patch{GivenName: &act.GivenName, FamilyName: &act.FamilyName}.Named("", "")
	}
	id := account.IDOf(userID)
	if id == staff.Account {
		return Done{}, ErrOwnAccount
	}
	for range tries {
		a, err := d.person(ctx, id, now)
		if err != nil {
			return Done{}, err
		}
		if act.Name == CancelCase {
			return d.cancel(ctx, staff, a, act, now)
		}
		todo, err := d.plan(ctx, staff, a, act, now)
		switch {
		case err != nil:
			return Done{}, err
		case len(todo.writes) == 0:
			return Done{}, nil
		case todo.two:
			waits, err := d.ask(ctx, staff, a, act, now)
			if errors.Is(err, errMoved) || errors.Is(err, ErrApprovalUnknown) {
				continue
			}
			return Done{Waits: &waits}, err
		}
		err = d.commit(ctx, a, todo, now)
		if !overtaken(err) {
			return Done{Changed: err == nil}, err
		}
	}
	return Done{}, fmt.Errorf("support: %s: %w", act.Name, dynamo.ErrBusy)
}

func (d Desk) person(ctx context.Context, id account.ID, now time.Time) (account.Account, error) {
	a, err := d.Accounts.ByID(ctx, id, now)
	if errors.Is(err, account.ErrUnknown) {
		return account.Account{}, ErrNobody
	}
	return a, err
}

// plan is what an act comes to, as things stand.
type plan struct {
	writes  []dynamo.Write // none: it stands so already
	ends    bool           // all sessions end with it
	two     bool           // a second person has to agree
	closing func(account.Account) dynamo.Write
}

// commit makes the transaction of an act.
func (d Desk) commit(ctx context.Context, a account.Account, todo plan, now time.Time) error {
	if !todo.ends {
		return d.DB.Commit(ctx, todo.writes...)
	}
	closing := d.Accounts.Closing
	if todo.closing != nil {
		closing = todo.closing
	}
	return d.Ender.Ending(ctx, a.ID, "", now, func(found account.Account, ends []dynamo.Write) error {
		if found.Name() != a.Name() {
			return errMoved
		}
		all := append(todo.writes[:len(todo.writes):len(todo.writes)], ends...)
		return d.DB.Commit(ctx, append(all, closing(found))...)
	})
}

func (d Desk) plan(ctx context.Context, staff Staff, a account.Account, act Act, now time.Time) (plan, error) {
	held, err := d.Cases.Credentials.Find(ctx, a.ID)
	if err != nil {
		return plan{}, err
	}
	switch act.Name {
	case EndSessions:
		return d.ending(ctx, staff, a, act, now)
	case ConfirmName:
		return d.naming(ctx, staff, a, held, act, now)
	}
	if held == nil || held.State == credential.Revoked && act.Name != Revoke {
		return plan{}, credential.ErrRequired.Because(becauseNoCredential)
	}
	registry := d.Cases.Credentials
	var todo plan
	var what audit.Event
	switch act.Name {
	case UnlockCodes:
		todo.writes, what = registry.Unlocking(held), EventUnlocked
	case Thaw:
		todo.writes, what = registry.Thawing(held), EventThawed
	case Freeze:
		todo.writes, what = registry.Freezing(held), EventFrozen
	case Revoke:
		return d.revoking(ctx, staff, held, act, now)
	case ResetPhones:
		return d.resetting(ctx, staff, held, act, now)
	}
	return d.told(todo, staff, a.ID, what, act, now), nil
}

// told adds the audit entry and the mail to what changes something.
func (d Desk) told(todo plan, staff Staff, on account.ID, what audit.Event, act Act, now time.Time) plan {
	if len(todo.writes) > 0 {
		todo.writes = append(todo.writes, d.Log.Write(staff.entry(on, what, act.Reason, now)), d.Outbox.Write(notice.SupportActed(on.String(), string(act.Name), now), now))
	}
	return todo
}

func (d Desk) ending(ctx context.Context, staff Staff, a account.Account, act Act, now time.Time) (plan, error) {
	live, err := d.Ender.Sessions.List(ctx, a.ID, now)
	if err != nil || len(live) == 0 {
		return plan{}, err
	}
	entry := staff.entry(a.ID, EventSessionsEnded, act.Reason, now)
	return plan{ends: true, writes: []dynamo.Write{d.Log.Write(entry), d.Outbox.Write(notice.SupportActed(a.ID.String(), string(act.Name), now), now)}}, nil
}

// resetting takes the numbers away. A proofed holder goes through video again, and two people answer for it.
func (d Desk) resetting(ctx context.Context, staff Staff, held *credential.Credential, act Act, now time.Time) (plan, error) {
	if !held.Live(now) {
		return plan{}, credential.ErrRequired.Because(becauseEnded)
	}
	todo := plan{writes: d.Cases.Credentials.Resetting(held, d.Book), ends: true, two: held.Method != ""}
	if len(todo.writes) == 0 {
		return plan{}, nil
	}
	again, err := d.Cases.Again(ctx, held, staff.actor(), act.Reason, now)
	if err != nil {
		return plan{}, err
	}
	todo.writes = append(todo.writes, again...)
	return d.told(todo, staff, held.Holder, EventPhonesReset, act, now), nil
}

// revoking ends a credential for good, with a proofing that is under way.
func (d Desk) revoking(ctx context.Context, staff Staff, held *credential.Credential, act Act, now time.Time) (plan, error) {
	if held.State == credential.Revoked {
		return plan{}, nil
	}
	todo := plan{writes: []dynamo.Write{d.Cases.Credentials.Revoking(held)}}
	judge := todo.writes[0].Judge
	todo.writes[0].Judge = func(stands dynamo.Item) error {
		if err := judge(stands); !errors.Is(err, dynamo.ErrAlready) {
			return err
		}
		return errMoved // a colleague was faster: whoever looks again finds it done
	}
	if held.NeedsProofing {
		ends, err := d.Cases.Cancelling(ctx, held.License, staff.actor(), act.Reason, now)
		if err != nil {
			return plan{}, err
		}
		todo.writes = append(todo.writes, ends...)
	}
	return d.told(todo, staff, held.Holder, EventRevoked, act, now), nil
}

// naming gives the person another name. A pass outlives one that is exact or equivalent; any other name undoes the
// pass and all that a reset does, so that nobody's account becomes somebody else's by one person's word.
func (d Desk) naming(ctx context.Context, staff Staff, a account.Account, held *credential.Credential, act Act, now time.Time) (plan, error) {
	if a.GivenName == act.GivenName && a.FamilyName == act.FamilyName {
		return plan{}, nil
	}
	keeps := names.Keeps(names.Name{Given: a.GivenName, Family: a.FamilyName}, names.Name{Given: act.GivenName, Family: act.FamilyName})
	passed := held != nil && held.Method != "" && held.State != credential.Revoked && held.Live(now)
	if !passed || keeps {
		still, err := d.Cases.Still(ctx, held, now)
		if err != nil {
			return plan{}, err
		}
		todo := plan{writes: append(still, d.Accounts.Naming(a, act.GivenName, act.FamilyName))}
		return d.told(todo, staff, a.ID, EventNamed, act, now), nil
	}
	todo := plan{writes: d.Cases.Credentials.Resetting(held, d.Book), ends: true, two: true}
	again, err := d.Cases.Again(ctx, held, staff.actor(), act.Reason, now)
	if err != nil {
		return plan{}, err
	}
	todo.writes = append(todo.writes, again...)
	todo.closing = func(found account.Account) dynamo.Write {
		return d.Accounts.ClosingNamed(found, act.GivenName, act.FamilyName)
	}
	return d.told(todo, staff, a.ID, EventNamed, act, now), nil
}

// cancel ends the proofing case, whose room tells the holder.
func (d Desk) cancel(ctx context.Context, staff Staff, a account.Account, act Act, now time.Time) (Done, error) {
	held, err := d.Cases.Credentials.Find(ctx, a.ID)
	if err != nil {
		return Done{}, err
	}
	if held == nil || !held.NeedsProofing {
		return Done{}, proofing.ErrNone
	}
	id := proofing.IDOf(held.License)
	_, err = d.Cases.Cancel(ctx, id, staff.actor(), act.Reason, now)
	if !errors.Is(err, proofing.ErrOver) {
		return Done{Changed: err == nil}, err
	}
	c, found := d.Cases.Cases.Find(ctx, id)
	if found == nil && c.State == proofing.Cancelled {
		return Done{}, nil
	}
	return Done{}, err
}
