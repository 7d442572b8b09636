package order

import (
	"time"

	"phoneotp/shared/license"
	"phoneotp/shared/payment"
)

// Happening is what became of an order's money, as the charge stands.
type Happening string

// The happenings (product.md 2).
const (
	Cleared       Happening = ""             // nothing, or undone: the refund failed, the dispute was won
	RefundWhole   Happening = "refund"       // in full, within 15 days of payment
	RefundLate    Happening = "refund-late"  // in full, later
	RefundPart    Happening = "refund-part"  // not in full
	DisputeOpened Happening = "dispute"      // the bank asks
	DisputeLost   Happening = "dispute-lost" // the bank has taken it
	refundFor               = 15 * 24 * time.Hour
)

// Stage is how far one key of an order has come.
type Stage int

// The stages.
const (
	Unredeemed Stage = iota // in nobody's hands
	Entered                 // registered or in proofing
	Active                  // its credential was activated
	stages
)

// Act is what is done to a key.
type Act string

// The acts.
const (
	Leave   Act = "leave"
	Void    Act = "void"
	Suspend Act = "suspend"
	Restore Act = "restore"
)

// Cell is one field of the policy.
type Cell struct {
	Act    Act
	Person bool // somebody looks at it
}

// Row is one happening of it. State is the order's afterwards; one that was held
// is held again instead of fulfilled. ForAll: a key for a person
// leaves all the others for that person too.
type Row struct {
	Cells  [stages]Cell
	State  State
	ForAll bool
}

// Policy is what refunds and disputes do to the keys of an order (product.md 2; commerce-proofing.md 1.5).
func Policy(h Happening) Row {
	person := Cell{Leave, true}
	switch h {
	case RefundWhole:
		return Row{[stages]Cell{{Void, false}, {Void, false}, person}, Refunded, true}
	case RefundLate:
		return Row{[stages]Cell{person, person, person}, Refunded, true}
	case RefundPart:
		return Row{[stages]Cell{{Restore, true}, person, person}, Fulfilled, false} // nothing to restore, unless it was more before
	case DisputeOpened:
		return Row{[stages]Cell{{Suspend, false}, person, person}, Disputed, false}
	case DisputeLost:
		return Row{[stages]Cell{{Void, false}, person, person}, Refunded, false}
	}
	return Row{[stages]Cell{{Restore, false}, {Leave, false}, {Leave, false}}, Fulfilled, false}
}

// happening reads it off the charge. A lost dispute stands above all; an open one above refunds.
func (o Order) happening(c payment.Charge) Happening {
	switch {
	case c.Dispute == payment.DisputeLost:
		return DisputeLost
	case c.Dispute == payment.DisputeOpen:
		return DisputeOpened
	case c.Whole() && c.RefundedAt.Sub(o.PaidAt) > refundFor:
		return RefundLate
	case c.Whole():
		return RefundWhole
	case c.Refunded.Amount > 0:
		return RefundPart
	}
	return Cleared
}

// mark is what an order keeps of it, to know it again.
func (h Happening) mark(c payment.Charge) string {
	if h == RefundPart {
		return string(h) + " " + c.Refunded.String() // each further part is news
	}
	return string(h)
}

// stage is how far a key has come; gone tells one that ended for another reason than this order's money.
func stage(l license.License, now time.Time) (at Stage, gone bool) {
	switch {
	case l.State == license.Activated:
		return Active, false
	case l.Free():
		gone = l.State == license.Issued && l.StateAt(now) == license.Void ||
			l.State == license.Void && l.VoidBecause != license.ByRefund && l.VoidBecause != license.ByDispute
		return Unredeemed, gone
	}
	return Entered, l.State == license.Void
}
