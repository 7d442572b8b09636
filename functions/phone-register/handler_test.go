package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const (
	list   = "GET /api/phones"
	add    = "POST /api/phones"
	verify = "POST /api/phones/verify"
)

type fixture struct {
	*credentialtest.World
	people   *sessiontest.World
	api      *httpapi.API
	clock    time.Time
	token    secret.Text
	holder   account.ID
	licenses license.Licenses
	digest   []byte
}

// start signs in somebody who entered a license key of the product at noon.
func start(t *testing.T, product string) *fixture {
	t.Helper()
	base := dynamotest.Start(t)
	f := &fixture{World: credentialtest.New(t, base), people: sessiontest.New(t, base), clock: noon}
	found, s := f.people.SignedIn(t, "grace", noon)
	f.token, f.holder = s.Token(), found.ID
	f.redeem(t, product)
	countries, err := phone.LoadPolicy()
	if err != nil {
		t.Fatal(err)
	}
	h := &handler{raiser: f.people.Raiser, sender: f.Sender, countries: countries, confirming: credential.Confirming{
		DB: f.DB, Verifier: f.Verifier, Raiser: f.people.Raiser, Log: f.people.Log, Outbox: f.people.Outbox, Book: f.Book, Activation: f.licenses.Activation,
	}, changing: credential.Changing{
		DB: f.DB, Registry: f.Registry, Book: f.Book, Log: f.people.Log, Outbox: f.people.Outbox, Ender: f.people.Ender,
	}}
	f.api = &httpapi.API{Routes: h.routes(), Origin: credentialtest.Origin, Now: func() time.Time { return f.clock }}
	f.Faults.Clear()
	return f
}

func (f *fixture) redeem(t *testing.T, product string) {
	t.Helper()
	keys, err := license.NewKeyring(credentialtest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	products, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	f.licenses = license.Licenses{DB: f.DB, Table: f.Table("LICENSES_TABLE")}
	l, write, err := license.Issuer{Licenses: f.licenses, Keys: keys}.Issue(product, "SO-00000000", noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.DB.Commit(t.Context(), write); err != nil {
		t.Fatal(err)
	}
	key, _, err := keys.Open(l)
	if err != nil {
		t.Fatal(err)
	}
	redeemer := license.Redeemer{
		Licenses: f.licenses, Keys: keys, Credentials: f.Registry, Catalog: products, Limits: f.people.Limits,
		Notices: f.people.Outbox, Audit: f.people.Log, PerAddress: 30,
	}
	if _, err := redeemer.Redeem(t.Context(), license.Entry{Input: key.Reveal(), Holder: f.holder, From: "192.0.2.1", At: noon}); err != nil {
		t.Fatal(err)
	}
	f.digest = l.Digest
}

func (f *fixture) ask(t *testing.T, route, body string) credentialtest.Answer {
	t.Helper()
	return credentialtest.Ask(t, f.api, f.token, route, body)
}

func (f *fixture) add(t *testing.T, number, country, channel string) credentialtest.Answer {
	t.Helper()
	return f.ask(t, add, fmt.Sprintf(`{"number":%q,"country":%q,"channel":%q}`, number, country, channel))
}

func (f *fixture) verify(t *testing.T, challenge any, code secret.Text) credentialtest.Answer {
	t.Helper()
	return f.ask(t, verify, fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, challenge, code.Reveal()))
}

// register adds a US number by text and confirms it.
func (f *fixture) register(t *testing.T) (phone.Number, credentialtest.Answer) {
	t.Helper()
	n := credentialtest.Number(t)
	a := f.add(t, n.E164(), "US", "sms")
	if a.Status != http.StatusAccepted {
		t.Fatalf("add: %s", a.Body)
	}
	a = f.verify(t, a.JSON["challenge_id"], f.Code(t, n))
	if a.Status != http.StatusCreated {
		t.Fatalf("verify: %s", a.Body)
	}
	f.token = a.Token
	return n, a
}

func (f *fixture) kinds(t *testing.T) []string {
	t.Helper()
	out, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: ptr(f.Table("OUTBOX_TABLE"))})
	if err != nil {
		t.Fatal(err)
	}
	return kindsOf(out.Items)
}

