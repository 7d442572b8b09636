package order

import (
	"bytes"
	"time"

	"phoneotp/shared/credential"
)

// TermStage is how far the term of a renewal order has come.
type TermStage int

// The stages.
const (
	TermAhead   TermStage = iota // paid, and not begun
	TermRunning                  // begun, or over
	TermTaken                    // taken back before it began
	TermGone                     // its credential was replaced or revoked
	termStages
)

// TermAct is what is done to the term.
type TermAct string

// The acts.
const (
	LeaveTerm  TermAct = "leave"
	TakeTerm   TermAct = "take-back"
	ReturnTerm TermAct = "return"
)

// TermCell is one field of the policy.
type TermCell struct {
	Act    TermAct
	Person bool // somebody looks at it
}

// TermRow is one happening of it. State is the order's afterwards.
type TermRow struct {
	Cells [termStages]TermCell
	State State
}

// RenewalPolicy is what refunds and disputes do to the term of a renewal order (product.md 8; issue 5). A term
// that has not begun is like a key that nobody has entered: it goes with the money, at whatever time, and rests
// while the bank is asked. One that runs is not cut without a person.
func RenewalPolicy(h Happening) TermRow {
	leave, person := TermCell{LeaveTerm, false}, TermCell{LeaveTerm, true}
	take, giveAgain := TermCell{TakeTerm, false}, TermCell{ReturnTerm, false}
	switch h {
	case RefundWhole, RefundLate:
		return TermRow{[termStages]TermCell{take, person, leave, person}, Refunded}
	case RefundPart:
		return TermRow{[termStages]TermCell{person, person, {ReturnTerm, true}, person}, Fulfilled} // nothing to return, unless it was more before
	case DisputeOpened:
		return TermRow{[termStages]TermCell{take, person, leave, person}, Disputed}
	case DisputeLost:
		return TermRow{[termStages]TermCell{take, person, leave, person}, Refunded}
	case Cleared:
	}
	return TermRow{[termStages]TermCell{leave, leave, giveAgain, leave}, Fulfilled}
}

// termStage is how far it has come. Half-open: at its first instant a term runs.
func (o Order) termStage(c *credential.Credential, now time.Time) TermStage {
	switch {
	case o.taken:
		return TermTaken
	case c == nil || !bytes.Equal(c.License, o.renews) || c.State == credential.Revoked:
		return TermGone
	case c.Terms == o.term && now.Before(c.OpensAt()):
		return TermAhead
	}
	return TermRunning
}

// returnable tells whether a term that was taken back can be given again: the credential is the same, and no
// other renewal has taken its place or is about to.
func (o Order) returnable(c *credential.Credential) bool {
	return c != nil && bytes.Equal(c.License, o.renews) && c.State != credential.Revoked && c.Terms == o.term-1 && c.Renewal == ""
}
