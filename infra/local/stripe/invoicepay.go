package stripe

import (
	"context"
	"slices"
)

var listInvoicePaymentsSpec = append(spec{"invoice", "status", "payment.type", "payment.payment_intent"}, pageSpec...)

// payBill settles an amount of an open invoice by card. The charge carries nothing of the invoice's metadata,
// as with Stripe: the way back is the list of invoice payments.
func (s *Sandbox) payBill(b *bill, amount int64) {
	in, now := &b.Invoice, s.now().Unix()
	pi := intent{ID: newID("pi_"), Object: "payment_intent", Amount: amount, AmountReceived: amount, Created: now, Currency: in.Currency,
		Metadata: map[string]string{}, Status: "succeeded"}
	ch := &charge{ID: newID("ch_"), Object: "charge", Amount: amount, AmountCaptured: amount, Captured: true, Created: now, Currency: in.Currency,
		Metadata: map[string]string{}, Paid: true, PaymentIntent: pi.ID, Status: "succeeded"}
	pi.LatestCharge = &ch.ID
	b.Intents = append(b.Intents, pi)
	s.state.Charges = append(s.state.Charges, ch)
	paid := invoicePayment{ID: newID("inpay_"), Object: "invoice_payment", AmountPaid: min(amount, in.AmountRemaining), Created: now,
		Currency: in.Currency, Invoice: in.ID, Payment: paymentOfOne{pi.ID, "payment_intent"}, Status: "paid"}
	s.state.InvoicePayments = append(s.state.InvoicePayments, paid)
	s.emit("charge.succeeded", *ch, nil)
	s.emit("payment_intent.succeeded", pi, nil)
	s.emit("invoice_payment.paid", paid, nil)
	s.receive(b, amount)
}

// receive books an amount against an invoice.
func (s *Sandbox) receive(b *bill, amount int64) {
	in := &b.Invoice
	over := max(0, amount-in.AmountRemaining)
	in.AmountPaid += amount - over
	in.AmountRemaining -= amount - over
	in.AmountOverpaid += over
	if in.AmountRemaining > 0 {
		s.emit("invoice.updated", *in, nil)
		return
	}
	s.paid(in, nil)
	s.emit("invoice.payment_succeeded", *in, nil)
	if over > 0 {
		s.emit("invoice.overpaid", *in, nil)
	}
}

// settleOutOfBand marks an invoice paid by money that Stripe has not seen. Of the events of payment only
// invoice.paid tells of it.
func (s *Sandbox) settleOutOfBand(b *bill, c *apiCall) {
	in := &b.Invoice
	in.AmountPaid, in.AmountRemaining = in.AmountDue, 0
	s.paid(in, c)
}

// paid closes an invoice with nothing left to pay.
func (s *Sandbox) paid(in *invoice, c *apiCall) {
	in.Status, in.StatusTransitions.PaidAt = "paid", ref(s.now().Unix())
	s.emit("invoice.paid", *in, c)
}

func (s *Sandbox) listInvoicePayments(c apiCall) (any, *apiError) {
	if v := c.params["payment.type"]; v != "" && v != "payment_intent" {
		return nil, oneOf("payment[type]", v, "payment_intent")
	}
	var fit []invoicePayment
	for _, p := range slices.Backward(s.state.InvoicePayments) {
		if v := c.params["invoice"]; v != "" && v != p.Invoice {
			continue
		}
		if v := c.params["payment.payment_intent"]; v != "" && v != p.Payment.PaymentIntent {
			continue
		}
		fit = append(fit, p)
	}
	return page(fit, c.params, "/v1/invoice_payments", func(p invoicePayment) string { return p.ID })
}

// MarkPaidOutOfBand marks the order's open invoice paid, as the seller does when the bank tells of a wire.
// Otherwise like Pay.
func (s *Sandbox) MarkPaidOutOfBand(ctx context.Context, order string) error {
	return s.atBill(ctx, order, func(b *bill) { s.settleOutOfBand(b, nil) })
}

// PayPart pays an amount of the order's open invoice in minor units by card: less than is due leaves it
// open, more is overpaid. Otherwise like Pay.
func (s *Sandbox) PayPart(ctx context.Context, order string, amount int64) error {
	return s.atBill(ctx, order, func(b *bill) { s.payBill(b, amount) })
}

// VoidInvoice voids the order's open invoice, as the seller's dashboard does. Otherwise like Pay.
func (s *Sandbox) VoidInvoice(ctx context.Context, order string) error {
	return s.atBill(ctx, order, func(b *bill) { s.void(b, nil) })
}

func (s *Sandbox) void(b *bill, c *apiCall) {
	b.Invoice.Status, b.Invoice.StatusTransitions.VoidedAt = "void", ref(s.now().Unix())
	s.emit("invoice.voided", b.Invoice, c)
}

// MarkUncollectible gives the order's open invoice up; it can still be paid. Otherwise like Pay.
func (s *Sandbox) MarkUncollectible(ctx context.Context, order string) error {
	return s.atBill(ctx, order, func(b *bill) {
		b.Invoice.Status = "uncollectible"
		s.emit("invoice.marked_uncollectible", b.Invoice, nil)
	})
}

// Wired books a wire on the order's invoice in whatever state it is: after a void it must not do anything by
// itself at the product. Otherwise like Pay.
func (s *Sandbox) Wired(ctx context.Context, order string) error {
	err := ErrNoInvoice
	queue := s.act(func() {
		for _, b := range s.billsOf(order) {
			s.settleOutOfBand(b, nil)
			err = nil
		}
	})
	return settled(ctx, queue, err)
}

// Invoices lists the ids of the order's invoices, oldest first, drafts as well.
func (s *Sandbox) Invoices(order string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, b := range s.billsOf(order) {
		out = append(out, b.Invoice.ID)
	}
	return out
}

// TamperInvoice changes what the API says of an invoice, as Tamper does for a session.
func (s *Sandbox) TamperInvoice(id string, change func(total *int64, currency *string, firstQuantity *int64)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bill(id)
	if b == nil {
		return ErrNoInvoice
	}
	change(&b.Invoice.Total, &b.Invoice.Currency, &b.Invoice.Lines.Data[0].Quantity)
	return nil
}

func (s *Sandbox) billsOf(order string) []*bill {
	var out []*bill
	for _, b := range s.state.Bills {
		if b.Invoice.Metadata["order"] == order {
			out = append(out, b)
		}
	}
	return out
}

func (s *Sandbox) atBill(ctx context.Context, order string, do func(*bill)) error {
	err := ErrNoInvoice
	queue := s.act(func() {
		for _, b := range s.billsOf(order) {
			if err = ErrNotOpen; b.open() {
				do(b)
				err = nil
				return
			}
		}
	})
	return settled(ctx, queue, err)
}
