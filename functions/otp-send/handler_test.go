package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"phoneotp/infra/bench/figures"
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

const (
	send   = "POST /api/otp/send"
	resend = "POST /api/otp/challenges/{id}/resend"
	look   = "GET /api/otp/challenges/{id}"
)

type fixture struct {
	*credentialtest.World
	people  *sessiontest.World
	api     *httpapi.API
	clock   time.Time
	session session.Session
	phone   string
	number  phone.Number
}

// start signs in a holder of a credential with one phone by text, activated an hour ago.
func start(t *testing.T) *fixture {
	t.Helper()
	base := dynamotest.Start(t)
	f := &fixture{World: credentialtest.New(t, base), people: sessiontest.New(t, base), clock: noon}
	_, f.session = f.people.SignedIn(t, "grace", noon)
	f.phone, f.number = f.Active(t, credential.Asker{Holder: f.session.Account, Session: f.session.ID}, noon.Add(-time.Hour))
	h := &handler{sessions: f.people.Sessions, sender: f.Sender}
	f.api = &httpapi.API{Routes: h.routes(), Origin: credentialtest.Origin, Now: func() time.Time { return f.clock }}
	f.Faults.Clear()
	return f
}

func (f *fixture) ask(t *testing.T, route, body string, params ...string) credentialtest.Answer {
	t.Helper()
	return credentialtest.Ask(t, f.api, f.session.Token(), route, body, params...)
}

func (f *fixture) body(more string) string { return `{"phone_id":"` + f.phone + `"` + more + `}` }

func TestACodeByTextInThreeCalls(t *testing.T) {
	f := start(t)
	a := f.ask(t, send, f.body(""))
	if a.Status != http.StatusAccepted {
		t.Fatal(a.Body)
	}
	calls := f.Faults.Asked()
	if !slices.Equal(calls, []string{"GetItem", "UpdateItem", ""}) { // SNS does not name its operation in a header
		t.Errorf("calls %q, want the session, the credential, the publish", calls)
	}
	figures.Exactly(t, 1, "AWS calls, otp-send", float64(len(calls)), 3)
	text := f.Texts(t, f.number)[1]
	want := map[string]any{
		"challenge_id": a.JSON["challenge_id"], "tag": a.JSON["tag"], "phone": map[string]any{"ending": f.number.Ending(), "channel": "sms"},
		"expires_at": "2026-11-25T12:02:00Z", "tries_left": 5.0, "next_try_at": "2026-11-25T12:00:00Z",
		"next_sms_at": "2026-11-25T12:00:30Z", "next_voice_at": "2026-11-25T12:00:30Z", "delivery": "accepted",
	}
	if d := cmp.Diff(want, a.JSON); d != "" || !strings.Contains(text, "ref "+a.JSON["tag"].(string)) {
		t.Errorf("challenge (-want +got):\n%s\ntext %q", d, text)
	}
	if again := f.ask(t, look, "", "id", a.JSON["challenge_id"].(string)); again.Status != http.StatusOK || again.Body != a.Body {
		t.Errorf("asked again: %s", again.Body)
	}
}

func TestACodeByCall(t *testing.T) {
	f := start(t)
	a := f.ask(t, send, f.body(`,"channel":"voice"`))
	if a.Status != http.StatusAccepted || a.JSON["expires_at"] != "2026-11-25T12:03:00Z" {
		t.Fatal(a.Body)
	}
	if claimed, err := f.Claimer.Claim(t.Context(), f.Order(t), noon); err != nil || claimed.To != f.number {
		t.Error(err)
	}
	a = f.ask(t, look, "", "id", a.JSON["challenge_id"].(string))
	if a.JSON["delivery"] != "sent" || a.JSON["expires_at"] != "2026-11-25T12:02:00Z" {
		t.Errorf("after the call: %s", a.Body)
	}
}

func TestResend(t *testing.T) {
	f := start(t)
	first := f.ask(t, send, f.body("")).JSON["challenge_id"].(string)
	f.clock = noon.Add(30 * time.Second)
	second := f.ask(t, resend, "", "id", first)
	if second.Status != http.StatusAccepted || second.JSON["challenge_id"] == first || second.JSON["next_sms_at"] != "2026-11-25T12:01:30Z" {
		t.Fatal(second.Body)
	}
	if old := f.ask(t, look, "", "id", first); old.Status != http.StatusGone || old.Code() != "otp-spent" {
		t.Errorf("the voided one: %s", old.Body)
	}
	f.clock = noon.Add(90 * time.Second)
	if third := f.ask(t, resend, `{"channel":"voice"}`, "id", second.JSON["challenge_id"].(string)); third.Status != http.StatusAccepted || third.JSON["phone"].(map[string]any)["channel"] != "voice" {
		t.Errorf("by call: %s", third.Body)
	}
	if a := f.ask(t, resend, "", "id", "AAAAAAAAAAAAAAAAAAAAAA"); a.Status != http.StatusNotFound || a.Code() != "otp-unknown" {
		t.Errorf("an unknown one: %s", a.Body)
	}
}

