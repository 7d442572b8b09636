package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/infra/bench/figures"
	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/order"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
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
	ring, err := secret.ParseRing([]byte(`{"current":"k1","k1":"` + strings.Repeat("test", 16) + `","stripe_key":"sk_test_renewal"}`))
	fatal(t, err)
	f.h, err = settings{
		accounts: f.Table("ACCOUNTS_TABLE"), sessions: f.Table("SESSIONS_TABLE"), orders: f.Table("ORDERS_TABLE"), credentials: f.Table("CREDENTIALS_TABLE"),
		outbox: f.Table("OUTBOX_TABLE"), audit: f.Table("AUDIT_TABLE"), stripe: stripe.URL, origin: origin,
	}.handler(f.DB, ring, ring)
	fatal(t, err)
	f.api = &httpapi.API{Routes: f.h.routes(), Origin: origin, Now: func() time.Time { return f.now }}
	return f
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hold gives somebody who signs in an activated credential that was bought so long ago.
func (f *fixture) hold(t *testing.T, userID, product string, ago time.Duration) session.Session {
	t.Helper()
	_, s := f.SignedIn(t, userID, f.now)
	holder, bought := account.IDOf(userID), f.now.Add(-ago)
	fatal(t, f.DB.Commit(t.Context(), f.h.renewer.Credentials.Open(credential.Opening{
		Holder: holder, License: []byte("a license of " + userID), Product: product, Service: phone.USService, Proofing: product != "us", PurchasedAt: bought,
	}, bought)))
	_, err := f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String(f.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(holder[:])},
		UpdateExpression: aws.String("SET st = :a, aa = :t"), ExpressionAttributeValues: dynamo.Item{":a": dynamo.S("a"), ":t": dynamo.Ms(bought)}})
	fatal(t, err)
	return s
}

type answer struct {
	status int
	json   map[string]any
	raw    string
}

func (f *fixture) ask(t *testing.T, token secret.Text, route, key, body string) answer {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	e := events.APIGatewayV2HTTPRequest{RouteKey: route, RawPath: path, Body: body,
		Headers: map[string]string{"content-type": "application/json", "idempotency-key": key, "cookie": httpapi.SessionCookie + "=" + token.Reveal()}}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = method, "192.0.2.1"
	res, err := f.api.Handle(t.Context(), e)
	fatal(t, err)
	a := answer{status: res.StatusCode, raw: res.Body}
	fatal(t, json.Unmarshal([]byte(res.Body), &a.json))
	return a
}

func (f *fixture) standing(t *testing.T, s session.Session) answer {
	t.Helper()
	return f.ask(t, s.Token(), "GET /api/renewal", "", "")
}

const (
	place = "POST /api/renewal/orders"
	key   = "0123456789abcdef"
	good  = `{"product":"renew-us","payment":"card","billing":{"name":"Grace Hopper","line1":"1 Navy Way","city":"Arlington","region":"VA","postal_code":"22201","country":"US"}}`
	day   = 24 * time.Hour
)

func TestARenewalFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := f.hold(t, "grace", "us", 340*day)
	expires := credential.Expiry(f.now.Add(-340*day), 1).Format(time.RFC3339)
	want := `{"eligible":true,"reason":"eligible","opens_at":"` + f.now.Add(-340*day).Format(time.RFC3339) + `","closes_at":"` + expires + `","expires_at":"` + expires +
		`","products":[{"code":"renew-us","name":"Renewal: Phone Based OTP - 1 Year (US Phone Service Only) without Proofing","region":"us","proofing":false,"price":{"amount":3400,"currency":"USD"}}]}`
	if a := f.standing(t, s); a.status != http.StatusOK || a.raw != want {
		t.Errorf("before: %d %s", a.status, a.raw)
	}
	f.Faults.Clear()
	a := f.ask(t, s.Token(), place, key, good)
	figures.Exactly(t, 1, "AWS calls, renewal order", float64(len(f.Faults.Asked())), 4)
	link, _ := a.json["checkout_url"].(string)
	if a.status != http.StatusCreated || a.json["state"] != "placed" || link == "" || !strings.Contains(a.raw, `"keys":[]`) || !strings.Contains(a.raw, `"total":{"amount":3400,"currency":"USD"}`) {
		t.Errorf("placed: %d %s", a.status, a.raw)
	}
	if again := f.ask(t, s.Token(), place, key, good); again.status != http.StatusCreated || again.raw != a.raw {
		t.Errorf("the same request: %d %s", again.status, again.raw)
	}
	if again := f.ask(t, s.Token(), place, "another-key-of-16", good); again.status != http.StatusOK || again.json["number"] != a.json["number"] {
		t.Errorf("another request: %d %s", again.status, again.raw)
	}
	if v := f.standing(t, s); v.json["reason"] != "order-open" || v.json["eligible"] != false || v.json["open_order"].(map[string]any)["number"] != a.json["number"] {
		t.Errorf("open: %s", v.raw)
	}
	f.pay(t, a.json["number"].(string))
	v := f.standing(t, s)
	if v.json["reason"] != "too-early" || v.json["eligible"] != false || v.json["opens_at"] != expires || v.json["open_order"] != nil {
		t.Errorf("paid: %s", v.raw)
	}
	if a := f.ask(t, s.Token(), place, "a-third-key-of-16", good); a.status != http.StatusConflict || a.json["code"] != "renewal-not-open" || a.json["retry_at"] != expires {
		t.Errorf("paid, asked again: %d %s", a.status, a.raw)
	}
}

