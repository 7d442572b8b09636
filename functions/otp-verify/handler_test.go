package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const verify = "POST /api/otp/verify"

type fixture struct {
	*credentialtest.World
	people    *sessiontest.World
	api       *httpapi.API
	clock     time.Time
	session   session.Session
	asker     credential.Asker
	phone     string
	number    phone.Number
	challenge credential.Challenge
	code      secret.Text
}

// start signs in a holder with one phone, to which a code was sent at noon.
func start(t *testing.T) *fixture {
	t.Helper()
	base := dynamotest.Start(t)
	f := &fixture{World: credentialtest.New(t, base), people: sessiontest.New(t, base), clock: noon}
	_, f.session = f.people.SignedIn(t, "grace", noon)
	f.asker = credential.Asker{Holder: f.session.Account, Session: f.session.ID}
	f.phone, f.number = f.Active(t, f.asker, noon.Add(-time.Hour))
	f.send(t)
	h := &handler{raiser: f.people.Raiser, login: credential.Login{DB: f.DB, Verifier: f.Verifier, Raiser: f.people.Raiser, Log: f.people.Log}}
	f.api = &httpapi.API{Routes: h.routes(), Origin: credentialtest.Origin, Now: func() time.Time { return f.clock }}
	f.Faults.Clear()
	return f
}

func (f *fixture) send(t *testing.T) {
	t.Helper()
	var err error
	if f.challenge, err = f.Sender.Send(t.Context(), f.asker, f.phone, "", f.clock); err != nil {
		t.Fatal(err)
	}
	f.code = f.Code(t, f.number)
}

func (f *fixture) try(t *testing.T, code secret.Text) credentialtest.Answer {
	t.Helper()
	return f.tryAs(t, f.session.Token(), code)
}

func (f *fixture) tryAs(t *testing.T, token, code secret.Text) credentialtest.Answer {
	t.Helper()
	return credentialtest.Ask(t, f.api, token, verify, fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, f.challenge.ChallengeID, code.Reveal()))
}

// live tells whether a token is a session's, and how strong that is.
func (f *fixture) live(t *testing.T, token secret.Text) session.Strength {
	t.Helper()
	s, err := f.people.Sessions.Require(t.Context(), sessiontest.Request(token, "GET /api/session", "", f.clock))
	if err != nil {
		return ""
	}
	return s.Strength
}

func TestARightCodeRaisesTheSessionInThreeCalls(t *testing.T) {
	f := start(t)
	f.Faults.Meter()
	a := f.try(t, f.code)
	calls := f.Faults.Asked()
	if !slices.Equal(calls, []string{"GetItem", "UpdateItem", "TransactWriteItems"}) {
		t.Errorf("calls %q, want the session, the try, the transaction", calls)
	}
	figures.Exactly(t, 1, "AWS calls, otp-verify", float64(len(calls)), 3)
	made := f.Faults.Calls()
	transaction := made[len(made)-1]
	if transaction.Items != 3 {
		t.Errorf("%d writes, want the code used, the session raised, the record", transaction.Items)
	}
	figures.AtMost(t, 2, "writes in the transaction of a right code", float64(transaction.Items), 4)
	want := map[string]any{
		"user_id": "grace", "name": a.JSON["name"], "roles": []any{}, "strength": "phone_otp", "level": 2.0,
		"expires_at": "2026-11-25T20:00:00Z", "idle_expires_at": "2026-11-25T12:15:00Z",
		"credential": map[string]any{
			"state": "active", "product": "us", "proofed": false, "proofing_method": nil,
			"purchased_at": "2026-11-25T11:00:00Z", "expires_at": "2027-11-25T11:00:00Z", "renewable": true,
		},
		"phones":    []any{map[string]any{"id": f.phone, "ending": f.number.Ending(), "channel": "sms", "country": "US", "added_at": "2026-11-25T11:00:00Z"}},
		"challenge": nil, "next": "none",
	}
	if d := cmp.Diff(want, a.JSON); a.Status != http.StatusOK || d != "" {
		t.Errorf("%d (-want +got):\n%s", a.Status, d)
	}
	if a.Token == "" || a.Token == f.session.Token() || f.live(t, a.Token) != session.PhoneOTP || f.live(t, f.session.Token()) != "" {
		t.Error("the new token does not work, or the old one still does")
	}
	if got := f.people.Events(t, audit.Account(f.session.Account.String())); !slices.Contains(got, credential.EventCodeRight) {
		t.Errorf("recorded: %v", got)
	}
}

