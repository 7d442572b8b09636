package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/order"
	"phoneotp/shared/proofing"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

var now = time.Date(2026, 11, 25, 18, 30, 0, 0, time.UTC)

const origin = "https://otp.example.org"

type fixture struct {
	*sessiontest.World
	api    *httpapi.API
	issuer license.Issuer
	desk   proofing.Desk
	clock  time.Time
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: sessiontest.New(t, dynamotest.Start(t)), clock: now}
	numbers, err := credential.NewNumbers(accounttest.Ring(t))
	fatal(t, err)
	keys, err := license.NewKeyring(accounttest.Ring(t))
	fatal(t, err)
	products, err := catalog.Load()
	fatal(t, err)
	licenses := license.Licenses{DB: f.DB, Table: f.Table("LICENSES_TABLE")}
	registry := &credential.Registry{DB: f.DB, Table: f.Table("CREDENTIALS_TABLE"), Numbers: numbers}
	sealing, err := proofing.NewKeys(accounttest.Ring(t))
	fatal(t, err)
	desk := proofing.Desk{
		Cases: proofing.Cases{DB: f.DB, Table: f.Table("CASES_TABLE"), Keys: sealing}, Accounts: f.Accounts, Credentials: registry, Outbox: f.Outbox, Log: f.Log,
	}
	h := &handler{desk: desk, orders: order.Orders{Table: f.Table("ORDERS_TABLE")}, sessions: f.Sessions, credentials: registry, redeemer: license.Redeemer{
		Licenses: licenses, Keys: keys, Credentials: registry, Catalog: products, Limits: f.Limits, Notices: f.Outbox, Audit: f.Log, PerAddress: 1000,
		Resuming: desk.Reopening,
	}}
	f.api = &httpapi.API{Routes: h.routes(), Origin: origin, Now: func() time.Time { return f.clock }}
	f.desk = desk
	f.issuer = license.Issuer{Licenses: licenses, Keys: keys}
	return f
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// issue stores a key, which paying does elsewhere.
func (f *fixture) issue(t *testing.T, product string) string {
	t.Helper()
	l, write, err := f.issuer.Issue(product, "SO-TEST0001", now)
	fatal(t, err)
	fatal(t, f.DB.Commit(t.Context(), write))
	k, _, err := f.issuer.Keys.Open(l)
	fatal(t, err)
	return k.Shown()
}

type answer struct {
	status int
	json   map[string]any
	raw    string
}

func (a answer) code() any { return a.json["code"] }

func (f *fixture) post(t *testing.T, token secret.Text, body string) answer {
	t.Helper()
	e := events.APIGatewayV2HTTPRequest{
		RouteKey: "POST /api/licenses/redeem", RawPath: "/api/licenses/redeem", Body: body,
		Headers: map[string]string{"content-type": "application/json", "cookie": httpapi.SessionCookie + "=" + token.Reveal()},
	}
	e.RequestContext.HTTP.Method = http.MethodPost
	e.RequestContext.HTTP.SourceIP = "192.0.2.1"
	res, err := f.api.Handle(t.Context(), e)
	fatal(t, err)
	a := answer{status: res.StatusCode, raw: res.Body}
	fatal(t, json.Unmarshal([]byte(res.Body), &a.json))
	return a
}

func (f *fixture) redeem(t *testing.T, s session.Session, key string) answer {
	t.Helper()
	return f.post(t, s.Token(), fmt.Sprintf(`{"license_key":%q}`, key))
}

func TestAnswersOfRedemption(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, grace := f.SignedIn(t, "grace", now)
	_, alan := f.SignedIn(t, "alan", now)
	plain, proofed := f.issue(t, "us"), f.issue(t, "intl-proofed")
	f.Faults.Clear()
	a := f.redeem(t, grace, plain)
	figures.Exactly(t, 1, "AWS calls, redeem", float64(len(f.Faults.Asked())), 3)
	want := `{"credential":{"state":"registered","product":"us","proofed":false,"proofing_method":null,"purchased_at":"2026-11-25T18:30:00Z","expires_at":"2027-11-25T18:30:00Z","renewable":false},"next":"register-phone"}`
	if a.status != http.StatusOK || a.raw != want {
		t.Errorf("first: %d %s", a.status, a.raw)
	}
	if again := f.redeem(t, grace, strings.ToLower(plain)); again.status != http.StatusOK || again.raw != want {
		t.Errorf("again: %d %s", again.status, again.raw)
	}
	if a := f.redeem(t, grace, proofed); a.status != http.StatusConflict || a.code() != "credential-exists" {
		t.Errorf("a second one: %d %v", a.status, a.code())
	}
	if a := f.redeem(t, alan, proofed); a.status != http.StatusOK || a.json["next"] != "prove" {
		t.Errorf("with proofing: %d %s", a.status, a.raw)
	}
	if a := f.redeem(t, alan, proofed); a.status != http.StatusOK || a.json["next"] != "prove" || len(f.Scan(t, "CASES_TABLE")) != 1 {
		t.Errorf("again with proofing: %d %s", a.status, a.raw)
	}
	taken, unknown := f.redeem(t, alan, plain), f.redeem(t, alan, license.Generate().Shown())
	if taken.status != http.StatusNotFound || taken.raw != unknown.raw { // K-06
		t.Errorf("another's %s, unknown %s", taken.raw, unknown.raw)
	}
}

