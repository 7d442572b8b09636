package stripe

import (
	"context"
	"time"
)

// eventsKept is how long Stripe shows an event.
const eventsKept = 30 * 24 * time.Hour

type creditNote struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"`
	Amount           int64             `json:"amount"`
	Created          int64             `json:"created"`
	Currency         string            `json:"currency"`
	Invoice          string            `json:"invoice"`
	Metadata         map[string]string `json:"metadata"`
	PrePaymentAmount int64             `json:"pre_payment_amount"`
	Status           string            `json:"status"`
}

type fraudWarning struct {
	ID            string `json:"id"`
	Object        string `json:"object"`
	Actionable    bool   `json:"actionable"`
	Charge        string `json:"charge"`
	Created       int64  `json:"created"`
	FraudType     string `json:"fraud_type"`
	Livemode      bool   `json:"livemode"`
	PaymentIntent string `json:"payment_intent"`
}

func (s *Sandbox) getCreditNote(c apiCall) (any, *apiError) {
	if n := find(s.state.CreditNotes, func(n *creditNote) bool { return n.ID == c.id }); n != nil {
		return *n, nil
	}
	return nil, noSuch("credit_note", c.id, "id")
}

func (s *Sandbox) getWarning(c apiCall) (any, *apiError) {
	if w := find(s.state.Warnings, func(w *fraudWarning) bool { return w.ID == c.id }); w != nil {
		return *w, nil
	}
	return nil, noSuch("early_fraud_warning", c.id, "early_fraud_warning")
}

// Credit takes an amount off the order's open invoice by a credit note, as the seller's dashboard does. An invoice
// with nothing left to pay counts as paid, though no money came. Otherwise like Pay.
func (s *Sandbox) Credit(ctx context.Context, order string, amount int64) error {
	return s.atBill(ctx, order, func(b *bill) {
		in := &b.Invoice
		amount = min(amount, in.AmountRemaining)
		n := &creditNote{ID: newID("cn_"), Object: "credit_note", Amount: amount, Created: s.now().Unix(), Currency: in.Currency, Invoice: in.ID,
			Metadata: map[string]string{}, PrePaymentAmount: amount, Status: "issued"}
		s.state.CreditNotes = append(s.state.CreditNotes, n)
		in.PrePaymentCreditNotesAmount += amount
		in.AmountDue -= amount
		in.AmountRemaining -= amount
		s.emit("credit_note.created", *n, nil)
		if in.AmountRemaining == 0 {
			s.paid(in, nil)
		}
	})
}

// Warn lets the card's network warn that the order's payment may be fraud. Otherwise like Refund.
func (s *Sandbox) Warn(ctx context.Context, order string) error {
	return s.atCharge(ctx, order, func(ch *charge) {
		w := &fraudWarning{ID: newID("issfr_"), Object: "radar.early_fraud_warning", Actionable: true, Charge: ch.ID, Created: s.now().Unix(),
			FraudType: "made_with_stolen_card", PaymentIntent: ch.PaymentIntent}
		s.state.Warnings = append(s.state.Warnings, w)
		s.emit("radar.early_fraud_warning.created", *w, nil)
	})
}

// FailInvoice lets a try to pay the order's open invoice fail, as a bank debit does days later. Otherwise like Pay.
func (s *Sandbox) FailInvoice(ctx context.Context, order string) error {
	return s.atBill(ctx, order, func(b *bill) { s.emit("invoice.payment_failed", b.Invoice, nil) })
}

// Overdue tells that the order's open invoice is due and not paid. Otherwise like Pay.
func (s *Sandbox) Overdue(ctx context.Context, order string) error {
	return s.atBill(ctx, order, func(b *bill) { s.emit("invoice.overdue", b.Invoice, nil) })
}

// FailFinalization tells that Stripe could not finalise the order's invoice, usually because of its address.
// Otherwise like Pay.
func (s *Sandbox) FailFinalization(ctx context.Context, order string) error {
	return s.atBill(ctx, order, func(b *bill) { s.emit("invoice.finalization_failed", b.Invoice, nil) })
}

// Debit completes the order's open session by a delayed method, unpaid; DebitFailed tells that the money never came.
// Otherwise like Pay.
func (s *Sandbox) Debit(ctx context.Context, order string) error {
	return s.atOpen(ctx, order, func(co *checkout) {
		co.Session.Status, co.Session.URL = "complete", nil
		s.emit("checkout.session.completed", co.Session, nil)
	})
}

// DebitFailed is described at Debit.
func (s *Sandbox) DebitFailed(ctx context.Context, order string) error {
	err := ErrNoCheckout
	queue := s.act(func() {
		for _, co := range s.ofOrder(order) {
			if err = ErrNotOpen; co.Session.Status == "complete" && co.Session.PaymentStatus == "unpaid" {
				s.emit("checkout.session.async_payment_failed", co.Session, nil)
				err = nil
				return
			}
		}
	})
	return settled(ctx, queue, err)
}
