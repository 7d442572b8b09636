package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/secret"
	"phoneotp/shared/session/sessiontest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*sessiontest.World
	api *httpapi.API
	now time.Time
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: sessiontest.New(t, dynamotest.Start(t)), now: noon}
	numbers, err := credential.NewNumbers(accounttest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	h := &handler{
		sessions: f.Sessions, signIn: f.SignIn, ender: f.Ender,
		credentials: &credential.Registry{DB: f.DB, Table: f.Table("CREDENTIALS_TABLE"), Numbers: numbers},
	}
	f.api = &httpapi.API{Routes: h.routes(), Origin: "https://otp.example.org", Now: func() time.Time { return f.now }}
	return f
}

// ask makes a request as the gateway hands it over and returns status, body and cookies.
func (f *fixture) ask(t *testing.T, route string, token secret.Text, body any) (int, string, []string) {
	t.Helper()
	e := events.APIGatewayV2HTTPRequest{RouteKey: route, Headers: map[string]string{"content-type": "application/json"}}
	if of, id, found := strings.Cut(route, "="); found { // a path parameter
		e.RouteKey, e.PathParameters = of, map[string]string{"id": id}
	}
	e.RequestContext.HTTP.Method, _, _ = strings.Cut(route, " ")
	e.RequestContext.HTTP.SourceIP, e.RequestContext.RequestID = "192.0.2.1", "r-1"
	if token != "" {
		e.Cookies = []string{httpapi.SessionCookie + "=" + token.Reveal()}
	}
	switch b := body.(type) {
	case nil:
	case string:
		e.Body = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		e.Body = string(text)
	}
	res, err := f.api.Handle(context.WithoutCancel(t.Context()), e)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Body, res.Cookies
}

// is checks an answer to the letter.
func is(t *testing.T, status int, body string, wantStatus int, want string) {
	t.Helper()
	if status != wantStatus {
		t.Errorf("status = %d, want %d: %s", status, wantStatus, body)
	}
	if d := cmp.Diff(want, body); d != "" {
		t.Errorf("body (-want +got):\n%s", d)
	}
}

type m = map[string]any

// in is the body of a sign-in.
func in(userID string, password secret.Text) m {
	return m{"user_id": userID, "password": password.Reveal()}
}

// tokenOf takes the session token out of an answer's cookie.
func tokenOf(t *testing.T, cookies []string) secret.Text {
	t.Helper()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	value, rules, _ := strings.Cut(strings.TrimPrefix(cookies[0], httpapi.SessionCookie+"="), ";")
	if rules != " Path=/; Secure; HttpOnly; SameSite=Strict" {
		t.Errorf("cookie = %s", rules)
	}
	return secret.Text(value)
}

const view = `{"user_id":"grace","name":"Grace Hopper","roles":["agent"],"strength":"password","level":1,"expires_at":"2026-11-25T20:00:00Z","idle_expires_at":"2026-11-25T12:15:00Z","credential":null,"phones":[],"challenge":null,"next":"redeem"}`

func TestSignInStory(t *testing.T) {
	f := start(t)
	f.Person(t, "grace", noon)
	if err := f.Operator.Grant(t.Context(), "grace", []string{account.RoleAgent}, "hired", noon); err != nil {
		t.Fatal(err)
	}
	f.Faults.Clear()
	status, body, cookies := f.ask(t, "POST /api/session", "", in("Grace", accounttest.Password))
	is(t, status, body, 200, view)
	figures.Exactly(t, 1, "AWS calls, sign-in by user ID", float64(len(f.Faults.Asked())), 4)
	token := tokenOf(t, cookies)
	status, body, cookies = f.ask(t, "GET /api/session", token, nil)
	is(t, status, body, 200, view)
	if len(cookies) != 0 {
		t.Errorf("cookies = %v", cookies)
	}
	status, body, cookies = f.ask(t, "DELETE /api/session", token, nil)
	is(t, status, body, 204, "")
	if len(cookies) != 1 || !strings.Contains(cookies[0], "Max-Age=0") {
		t.Errorf("cookies = %v", cookies)
	}
	for _, route := range []string{"GET /api/session", "DELETE /api/session", "GET /api/sessions", "DELETE /api/sessions/{id}=x"} {
		status, body, _ = f.ask(t, route, token, nil)
		is(t, status, body, 401, `{"code":"not-signed-in","instance":"urn:request:r-1","next":"sign-in","status":401,"title":"Please sign in","type":"/problems/not-signed-in"}`)
	}
}

func TestSigningInOverAnotherSession(t *testing.T) {
	f := start(t)
	_, mine := f.SignedIn(t, "grace", noon)
	_, other := f.SignedIn(t, "ada", noon)
	f.Faults.Clear()
	status, _, cookies := f.ask(t, "POST /api/session", mine.Token(), in("grace", accounttest.Password))
	if got := len(f.Faults.Asked()); status != 200 || got != 4 {
		t.Errorf("%d after %d calls", status, got)
	}
	for token, want := range map[secret.Text]int{tokenOf(t, cookies): 200, mine.Token(): 401, other.Token(): 200} {
		if status, body, _ := f.ask(t, "GET /api/session", token, nil); status != want {
			t.Errorf("%d, want %d: %s", status, want, body)
		}
	}
	// A cookie that opens nothing is no hindrance.
	for _, stale := range []secret.Text{mine.Token(), "x", secret.Text(strings.Repeat("A", 64)), secret.Text(strings.Repeat("A", 86))} {
		if status, body, cookies := f.ask(t, "POST /api/session", stale, in("grace", accounttest.Password)); status != 200 || len(cookies) != 1 {
			t.Errorf("%d %s", status, body)
		}
	}
}

