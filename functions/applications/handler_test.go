package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/applications"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

var now = time.Date(2026, 11, 25, 18, 30, 0, 0, time.UTC)

const origin = "https://otp.example.org"

type fixture struct {
	*sessiontest.World
	api      *httpapi.API
	registry *credential.Registry
	clock    time.Time
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: sessiontest.New(t, dynamotest.Start(t)), clock: now}
	numbers, err := credential.NewNumbers(accounttest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	register, err := applications.Load()
	if err != nil {
		t.Fatal(err)
	}
	f.registry = &credential.Registry{DB: f.DB, Table: f.Table("CREDENTIALS_TABLE"), Numbers: numbers}
	h := &handler{register: register, sessions: f.Sessions, credentials: f.registry, db: f.DB, log: f.Log, origin: origin}
	f.api = &httpapi.API{Routes: h.routes(), Origin: origin, Now: func() time.Time { return f.clock }}
	return f
}

// active gives an account a credential that was bought on a day and activated, which codes and phones do
// elsewhere.
func (f *fixture) active(t *testing.T, s session.Session, bought time.Time, method string) {
	t.Helper()
	w := f.registry.Open(credential.Opening{Holder: s.Account, License: []byte("digest"), Product: "us", Service: phone.USService, Proofing: method != "", PurchasedAt: bought}, bought)
	if err := f.DB.Commit(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	in := &dynamodb.UpdateItemInput{
		TableName: aws.String(f.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(s.Account[:])},
		UpdateExpression:          aws.String("SET st = :a, aa = :at"),
		ExpressionAttributeValues: dynamo.Item{":a": dynamo.S("a"), ":at": dynamo.Ms(bought)},
	}
	if method != "" {
		*in.UpdateExpression += ", pm = :m"
		in.ExpressionAttributeValues[":m"] = dynamo.S(method)
	}
	if _, err := f.Client.UpdateItem(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// raise brings a session to Phone OTP strength.
func (f *fixture) raise(t *testing.T, s session.Session) session.Session {
	t.Helper()
	next, raise := f.Raiser.Raise(s, "challenge", "123456", f.clock)
	if err := f.DB.Commit(t.Context(), raise); err != nil {
		t.Fatal(err)
	}
	return next
}

type answer struct {
	status int
	json   map[string]any
}

func (f *fixture) ask(t *testing.T, token secret.Text, method, route, id, body string) answer {
	t.Helper()
	e := events.APIGatewayV2HTTPRequest{
		RouteKey: method + " " + route, RawPath: route, PathParameters: map[string]string{"id": id}, Body: body,
		Headers: map[string]string{"content-type": "application/json", "cookie": httpapi.SessionCookie + "=" + token.Reveal()},
	}
	e.RequestContext.HTTP.Method = method
	e.RequestContext.HTTP.SourceIP = "192.0.2.1"
	res, err := f.api.Handle(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode}
	if err := json.Unmarshal([]byte(res.Body), &a.json); err != nil {
		t.Fatalf("%s %s: %q: %v", method, route, res.Body, err)
	}
	return a
}

const (
	all    = "/api/applications"
	one    = "/api/applications/{id}"
	launch = "/api/applications/{id}/launch"
)

// list is what the list says of each application: "open" or what is missing.
func (f *fixture) list(t *testing.T, token secret.Text) string {
	t.Helper()
	a := f.ask(t, token, "GET", all, "", "")
	if a.status != http.StatusOK {
		t.Fatalf("%+v", a)
	}
	var says []string
	for _, v := range a.json["applications"].([]any) {
		e := v.(map[string]any)
		missing, shut := e["missing"]
		if shut == e["available"].(bool) {
			t.Errorf("%v is neither open nor shut", e)
		}
		if !shut {
			missing = "open"
		}
		says = append(says, fmt.Sprintf("%v:%v:%v", e["level"], e["id"], missing))
	}
	return fmt.Sprint(says)
}

// opens tells what opening and launching an application answer, which must be the same.
func (f *fixture) opens(t *testing.T, token secret.Text, id string) string {
	t.Helper()
	view, door := f.ask(t, token, "GET", one, id, ""), f.ask(t, token, "POST", launch, id, "")
	if view.status != door.status || view.json["code"] != door.json["code"] || view.json["next"] != door.json["next"] {
		t.Errorf("%s: the view says %+v, the launch %+v", id, view, door)
	}
	if view.status != http.StatusOK {
		return fmt.Sprint(view.status, " ", view.json["code"], " ", view.json["next"])
	}
	if view.json["id"] != id || view.json["content"] == "" || door.json["url"] != origin+"/applications/"+id {
		t.Errorf("%s: %v, %v", id, view.json, door.json)
	}
	return "open"
}

func TestLevelIsDecidedAtEveryAccess(t *testing.T) {
	f := start(t)
	_, weak := f.SignedIn(t, "grace", now)
	expect := func(what string, token secret.Text, list string, doors ...string) {
		t.Helper()
		if got := f.list(t, token); got != list {
			t.Errorf("%s: the list says %s, want %s", what, got, list)
		}
		for i, id := range []string{"directory", "drawings", "vault"} {
			if got := f.opens(t, token, id); got != doors[i] {
				t.Errorf("%s: %s answers %q, want %q", what, id, got, doors[i])
			}
		}
	}
	expect("nothing bought", weak.Token(), "[1:directory:open 2:drawings:redeem 3:vault:redeem]",
		"open", "403 strength-too-low redeem", "403 strength-too-low redeem")

	bought := now.AddDate(-1, 0, 0).Add(10 * time.Minute) // the year ends ten minutes from now
	f.active(t, weak, bought, "")
	expect("code skipped", weak.Token(), "[1:directory:open 2:drawings:elevate 3:vault:choose-product]",
		"open", "403 strength-too-low elevate", "403 strength-too-low choose-product")

	strong := f.raise(t, weak)
	expect("code entered", strong.Token(), "[1:directory:open 2:drawings:open 3:vault:choose-product]",
		"open", "open", "403 strength-too-low choose-product")

	f.clock = now.Add(10 * time.Minute)
	expect("expired under the session", strong.Token(), "[1:directory:open 2:drawings:renew 3:vault:renew]",
		"open", "403 strength-too-low renew", "403 strength-too-low renew")
}

func TestProofedHolderOpensEverything(t *testing.T) {
	f := start(t)
	_, s := f.SignedIn(t, "grace", now)
	f.active(t, s, now.Add(-time.Hour), "video")
	s = f.raise(t, s)
	for _, id := range []string{"directory", "drawings", "vault"} {
		if got := f.opens(t, s.Token(), id); got != "open" {
			t.Errorf("%s answers %q", id, got)
		}
	}
	if got := f.Events(t, audit.Account(s.Account.String())); countOf(got, launched) != 3 {
		t.Errorf("three launches are recorded as %v", got)
	}
}

func countOf(events []audit.Event, what audit.Event) int {
	n := 0
	for _, e := range events {
		if e == what {
			n++
		}
	}
	return n
}

func TestWhoIsNotSignedInLearnsNothing(t *testing.T) {
	f := start(t)
	for _, route := range []string{"GET " + all, "GET " + one, "POST " + launch} {
		method := route[:slices.Index([]byte(route), ' ')]
		for _, id := range []string{"directory", "nothing"} {
			if a := f.ask(t, "", method, route[len(method)+1:], id, ""); a.status != http.StatusUnauthorized || a.json["code"] != "not-signed-in" || a.json["next"] != "sign-in" {
				t.Errorf("%s of %s: %+v", route, id, a)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	f := start(t)
	_, s := f.SignedIn(t, "grace", now)
	for _, route := range []string{"GET " + one, "POST " + launch} {
		method := route[:slices.Index([]byte(route), ' ')]
		if a := f.ask(t, s.Token(), method, route[len(method)+1:], "payroll", ""); a.status != http.StatusNotFound || a.json["code"] != "application-unknown" {
			t.Errorf("%s of an unknown application: %+v", route, a)
		}
	}
	if a := f.ask(t, s.Token(), "POST", launch, "directory", `{"level":3}`); a.status != http.StatusBadRequest || a.json["code"] != "malformed" {
		t.Errorf("an unknown member: %+v", a)
	}
	if a := f.ask(t, s.Token(), "POST", launch, "directory", `{}`); a.status != http.StatusOK {
		t.Errorf("an empty object: %+v", a)
	}
	f.Faults.FromCall(0, dynamotest.Throttle)
	if a := f.ask(t, s.Token(), "GET", all, "", ""); a.status != http.StatusServiceUnavailable || a.json["retry_at"] == nil {
		t.Errorf("a throttled database: %+v", a)
	}
}
