package journeys_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

const yearDay = 24 * time.Hour

// holder is somebody new with an active credential and one phone.
func holder(t *testing.T) *person {
	t.Helper()
	p := newPerson(t)
	p.signUp("US")
	_, keys := p.buy("us", 1)
	p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	p.registerPhone(usNumber(), "sms")
	return p
}

func renewing(payment string) map[string]any {
	return map[string]any{"product": "renew-us", "payment": payment, "billing": billing}
}

// renewal orders a renewal, which must be answered with a status, and returns its number.
func (p *person) renewal(status int, payment string) string {
	p.t.Helper()
	return p.want(status, "POST", "/api/renewal/orders", renewing(payment), "idempotency-key", random(16)).text("number")
}

// standing is how the renewal stands, which must have this reason.
func (p *person) standing(reason string) answer {
	p.t.Helper()
	a := p.want(200, "GET", "/api/renewal", nil)
	if a.text("reason") != reason || a.at("eligible") != (reason == "eligible") {
		p.t.Errorf("standing %v, want %s", a, reason)
	}
	return a
}

// runsUntil is when the credential expires.
func (p *person) runsUntil() time.Time {
	p.t.Helper()
	at, err := time.Parse(time.RFC3339, p.want(200, "GET", "/api/session", nil).text("credential", "expires_at"))
	if err != nil {
		p.t.Fatal(err)
	}
	return at
}

func (p *person) renewable() any {
	p.t.Helper()
	return p.want(200, "GET", "/api/session", nil).at("credential", "renewable")
}

func (p *person) event(number, event string) {
	p.t.Helper()
	p.want(200, "POST", "/_local/payments/"+number, map[string]any{"event": event})
}

// A year that is renewed on day 340: by the rule, at password strength, with the numbers as they are (product.md 8).
func TestARenewalByTheRule(t *testing.T) {
	t.Parallel()
	p := holder(t)
	p.standing("eligible")
	p.age(340 * yearDay)
	p.signIn() // password strength
	before := p.runsUntil()
	if v := p.standing("eligible"); v.text("expires_at") != before.Format(time.RFC3339) || v.text("closes_at") != v.text("expires_at") || p.renewable() != true {
		t.Errorf("day 340: %v", v)
	}
	if a := p.call("POST", "/api/renewal/orders", map[string]any{"product": "renew-intl", "payment": "card", "billing": billing}, "idempotency-key", random(16)); a.status != 422 || a.text("code") != "renewal-wrong-product" {
		t.Errorf("another region: %v", a)
	}
	number := p.renewal(201, "card")
	if again := p.renewal(200, "invoice"); again != number || p.renewable() != false {
		t.Errorf("asked again: %s beside %s", again, number)
	}
	if v := p.standing("order-open"); v.text("open_order", "number") != number || v.text("open_order", "checkout_url") == "" {
		t.Errorf("open: %v", v)
	}
	p.event(number, "pay")
	if after := p.runsUntil(); !after.Equal(sameDayNextYear(before)) {
		t.Errorf("from %s to %s", before, after)
	}
	p.standing("too-early")
	if a := p.call("POST", "/api/renewal/orders", renewing("card"), "idempotency-key", random(16)); a.status != 409 || a.text("code") != "renewal-not-open" || !within(time.Second, a.text("retry_at"), before) {
		t.Errorf("a second year on top: %v", a)
	}
	if o := p.want(200, "GET", "/api/orders/"+number, nil); o.text("state") != "fulfilled" || fmt.Sprint(o.at("keys")) != "[]" {
		t.Errorf("the order: %v", o)
	}
	if phones, _ := p.want(200, "GET", "/api/phones", nil).json["phones"].([]any); len(phones) != 1 {
		t.Errorf("%d phones", len(phones))
	}
	await(t, "the mail about the renewal", func(m message) bool {
		return strings.Contains(m.To, p.email) && strings.Contains(m.Subject, "is renewed") && strings.Contains(m.Body, number)
	})
	p.age(26 * yearDay) // the new term runs
	p.standing("eligible")
}

// within tells whether an instant of an answer is another one, or later by at most so much: waits are rounded up.
func within(by time.Duration, instant string, want time.Time) bool {
	at, err := time.Parse(time.RFC3339, instant)
	return err == nil && !at.Before(want) && at.Sub(want) <= by
}

// sameDayNextYear is 12 calendar months later, clamped to the month's end.
func sameDayNextYear(at time.Time) time.Time {
	next := at.AddDate(1, 0, 0)
	if next.Day() != at.Day() {
		next = next.AddDate(0, 0, -next.Day())
	}
	return next
}

