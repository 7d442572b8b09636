package license

import (
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
)

// State is where a key stands; the package's comment has the table.
type State string

// The states of a key (product.md 3).
const (
	Issued     State = "issued"
	Registered State = "registered"
	Activated  State = "activated"
	Suspended  State = "suspended"
	Void       State = "void"
)

// EventEntered is a key that was entered, as the audit trail has it. Issuing is told by the order, activation by the
// credential.
const EventEntered audit.Event = "license-entered"

// License is a key as it is known without the key itself.
type License struct {
	Digest      []byte // names it in other rooms; says nothing about the key
	State       State
	Product     string // catalog code
	Order       string
	Last4       string
	PurchasedAt time.Time
	DiesAt      time.Time   // unless entered before
	Holder      *account.ID // once entered
	VoidBecause Reason

	sealed []byte
}

// StateAt is the state that people meet: a key that was not entered in time is void.
func (l License) StateAt(now time.Time) State {
	if l.State == Issued && !now.Before(l.DiesAt) {
		return Void
	}
	return l.State
}

// refusal is why a holder may not enter the license, or nil. Somebody else's comes first, in any state.
func (l License) refusal(holder account.ID, now time.Time) error {
	if l.Holder != nil && *l.Holder != holder {
		return ErrUnknown
	}
	switch l.StateAt(now) {
	case Issued:
		return nil
	case Registered, Activated:
		return errOwn
	case Suspended:
		return ErrSuspended
	}
	return ErrVoid
}