// TestProblems is what each refusal looks like as a whole.
func TestProblems(t *testing.T) {
	f := start(t)
	problem := func(status float64, code, title string, more map[string]any) map[string]any {
		doc := map[string]any{"type": "/problems/" + code, "title": title, "status": status, "code": code, "instance": "urn:request:" + credentialtest.RequestID}
		for k, v := range more {
			doc[k] = v
		}
		return doc
	}
	counted := func(left float64) map[string]any {
		return map[string]any{
			"tries_left": left, "expires_at": "2026-11-25T12:02:00Z", "next_try_at": "2026-11-25T12:00:00Z",
			"next_sms_at": "2026-11-25T12:00:30Z", "next_voice_at": "2026-11-25T12:00:30Z",
		}
	}
	id := f.challenge.ChallengeID
	body := func(id, code string) string { return fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, id, code) }
	wrong := credentialtest.Wrong(f.code).Reveal()
	field := func(pairs ...string) (errors []any) {
		for i := 0; i < len(pairs); i += 2 {
			errors = append(errors, map[string]any{"pointer": pairs[i], "detail": pairs[i+1]})
		}
		return errors
	}
	for i, row := range []struct {
		body string
		want map[string]any
	}{
		{`[]`, problem(400, "malformed", "The request cannot be read", map[string]any{"detail": "The body must be one JSON object."})},
		{`{"code":123456}`, problem(400, "malformed", "The request cannot be read", map[string]any{"errors": field("/code", "must be a text")})},
		{`{}`, problem(422, "invalid", "Some of the information needs to be corrected", map[string]any{"errors": field("/challenge_id", "is required", "/code", "is required")})},
		{body("unknown", "12345"), problem(422, "otp-malformed", "A code has six digits", nil)},
		{body("unknown", "123456"), problem(404, "otp-unknown", "There is no such code request", nil)},
		{body("AAAAAAAAAAAAAAAAAAAAAA", "123456"), problem(404, "otp-unknown", "There is no such code request", nil)},
		{body(id, wrong), problem(422, "otp-wrong", "That is not the code", counted(4))},
		{body(id, wrong), problem(422, "otp-wrong", "That is not the code", counted(3))},
		{body(id, "12345x"), problem(422, "otp-malformed", "A code has six digits", nil)},
		{body(id, wrong), problem(422, "otp-wrong", "That is not the code", counted(2))},
		{body(id, wrong), problem(422, "otp-wrong", "That is not the code", counted(1))},
		{body(id, wrong), problem(422, "otp-wrong", "That is not the code", counted(0))},
		{body(id, f.code.Reveal()), problem(410, "otp-spent", "This code is no longer in use", nil)},
	} {
		a := credentialtest.Ask(t, f.api, f.session.Token(), verify, row.body)
		if d := cmp.Diff(row.want, a.JSON); d != "" || float64(a.Status) != row.want["status"] || a.Token != "" {
			t.Errorf("row %d: %d (-want +got):\n%s", i, a.Status, d)
		}
		if strings.Contains(a.Body, f.code.Reveal()) || strings.Contains(a.Body, "123456") {
			t.Errorf("row %d repeats a code: %s", i, a.Body)
		}
	}
	if a := f.tryAs(t, "", f.code); a.Status != http.StatusUnauthorized || a.Code() != "not-signed-in" {
		t.Errorf("without a session: %s", a.Body)
	}
}

func TestTheTimesOfACode(t *testing.T) {
	f := start(t)
	earlier := f.code
	f.clock = noon.Add(120 * time.Second)
	if a := f.try(t, f.code); a.Status != http.StatusGone || a.Code() != "otp-expired" {
		t.Errorf("at 120 s: %s", a.Body)
	}
	f.send(t)
	if a := f.try(t, earlier); a.Status != http.StatusUnprocessableEntity || a.Code() != "otp-earlier-code" || a.JSON["tries_left"] != 4.0 {
		t.Errorf("an earlier code: %s", a.Body)
	}
	f.clock = f.clock.Add(119 * time.Second)
	if a := f.try(t, f.code); a.Status != http.StatusOK {
		t.Errorf("at 119 s: %s", a.Body)
	}
}