func TestWhatSignInRefuses(t *testing.T) {
	f := start(t)
	f.Person(t, "grace", noon)
	for _, userID := range []string{"grace", "nobody", "nobody@example.test"} {
		status, body, cookies := f.ask(t, "POST /api/session", "", in(userID, "violet otter 5f0c1b"))
		is(t, status, body, 401, `{"code":"sign-in-failed","instance":"urn:request:r-1","status":401,"title":"User ID or password is not right","type":"/problems/sign-in-failed"}`)
		if len(cookies) != 0 {
			t.Errorf("cookies = %v", cookies)
		}
	}
	for range 4 {
		f.ask(t, "POST /api/session", "", in("grace", "violet otter 5f0c1b"))
	}
	status, body, _ := f.ask(t, "POST /api/session", "", in("grace", accounttest.Password))
	is(t, status, body, 429, `{"code":"sign-in-locked","instance":"urn:request:r-1","retry_at":"2026-11-25T12:15:00Z","status":429,"title":"Too many wrong passwords, please wait","type":"/problems/sign-in-locked"}`)
	if _, err := f.Registrar.Register(t.Context(), accounttest.Registration("waiting"), noon); err != nil {
		t.Fatal(err)
	}
	status, body, _ = f.ask(t, "POST /api/session", "", in("waiting", accounttest.Password))
	is(t, status, body, 403, `{"code":"email-unconfirmed","instance":"urn:request:r-1","next":"confirm-email","status":403,"title":"Please confirm your email address first","type":"/problems/email-unconfirmed"}`)
	status, body, _ = f.ask(t, "POST /api/session", "", m{})
	is(t, status, body, 422, `{"code":"invalid","errors":[{"pointer":"/user_id","detail":"is required"},{"pointer":"/password","detail":"is required"}],"instance":"urn:request:r-1","status":422,"title":"Some of the information needs to be corrected","type":"/problems/invalid"}`)
	for _, bad := range []any{"nonsense", m{"user_id": 1}, m{"user_id": "grace", "password": "x", "remember": true}, nil} {
		if status, _, _ := f.ask(t, "POST /api/session", "", bad); status != 400 {
			t.Errorf("%v: %d", bad, status)
		}
	}
}

func TestList(t *testing.T) {
	f := start(t)
	_, first := f.SignedIn(t, "grace", noon)
	second := f.In(t, "grace", noon.Add(time.Minute))
	f.now = noon.Add(2 * time.Minute)
	f.Faults.Clear()
	status, body, _ := f.ask(t, "GET /api/sessions", second.Token(), nil)
	is(t, status, body, 200, `{"sessions":[`+
		`{"id":"`+second.ID+`","signed_in_at":"2026-11-25T12:01:00Z","last_used_at":"2026-11-25T12:02:00Z","expires_at":"2026-11-25T20:01:00Z","strength":"password","current":true},`+
		`{"id":"`+first.ID+`","signed_in_at":"2026-11-25T12:00:00Z","last_used_at":"2026-11-25T12:00:00Z","expires_at":"2026-11-25T20:00:00Z","strength":"password","current":false}]}`)
	status, body, cookies := f.ask(t, "DELETE /api/sessions/{id}="+first.ID, second.Token(), nil)
	is(t, status, body, 204, "")
	if len(cookies) != 0 {
		t.Errorf("cookies = %v", cookies)
	}
	status, body, _ = f.ask(t, "DELETE /api/sessions/{id}="+first.ID, second.Token(), nil)
	is(t, status, body, 404, `{"code":"session-unknown","instance":"urn:request:r-1","status":404,"title":"There is no such session","type":"/problems/session-unknown"}`)
	if status, _, _ = f.ask(t, "GET /api/session", first.Token(), nil); status != 401 {
		t.Errorf("the ended session: %d", status)
	}
	status, body, cookies = f.ask(t, "DELETE /api/sessions/{id}="+second.ID, second.Token(), nil)
	is(t, status, body, 204, "")
	if len(cookies) != 1 {
		t.Errorf("the own cookie stays after ending the own session: %v", cookies)
	}
}

func TestASlowTableAnswersWithRetryAfter(t *testing.T) {
	f := start(t)
	_, s := f.SignedIn(t, "grace", noon)
	f.Faults.FromCall(0, dynamotest.Throttle)
	for _, route := range []string{"GET /api/session", "POST /api/session"} {
		status, body, _ := f.ask(t, route, s.Token(), in("grace", accounttest.Password))
		is(t, status, body, 503, `{"code":"unavailable","instance":"urn:request:r-1","retry_at":"2026-11-25T12:00:02Z","status":503,"title":"The service cannot answer just now","type":"/problems/unavailable"}`)
	}
}
