package stripe

import (
	"context"
	"slices"
)

var listDisputesSpec = append(spec{"charge", "payment_intent"}, pageSpec...)

type dispute struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Amount        int64             `json:"amount"`
	Charge        string            `json:"charge"`
	Created       int64             `json:"created"`
	Currency      string            `json:"currency"`
	Livemode      bool              `json:"livemode"`
	Metadata      map[string]string `json:"metadata"`
	PaymentIntent string            `json:"payment_intent"`
	Reason        string            `json:"reason"`
	Status        string            `json:"status"`
}

// RefundPart gives back an amount of the order's payment in minor units. Otherwise like Refund.
func (s *Sandbox) RefundPart(ctx context.Context, order string, amount int64) error {
	return s.atCharge(ctx, order, func(ch *charge) {
		s.refund(ch, min(amount, ch.Amount-ch.AmountRefunded), nil, map[string]string{}, nil)
	})
}

// FailRefund lets the order's last refund fail, as a bank does days later: the money is back at the seller.
// Otherwise like Refund.
func (s *Sandbox) FailRefund(ctx context.Context, order string) error {
	err := ErrNoCheckout
	queue := s.act(func() {
		for _, ch := range slices.Backward(s.chargesOf(order)) {
			err = ErrNotPaid
			re := find(s.state.Refunds, func(re *refund) bool { return re.Charge == ch.ID && re.Status == "succeeded" })
			if re == nil {
				continue
			}
			re.Status = "failed"
			ch.AmountRefunded -= re.Amount
			ch.Refunded = false
			s.emit("refund.updated", *re, nil)
			s.emit("refund.failed", *re, nil)
			err = nil
			return
		}
	})
	return settled(ctx, queue, err)
}

// Dispute lets the card's bank question the order's payment. Otherwise like Refund.
func (s *Sandbox) Dispute(ctx context.Context, order string) error {
	return s.atCharge(ctx, order, func(ch *charge) {
		d := &dispute{ID: newID("du_"), Object: "dispute", Amount: ch.Amount, Charge: ch.ID, Created: s.now().Unix(), Currency: ch.Currency,
			Metadata: map[string]string{}, PaymentIntent: ch.PaymentIntent, Reason: "fraudulent", Status: "needs_response"}
		ch.Disputed = true
		s.state.Disputes = append(s.state.Disputes, d)
		s.emit("charge.dispute.created", *d, nil)
		s.emit("charge.dispute.funds_withdrawn", *d, nil)
	})
}

// CloseDispute ends the order's open dispute with a status of Stripe's: won, lost, warning_closed. Otherwise
// like Refund.
func (s *Sandbox) CloseDispute(ctx context.Context, order, status string) error {
	err := ErrNoCheckout
	queue := s.act(func() {
		for _, ch := range s.chargesOf(order) {
			err = ErrNotPaid
			d := find(s.state.Disputes, func(d *dispute) bool { return d.Charge == ch.ID && d.Status == "needs_response" })
			if d == nil {
				continue
			}
			d.Status = status
			if status == "won" {
				s.emit("charge.dispute.funds_reinstated", *d, nil)
			}
			s.emit("charge.dispute.closed", *d, nil)
			err = nil
			return
		}
	})
	return settled(ctx, queue, err)
}

func (s *Sandbox) getDispute(c apiCall) (any, *apiError) {
	if d := find(s.state.Disputes, func(d *dispute) bool { return d.ID == c.id }); d != nil {
		return *d, nil
	}
	return nil, noSuch("dispute", c.id, "dispute")
}

func (s *Sandbox) listDisputes(c apiCall) (any, *apiError) {
	var fit []dispute
	for _, d := range slices.Backward(s.state.Disputes) {
		if v := c.params["charge"]; v != "" && v != d.Charge {
			continue
		}
		if v := c.params["payment_intent"]; v != "" && v != d.PaymentIntent {
			continue
		}
		fit = append(fit, *d)
	}
	return page(fit, c.params, "/v1/disputes", func(d dispute) string { return d.ID })
}

// atCharge acts on the order's first paid charge that was not given back in full.
func (s *Sandbox) atCharge(ctx context.Context, order string, do func(*charge)) error {
	err := ErrNoCheckout
	queue := s.act(func() {
		if len(s.ofOrder(order))+len(s.billsOf(order)) > 0 {
			err = ErrNotPaid
		}
		for _, ch := range s.chargesOf(order) {
			if !ch.Refunded {
				do(ch)
				err = nil
				return
			}
		}
	})
	return settled(ctx, queue, err)
}

// chargesOf are the paid charges of an order, by session or invoice.
func (s *Sandbox) chargesOf(order string) []*charge {
	var intents []string
	for _, co := range s.ofOrder(order) {
		intents = append(intents, co.Intent.ID)
	}
	for _, b := range s.billsOf(order) {
		for _, pi := range b.Intents {
			intents = append(intents, pi.ID)
		}
	}
	var out []*charge
	for _, ch := range s.state.Charges {
		if ch.Paid && slices.Contains(intents, ch.PaymentIntent) {
			out = append(out, ch)
		}
	}
	return out
}