// TestProblems is what each refusal looks like as a whole.
func TestProblems(t *testing.T) {
	f := start(t)
	if a := f.ask(t, send, f.body("")); a.Status != http.StatusAccepted {
		t.Fatal(a.Body)
	}
	problem := func(status float64, code, title string, more map[string]any) map[string]any {
		doc := map[string]any{"type": "/problems/" + code, "title": title, "status": status, "code": code, "instance": "urn:request:" + credentialtest.RequestID}
		for k, v := range more {
			doc[k] = v
		}
		return doc
	}
	field := func(pointer, detail string) []any {
		return []any{map[string]any{"pointer": pointer, "detail": detail}}
	}
	for name, row := range map[string]struct {
		route, body string
		want        map[string]any
	}{
		"too soon": {send, f.body(""), problem(429, "send-too-soon", "The last code was sent a moment ago", map[string]any{"retry_at": "2026-11-25T12:00:30Z", "rule": "gap"})},
		"nothing":  {send, `{}`, problem(422, "invalid", "Some of the information needs to be corrected", map[string]any{"errors": field("/phone_id", "is required")})},
		"pigeon":   {send, f.body(`,"channel":"pigeon"`), problem(422, "invalid", "Some of the information needs to be corrected", map[string]any{"errors": field("/channel", "must be sms or voice")})},
		"unknown":  {send, `{"phone_id":"00000000"}`, problem(404, "phone-unknown", "There is no such number", nil)},
		"another":  {send, `{"phone_id":"x"}`, problem(404, "phone-unknown", "There is no such number", nil)},
		"a number": {send, `{"phone_id":1}`, problem(400, "malformed", "The request cannot be read", map[string]any{"errors": field("/phone_id", "must be a text")})},
		"a member": {send, f.body(`,"to":"+1"`), problem(400, "malformed", "The request cannot be read", map[string]any{"detail": `The member "to" is not known here.`})},
		"no body":  {send, ``, problem(400, "malformed", "The request cannot be read", map[string]any{"detail": "The body must be one JSON object."})},
		"a word":   {look, ``, problem(404, "otp-unknown", "There is no such code request", nil)},
	} {
		a := f.ask(t, row.route, row.body, "id", "word")
		if d := cmp.Diff(row.want, a.JSON); d != "" || float64(a.Status) != row.want["status"] {
			t.Errorf("%s: %d (-want +got):\n%s", name, a.Status, d)
		}
	}
	f.clock = noon.Add(-time.Hour).AddDate(1, 0, 0)
	_, late := f.people.SignedIn(t, "late", f.clock)
	for name, token := range map[string]secret.Text{"expired": f.people.In(t, "grace", f.clock).Token(), "nothing bought": late.Token()} {
		if a := credentialtest.Ask(t, f.api, token, send, f.body("")); a.Status != http.StatusConflict || a.Code() != "credential-not-active" {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	for _, route := range []string{send, resend, look} {
		if a := credentialtest.Ask(t, f.api, "", route, "", "id", "word"); a.Status != http.StatusUnauthorized || a.JSON["next"] != "sign-in" {
			t.Errorf("%s without a session: %s", route, a.Body)
		}
	}
}

// TestOneAnswerLost repeats a send once for each of its calls, with that call's answer cut (quality.md 2 row 3).
func TestOneAnswerLost(t *testing.T) {
	for cut := range 3 {
		f := start(t)
		f.Faults.OnCall(cut, dynamotest.CutReply)
		a := f.ask(t, send, f.body(""))
		f.Faults.Clear()
		want := "accepted"
		if cut == 2 {
			want = "unknown"
		}
		if a.Status != http.StatusAccepted || a.JSON["delivery"] != want {
			t.Errorf("call %d: %s", cut, a.Body)
		}
		if texts := f.Texts(t, f.number); len(texts) != 2 {
			t.Errorf("call %d: %d texts, want the enrolment's and one", cut, len(texts))
		}
	}
}

func TestServicesInTrouble(t *testing.T) {
	for call := range 2 {
		f := start(t)
		f.Faults.FromCall(call, dynamotest.Throttle)
		a := f.ask(t, send, f.body(""))
		f.Faults.Clear()
		if a.Status != http.StatusServiceUnavailable || a.JSON["retry_at"] == nil || len(f.Texts(t, f.number)) != 1 {
			t.Errorf("from call %d: %s", call, a.Body)
		}
	}
	f := start(t)
	f.Faults.OnCall(2, dynamotest.Throttle) // SNS refuses
	if a := f.ask(t, send, f.body("")); a.Status != http.StatusAccepted || a.JSON["delivery"] != "failed" || a.JSON["delivery_detail"] == nil {
		t.Errorf("the supplier refuses: %s", a.Body)
	}
}