func TestALockedHolder(t *testing.T) {
	f := start(t)
	for i := range 10 {
		if i == 5 {
			f.clock = noon.Add(time.Minute)
			f.send(t)
		}
		if a := f.try(t, credentialtest.Wrong(f.code)); a.Code() != "otp-wrong" {
			t.Fatalf("wrong code %d: %s", i+1, a.Body)
		}
	}
	_, err := f.Sender.Send(t.Context(), f.asker, f.phone, "", f.clock.Add(10*time.Minute))
	if err == nil {
		t.Fatal("a locked holder gets a code")
	}
	f.clock = f.clock.Add(30 * time.Minute)
	f.session = f.people.In(t, "grace", f.clock)
	f.asker.Session = f.session.ID
	f.send(t)
	if a := f.try(t, f.code); a.Status != http.StatusOK {
		t.Errorf("after the lock: %s", a.Body)
	}
}

// TestTheSameVerificationAgain is what a lost answer leads to (product.md 7).
func TestTheSameVerificationAgain(t *testing.T) {
	f := start(t)
	first := f.try(t, f.code)
	f.clock = noon.Add(59 * time.Second)
	f.Faults.Clear()
	if again := f.try(t, f.code); again.Status != http.StatusOK || again.Token != first.Token || again.Body != first.Body {
		t.Errorf("within a minute: %s", again.Body)
	}
	if calls := f.Faults.Asked(); !slices.Equal(calls, []string{"GetItem", "UpdateItem"}) {
		t.Errorf("calls %q, want the session, the look at the code", calls)
	}
	if a := f.try(t, credentialtest.Wrong(f.code)); a.Status != http.StatusUnauthorized || a.Token != "" {
		t.Errorf("another code: %s", a.Body)
	}
	for range 3 {
		f.try(t, credentialtest.Wrong(f.code))
	}
	if a := f.try(t, f.code); a.Status != http.StatusGone || a.Token != "" {
		t.Errorf("a dead token is a place to guess: %s", a.Body)
	}
	f.clock = noon.Add(60 * time.Second)
	if a := f.try(t, f.code); a.Status != http.StatusUnauthorized {
		t.Errorf("after a minute: %s", a.Body)
	}
	if f.live(t, first.Token) != session.PhoneOTP {
		t.Error("repeats harmed the session")
	}
}

// TestOneAnswerLost repeats a verification once for each of its calls, with that call's answer cut.
func TestOneAnswerLost(t *testing.T) {
	for cut := range 3 {
		f := start(t)
		f.Faults.OnCall(cut, dynamotest.CutReply)
		a := f.try(t, f.code)
		f.Faults.Clear()
		if a.Status != http.StatusOK || f.live(t, a.Token) != session.PhoneOTP {
			t.Errorf("call %d: %s", cut, a.Body)
		}
		entries := f.people.Events(t, audit.Account(f.session.Account.String()))
		if n := len(slices.DeleteFunc(entries, func(e audit.Event) bool { return e != credential.EventCodeRight })); n != 1 {
			t.Errorf("call %d: recorded %d times", cut, n)
		}
	}
}

// TestACrashAfterEachCall ends every call from the n-th on, then tries again.
func TestACrashAfterEachCall(t *testing.T) {
	for call := range 3 {
		f := start(t)
		f.Faults.FromCall(call, dynamotest.CutRequest)
		if a := f.try(t, f.code); a.Status != http.StatusServiceUnavailable || a.Token != "" {
			t.Errorf("from call %d: %s", call, a.Body)
		}
		f.Faults.Clear()
		if a := f.try(t, f.code); a.Status != http.StatusOK || f.live(t, a.Token) != session.PhoneOTP {
			t.Errorf("from call %d, again: %s", call, a.Body)
		}
	}
}

// TestFiftyAtOnce types one right code fifty times at once: one session comes of it, whoever gets an answer.
func TestFiftyAtOnce(t *testing.T) {
	f := start(t)
	var mu sync.Mutex
	tokens := map[secret.Text]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			a := f.try(t, f.code)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case a.Status == http.StatusOK:
				tokens[a.Token]++
			case a.Code() != "otp-spent":
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	wg.Wait()
	if len(tokens) != 1 {
		t.Errorf("%d sessions", len(tokens))
	}
	for token := range tokens {
		if f.live(t, token) != session.PhoneOTP {
			t.Error("the session is not there")
		}
	}
}

func TestACodeOfAnotherSession(t *testing.T) {
	f := start(t)
	other := f.people.In(t, "grace", noon)
	if a := f.tryAs(t, other.Token(), f.code); a.Status != http.StatusNotFound || a.Code() != "otp-unknown" {
		t.Errorf("a code of another session: %s", a.Body)
	}
	_, stranger := f.people.SignedIn(t, "mallory", noon)
	if a := f.tryAs(t, stranger.Token(), f.code); a.Status != http.StatusNotFound || a.Code() != "otp-unknown" {
		t.Errorf("a code of another person: %s", a.Body)
	}
}
