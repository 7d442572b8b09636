package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/bureau"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/proofing/appointment/appointmenttest"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

var (
	now = appointmenttest.Monday
	ten = now.Add(10 * time.Hour)
)

// asked is a bureau that asks four questions and passes who chooses the first choice each time.
type asked struct{ starts, answers int }

func (a *asked) Start(context.Context, bureau.Applicant, string, time.Time) (bureau.Step, error) {
	a.starts++
	step := bureau.Step{Session: "session"}
	for i := range 4 {
		q := bureau.Question{Text: secret.Text(fmt.Sprintf("canary question %d", i))}
		for j := range 4 {
			q.Choices = append(q.Choices, secret.Text(fmt.Sprintf("canary choice %d", j)))
		}
		step.Questions = append(step.Questions, q)
	}
	return step, nil
}

func (a *asked) Answer(_ context.Context, _ bureau.Session, choices []int, _ time.Time) (bureau.Step, error) {
	a.answers++
	for _, c := range choices {
		if c != 0 {
			return bureau.Step{Outcome: &bureau.Outcome{Verdict: bureau.Failed, Reference: "ref"}}, nil
		}
	}
	return bureau.Step{Outcome: &bureau.Outcome{Verdict: bureau.Passed, Reference: "ref"}}, nil
}

type fixture struct {
	*appointmenttest.World
	api    *httpapi.API
	clock  time.Time
	bureau *asked
	in     session.Session
	id     proofing.ID
}

// start signs in a holder whose case is open.
func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: appointmenttest.New(t, dynamotest.Start(t), "agent1"), clock: now, bureau: &asked{}}
	h := &handler{sessions: f.Sessions, diary: f.Diary, limits: f.Limits, quizzes: proofing.Quizzes{Desk: f.Diary.Desk, Bureau: f.bureau}}
	f.api = &httpapi.API{Routes: h.routes(), Origin: appointmenttest.Origin, Now: func() time.Time { return f.clock }}
	_, f.id = f.Holder(t, "grace", now)
	f.in = f.In(t, "grace", now)
	return f
}

type answer struct {
	status int
	json   map[string]any
	raw    string
}

