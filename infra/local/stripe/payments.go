package stripe

import (
	"slices"
	"strconv"
)

var (
	ofIntentSpec     = append(spec{"payment_intent", "charge"}, pageSpec...)
	createRefundSpec = spec{"payment_intent", "charge", "amount", "reason", "metadata.*"}
)

// pay settles an open session as a person with a good card would.
func (s *Sandbox) pay(co *checkout) {
	pi, ch := s.attempt(co)
	pi.Status, pi.AmountReceived, pi.LastPaymentError = "succeeded", pi.Amount, nil
	ch.Status, ch.Paid, ch.Captured, ch.AmountCaptured = "succeeded", true, true, ch.Amount
	o := &co.Session
	o.Status, o.PaymentStatus, o.URL, o.PaymentIntent = "complete", "paid", nil, &pi.ID
	o.CustomerDetails = &customerDetails{Email: o.CustomerEmail}
	co.Declined = false
	s.emit("charge.succeeded", *ch, nil)
	s.emit("payment_intent.succeeded", *pi, nil)
	s.emit("checkout.session.completed", *o, nil)
}

// decline leaves the session open: the person may try again.
func (s *Sandbox) decline(co *checkout) {
	pi, ch := s.attempt(co)
	said := "Your card was declined."
	pi.Status = "requires_payment_method"
	pi.LastPaymentError = &cardError{Type: "card_error", Code: "card_declined", DeclineCode: "generic_decline", Message: said}
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", ref("card_declined"), &said
	co.Declined = true
	s.emit("charge.failed", *ch, nil)
	s.emit("payment_intent.payment_failed", *pi, nil)
}

// attempt makes the payment intent on the first try and a charge on each. Both carry the intent's
// metadata; the session's own stays where it is.
func (s *Sandbox) attempt(co *checkout) (*intent, *charge) {
	now, o, pi := s.now().Unix(), co.Session, &co.Intent
	if pi.ID == "" {
		pi.ID, pi.Object, pi.Created = newID("pi_"), "payment_intent", now
		pi.Amount, pi.Currency = o.AmountTotal, o.Currency
	}
	ch := &charge{ID: newID("ch_"), Object: "charge", Amount: pi.Amount, Created: now, Currency: pi.Currency,
		Metadata: pi.Metadata, PaymentIntent: pi.ID}
	pi.LatestCharge = &ch.ID
	s.state.Charges = append(s.state.Charges, ch)
	return pi, ch
}

func (s *Sandbox) getIntent(c apiCall) (any, *apiError) {
	if co := s.checkoutOfIntent(c.id); co != nil {
		return co.Intent, nil
	}
	for _, b := range s.state.Bills {
		if i := slices.IndexFunc(b.Intents, func(pi intent) bool { return pi.ID == c.id }); i >= 0 {
			return b.Intents[i], nil
		}
	}
	return nil, noSuch("payment_intent", c.id, "intent")
}

func (s *Sandbox) listIntents(c apiCall) (any, *apiError) {
	var all []intent
	for _, co := range slices.Backward(s.state.Checkouts) {
		if co.Intent.ID != "" {
			all = append(all, co.Intent)
		}
	}
	return page(all, c.params, "/v1/payment_intents", func(pi intent) string { return pi.ID })
}

func (s *Sandbox) getCharge(c apiCall) (any, *apiError) {
	ch := s.charge(c.id)
	if ch == nil {
		return nil, noSuch("charge", c.id, "charge")
	}
	out := *ch
	for i, path := range c.params.texts("expand") {
		if path != "refunds" {
			return nil, invalid("expand["+strconv.Itoa(i)+"]", "This property cannot be expanded ("+path+") by the sandbox.")
		}
		out.Refunds = &list[refund]{Object: "list", Data: []refund{}, URL: "/v1/charges/" + ch.ID + "/refunds"}
		for _, re := range slices.Backward(s.state.Refunds) {
			if re.Charge == ch.ID {
				out.Refunds.Data = append(out.Refunds.Data, *re)
			}
		}
	}
	return out, nil
}

func (s *Sandbox) listCharges(c apiCall) (any, *apiError) {
	var fit []charge
	for _, ch := range slices.Backward(s.state.Charges) {
		if v := c.params["payment_intent"]; v == "" || v == ch.PaymentIntent {
			fit = append(fit, *ch)
		}
	}
	return page(fit, c.params, "/v1/charges", func(ch charge) string { return ch.ID })
}

func (s *Sandbox) createRefund(c apiCall) (any, *apiError) {
	ch := s.refundable(c.params)
	if ch == nil {
		return nil, noSuch("charge", c.params["charge"]+c.params["payment_intent"], "charge")
	}
	amount := ch.Amount - ch.AmountRefunded
	if _, given := c.params["amount"]; given {
		var bad *apiError
		if amount, bad = c.params.integer("amount", "amount"); bad != nil {
			return nil, bad
		}
	}
	meta, bad := c.params.metadata("metadata")
	if bad != nil {
		return nil, bad
	}
	var reason *string
	if v := c.params["reason"]; v != "" {
		if !slices.Contains([]string{"duplicate", "fraudulent", "requested_by_customer"}, v) {
			return nil, invalid("reason", "Invalid reason: "+v)
		}
		reason = &v
	}
	switch left := ch.Amount - ch.AmountRefunded; {
	case left == 0:
		return nil, refused("charge_already_refunded", "Charge "+ch.ID+" has already been refunded.")
	case amount < 1 || amount > left:
		return nil, refused("", "Refund amount ("+strconv.FormatInt(amount, 10)+") is greater than unrefunded amount on charge ("+strconv.FormatInt(left, 10)+") or below 1.")
	}
	return s.refund(ch, amount, reason, meta, &c), nil
}

// refundable is the paid charge that the parameters point at.
func (s *Sandbox) refundable(p params) *charge {
	return find(s.state.Charges, func(ch *charge) bool {
		return ch.Paid && (ch.ID == p["charge"] || ch.PaymentIntent == p["payment_intent"] && p["charge"] == "")
	})
}

func (s *Sandbox) refund(ch *charge, amount int64, reason *string, meta map[string]string, c *apiCall) refund {
	re := &refund{ID: newID("re_"), Object: "refund", Amount: amount, Charge: ch.ID, Created: s.now().Unix(),
		Currency: ch.Currency, Metadata: meta, PaymentIntent: ch.PaymentIntent, Reason: reason, Status: "succeeded"}
	s.state.Refunds = append(s.state.Refunds, re)
	ch.AmountRefunded += amount
	ch.Refunded = ch.AmountRefunded == ch.Amount
	s.emit("refund.created", *re, c)
	s.emit("charge.refunded", *ch, c)
	return *re
}

func (s *Sandbox) getRefund(c apiCall) (any, *apiError) {
	re := find(s.state.Refunds, func(re *refund) bool { return re.ID == c.id })
	if re == nil {
		return nil, noSuch("refund", c.id, "refund")
	}
	return *re, nil
}

func (s *Sandbox) listRefunds(c apiCall) (any, *apiError) {
	var fit []refund
	for _, re := range slices.Backward(s.state.Refunds) {
		if v := c.params["payment_intent"]; v != "" && v != re.PaymentIntent {
			continue
		}
		if v := c.params["charge"]; v != "" && v != re.Charge {
			continue
		}
		fit = append(fit, *re)
	}
	return page(fit, c.params, "/v1/refunds", func(re refund) string { return re.ID })
}
