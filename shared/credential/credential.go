package credential

import (
	"slices"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// State is where a credential stands. Expired is not stored: it is Live's answer.
type State string

// The states, as they are stored (product.md 3).
const (
	Registered State = "r" // a license key was entered
	Proofing   State = "q" // a proofing case is open
	Proofed    State = "p" // proofing passed, no phone yet
	Active     State = "a"
	Frozen     State = "f" // no codes until support thaws
	Revoked    State = "v"
)

func (s State) known() bool {
	return slices.Contains([]State{Registered, Proofing, Proofed, Active, Frozen, Revoked}, s)
}

// MaxPhones is how many numbers a credential has; Recommended is how many are advised (product.md 5).
const (
	MaxPhones   = 3
	Recommended = 2
)

// Fresh is how long after a code login numbers may be changed; Quarantine is how long a login through a new
// number cannot remove or replace the others (product.md 5).
const (
	Fresh      = 15 * time.Minute
	Quarantine = 24 * time.Hour
)

// Credential is one holder's second factor as it stood when it was read.
type Credential struct {
	Holder        account.ID
	State         State
	License       []byte // digest of the key that opened it
	Product       string
	Service       phone.Service
	NeedsProofing bool
	Method        string // "kbv", "video"; empty until proofed
	PurchasedAt   time.Time
	Terms         int
	ExpiresAt     time.Time
	ActivatedAt   time.Time
	Renewal       string    // number of the open renewal order; empty: none
	RemindAt      time.Time // when the sweep looks at it next (reminder.go); zero: never
	Phones        []Phone   // in the order in which they were added
	Pending       *Phone

	live    challenge
	earlier [otp.EarlierKept]core
	history otp.History
	wrong   int
	lockSet time.Time
	told    int
	watch   watch
	nonce   []byte
	refused refusedSends

	replaces string // id of the phone that the pending one takes the place of; empty: none
	changes  int64  // of numbers, and of those taken back: only grows
	last     int64  // the last change that stands, 0: none (package phonebook)
}

// Phone is one registered or pending number.
type Phone struct {
	ID      string
	Number  phone.Number
	Channel phone.Channel
	Country string
	AddedAt time.Time

	sealed, index []byte
}

// Live tells whether the credential counts as the account's one (product.md 3).
func (c *Credential) Live(now time.Time) bool {
	return c != nil && c.State != Revoked && now.Before(c.ExpiresAt)
}

// Usable tells whether codes may be sent and accepted for login.
func (c *Credential) Usable(now time.Time) bool { return c.Live(now) && c.State == Active }

// registrable tells whether a number may be registered: nil, ErrRequired or ErrFrozen.
func (c *Credential) registrable(now time.Time) error {
	switch {
	case !c.Live(now):
		return ErrRequired.Because(becauseNone).Then("choose-product")
	case c.State == Frozen:
		return ErrFrozen.Because(becauseFrozen).Then("contact-support")
	case c.State == Active || c.State == Proofed || c.State == Registered && !c.NeedsProofing:
		return nil
	}
	return ErrRequired.Because(becauseProofing).Then("prove")
}

// usable is Usable with the reason: nil, ErrFrozen or ErrNotActive.
func (c *Credential) usable(now time.Time) error {
	switch {
	case c.Live(now) && c.State == Frozen:
		return ErrFrozen.Because(becauseFrozen).Then("contact-support")
	case c.Usable(now):
		return nil
	case c != nil && !now.Before(c.ExpiresAt):
		return ErrNotActive.Because(becauseExpired)
	case c.Live(now):
		return ErrNotActive.Because(becauseNoPhone).Then("register-phone")
	}
	return ErrNotActive.Because(becauseNone).Then("redeem")
}

// Phone finds a registered phone by its id.
func (c *Credential) Phone(id string) (Phone, bool) {
	for _, p := range c.Phones {
		if p.ID == id {
			return p, true
		}
	}
	return Phone{}, false
}

// target finds the phone of a challenge: a registered one, or the pending one.
func (c *Credential) target(id string) (Phone, bool) {
	if p, ok := c.Phone(id); ok {
		return p, true
	}
	if c.Pending != nil && c.Pending.ID == id {
		return *c.Pending, true
	}
	return Phone{}, false
}