func (f *fixture) ask(t *testing.T, token secret.Text, method, path, body string) answer {
	t.Helper()
	path, query, _ := strings.Cut(path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	e := events.APIGatewayV2HTTPRequest{RouteKey: method + " " + path, RawPath: path, Body: body, QueryStringParameters: map[string]string{},
		Headers: map[string]string{"content-type": "application/json", "cookie": httpapi.SessionCookie + "=" + token.Reveal()}}
	for name := range values {
		e.QueryStringParameters[name] = values.Get(name)
	}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = method, "192.0.2.1"
	res, err := f.api.Handle(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, raw: res.Body}
	if res.Body != "" {
		if err := json.Unmarshal([]byte(res.Body), &a.json); err != nil {
			t.Fatalf("%s %s: %q", method, path, res.Body)
		}
	}
	return a
}

func (f *fixture) mine(t *testing.T, method, path, body string) answer {
	t.Helper()
	return f.ask(t, f.in.Token(), method, path, body)
}

const (
	agreed = `"consent":{"accepted":true,"text_version":"1"},"name_confirmed":true`
	who    = `"applicant":{"date_of_birth":"1906-12-09","ssn_last4":"9137","address":{"line1":"1 Navy Way","city":"Arlington","region":"VA","postal_code":"22201","country":"US"},"phone":"2025550143"}`
)

// choose answers a quiz, with the choice of this place each time.
func choose(t *testing.T, a answer, place int) string {
	t.Helper()
	quiz, ok := a.json["quiz"].(map[string]any)
	if !ok {
		t.Fatal(a.raw)
	}
	var given []string
	for _, q := range quiz["questions"].([]any) {
		choices := q.(map[string]any)["choices"].([]any)
		given = append(given, fmt.Sprintf(`{"question_id":%q,"choice_id":%q}`, q.(map[string]any)["id"], choices[place].(map[string]any)["id"]))
	}
	return fmt.Sprintf(`{"quiz_id":%q,"answers":[%s]}`, quiz["id"], strings.Join(given, ","))
}

func TestAnInstantPass(t *testing.T) {
	t.Parallel()
	f := start(t)
	v := f.mine(t, "GET", "/api/proofing", "")
	if v.status != http.StatusOK || v.json["state"] != "choose" || fmt.Sprint(v.json["methods"]) != "[instant video]" || v.json["attempts_left"] != 3.0 || v.json["appointment"] != nil || v.json["id"] != string(f.id) {
		t.Fatal(v.raw)
	}
	q := f.mine(t, "POST", "/api/proofing/instant", `{`+agreed+`,`+who+`}`)
	if q.status != http.StatusOK {
		t.Fatal(q.raw)
	}
	done := f.mine(t, "POST", "/api/proofing/instant/answers", choose(t, q, 0))
	if done.status != http.StatusOK || done.raw != `{"outcome":"passed","attempts_left":3,"next":"register-phone"}` {
		t.Fatal(done.raw)
	}
	if again := f.mine(t, "POST", "/api/proofing/instant/answers", choose(t, q, 0)); again.status != http.StatusGone || again.json["code"] != "quiz-expired" || f.bureau.answers != 1 {
		t.Errorf("answered again: %s", again.raw)
	}
	held, err := f.Diary.Desk.Credentials.Find(t.Context(), f.in.Account)
	if err != nil || held.Method != proofing.ByQuiz {
		t.Errorf("the credential: %+v, %v", held, err)
	}
	for _, table := range []string{"CASES_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "CREDENTIALS_TABLE"} { // P-12
		raw, err := json.Marshal(f.Scan(t, table))
		if err != nil || strings.Contains(string(raw), "canary") || strings.Contains(string(raw), "1906-12-09") || strings.Contains(string(raw), `"9137"`) {
			t.Errorf("%s holds what is never kept", table)
		}
	}
}

func TestTwoQuizzesThenVideo(t *testing.T) {
	t.Parallel()
	f := start(t)
	for left := range 2 {
		q := f.mine(t, "POST", "/api/proofing/instant", `{`+agreed+`,`+who+`}`)
		done := f.mine(t, "POST", "/api/proofing/instant/answers", choose(t, q, 1))
		if done.status != http.StatusOK || done.json["outcome"] != "not-verified" || done.json["attempts_left"] != float64(2-left) {
			t.Fatal(done.raw)
		}
	}
	if third := f.mine(t, "POST", "/api/proofing/instant", `{`+agreed+`,`+who+`}`); third.status != http.StatusConflict || third.json["code"] != "attempts-used" || f.bureau.starts != 2 {
		t.Errorf("a third: %s", third.raw)
	}
	if v := f.mine(t, "GET", "/api/proofing", ""); v.json["state"] != "video-only" || fmt.Sprint(v.json["methods"]) != "[video]" {
		t.Error(v.raw)
	}
}

func TestFromSlotsToTheActivationCode(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := f.mine(t, "GET", "/api/proofing/slots?from=2026-11-23&to=2026-11-23&zone=America/Denver", "")
	free, _ := s.json["slots"].([]any)
	if s.status != http.StatusOK || len(free) != 16 || fmt.Sprint(free[0]) != "map[free:1 starts_at:2026-11-23T09:00:00Z]" {
		t.Fatal(s.raw)
	}
	wish := `{"starts_at":"2026-11-23T10:00:00Z","zone":"America/Denver",` + agreed + `}`
	b := f.mine(t, "POST", "/api/proofing/appointment", wish)
	if b.status != http.StatusCreated || b.json["state"] != "booked" || b.json["room_url"] != appointmenttest.Origin+"/proofing/appointment" || b.json["zone"] != "America/Denver" {
		t.Fatal(b.raw)
	}
	if v := f.mine(t, "GET", "/api/proofing", ""); v.json["state"] != "booked" || v.json["appointment"].(map[string]any)["id"] != b.json["id"] {
		t.Error(v.raw)
	}
	if taken := f.mine(t, "PUT", "/api/proofing/appointment", `{"starts_at":"2026-11-22T10:00:00Z"}`); taken.status != http.StatusConflict || taken.json["code"] != "slot-taken" || taken.json["slots"] == nil {
		t.Errorf("a Sunday: %s", taken.raw)
	}
	if m := f.mine(t, "PUT", "/api/proofing/appointment", `{"starts_at":"2026-11-24T10:00:00Z"}`); m.status != http.StatusOK || m.json["starts_at"] != "2026-11-24T10:00:00Z" {
		t.Error(m.raw)
	}
	if c := f.mine(t, "DELETE", "/api/proofing/appointment", ""); c.status != http.StatusNoContent {
		t.Error(c.raw)
	}
	if c := f.mine(t, "DELETE", "/api/proofing/appointment", ""); c.status != http.StatusNotFound || c.json["code"] != "appointment-unknown" {
		t.Error(c.raw)
	}
	b = f.mine(t, "POST", "/api/proofing/appointment", wish)
	with, _ := b.json["id"].(string)
	agent := f.Person(t, "agent1", now)
	if _, err := f.Diary.Claim(t.Context(), with, agent.ID, ten); err != nil {
		t.Fatal(err)
	}
	got, err := f.Diary.Conclude(t.Context(), with, agent.ID, appointment.Conclusion{Outcome: "passed", Reason: "seen", Checklist: appointmenttest.Checklist()}, ten)
	if err != nil {
		t.Fatal(err)
	}
	f.in, f.clock = f.In(t, "grace", ten), ten
	if v := f.mine(t, "GET", "/api/proofing", ""); v.json["state"] != "passed" || v.json["activation_code_needed"] != true {
		t.Error(v.raw)
	}
	done := f.mine(t, "POST", "/api/proofing/activation-code", fmt.Sprintf(`{"code":%q}`, strings.ToLower(got.Code.Reveal())))
	if done.status != http.StatusOK || done.json["next"] != "register-phone" || done.json["credential"].(map[string]any)["proofing_method"] != "video" {
		t.Error(done.raw)
	}
}

// TestRefusals has what is wrong with each request; none of them reaches the bureau or a slot.
func TestRefusals(t *testing.T) {
	t.Parallel()
	f := start(t)
	for name, row := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"no consent":         {"POST", "/api/proofing/instant", `{"name_confirmed":true,` + who + `}`, 422, "invalid"},
		"disagreed":          {"POST", "/api/proofing/instant", `{"consent":{"accepted":false,"text_version":"1"},"name_confirmed":true,` + who + `}`, 422, "consent-outdated"}, // P-13
		"an older text":      {"POST", "/api/proofing/instant", `{"consent":{"accepted":true,"text_version":"0"},"name_confirmed":true,` + who + `}`, 422, "consent-outdated"},
		"name not confirmed": {"POST", "/api/proofing/instant", `{"consent":{"accepted":true,"text_version":"1"},` + who + `}`, 422, "invalid"},
		"nobody":             {"POST", "/api/proofing/instant", `{` + agreed + `}`, 422, "invalid"},
		"Puerto Rico":        {"POST", "/api/proofing/instant", `{` + agreed + `,` + strings.Replace(who, `"VA"`, `"PR"`, 1) + `}`, 409, "instant-not-offered"}, // P-09
		"three digits":       {"POST", "/api/proofing/instant", `{` + agreed + `,` + strings.Replace(who, `"9137"`, `"913"`, 1) + `}`, 422, "invalid"},
		"no quiz":            {"POST", "/api/proofing/instant/answers", `{"quiz_id":"x","answers":[{"question_id":"a","choice_id":"b"}]}`, 410, "quiz-expired"},
		"no answers":         {"POST", "/api/proofing/instant/answers", `{"quiz_id":"x","answers":[]}`, 422, "invalid"},
		"a zone":             {"GET", "/api/proofing/slots?from=2026-11-23&to=2026-11-24&zone=Local", "", 422, "invalid"},
		"backwards":          {"GET", "/api/proofing/slots?from=2026-11-24&to=2026-11-23&zone=UTC", "", 422, "invalid"},
		"a local time":       {"POST", "/api/proofing/appointment", `{"starts_at":"2026-11-23T10:00","zone":"UTC",` + agreed + `}`, 422, "invalid"},
		"booked disagreed":   {"POST", "/api/proofing/appointment", `{"starts_at":"2026-11-23T10:00:00Z","zone":"UTC","consent":{"accepted":false,"text_version":"1"},"name_confirmed":true}`, 422, "consent-outdated"},
		"nothing to move":    {"PUT", "/api/proofing/appointment", `{"starts_at":"2026-11-23T10:00:00Z"}`, 404, "appointment-unknown"},
		"no code":            {"POST", "/api/proofing/activation-code", `{}`, 422, "invalid"},
		"a typing error":     {"POST", "/api/proofing/activation-code", `{"code":"x"}`, 422, "activation-code-wrong"},
		"another member":     {"POST", "/api/proofing/activation-code", `{"code":"x","more":1}`, 400, "malformed"},
	} {
		if a := f.mine(t, row.method, row.path, row.body); a.status != row.status || a.json["code"] != row.code {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	if f.bureau.starts+f.bureau.answers != 0 || len(f.Scan(t, "SLOTS_TABLE")) != 0 {
		t.Error("a refused request was carried out")
	}
	_, late := f.SignedIn(t, "alan", now) // who has bought nothing
	for _, token := range []struct {
		token  secret.Text
		status int
	}{{"", 401}, {late.Token(), 404}} {
		for route, body := range map[string]string{
			"GET /api/proofing": "", "POST /api/proofing/instant": `{` + agreed + `,` + who + `}`, "GET /api/proofing/slots?from=2026-11-23&to=2026-11-23&zone=UTC": "",
			"POST /api/proofing/appointment": `{"starts_at":"2026-11-23T10:00:00Z","zone":"UTC",` + agreed + `}`, "PUT /api/proofing/appointment": `{"starts_at":"2026-11-23T10:00:00Z"}`,
			"DELETE /api/proofing/appointment": "", "POST /api/proofing/activation-code": `{"code":"x"}`,
		} {
			method, path, _ := strings.Cut(route, " ")
			if a := f.ask(t, token.token, method, path, body); a.status != token.status {
				t.Errorf("%s: %d, want %d: %s", route, a.status, token.status, a.raw)
			}
		}
	}
}
