package journeys_test

import (
	"net/http"
	"strings"
	"testing"
)

const control = "/_local/stripe/control"

// order places an order of one key.
func (p *person) order(payment string, more map[string]any) string {
	p.t.Helper()
	body := map[string]any{"partner": "all", "lines": []any{map[string]any{"product": "us", "quantity": 1}}, "payment": payment, "billing": billing}
	for name, v := range more {
		body[name] = v
	}
	return p.want(201, "POST", "/api/orders", body, "idempotency-key", random(16)).text("number")
}

func (p *person) happens(number, event string) {
	p.t.Helper()
	p.want(200, "POST", "/_local/payments/"+number, map[string]any{"event": event})
}

func (p *person) stands(number, state, key string) {
	p.t.Helper()
	a := p.want(200, "GET", "/api/orders/"+number, nil)
	keys, _ := a.json["keys"].([]any)
	if a.text("state") != state || (key == "") != (len(keys) == 0) || key != "" && keys[0].(map[string]any)["state"] != key {
		p.t.Errorf("order %s: %v, want %s with a key that is %q", number, a, state, key)
	}
}

// TestLostWebhooksAreRepaired lets no webhook arrive while orders are paid, wired and refunded: the sweep alone brings
// them to where Stripe has them, and the webhooks that come late change nothing (S-17). It is not parallel, since no
// other order would learn of its payment meanwhile.
func TestLostWebhooksAreRepaired(t *testing.T) {
	p := newPerson(t)
	p.signUp("US")
	before, card, given, wired := p.order("card", nil), p.order("card", nil), p.order("card", nil), p.order("invoice", map[string]any{"purchase_order": " PO-4711 "})
	p.happens(before, "pay")
	p.stands(before, "fulfilled", "issued")
	if a := p.want(200, "GET", "/api/orders/"+wired, nil); a.text("purchase_order") != "PO-4711" || a.text("invoice", "number") == "" {
		t.Errorf("invoice: %v", a)
	}
	p.want(200, "POST", control+"/deliveries", map[string]any{"drop": true})
	t.Cleanup(func() { // the test's context is over by then
		req, err := http.NewRequest(http.MethodDelete, base+control+"/deliveries?order=none", nil)
		if err != nil {
			t.Fatal(err)
		}
		if res, err := p.http.Do(req); err != nil || res.Body.Close() != nil {
			t.Errorf("webhooks stay lost: %v", err)
		}
	})
	p.happens(card, "pay")
	p.happens(given, "pay")
	p.happens(given, "refund")
	p.happens(wired, "mark-paid-out-of-band")
	p.happens(before, "dispute")
	for number, state := range map[string]string{card: "placed", given: "placed", wired: "placed", before: "fulfilled"} {
		if a := p.want(200, "GET", "/api/orders/"+number, nil); a.text("state") != state {
			t.Errorf("without webhooks: %v", a)
		}
	}
	p.want(200, "POST", "/_local/sweep", nil)
	check := func() {
		t.Helper()
		p.stands(card, "fulfilled", "issued")
		p.stands(given, "refunded", "void")
		p.stands(wired, "fulfilled", "issued")
		p.stands(before, "disputed", "suspended")
	}
	check()
	await(t, "the key by mail", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && strings.Contains(m.Body, card)
	})
	p.want(http.StatusOK, "DELETE", control+"/deliveries?order=shuffled", nil) // late, and in any order
	check()
	p.want(200, "POST", "/_local/sweep", nil)
	check()
}
