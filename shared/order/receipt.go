package order

import (
	"phoneotp/shared/catalog"
	"phoneotp/shared/payment"
)

// receipt is a payment as an order is held against it: of a session or of an invoice.
type receipt struct {
	proof    string // names the payment
	order    string
	live     bool
	total    catalog.Money
	lines    []payment.Line
	credited catalog.Money // of an invoice, taken off by a credit note
	voided   bool          // an invoice that was: nobody was to pay it any more
}

func ofSession(s payment.Session) receipt {
	return receipt{proof: proof(s), order: s.Order, live: s.Live, total: s.Total, lines: s.Lines}
}

func ofInvoice(in payment.Invoice) receipt {
	return receipt{proof: in.ID, order: in.Order, live: in.Live, total: in.Total, lines: in.Lines, credited: in.Credited, voided: in.Voided}
}

// paidBy tells whether this payment is what paid the order.
func (o Order) paidBy(r receipt) bool { return o.State != Placed && o.paidWith == r.proof }

// proof names the payment of a session; one that needed none (a coupon of 100 %) stands for itself.
func proof(s payment.Session) string {
	if s.Payment == "" {
		return s.ID
	}
	return s.Payment
}
