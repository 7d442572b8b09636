package stripe_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	sandbox "phoneotp/infra/local/stripe"
)

func TestRefusedDeliveriesAreTriedAgain(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.open(t, "SO-1")
	f.shop.refuse = 3
	if err := f.Pay(t.Context(), "SO-1"); err != nil {
		t.Fatal(err)
	}
	f.open(t, "SO-2")
	f.shop.mu.Lock()
	f.shop.refuse = 1000
	f.shop.mu.Unlock()
	if err := f.Pay(t.Context(), "SO-2"); err == nil || len(f.Unsent()) != 3 {
		t.Errorf("never taken in, yet: %v, %v", err, f.Unsent())
	}
}

func TestDeliveriesGoWrongOnDemand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule sandbox.Rule
		good int
		bad  error
	}{
		"duplicates":         {sandbox.Rule{Copies: 3}, 9, nil},
		"wrong secret":       {sandbox.Rule{Signature: sandbox.Wrong}, 0, webhook.ErrNoValidSignature},
		"stale":              {sandbox.Rule{Signature: sandbox.Stale}, 0, webhook.ErrTooOld},
		"ahead of time":      {sandbox.Rule{Signature: sandbox.Future}, 3, nil}, // the library takes it: the product must not
		"dropped":            {sandbox.Rule{Drop: true}, 0, nil},
		"one type dropped":   {sandbox.Rule{Drop: true, Type: "checkout."}, 2, nil},
		"the first only":     {sandbox.Rule{Drop: true, Times: 1}, 2, nil},
		"delayed":            {sandbox.Rule{Delay: 5 * time.Millisecond}, 3, nil},
		"same release train": {sandbox.Rule{APIVersion: "2026-09-30.dahlia"}, 3, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.open(t, "SO-1")
			f.Deliver(c.rule)
			err := f.Pay(t.Context(), "SO-1")
			if (err == nil) != (c.good >= 3) {
				t.Errorf("paying: %v", err)
			}
			if got := f.shop.types(); len(got) != c.good {
				t.Errorf("taken in: %v", got)
			}
			for _, err := range f.shop.bad {
				if !errors.Is(err, c.bad) {
					t.Errorf("refused with %v, want %v", err, c.bad)
				}
			}
			if c.bad != nil && len(f.shop.bad) != 3 {
				t.Errorf("%d refused", len(f.shop.bad))
			}
		})
	}
}

func TestEventsAreReleasedInAnyOrderWithTheirSnapshots(t *testing.T) {
	t.Parallel()
	f := start(t)
	cs := f.open(t, "SO-1")
	f.Hold()
	_ = f.Fail(t.Context(), "SO-1") // held back, which the error says
	_ = f.Pay(t.Context(), "SO-1")
	held := f.Unsent()
	var ids []string
	for i := range held {
		ids = append(ids, held[len(held)-1-i].ID)
	}
	if err := f.Release(t.Context(), ids...); err != nil {
		t.Fatal(err)
	}
	want := "checkout.session.completed payment_intent.succeeded charge.succeeded payment_intent.payment_failed charge.failed"
	if got := strings.Join(f.shop.types(), " "); got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	if got := f.shop.got[3].GetObjectValue("status"); got != "requires_payment_method" {
		t.Errorf("the failure's snapshot says %s", got)
	}
	if got := f.shop.got[0].GetObjectValue("id"); got != cs.ID {
		t.Errorf("completed session %s", got)
	}
}

func TestPayGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.open(t, "SO-1")
	f.Deliver(sandbox.Rule{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := f.Pay(ctx, "SO-1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestSignedHandsOverWhatADeliveryCarries(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.open(t, "SO-1")
	if err := f.Pay(t.Context(), "SO-1"); err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Events() {
		body, header, err := f.Signed(e.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := webhook.ConstructEvent(body, header, secret)
		if err != nil || got.ID != e.ID || string(got.Type) != e.Type {
			t.Errorf("%s: %v", e.Type, err)
		}
	}
}

// click posts the hosted page's form and returns where it leads.
func (f *fixture) click(t *testing.T, page, do string) string {
	t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.PostForm(page, url.Values{"do": {do}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", do, res.Status)
	}
	return res.Header.Get("Location")
}

func TestHostedPage(t *testing.T) {
	t.Parallel()
	f := start(t)
	cs := f.open(t, "SO-1")
	code, body, header := f.get(t, cs.URL)
	if code != 200 || !strings.Contains(body, "Widget") || !strings.Contains(body, "139.00 USD") || strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Errorf("page: %d %s", code, body)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://shop.example.test") {
		t.Errorf("policy: %s", csp)
	}
	if to := f.click(t, cs.URL, "cancel"); to != "https://shop.example.test/cart" {
		t.Errorf("cancel leads to %s", to)
	}
	if to := f.click(t, cs.URL, "decline"); to != cs.URL {
		t.Errorf("decline leads to %s", to)
	}
	if _, body, _ := f.get(t, cs.URL); !strings.Contains(body, "declined") {
		t.Error("the page does not say that the card was declined")
	}
	for range 2 { // a double click pays once
		if to := f.click(t, cs.URL, "pay"); to != "https://shop.example.test/back?s="+cs.ID {
			t.Errorf("pay leads to %s", to)
		}
	}
	if code, body, _ := f.get(t, cs.URL); code != http.StatusGone || !strings.Contains(body, "has been paid") {
		t.Errorf("closed page: %d", code)
	}
	if code, _, _ := f.get(t, f.url+"/c/pay/cs_test_other"); code != http.StatusNotFound {
		t.Errorf("unknown page: %d", code)
	}
	if code, body, _ := f.get(t, f.url+"/c/style.css"); code != 200 || !strings.Contains(body, "button") {
		t.Errorf("style: %d", code)
	}
}