func (f *fixture) session(t *testing.T) session.Session {
	t.Helper()
	s, err := f.people.Sessions.Require(t.Context(), sessiontest.Request(f.token, "GET /api/session", "", f.clock))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestThreeNumbers(t *testing.T) {
	f := start(t, "us")
	if a := f.ask(t, list, ""); a.Status != http.StatusOK || a.Body != `{"phones":[],"max":3,"recommended":2}` {
		t.Errorf("at first: %s", a.Body)
	}
	old := f.token
	first := credentialtest.Number(t)
	f.Faults.Clear()
	a := f.add(t, first.E164(), "US", "sms")
	if calls := f.Faults.Asked(); a.Status != http.StatusAccepted || len(calls) != 5 {
		t.Fatalf("%s after calls %q, want session, credential, counters, credential, publish", a.Body, calls)
	}
	f.Faults.Clear()
	a = f.verify(t, a.JSON["challenge_id"], f.Code(t, first))
	if calls := f.Faults.Asked(); a.Status != http.StatusCreated || len(calls) != 3 {
		t.Fatalf("%s after calls %q, want the session, the try, the transaction", a.Body, calls)
	}
	view := a.JSON["session"].(map[string]any)
	if a.Token == "" || a.Token == old || view["strength"] != "phone_otp" || view["level"] != 2.0 || view["next"] != "none" || view["credential"].(map[string]any)["state"] != "active" {
		t.Errorf("the first number: %s", a.Body)
	}
	f.token = a.Token
	want := map[string]any{"id": a.JSON["phone"].(map[string]any)["id"], "ending": first.Ending(), "channel": "sms", "country": "US", "added_at": "2026-11-25T12:00:00Z"}
	if d := cmp.Diff(want, a.JSON["phone"]); d != "" {
		t.Errorf("phone (-want +got):\n%s", d)
	}
	if found, err := f.licenses.Find(t.Context(), f.digest); err != nil || found[0].State != license.Activated {
		t.Errorf("the license is %v, %v", found[0].State, err)
	}
	login := f.session(t).CodeAt

	// A second one by call; it is told by mail and by text to the first. Its code is no login.
	f.clock = noon.Add(5 * time.Minute)
	second := credentialtest.Number(t)
	a = f.add(t, second.E164(), "US", "voice")
	if a.Status != http.StatusAccepted {
		t.Fatal(a.Body)
	}
	claimed, err := f.Claimer.Claim(t.Context(), f.Order(t), f.clock)
	if err != nil {
		t.Fatal(err)
	}
	a = f.verify(t, a.JSON["challenge_id"], claimed.Code)
	if a.Status != http.StatusCreated || a.Token == f.token {
		t.Fatalf("the second: %s", a.Body)
	}
	f.token = a.Token
	if s := f.session(t); !s.CodeAt.Equal(login) {
		t.Errorf("verifying a further number counts as a login: %v", s.CodeAt)
	}
	if d := cmp.Diff([]string{"license-entered", "phone-added", "phone-added", "phone-added"}, f.kinds(t)); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
	f.clock = noon.Add(10 * time.Minute)
	third, _ := f.register(t)
	if a := f.add(t, credentialtest.Number(t).E164(), "US", "sms"); a.Status != http.StatusConflict || a.Code() != "phone-limit" {
		t.Errorf("a fourth: %s", a.Body)
	}
	if a := f.add(t, third.E164(), "US", "voice"); a.Status != http.StatusConflict || a.Code() != "phone-duplicate" {
		t.Errorf("the third again: %s", a.Body)
	}
	a = f.ask(t, list, "")
	var endings []any
	for _, p := range a.JSON["phones"].([]any) {
		endings = append(endings, p.(map[string]any)["ending"])
	}
	if !slices.Equal(endings, []any{first.Ending(), second.Ending(), third.Ending()}) {
		t.Errorf("the list: %s", a.Body)
	}
	entries := f.people.Events(t, audit.Account(f.holder.String()))
	for what, times := range map[audit.Event]int{credential.EventActivated: 1, credential.EventPhoneAdded: 3} {
		if n := len(slices.DeleteFunc(slices.Clone(entries), func(e audit.Event) bool { return e != what })); n != times {
			t.Errorf("%s is recorded %d times", what, n)
		}
	}
}

// TestNumbersByProduct is what must be shown of regions and types, by HTTP.
func TestNumbersByProduct(t *testing.T) {
	rows := []struct{ number, country, channel, us, intl string }{
		{"+1 787 555 0123", "PR", "sms", "phone-wrong-region", ""},
		{"340 555 0123", "VI", "sms", "phone-wrong-region", ""},
		{"671 555 0123", "GU", "sms", "phone-wrong-region", ""},
		{"684 633 0123", "AS", "sms", "phone-wrong-region", ""},
		{"670 555 0123", "MP", "sms", "phone-wrong-region", ""},
		{"416 555 0123", "CA", "sms", "phone-wrong-region", ""},
		{"876 555 0123", "JM", "sms", "phone-wrong-region", ""},
		{"+1 800 555 0123", "US", "sms", "phone-not-usable", "phone-not-usable"},
		{"900 555 0123", "US", "sms", "phone-not-usable", "phone-not-usable"},
		{"808 555 0123", "US", "sms", "", "phone-wrong-region"},
		{"907 555 0123", "US", "sms", "", "phone-wrong-region"},
		{"202 555 0123", "US", "sms", "", "phone-wrong-region"},
		{"+44 20 7946 0123", "GB", "voice", "phone-wrong-region", ""},
		{"+49 30 901820", "DE", "voice", "phone-wrong-region", ""},
		{"202 555 012", "US", "sms", "phone-invalid", "phone-invalid"},
	}
	for _, product := range []string{"us", "intl"} {
		f := start(t, product)
		for _, row := range rows {
			want := row.us
			if product == "intl" {
				want = row.intl
			}
			f.clock = f.clock.Add(3 * 24 * time.Hour) // past every limit of sends
			f.token = f.people.In(t, "grace", f.clock).Token()
			a := f.add(t, row.number, row.country, row.channel)
			switch {
			case want == "" && a.Status != http.StatusAccepted:
				t.Errorf("%s for %s: %s", row.number, product, a.Body)
			case want != "" && (a.Status != http.StatusUnprocessableEntity || a.Code() != want || a.JSON["detail"] == nil):
				t.Errorf("%s for %s: %s, want %s", row.number, product, a.Body, want)
			}
			if digits := strings.Trim(row.number, "+ "); strings.Contains(a.Body, digits) {
				t.Errorf("the answer repeats the number: %s", a.Body)
			}
		}
	}
}

// TestTheOrderOfChecks goes down the list of api.md.
func TestTheOrderOfChecks(t *testing.T) {
	f := start(t, "us")
	expect := func(what string, a credentialtest.Answer, status int, code string) {
		t.Helper()
		if a.Status != status || a.Code() != code {
			t.Errorf("%s: %s", what, a.Body)
		}
	}
	none := f.token
	_, stranger := f.people.SignedIn(t, "ada", noon)
	f.token = stranger.Token()
	expect("nothing bought", f.add(t, "x", "US", "sms"), http.StatusConflict, "credential-required")
	f.token = "nothing"
	expect("not signed in", f.ask(t, add, "x"), http.StatusUnauthorized, "not-signed-in")
	f.token = none
	expect("not JSON", f.ask(t, add, "x"), http.StatusBadRequest, "malformed")
	expect("a member too many", f.ask(t, add, `{"number":"1","country":"US","channel":"sms","code":1}`), http.StatusBadRequest, "malformed")
	expect("nothing said", f.ask(t, add, `{}`), http.StatusUnprocessableEntity, "invalid")
	expect("not a number", f.add(t, "1-800-FLOWERS", "US", "sms"), http.StatusUnprocessableEntity, "phone-invalid")
	n, _ := f.register(t)
	expect("too soon, but a duplicate first", f.add(t, n.E164(), "US", "sms"), http.StatusConflict, "phone-duplicate")
	if a := f.add(t, credentialtest.Number(t).E164(), "US", "sms"); a.Status != http.StatusAccepted {
		t.Fatal(a.Body)
	}
	expect("too soon", f.add(t, credentialtest.Number(t).E164(), "US", "sms"), http.StatusTooManyRequests, "send-too-soon")
	f.clock = noon.Add(14 * time.Minute)
	if _, err := f.people.Sessions.Require(t.Context(), sessiontest.Request(f.token, list, "", f.clock)); err != nil {
		t.Fatal(err) // moves the idle clock
	}
	f.clock = noon.Add(15 * time.Minute)
	a := f.add(t, "x", "US", "sms")
	expect("fifteen minutes after the login", a, http.StatusForbidden, "otp-not-fresh")
	if a.JSON["next"] != "elevate" {
		t.Errorf("next: %s", a.Body)
	}
	f.token = f.people.In(t, "grace", f.clock).Token()
	expect("at password strength", f.add(t, "x", "US", "sms"), http.StatusForbidden, "strength-too-low")
}

// TestOneAnswerLost goes through registration once for each of its calls, with that call's answer cut.
func TestOneAnswerLost(t *testing.T) {
	for cut := range 8 {
		f := start(t, "us")
		n := credentialtest.Number(t)
		f.Faults.OnCall(cut, dynamotest.CutReply)
		a := f.add(t, n.E164(), "US", "sms")
		if a.Status != http.StatusAccepted {
			t.Fatalf("call %d: %s", cut, a.Body)
		}
		f.Code(t, n)
		a = f.verify(t, a.JSON["challenge_id"], f.Code(t, n))
		f.Faults.Clear()
		if a.Status != http.StatusCreated {
			t.Fatalf("call %d: %s", cut, a.Body)
		}
		f.token = a.Token
		if s := f.session(t); s.Strength != session.PhoneOTP {
			t.Errorf("call %d: the session is not raised", cut)
		}
		if d := cmp.Diff([]string{"license-entered", "phone-added"}, f.kinds(t)); d != "" || len(f.Texts(t, n)) != 1 {
			t.Errorf("call %d: %d texts, notices (-want +got):\n%s", cut, len(f.Texts(t, n)), d)
		}
	}
}

// TestACrashAfterEachCall ends every call of a verification from the n-th on, then tries again.
func TestACrashAfterEachCall(t *testing.T) {
	for call := range 3 {
		f := start(t, "us")
		n := credentialtest.Number(t)
		ch := f.add(t, n.E164(), "US", "sms").JSON["challenge_id"]
		code := f.Code(t, n)
		f.Faults.FromCall(call, dynamotest.CutRequest)
		if a := f.verify(t, ch, code); a.Status != http.StatusServiceUnavailable {
			t.Errorf("from call %d: %s", call, a.Body)
		}
		f.Faults.Clear()
		if a := f.verify(t, ch, code); a.Status != http.StatusCreated {
			t.Errorf("from call %d, again: %s", call, a.Body)
		}
	}
}

func TestTheSameConfirmationAgain(t *testing.T) {
	f := start(t, "us")
	n := credentialtest.Number(t)
	ch := f.add(t, n.E164(), "US", "sms").JSON["challenge_id"]
	code := f.Code(t, n)
	first := f.verify(t, ch, code)
	again := f.verify(t, ch, code)
	if first.Status != http.StatusCreated || again.Status != http.StatusCreated || again.Token != first.Token || again.Body != first.Body {
		t.Errorf("first %s, again %s", first.Body, again.Body)
	}
}

func TestProofingComesFirst(t *testing.T) {
	f := start(t, "us-proofed")
	a := f.add(t, "202 555 0123", "US", "sms")
	if a.Status != http.StatusConflict || a.Code() != "credential-required" || a.JSON["next"] != "prove" {
		t.Error(a.Body)
	}
}
