package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"phoneotp/infra/bench/figures"
	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/order"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/session/sessiontest"
)

const origin = "https://otp.example.org"

type fixture struct {
	*sessiontest.World
	h      *handler
	api    *httpapi.API
	stripe *sandbox.Sandbox
	now    time.Time
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: sessiontest.New(t, dynamotest.Start(t)), now: time.Now().UTC().Truncate(time.Second)}
	mux := http.NewServeMux()
	stripe := httptest.NewServer(mux)
	t.Cleanup(stripe.Close)
	var err error
	f.stripe, err = sandbox.New(sandbox.Options{BaseURL: stripe.URL, Now: func() time.Time { return f.now }})
	fatal(t, err)
	t.Cleanup(f.stripe.Close)
	mux.Handle("/", f.stripe)
	ring := ringWith(t, "sk_test_checkout")
	s := settings{
		accounts: f.Table("ACCOUNTS_TABLE"), sessions: f.Table("SESSIONS_TABLE"), orders: f.Table("ORDERS_TABLE"), licenses: f.Table("LICENSES_TABLE"),
		credentials: f.Table("CREDENTIALS_TABLE"), outbox: f.Table("OUTBOX_TABLE"), audit: f.Table("AUDIT_TABLE"), limits: f.Table("LIMITS_TABLE"),
		stripe: stripe.URL, origin: origin,
	}
	f.h, err = s.handler(f.DB, ring, ring)
	fatal(t, err)
	f.api = &httpapi.API{Routes: f.h.routes(), Origin: origin, Now: func() time.Time { return f.now }}
	return f
}

