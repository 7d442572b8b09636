package support

import (
	"context"
	"errors"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
)

// State is where an approval stands. Expired is not stored: it is an open one after 72 hours.
type State string

// The states of an approval.
const (
	Open     State = "open"
	Approved State = "approved"
	Refused  State = "refused"
	expired  State = "expired"
)

// ApprovalLife is how long an approval waits for the second person, half-open. keep is how long it lies there after
// that.
const (
	ApprovalLife = 72 * time.Hour
	keep         = 30 * 24 * time.Hour
)

// Approval is an act that waits for a second person. An account has one at a time.
type Approval struct {
	ID         string
	Of         account.ID
	UserID     string // of whom it is about
	Act        Name
	Reason     string
	GivenName  string // of confirm-name
	FamilyName string
	By         account.ID // who asked
	ByUserID   string
	At         time.Time
	State      State
}

// ExpiresAt is from when it can no longer be approved.
func (a Approval) ExpiresAt() time.Time { return a.At.Add(ApprovalLife) }

func (a Approval) stateAt(now time.Time) State {
	if a.State == Open && !now.Before(a.ExpiresAt()) {
		return expired
	}
	return a.State
}

// asks tells whether it is about this very act.
func (a Approval) asks(act Act) bool {
	return a.Act == act.Name && a.GivenName == act.GivenName && a.FamilyName == act.FamilyName
}

// ApprovalView is an approval as the API shows it.
type ApprovalView struct {
	ID         string `json:"id"`
	Act        Name   `json:"act"`
	UserID     string `json:"user_id"`
	Reason     string `json:"reason"`
	AskedBy    string `json:"asked_by"`
	AskedAt    string `json:"asked_at"`
	ExpiresAt  string `json:"expires_at"`
	Own        bool   `json:"own"` // asked by the caller, or about the caller: somebody else decides
	GivenName  string `json:"given_name,omitempty"`
	FamilyName string `json:"family_name,omitempty"`
}

// View is the approval as a member of staff sees it.
func (a Approval) View(staff account.ID) ApprovalView {
	return ApprovalView{
		ID: a.ID, Act: a.Act, UserID: a.UserID, Reason: a.Reason, AskedBy: a.ByUserID, AskedAt: instant(a.At), ExpiresAt: instant(a.ExpiresAt()),
		Own: a.By == staff || a.Of == staff, GivenName: a.GivenName, FamilyName: a.FamilyName,
	}
}

// Waiting lists what waits for a second person, the oldest first.
func (d Desk) Waiting(ctx context.Context, now time.Time) ([]Approval, error) {
	return d.Approvals.open(ctx, now)
}

// ask has an act wait for a second person. Asking again, by whomever, finds what waits already.
func (d Desk) ask(ctx context.Context, staff Staff, a account.Account, act Act, now time.Time) (Approval, error) {
	wanted := Approval{
		ID: newApprovalID(a.ID), Of: a.ID, UserID: a.UserID, Act: act.Name, Reason: act.Reason, GivenName: act.GivenName, FamilyName: act.FamilyName,
		By: staff.Account, ByUserID: staff.UserID, At: now.Truncate(time.Millisecond), State: Open,
	}
	entry := staff.entry(a.ID, EventAsked, act.Reason, now)
	entry.Ref, entry.Detail = wanted.ID, map[string]string{"act": string(act.Name)}
	err := d.DB.Commit(ctx, d.Approvals.ask(wanted), d.Log.Write(entry))
	if err == nil || !errors.Is(err, errOpen) {
		return wanted, err
	}
	stands, err := d.Approvals.find(ctx, a.ID)
	if err == nil && !stands.asks(act) {
		err = ErrApprovalOpen
	}
	return stands, err
}

// Decision is what the second person says.
type Decision struct {
	Approve bool
	Reason  string
}

func (n Decision) to() State {
	if n.Approve {
		return Approved
	}
	return Refused
}

// Decide is the second person's decision: the act is done in its transaction, or nothing is. changed is false where it
// was decided so before.
//
// It returns fault.ErrInvalid, ErrApprovalUnknown, ErrOwnAccount, ErrOwnApproval, ErrApprovalDecided,
// ErrApprovalExpired, and what the act returns.
func (d Desk) Decide(ctx context.Context, staff Staff, id string, n Decision, now time.Time) (changed bool, err error) {
	if err := checkReason(n.Reason); err != nil {
		return false, err
	}
	of, err := accountOf(id)
	if err != nil {
		return false, err
	}
	for range tries {
		p, err := d.Approvals.find(ctx, of)
		if err == nil && p.ID != id {
			err = ErrApprovalUnknown
		}
		if err != nil {
			return false, err
		}
		if err := p.decidable(staff, n.to(), now); err != nil || p.State == n.to() {
			return false, err
		}
		err = d.decide(ctx, staff, p, n, now)
		if !overtaken(err) {
			return err == nil, err
		}
	}
	return false, dynamo.ErrBusy
}

// decidable refuses a decision that this person may not make, or that comes too late.
func (a Approval) decidable(staff Staff, to State, now time.Time) error {
	switch {
	case a.Of == staff.Account:
		return ErrOwnAccount
	case a.By == staff.Account:
		return ErrOwnApproval
	case a.stateAt(now) == expired:
		return ErrApprovalExpired
	case a.State != Open && a.State != to:
		return ErrApprovalDecided
	}
	return nil
}

func (d Desk) decide(ctx context.Context, staff Staff, p Approval, n Decision, now time.Time) error {
	decided := d.Approvals.decide(p, n.to(), staff.Account, now)
	entry := staff.entry(p.Of, EventRefused, n.Reason, now)
	entry.Ref, entry.Detail = p.ID, map[string]string{"act": string(p.Act), "asked_by": audit.Account(p.By.String())}
	if !n.Approve {
		return d.DB.Commit(ctx, decided, d.Log.Write(entry))
	}
	a, err := d.person(ctx, p.Of, now)
	if err != nil {
		return err
	}
	act := Act{Name: p.Act, Reason: n.Reason, GivenName: p.GivenName, FamilyName: p.FamilyName}
	todo, err := d.plan(ctx, staff, a, act, now)
	if err != nil {
		return err
	}
	entry.What = EventApproved
	todo.writes = append(todo.writes, decided, d.Log.Write(entry))
	return d.commit(ctx, a, todo, now)
}