// pay pays an order and lets the webhook's doer act, which another function does.
func (f *fixture) pay(t *testing.T, number string) {
	t.Helper()
	fatal(t, f.stripe.Pay(t.Context(), number))
	r := f.h.renewer
	s, err := r.Cashier.Payment.GetCheckout(t.Context(), f.stripe.Sessions(number)[0])
	fatal(t, err)
	doer := order.Fulfiller{Orders: r.Orders, Payment: r.Cashier.Payment, Notices: r.Notices, Audit: audit.Log{Table: f.Table("AUDIT_TABLE")}, Credentials: r.Credentials}
	f.Faults.Clear()
	out, err := doer.Settle(t.Context(), s, f.now)
	figures.Exactly(t, 1, "AWS calls, renewal webhook", float64(len(f.Faults.Asked())), 3)
	if err != nil || out.Result != order.Done {
		t.Fatalf("%+v, %v", out, err)
	}
}

func TestByInvoice(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := f.hold(t, "grace", "us-proofed", day)
	a := f.ask(t, s.Token(), place, key, strings.NewReplacer("card", "invoice", "renew-us", "renew-us-proofed").Replace(good))
	invoice, _ := a.json["invoice"].(map[string]any)
	if a.status != http.StatusCreated || a.json["invoice_url"] == nil || invoice["status"] != "open" || a.json["checkout_url"] != nil {
		t.Errorf("placed: %d %s", a.status, a.raw)
	}
}

// At the very instant of expiry nothing can be renewed any more; with a grace, at its end.
func TestStandingAtTheEdges(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.hold(t, "grace", "us", 340*day)
	expires := credential.Expiry(f.now.Add(-340*day), 1)
	started := f.now
	for _, c := range []struct {
		now    time.Time
		grace  time.Duration
		reason string
	}{
		{expires.Add(-time.Millisecond), 0, "eligible"}, {expires, 0, "too-late"}, {expires, time.Hour, "eligible"}, {expires.Add(time.Hour), time.Hour, "too-late"},
	} {
		f.now, f.h.renewer.Grace = started, c.grace
		s := f.In(t, "grace", started)
		f.at(t, c.now)
		a := f.standing(t, s)
		if a.json["reason"] != c.reason || a.json["eligible"] != (c.reason == "eligible") || a.json["closes_at"] != expires.Add(c.grace).Format(time.RFC3339) {
			t.Errorf("at %s, grace %s: %d %s", c.now, c.grace, a.status, a.raw)
		}
	}
}

// at moves the clock and the session's with it, which would have ended else.
func (f *fixture) at(t *testing.T, now time.Time) {
	t.Helper()
	for _, item := range f.Scan(t, "SESSIONS_TABLE") {
		item["at"], item["l"], item["x"] = dynamo.Ms(now), dynamo.Ms(now), dynamo.Lifetime(now.Add(day))
		_, err := f.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(f.Table("SESSIONS_TABLE")), Item: item})
		fatal(t, err)
	}
	f.now = now
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := f.hold(t, "grace", "us", day)
	_, alan := f.SignedIn(t, "alan", f.now)
	token := s.Token()
	with := func(old, by string) string { return strings.Replace(good, old, by, 1) }
	for name, c := range map[string]struct {
		token  secret.Text
		route  string
		key    string
		body   string
		status int
		code   string
	}{
		"not signed in":        {"", place, key, good, 401, "not-signed-in"},
		"not signed in, asked": {"", "GET /api/renewal", "", "", 401, "not-signed-in"},
		"not JSON":             {token, place, key, "renew", 400, "malformed"},
		"unknown member":       {token, place, key, with(`"payment"`, `"lines":[],"payment"`), 400, "malformed"},
		"another type":         {token, place, key, with(`"renew-us"`, `7`), 400, "malformed"},
		"no key":               {token, place, "", good, 400, "idempotency-key-required"},
		"empty":                {token, place, key, "{}", 422, "invalid"},
		"another way":          {token, place, key, with(`"card"`, `"cheque"`), 422, "invalid"},
		"no city":              {token, place, key, with(`"Arlington"`, `""`), 422, "invalid"},
		"another variant":      {token, place, key, with(`renew-us`, `renew-us-proofed`), 422, "renewal-wrong-product"},
		"another region":       {token, place, key, with(`renew-us`, `renew-intl`), 422, "renewal-wrong-product"},
		"nothing to renew":     {alan.Token(), place, key, good, 409, "renewal-not-open"},
	} {
		if a := f.ask(t, c.token, c.route, c.key, c.body); a.status != c.status || a.json["code"] != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	if a := f.standing(t, alan); a.raw != `{"eligible":false,"reason":"no-credential","opens_at":null,"closes_at":null,"expires_at":null,"products":[]}` {
		t.Errorf("nothing to renew: %s", a.raw)
	}
	if n := len(f.Scan(t, "ORDERS_TABLE")); n != 0 {
		t.Errorf("%d items were written", n)
	}
}