// A brand-new key takes a dead credential's place from the very instant of its expiry, and closes the renewal that
// was open for it: with the redemption no payment of it counts, and the next sweep finds it (product.md 8).
func TestABrandNewKeyAfterTheExpiry(t *testing.T) {
	t.Parallel()
	f := start(t)
	clock := now
	f.api.Now = func() time.Time { return clock }
	_, s := f.SignedIn(t, "grace", now)
	if a := f.redeem(t, s, f.issue(t, "us")); a.status != http.StatusOK {
		t.Fatal(a.raw)
	}
	holder := s.Account
	_, err := f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String(f.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(holder[:])},
		UpdateExpression: aws.String("SET ex = :e, ro = :o, f = :f"), ExpressionAttributeValues: dynamo.Item{":e": dynamo.Ms(now.Add(time.Second)), ":o": dynamo.S("SO-00000001"), ":f": dynamo.N(7)}})
	fatal(t, err)
	next := f.issue(t, "us")
	clock = now.Add(time.Second - time.Millisecond)
	if a := f.redeem(t, s, next); a.status != http.StatusConflict || a.code() != "credential-exists" {
		t.Errorf("a millisecond before: %d %s", a.status, a.raw)
	}
	clock = now.Add(time.Second)
	f.Faults.Clear()
	a := f.redeem(t, s, next)
	if calls := f.Faults.Asked(); a.status != http.StatusOK || len(calls) != 3 {
		t.Errorf("at the instant: %d %s, calls %v", a.status, a.raw, calls)
	}
	item, err := f.DB.Get(t.Context(), f.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(holder[:])})
	fatal(t, err)
	if c := dynamo.Read(item); c.Has("ro") || c.Int("f") != 7 { // the failure ladder is kept
		t.Errorf("order %q, %d failures", c.MayText("ro"), c.Int("f"))
	}
	pointer, err := f.DB.Get(t.Context(), f.Table("ORDERS_TABLE"), dynamo.Item{"p": dynamo.S("h#" + holder.String())})
	fatal(t, err)
	if !dynamo.Read(pointer).Time("da").Equal(clock) {
		t.Errorf("pointer: %v", pointer)
	}
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, grace := f.SignedIn(t, "grace", now)
	key := license.Generate().Shown()
	wrong := key[:len(key)-1] + "0"
	if wrong == key {
		wrong = key[:len(key)-1] + "1"
	}
	for name, c := range map[string]struct {
		token  secret.Text
		body   string
		status int
		code   string
	}{
		"not signed in":   {"", `{"license_key":"x"}`, 401, "not-signed-in"},
		"not JSON":        {grace.Token(), `key`, 400, "malformed"},
		"another type":    {grace.Token(), `{"license_key":5}`, 400, "malformed"},
		"unknown member":  {grace.Token(), `{"license_key":"x","b":1}`, 400, "malformed"},
		"missing":         {grace.Token(), `{}`, 422, "invalid"},
		"typing error":    {grace.Token(), `{"license_key":"` + wrong + `"}`, 422, "license-typing-error"},
		"hundreds of it":  {grace.Token(), `{"license_key":"` + strings.Repeat(key, 20) + `"}`, 422, "license-typing-error"},
		"unknown, formed": {grace.Token(), `{"license_key":"0000000000000000000000000"}`, 404, "license-unknown"},
	} {
		if a := f.post(t, c.token, c.body); a.status != c.status || a.code() != c.code {
			t.Errorf("%s: %d %v, want %d %s", name, a.status, a.code(), c.status, c.code)
		}
	}
}

func TestTooManyUnknownKeysAreTold(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, grace := f.SignedIn(t, "grace", now)
	for range 10 {
		f.redeem(t, grace, license.Generate().Shown())
	}
	if a := f.redeem(t, grace, license.Generate().Shown()); a.status != http.StatusTooManyRequests || a.code() != "license-locked" || a.json["retry_at"] != "2026-11-25T19:30:00Z" {
		t.Errorf("answer: %d %s", a.status, a.raw)
	}
}

func TestOneKeyManyPeople(t *testing.T) {
	t.Parallel()
	f := start(t)
	key := f.issue(t, "us")
	var people []session.Session
	for i := range 12 {
		_, s := f.SignedIn(t, fmt.Sprintf("person%d", i), now)
		people = append(people, s)
	}
	answers := make([]answer, len(people))
	var wg sync.WaitGroup
	for i, s := range people {
		wg.Go(func() { answers[i] = f.redeem(t, s, key) })
	}
	wg.Wait()
	won := 0
	for i, a := range answers {
		if a.status == http.StatusOK {
			won++
		} else if a.status != http.StatusNotFound || a.code() != "license-unknown" {
			t.Errorf("person %d: %d %s", i, a.status, a.raw)
		}
	}
	if won != 1 {
		t.Errorf("%d winners", won)
	}
}