// A year that ends: on day 365 the rule says so to the second, in a session that runs as in a new one; on day 366 only
// a brand-new key helps, which closes the renewal that was never paid.
func TestAYearThatEnds(t *testing.T) {
	p := holder(t)
	drawings := p.protected(2)
	p.want(200, "GET", "/api/applications/"+drawings, nil)
	p.age(364 * yearDay)
	number := p.renewal(201, "invoice")
	p.want(200, "GET", "/api/applications/"+drawings, nil)
	p.age(time.Until(p.runsUntil()) - 3*time.Second)
	p.want(200, "GET", "/api/applications/"+drawings, nil)      // a moment before
	for end := p.runsUntil(); time.Since(end) <= time.Second; { // shown without its milliseconds
		time.Sleep(50 * time.Millisecond)
	}
	if a := p.call("GET", "/api/applications/"+drawings, nil); a.status != 403 || a.text("code") != "strength-too-low" {
		t.Errorf("at its end, inside the session: %v", a)
	}
	if s := p.want(200, "GET", "/api/session", nil); s.text("strength") != "password" || s.text("credential", "state") != "expired" || s.at("credential", "renewable") != false {
		t.Errorf("at its end: %v", s)
	}
	p.standing("order-open") // what was ordered in time may still be paid
	p.age(yearDay)
	if s := p.signIn(); s.text("next") == "enter-otp" || s.at("level") != 1.0 || s.text("credential", "state") != "expired" {
		t.Errorf("signed in on day 366: %v", s)
	}
	_, keys := p.buy("us", 1)
	if a := p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]}); a.text("credential", "state") != "registered" {
		t.Errorf("a brand-new key: %v", a)
	}
	if phones, _ := p.want(200, "GET", "/api/phones", nil).json["phones"].([]any); len(phones) != 0 {
		t.Errorf("%d phones of the dead one", len(phones))
	}
	p.standing("not-activated")
	p.want(200, "POST", "/_local/sweep", nil)
	if o := p.want(200, "GET", "/api/orders/"+number, nil); o.text("state") != "cancelled" || o.text("invoice_url") != "" {
		t.Errorf("the renewal order: %v", o)
	}
	p.registerPhone(usNumber(), "sms")
	p.standing("eligible")
}

func TestARenewalThatCameTooLate(t *testing.T) {
	t.Parallel()
	p := holder(t)
	p.age(366 * yearDay)
	v := p.standing("too-late")
	if v.text("closes_at") == "" || p.renewable() != false {
		t.Errorf("day 366: %v", v)
	}
	if a := p.call("POST", "/api/renewal/orders", renewing("card"), "idempotency-key", random(16)); a.status != 409 || a.text("code") != "renewal-not-open" || a.text("next") != "choose-product" {
		t.Errorf("day 366: %v", a)
	}
}

// Ordered on day 364, expired, paid on day 370: one term on the old expiry.
func TestARenewalPaidLate(t *testing.T) {
	t.Parallel()
	p := holder(t)
	p.age(364 * yearDay)
	number := p.renewal(201, "invoice")
	p.age(6 * yearDay)
	before := p.runsUntil()
	if before.After(time.Now()) {
		t.Fatalf("it runs until %s", before)
	}
	p.event(number, "mark-paid-out-of-band")
	if after := p.runsUntil(); !after.Equal(sameDayNextYear(before)) || p.want(200, "GET", "/api/session", nil).text("credential", "state") != "active" {
		t.Errorf("from %s to %s", before, after)
	}
}

// Money that goes back before the new term begins takes it along; a dispute that is won gives it again.
func TestARenewalThatIsGivenBack(t *testing.T) {
	t.Parallel()
	p := holder(t)
	before := p.runsUntil()
	first := p.renewal(201, "card")
	p.event(first, "pay")
	p.event(first, "refund")
	if got := p.runsUntil(); !got.Equal(before) {
		t.Errorf("refunded, it runs until %s, not %s", got, before)
	}
	second := p.renewal(201, "card")
	p.event(second, "pay")
	after := p.runsUntil()
	p.event(second, "dispute")
	if got := p.runsUntil(); !got.Equal(before) {
		t.Errorf("disputed, it runs until %s, not %s", got, before)
	}
	p.event(second, "dispute-won")
	if got := p.runsUntil(); !got.Equal(after) || got.Equal(before) {
		t.Errorf("won, it runs until %s, not %s", got, after)
	}
}

func TestFortyRenewalsAtOnce(t *testing.T) { // quality.md 2 row 1
	p := holder(t)
	answers := make([]answer, 40)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = p.call("POST", "/api/renewal/orders", renewing("card"), "idempotency-key", random(16))
		})
	}
	wg.Wait()
	made, number := 0, p.standing("order-open").text("open_order", "number")
	for _, a := range answers {
		switch {
		case a.status == 201 && a.text("number") == number:
			made++
		case a.status == 200 && a.text("number") == number, a.status == 503:
		default:
			t.Errorf("%v", a)
		}
	}
	if list, _ := p.want(200, "GET", "/api/orders", nil).json["orders"].([]any); made != 1 || len(list) != 2 {
		t.Errorf("%d were made, %d orders", made, len(list))
	}
}
