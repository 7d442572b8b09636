package stripe_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	sandbox "phoneotp/infra/local/stripe"
)

func TestOnlyTestKeysAreTaken(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, key := range []string{"sk_live_abc", "rk_test_abc", "pk_test_abc", "sk_test_"} {
		if _, err := client(f.url, key).V1CheckoutSessions.Create(t.Context(), order("SO-1")); status(err) != http.StatusUnauthorized {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// post sends a raw form, as a hand-written client would.
func (f *fixture) post(t *testing.T, path, form, key string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sk_test_raw")
	req.Header.Set("Stripe-Version", sandbox.Version)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body), res.Header
}

func TestParametersAreHeldToTheirForm(t *testing.T) {
	t.Parallel()
	f := start(t)
	good := url.Values{"mode": {"payment"}, "success_url": {"https://a.test/"}, "line_items[0][quantity]": {"1"},
		"line_items[0][price_data][currency]": {"usd"}, "line_items[0][price_data][unit_amount]": {"3400"},
		"line_items[0][price_data][product_data][name]": {"W"}}
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("20060102") } // not a number of seconds
	for _, c := range []struct {
		name, value string // an empty value takes the parameter away
		param       string
	}{
		{"bogus", "1", "bogus"},
		{"line_items[0][bogus]", "1", "line_items[0][bogus]"},
		{"line_items[0][price_data][product_data][bogus]", "1", "line_items[0][price_data][product_data][bogus]"},
		{"payment_intent_data[bogus]", "1", "payment_intent_data[bogus]"},
		{"mode", "", "mode"},
		{"mode", "subscription", "mode"},
		{"success_url", "", "success_url"},
		{"success_url", "/back", "success_url"},
		{"cancel_url", "javascript:alert(1)", "cancel_url"},
		{"line_items[0][quantity]", "", "line_items[0][quantity]"},
		{"line_items[0][quantity]", "0", "line_items[0][quantity]"},
		{"line_items[0][price_data][unit_amount]", "34.00", "line_items[0][price_data][unit_amount]"},
		{"line_items[0][price_data][currency]", "USD", "line_items[0][price_data][currency]"},
		{"line_items[0][price_data][currency]", "", "line_items[0][price_data][currency]"},
		{"line_items[0][price_data][product_data][name]", "", "line_items[0][price_data][product_data][name]"},
		{"line_items[2][quantity]", "1", "line_items"},
		{"line_items[0][price_data][unit_amount]", "49", ""},
		{"client_reference_id", strings.Repeat("x", 201), "client_reference_id"},
		{"customer_email", "nobody", "customer_email"},
		{"billing_address_collection", "maybe", "billing_address_collection"},
		{"payment_method_types[0]", "klarna", "payment_method_types[0]"},
		{"expires_at", in(time.Hour), "expires_at"},
		{"metadata[k]", strings.Repeat("x", 501), "metadata"},
		{"expand[0]", "customer", "expand[0]"},
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		if form.Set(c.name, c.value); c.value == "" {
			form.Del(c.name)
		}
		code, body, _ := f.post(t, "/v1/checkout/sessions", form.Encode(), "key of "+c.name)
		if code != 400 || !strings.Contains(body, "invalid_request_error") || c.param != "" && !strings.Contains(body, `"param":"`+c.param+`"`) {
			t.Errorf("%s=%.30s: %d %s", c.name, c.value, code, body)
		}
	}
	if code, body, _ := f.post(t, "/v1/checkout/sessions", good.Encode(), ""); code != 400 {
		t.Errorf("without an idempotency key: %d %s", code, body)
	}
	if code, body, _ := f.post(t, "/v1/checkout/sessions", good.Encode(), "k"); code != 200 {
		t.Errorf("the good form: %d %s", code, body)
	}
	if code, _, _ := f.post(t, "/v1/nothing", "", "k2"); code != 404 {
		t.Errorf("unknown route: %d", code)
	}
}

func TestExpiryLiesBetweenThirtyMinutesAndADay(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, c := range []struct {
		ahead time.Duration
		ok    bool
	}{{29 * time.Minute, false}, {31 * time.Minute, true}, {24*time.Hour - time.Minute, true}, {24*time.Hour + time.Minute, false}} {
		p := order("SO-1")
		p.ExpiresAt = sdk.Int64(time.Now().Add(c.ahead).Unix())
		if _, err := f.client.V1CheckoutSessions.Create(t.Context(), p); (err == nil) != c.ok {
			t.Errorf("%v ahead: %v", c.ahead, err)
		}
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	f := start(t)
	create := func(number string, n int64) (*sdk.CheckoutSession, error) {
		p := order(number)
		p.LineItems[0].Quantity = sdk.Int64(n)
		p.SetIdempotencyKey("one key")
		return f.client.V1CheckoutSessions.Create(t.Context(), p)
	}
	first, err := create("SO-1", 1)
	if err != nil || first.LastResponse.Header.Get("Idempotent-Replayed") != "" {
		t.Fatalf("first: %v", err)
	}
	again, err := create("SO-1", 1)
	if err != nil || again.ID != first.ID || again.LastResponse.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("again: %v, %v", again, err)
	}
	var e *sdk.Error
	if _, err := create("SO-1", 2); !errors.As(err, &e) || e.Type != sdk.ErrorTypeIdempotency || e.HTTPStatusCode != 400 {
		t.Errorf("other parameters: %v", err)
	}
	f.Advance(24 * time.Hour)
	if later, err := create("SO-1", 2); err != nil || later.ID == first.ID {
		t.Errorf("a day later: %v", err)
	}
}

func TestFaultsOnDemand(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, c := range []struct {
		kind   sandbox.FaultKind
		status int // of the first call; 0 is no answer at all
		second int // of the same call again
		made   int // sessions after the first
	}{
		{sandbox.ErrorBefore, 500, 200, 0},
		{sandbox.ErrorKept, 500, 500, 0},
		{sandbox.ErrorAfter, 500, 500, 1},
		{sandbox.DropBefore, 0, 200, 0},
		{sandbox.DropAfter, 0, 200, 1},
		{sandbox.TooMany, 429, 200, 0},
		{sandbox.Unavailable, 503, 200, 0},
	} {
		f.Reset()
		f.Inject(sandbox.Fault{Kind: c.kind, Method: http.MethodPost, Path: "/v1/checkout/sessions"})
		p := order("SO-1")
		p.SetIdempotencyKey("the key")
		_, err := f.client.V1CheckoutSessions.Create(t.Context(), p)
		if err == nil || status(err) != c.status {
			t.Errorf("kind %d: %v", c.kind, err)
		}
		if made := f.Sessions("SO-1"); len(made) != c.made {
			t.Errorf("kind %d: %d sessions were made", c.kind, len(made))
		}
		cs, err := f.client.V1CheckoutSessions.Create(t.Context(), p)
		if c.second == 200 && err != nil || c.second != 200 && status(err) != c.second {
			t.Errorf("kind %d again: %v", c.kind, err)
		}
		if made := f.Sessions("SO-1"); c.second == 200 && (len(made) != 1 || made[0] != cs.ID) {
			t.Errorf("kind %d again: %v", c.kind, made)
		}
	}
	f.Reset()
	f.Inject(sandbox.Fault{Kind: sandbox.Slow, Wait: 20 * time.Millisecond})
	began := time.Now()
	f.open(t, "SO-1")
	if time.Since(began) < 20*time.Millisecond {
		t.Error("a slow call was not slow")
	}
}

func (f *fixture) get(t *testing.T, link string) (int, string, http.Header) {
	t.Helper()
	res, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body), res.Header
}

func TestAKeyUnderWayIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Inject(sandbox.Fault{Kind: sandbox.Slow, Wait: 300 * time.Millisecond})
	slow := make(chan error, 1)
	create := func() error {
		p := order("SO-1")
		p.SetIdempotencyKey("one key")
		_, err := f.client.V1CheckoutSessions.Create(t.Context(), p)
		return err
	}
	go func() { slow <- create() }()
	seen := false
	for range 50 {
		time.Sleep(5 * time.Millisecond)
		if err := create(); status(err) == http.StatusConflict {
			seen = true
			break
		}
	}
	if err := <-slow; err != nil || !seen || len(f.Sessions("SO-1")) != 1 {
		t.Errorf("slow call: %v, the conflict was seen: %v, sessions %v", err, seen, f.Sessions("SO-1"))
	}
}