func ringWith(t *testing.T, key string) *secret.Ring {
	t.Helper()
	r, err := secret.ParseRing([]byte(`{"current":"k1","k1":"` + strings.Repeat("test", 16) + `","stripe_key":"` + key + `"}`))
	fatal(t, err)
	return r
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type answer struct {
	status int
	json   map[string]any
	raw    string
}

func (a answer) code() any { return a.json["code"] }

type ask struct {
	token  secret.Text
	route  string // as "POST /api/orders/{number}/cancel"
	number string
	query  string // partner
	key    string
	body   string
}

func (f *fixture) ask(t *testing.T, q ask) answer {
	t.Helper()
	method, path, _ := strings.Cut(q.route, " ")
	e := events.APIGatewayV2HTTPRequest{
		RouteKey: q.route, RawPath: path, PathParameters: map[string]string{"number": q.number}, Body: q.body,
		Headers: map[string]string{"content-type": "application/json", "cookie": httpapi.SessionCookie + "=" + q.token.Reveal()},
	}
	if q.query != "" {
		e.QueryStringParameters = map[string]string{"partner": q.query}
	}
	if q.key != "" {
		e.Headers["idempotency-key"] = q.key
	}
	e.RequestContext.HTTP.Method = method
	e.RequestContext.HTTP.SourceIP = "192.0.2.1"
	res, err := f.api.Handle(t.Context(), e)
	fatal(t, err)
	a := answer{status: res.StatusCode, raw: res.Body}
	if res.Body != "" {
		fatal(t, json.Unmarshal([]byte(res.Body), &a.json))
	}
	return a
}

const good = `{"partner":"all","lines":[{"product":"us","quantity":1}],"payment":"card","billing":{"name":"Grace Hopper","line1":"1 Navy Way","city":"Arlington","region":"VA","postal_code":"22201","country":"US"}}`

func (f *fixture) place(t *testing.T, token secret.Text, key string) answer {
	t.Helper()
	return f.ask(t, ask{token: token, route: "POST /api/orders", key: key, body: good})
}

// fulfil pays an order and lets the webhook's doer act, which another function does.
func (f *fixture) fulfil(t *testing.T, number string) {
	t.Helper()
	fatal(t, f.stripe.Pay(t.Context(), number))
	ids := f.stripe.Sessions(number)
	s, err := f.h.cashier.Payment.GetCheckout(t.Context(), ids[len(ids)-1])
	fatal(t, err)
	doer := order.Fulfiller{
		Orders: f.h.reader.Orders, Payment: f.h.cashier.Payment, Issuer: license.Issuer{Licenses: f.h.reader.Licenses, Keys: f.h.reader.Keyring},
		Notices: f.Outbox, Audit: audit.Log{Table: f.Table("AUDIT_TABLE")},
	}
	out, err := doer.Settle(t.Context(), s, f.now)
	fatal(t, err)
	if out.Result != order.Done {
		t.Fatalf("outcome %+v", out)
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	f := start(t)
	a := f.ask(t, ask{route: "GET /api/catalog"})
	partners, products := a.json["partners"].([]any), a.json["products"].([]any)
	if a.status != http.StatusOK || len(products) != 4 || partners[0].(map[string]any)["id"] != "all" {
		t.Errorf("catalog: %d %s", a.status, a.raw)
	}
	if d := cmp.Diff(map[string]any{
		"code": "us", "name": "Phone Based OTP - 1 Year (US Phone Service Only) without Proofing", "region": "us", "proofing": false,
		"price": map[string]any{"amount": 3400.0, "currency": "USD"},
	}, products[1]); d != "" {
		t.Errorf("product (-want +got):\n%s", d)
	}
	if a := f.ask(t, ask{route: "GET /api/catalog", query: "meridian-health"}); len(a.json["products"].([]any)) != 1 {
		t.Errorf("a partner's: %s", a.raw)
	}
	if a := f.ask(t, ask{route: "GET /api/catalog", query: "nobody"}); a.status != http.StatusNotFound || a.code() != "partner-unknown" {
		t.Errorf("unknown partner: %d %s", a.status, a.raw)
	}
}

func TestPlacingOverTheAPI(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, grace := f.SignedIn(t, "grace", f.now)
	f.Faults.Clear()
	a := f.place(t, grace.Token(), "0123456789abcdef")
	figures.Exactly(t, 1, "AWS calls, card order", float64(len(f.Faults.Asked())), 3)
	url, _ := a.json["checkout_url"].(string)
	number, _ := a.json["number"].(string)
	if a.status != http.StatusCreated || url == "" {
		t.Fatalf("placed: %d %s", a.status, a.raw)
	}
	delete(a.json, "checkout_url")
	delete(a.json, "number")
	if d := cmp.Diff(map[string]any{
		"state": "placed", "placed_at": httpapi.Instant(f.now), "payment": "card", "keys": []any{},
		"lines": []any{map[string]any{"product": "us", "quantity": 1.0, "price": map[string]any{"amount": 3400.0, "currency": "USD"}}},
		"total": map[string]any{"amount": 3400.0, "currency": "USD"},
	}, a.json); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
	again := f.place(t, grace.Token(), "0123456789abcdef")
	if again.status != http.StatusCreated || again.json["number"] != number || again.json["checkout_url"] != url {
		t.Errorf("again: %d %s", again.status, again.raw)
	}
	owner, err := f.Accounts.ByID(t.Context(), grace.Account, f.now)
	if err != nil || owner.Billing == nil || owner.Billing.City != "Arlington" {
		t.Errorf("the account's billing address: %+v, %v", owner.Billing, err)
	}
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, grace := f.SignedIn(t, "grace", f.now)
	token, key := grace.Token(), "0123456789abcdef"
	f.place(t, token, key)
	with := func(old, by string) string { return strings.Replace(good, old, by, 1) }
	for name, c := range map[string]struct {
		ask    ask
		status int
		code   string
	}{
		"not signed in":    {ask{route: "POST /api/orders", key: key, body: good}, 401, "not-signed-in"},
		"not JSON":         {ask{token: token, route: "POST /api/orders", key: key, body: "order"}, 400, "malformed"},
		"unknown member":   {ask{token: token, route: "POST /api/orders", key: key, body: with(`"partner"`, `"discount":1,"partner"`)}, 400, "malformed"},
		"a price is sent":  {ask{token: token, route: "POST /api/orders", key: key, body: with(`"quantity":1`, `"quantity":1,"price":1`)}, 400, "malformed"},
		"a fraction":       {ask{token: token, route: "POST /api/orders", key: key, body: with(`"quantity":1`, `"quantity":1.5`)}, 400, "malformed"},
		"no key":           {ask{token: token, route: "POST /api/orders", body: good}, 400, "idempotency-key-required"},
		"a short key":      {ask{token: token, route: "POST /api/orders", key: "short", body: good}, 400, "idempotency-key-required"},
		"another body":     {ask{token: token, route: "POST /api/orders", key: key, body: with(`"quantity":1`, `"quantity":2`)}, 422, "idempotency-key-reused"},
		"a renewal":        {ask{token: token, route: "POST /api/orders", key: key, body: with(`"us"`, `"renew-us"`)}, 422, "invalid"},
		"empty":            {ask{token: token, route: "POST /api/orders", key: key, body: "{}"}, 422, "invalid"},
		"a PO by card":     {ask{token: token, route: "POST /api/orders", key: key, body: with(`"payment"`, `"purchase_order":"4711","payment"`)}, 422, "invalid"},
		"unknown order":    {ask{token: token, route: "GET /api/orders/{number}", number: "SO-00000000"}, 404, "order-unknown"},
		"no order number":  {ask{token: token, route: "GET /api/orders/{number}", number: "../k#"}, 404, "order-unknown"},
		"pay unknown":      {ask{token: token, route: "POST /api/orders/{number}/checkout", number: "SO-00000000"}, 404, "order-unknown"},
		"cancel unknown":   {ask{token: token, route: "POST /api/orders/{number}/cancel", number: "SO-00000000"}, 404, "order-unknown"},
		"resend unknown":   {ask{token: token, route: "POST /api/orders/{number}/keys/resend", number: "SO-00000000"}, 404, "order-unknown"},
		"cancel with more": {ask{token: token, route: "POST /api/orders/{number}/cancel", number: "SO-00000000", body: `{"why":"x"}`}, 400, "malformed"},
		"list, signed out": {ask{route: "GET /api/orders"}, 401, "not-signed-in"},
	} {
		if a := f.ask(t, c.ask); a.status != c.status || a.code() != c.code {
			t.Errorf("%s: %d %v, want %d %s", name, a.status, a.code(), c.status, c.code)
		}
	}
}

func TestAnOrderOverTheAPI(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, grace := f.SignedIn(t, "grace", f.now)
	_, alan := f.SignedIn(t, "alan", f.now)
	token := grace.Token()
	first := f.place(t, token, "0123456789abcdef")
	number := first.json["number"].(string)
	on := func(route string) answer { return f.ask(t, ask{token: token, route: route, number: number}) }
	if a := on("POST /api/orders/{number}/keys/resend"); a.status != http.StatusConflict || a.code() != "order-no-keys" {
		t.Errorf("resend before payment: %d %s", a.status, a.raw)
	}
	fresh := on("POST /api/orders/{number}/checkout")
	if fresh.status != http.StatusOK || fresh.json["checkout_url"] == first.json["checkout_url"] || fresh.json["checkout_url"] == nil {
		t.Errorf("fresh link: %d %s", fresh.status, fresh.raw)
	}
	f.fulfil(t, number)
	a := on("GET /api/orders/{number}")
	keys := a.json["keys"].([]any)
	key, _ := keys[0].(map[string]any)["license_key"].(string)
	if a.status != http.StatusOK || a.json["state"] != "fulfilled" || len(keys) != 1 || !regexp.MustCompile(`^([0-9A-Z]{5}-){4}[0-9A-Z]{5}$`).MatchString(key) || a.json["checkout_url"] != nil {
		t.Errorf("fulfilled: %d %s", a.status, a.raw)
	}
	if a := on("POST /api/orders/{number}/keys/resend"); a.status != http.StatusAccepted {
		t.Errorf("resend: %d %s", a.status, a.raw)
	}
	for route, code := range map[string]string{"POST /api/orders/{number}/checkout": "order-not-payable", "POST /api/orders/{number}/cancel": "order-not-cancellable"} {
		if a := on(route); a.status != http.StatusConflict || a.code() != code {
			t.Errorf("%s: %d %s", route, a.status, a.raw)
		}
	}
	for _, route := range []string{"GET /api/orders/{number}", "POST /api/orders/{number}/checkout", "POST /api/orders/{number}/cancel", "POST /api/orders/{number}/keys/resend"} {
		if a := f.ask(t, ask{token: alan.Token(), route: route, number: number}); a.status != http.StatusNotFound || strings.Contains(a.raw, key) {
			t.Errorf("another person, %s: %d %s", route, a.status, a.raw)
		}
	}
	if a := on("GET /api/orders"); a.status != http.StatusOK || len(a.json["orders"].([]any)) != 1 || !strings.Contains(a.raw, key) {
		t.Errorf("list: %d %s", a.status, a.raw)
	}
	second := f.place(t, token, "another-key-0123456789")
	number = second.json["number"].(string)
	if a := on("POST /api/orders/{number}/cancel"); a.status != http.StatusOK || a.json["state"] != "cancelled" || a.json["checkout_url"] != nil {
		t.Errorf("cancel: %d %s", a.status, a.raw)
	}
}

func TestKeysAreHiddenFromAWeakSessionOfAHolder(t *testing.T) { // product.md 2
	t.Parallel()
	f := start(t)
	_, grace := f.SignedIn(t, "grace", f.now)
	number := f.place(t, grace.Token(), "0123456789abcdef").json["number"].(string)
	f.fulfil(t, number)
	see := ask{token: grace.Token(), route: "GET /api/orders/{number}", number: number}
	if a := f.ask(t, see); !strings.Contains(a.raw, "license_key") {
		t.Errorf("who holds nothing sees none: %s", a.raw)
	}
	fatal(t, f.DB.Commit(t.Context(), f.h.credentials.Open(credential.Opening{
		Holder: grace.Account, License: []byte("another"), Product: "us", Service: phone.USService, PurchasedAt: f.now,
	}, f.now)))
	if a := f.ask(t, see); strings.Contains(a.raw, "license_key") || !strings.Contains(a.raw, "last4") {
		t.Errorf("a holder at password strength: %s", a.raw)
	}
}

func TestStripeIsDown(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, grace := f.SignedIn(t, "grace", f.now)
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.Unavailable, Times: 3})
	a := f.place(t, grace.Token(), "0123456789abcdef")
	if a.status != http.StatusServiceUnavailable || a.code() != "payment-unavailable" || a.json["retry_at"] == nil {
		t.Errorf("down: %d %s", a.status, a.raw)
	}
	if a := f.place(t, grace.Token(), "0123456789abcdef"); a.status != http.StatusCreated || a.json["checkout_url"] == nil {
		t.Errorf("up again: %d %s", a.status, a.raw)
	}
}
