package order

import (
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/payment"
)

// State is where an order stands; the package's comment has the table.
type State string

// The states of an order (product.md 2).
const (
	Placed    State = "placed"
	Paid      State = "paid"
	Fulfilled State = "fulfilled"
	Cancelled State = "cancelled"
	Refunded  State = "refunded"
	Disputed  State = "disputed"
)

// Method is how an order is paid.
type Method string

// The methods (product.md 2).
const (
	Card    Method = "card"
	Invoice Method = "invoice"
)

// What happens to orders, as the audit trail has it, under the order and its purchaser.
const (
	EventPlaced    audit.Event = "order-placed"
	EventFulfilled audit.Event = "order-fulfilled"
	EventHeld      audit.Event = "order-held"
	EventCancelled audit.Event = "order-cancelled"
	EventPaidAgain audit.Event = "order-paid-again"
	EventResent    audit.Event = "order-keys-resent"
)

// Numbers of product.md 2.
const (
	MaxKeys    = 50             // an order, over all lines
	payableFor = 24 * time.Hour // from placing; then the sweep ends it
	lastLink   = 30 * time.Minute
	sessionFor = 31 * time.Minute // Stripe refuses less than 30 by its own clock
	keptFor    = 24 * time.Hour   // an idempotency key
	openingFor = 15 * time.Second // the function's own limit: somebody who holds it longer has died
)

// Order is a purchase as it stands.
type Order struct {
	Number      string
	Purchaser   account.ID
	State       State
	HeldBecause string
	Partner     string
	Payment     Method
	Lines       []Line
	Total       catalog.Money
	Billing     account.Billing
	PlacedAt    time.Time
	PaidAt      time.Time
	FulfilledAt time.Time
	CancelledAt time.Time

	PurchaseOrder string // the buyer's own number, or empty

	attempt   int       // of the checkout, from 1
	attemptAt time.Time // when it began
	session   string    // Stripe's, once the checkout is open
	link      string
	linkEnds  time.Time
	opening   time.Time // somebody opens the checkout until then
	paidWith  string    // the payment that paid it: a payment intent, or an invoice
	reversal  string    // what refunds and disputes made of it last
	extra     []string  // payments that came on top
	told      []string  // marks of what was told once
	keys      [][]byte  // licenses

	renews []byte // license of the credential that it renews; nil: it is for keys
	term   int    // which term of it
	taken  bool   // that term was taken back

	customer      string // Stripe's, of an order by invoice
	invoice       string
	step          Step
	invoiceNumber string
	invoiceLink   string
	invoiceDue    time.Time
	invoiceStatus payment.InvoiceStatus
	invoicePaid   int64 // so far, minor units; a part of it, or of one that is void
	invoiceLeft   int64 // to pay, where a part was paid
}

// Line is one product of an order.
type Line struct {
	Product  string
	Name     string
	Quantity int
	Price    catalog.Money // of one
}

// Renewal tells an order that renews its purchaser's own credential, without a key.
func (o Order) Renewal() bool { return len(o.renews) > 0 }

// Keys is how many keys the order is for.
func (o Order) Keys() int {
	if o.Renewal() {
		return 0
	}
	n := 0
	for _, l := range o.Lines {
		n += l.Quantity
	}
	return n
}

// CheckoutURL is where the person can pay now, or empty.
func (o Order) CheckoutURL(now time.Time) string {
	if o.State != Placed || !now.Before(o.linkEnds) {
		return ""
	}
	return o.link
}

// payable tells whether a fresh link may be made: not in the last 30 minutes of the 24 hours.
func (o Order) payable(now time.Time) error {
	switch {
	case o.State != Placed:
		return ErrNotPayable.Because(textAlreadySettled)
	case o.Payment == Invoice && o.ready():
		return ErrNotPayable.Because(textPayInvoice)
	case o.Payment == Invoice:
		return nil
	case !now.Before(o.PlacedAt.Add(payableFor - lastLink)):
		return ErrNotPayable.Because(textLinksEnded)
	}
	return nil
}

// due is when the sweep looks at an unpaid order: 24 hours after placing, or a week after its invoice is due.
func (o Order) due() time.Time {
	switch {
	case o.Payment == Card:
		return o.PlacedAt.Add(payableFor)
	case o.invoiceDue.IsZero():
		return o.PlacedAt.AddDate(0, 0, dueDays).Add(grace)
	}
	return o.invoiceDue.Add(grace)
}
