package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
	"phoneotp/shared/session/sessiontest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const fresh = "amber falcon 91b2"

type fixture struct {
	*sessiontest.World
	api *httpapi.API
	now time.Time
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: sessiontest.New(t, dynamotest.Start(t)), now: noon}
	h := &handler{accounts: f.Accounts, registrar: f.Registrar, profiles: f.Profiles, passwords: f.Passwords, sessions: f.Sessions, trail: audit.Reader{DB: f.DB, Table: f.Table("AUDIT_TABLE")}}
	f.api = &httpapi.API{Routes: h.routes(), Origin: "https://otp.example.org", Now: func() time.Time { return f.now }}
	return f
}

// ask makes a request as the gateway hands it over and returns status and body.
func (f *fixture) ask(t *testing.T, route string, token secret.Text, body any) (int, string) {
	t.Helper()
	e := events.APIGatewayV2HTTPRequest{RouteKey: route, Headers: map[string]string{"content-type": "application/json"}}
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
	return res.StatusCode, res.Body
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

func grace() m {
	return m{"user_id": "Grace", "email": "grace@example.test", "given_name": "Grace", "family_name": "Hopper", "country": "US", "password": accounttest.Password.Reveal()}
}

func TestSignUpStory(t *testing.T) {
	f := start(t)
	status, body := f.ask(t, "POST /api/accounts", "", grace())
	is(t, status, body, 201, `{"user_id":"grace"}`)
	status, body = f.ask(t, "POST /api/accounts/confirmation", "", m{"email": "grace@example.test"})
	is(t, status, body, 202, "")
	mails := f.Mails(t, notice.KindConfirmAccount, noon)
	if len(mails) != 2 {
		t.Fatalf("%d mails", len(mails))
	}
	if to, name := mails[0].Address(); to != "grace@example.test" || name != "Grace" {
		t.Errorf("mail to %s, %s", to, name)
	}
	status, body = f.ask(t, "POST /api/accounts/confirmation", "", m{"email": "nobody@example.test"})
	is(t, status, body, 202, "")
	if err := f.Registrar.Resend(t.Context(), "grace@example.test", "192.0.2.1", noon); err != nil {
		t.Fatal(err)
	}
	token := f.Token(t, notice.KindConfirmAccount, noon).Reveal()
	status, body = f.ask(t, "POST /api/accounts/confirm", "", m{"token": token})
	is(t, status, body, 204, "")
	status, body = f.ask(t, "POST /api/accounts/confirm", "", m{"token": token})
	is(t, status, body, 410, `{"code":"token-spent","instance":"urn:request:r-1","status":410,"title":"This link has been used or is too old","type":"/problems/token-spent"}`)
	status, body = f.ask(t, "POST /api/accounts", "", grace())
	is(t, status, body, 409, `{"code":"user-id-taken","instance":"urn:request:r-1","status":409,"title":"This user ID is taken","type":"/problems/user-id-taken"}`)
}

func TestWhatSignUpRefuses(t *testing.T) {
	f := start(t)
	bad := grace()
	bad["user_id"], bad["email"] = "", "x"
	status, body := f.ask(t, "POST /api/accounts", "", bad)
	is(t, status, body, 422, `{"code":"invalid","errors":[{"pointer":"/user_id","detail":"is required"},{"pointer":"/email","detail":"must be an email address, as name@example.org"}],"instance":"urn:request:r-1","status":422,"title":"Some of the information needs to be corrected","type":"/problems/invalid"}`)
	bad = grace()
	bad["password"] = "grace.hopper1906"
	status, body = f.ask(t, "POST /api/accounts", "", bad)
	is(t, status, body, 422, `{"code":"password-refused","detail":"The password must not be made of your own name, email or user ID.","errors":[{"pointer":"/password","detail":"must not be made of your own name, email or user ID"}],"instance":"urn:request:r-1","status":422,"title":"Please choose another password","type":"/problems/password-refused"}`)
	bad = grace()
	bad["roles"] = []string{"agent"}
	if status, body = f.ask(t, "POST /api/accounts", "", bad); status != 400 || !strings.Contains(body, `"malformed"`) {
		t.Errorf("roles by the API: %d %s", status, body)
	}
	bad = grace()
	bad["password"] = 123456789012
	if status, body = f.ask(t, "POST /api/accounts", "", bad); status != 400 || !strings.Contains(body, "/password") {
		t.Errorf("a number as password: %d %s", status, body)
	}
	for route, fields := range map[string]string{
		"POST /api/accounts/confirm": "/token", "POST /api/accounts/confirmation": "/email", "POST /api/password/forgot": "/email", "POST /api/password/reset": "/token",
	} {
		if status, body := f.ask(t, route, "", m{}); status != 422 || !strings.Contains(body, fields) {
			t.Errorf("%s with nothing: %d %s", route, status, body)
		}
		if status, _ := f.ask(t, route, "", "nonsense"); status != 400 {
			t.Errorf("%s with nonsense: %d", route, status)
		}
	}
	if n := len(f.Scan(t, "ACCOUNTS_TABLE")); n != 0 {
		t.Errorf("%d items were written", n)
	}
}

func TestWhoIsNotSignedInIsToldSoFirst(t *testing.T) {
	f := start(t)
	for _, route := range []string{"GET /api/account", "GET /api/account/history", "PATCH /api/account", "POST /api/password"} {
		for _, token := range []secret.Text{"", "nonsense"} {
			status, body := f.ask(t, route, token, "nonsense")
			is(t, status, body, 401, `{"code":"not-signed-in","instance":"urn:request:r-1","next":"sign-in","status":401,"title":"Please sign in","type":"/problems/not-signed-in"}`)
		}
	}
}

func TestProfile(t *testing.T) {
	f := start(t)
	a, s := f.SignedIn(t, "grace", noon)
	status, body := f.ask(t, "GET /api/account", s.Token(), nil)
	is(t, status, body, 200, `{"user_id":"grace","email":"grace@example.test","given_name":"Grace","family_name":"Hopper","country":"US","billing":null}`)
	billing := m{"name": "G. Hopper", "line1": "1 Main Street", "city": "Arlington", "region": "VA", "postal_code": "22201", "country": "US"}
	status, body = f.ask(t, "PATCH /api/account", s.Token(), m{"family_name": "Murray", "billing": billing})
	is(t, status, body, 200, `{"user_id":"grace","email":"grace@example.test","given_name":"Grace","family_name":"Murray","country":"US","billing":{"name":"G. Hopper","line1":"1 Main Street","city":"Arlington","region":"VA","postal_code":"22201","country":"US"}}`)
	if got, err := f.Sessions.Require(t.Context(), sessiontest.Request(s.Token(), "GET /api/session", "", noon)); err != nil || got.Name() != "Grace Murray" {
		t.Errorf("the session says %q, %v", got.Name(), err)
	}
	for name, in := range map[string]m{"nothing": {}, "email": {"email": "x@example.test"}, "country": {"country": "us"}, "type": {"given_name": 1}} {
		if status, _ := f.ask(t, "PATCH /api/account", s.Token(), in); status != 422 && status != 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if err := f.DB.Commit(t.Context(), f.Accounts.LockName(a.ID, true)); err != nil {
		t.Fatal(err)
	}
	status, body = f.ask(t, "PATCH /api/account", s.Token(), m{"given_name": "Ada"})
	is(t, status, body, 409, `{"code":"name-locked","instance":"urn:request:r-1","next":"contact-support","status":409,"title":"Name and country cannot be changed now","type":"/problems/name-locked"}`)
	if got, err := f.Accounts.ByID(t.Context(), a.ID, noon); err != nil || got.GivenName != "Grace" || got.Country != "US" {
		t.Errorf("account = %+v, %v", got, err)
	}
}

func TestPasswords(t *testing.T) {
	f := start(t)
	_, s := f.SignedIn(t, "grace", noon)
	other := f.In(t, "grace", noon)
	status, body := f.ask(t, "POST /api/password", s.Token(), m{"current": "wrong", "new": fresh})
	is(t, status, body, 422, `{"code":"password-wrong","errors":[{"pointer":"/current","detail":"is not the current password"}],"instance":"urn:request:r-1","status":422,"title":"The current password is not right","type":"/problems/password-wrong"}`)
	status, body = f.ask(t, "POST /api/password", s.Token(), m{"current": accounttest.Password.Reveal(), "new": "password1234"})
	is(t, status, body, 422, `{"code":"password-refused","detail":"The password is too easy to guess: it is among the passwords that are tried first.","errors":[{"pointer":"/new","detail":"is too easy to guess: it is among the passwords that are tried first"}],"instance":"urn:request:r-1","status":422,"title":"Please choose another password","type":"/problems/password-refused"}`)
	status, body = f.ask(t, "POST /api/password", s.Token(), m{"current": accounttest.Password.Reveal(), "new": fresh})
	is(t, status, body, 204, "")
	if status, _ = f.ask(t, "GET /api/account", s.Token(), nil); status != http.StatusOK {
		t.Errorf("the session that changed it: %d", status)
	}
	if status, _ = f.ask(t, "GET /api/account", other.Token(), nil); status != http.StatusUnauthorized {
		t.Errorf("the other session: %d", status)
	}
	for _, email := range []string{"grace@example.test", "nobody@example.test"} {
		status, body = f.ask(t, "POST /api/password/forgot", "", m{"email": email})
		is(t, status, body, 202, "")
	}
	token := f.Token(t, notice.KindResetPassword, noon).Reveal()
	status, body = f.ask(t, "POST /api/password/reset", "", m{"token": token, "password": accounttest.Password.Reveal()})
	is(t, status, body, 204, "")
	if status, _ = f.ask(t, "GET /api/account", s.Token(), nil); status != http.StatusUnauthorized {
		t.Errorf("a session after the reset: %d", status)
	}
	status, body = f.ask(t, "POST /api/password/reset", "", m{"token": token, "password": fresh})
	is(t, status, body, 410, `{"code":"token-spent","instance":"urn:request:r-1","status":410,"title":"This link has been used or is too old","type":"/problems/token-spent"}`)
	a, err := f.Accounts.ByID(t.Context(), account.IDOf("grace"), noon)
	if err != nil {
		t.Fatal(err)
	}
	if is, err := a.PasswordIs(accounttest.Password); err != nil || !is {
		t.Errorf("the password is not the one that was reset to: %v, %v", is, err)
	}
}

func TestTooManyWrongCurrentPasswords(t *testing.T) {
	f := start(t)
	_, s := f.SignedIn(t, "grace", noon)
	for range 5 {
		if status, _ := f.ask(t, "POST /api/password", s.Token(), m{"current": "wrong", "new": fresh}); status != 422 {
			t.Fatalf("status = %d", status)
		}
	}
	status, body := f.ask(t, "POST /api/password", s.Token(), m{"current": accounttest.Password.Reveal(), "new": fresh})
	is(t, status, body, 429, `{"code":"password-locked","instance":"urn:request:r-1","retry_at":"2026-11-25T12:15:00Z","status":429,"title":"Too many wrong passwords, please wait","type":"/problems/password-locked"}`)
}
