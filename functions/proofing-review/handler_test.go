package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/phone"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment/appointmenttest"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

const (
	list     = "GET /api/agent/appointments"
	claim    = "POST /api/agent/appointments/{id}/claim"
	conclude = "POST /api/agent/appointments/{id}/conclude"
	approve  = "POST /api/agent/cases/{id}/approve"
)

var (
	now = appointmenttest.Monday
	ten = now.Add(10 * time.Hour)
)

type fixture struct {
	*appointmenttest.World
	api            *httpapi.API
	clock          time.Time
	agent1, agent2 session.Session
	holder         account.Account
	id             proofing.ID
	with           string // the holder's appointment, at ten
}

// start has two agents at Phone OTP strength and a holder who has booked.
func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: appointmenttest.New(t, dynamotest.Start(t), "agent1", "agent2"), clock: ten}
	h := &handler{admission: credential.Admission{Sessions: f.Sessions, Credentials: f.Diary.Desk.Credentials}, diary: f.Diary}
	f.api = &httpapi.API{Routes: h.routes(), Origin: appointmenttest.Origin, Now: func() time.Time { return f.clock }}
	f.holder, f.id = f.Holder(t, "grace", now)
	f.with = f.Booked(t, f.holder, f.id, ten, now).ID
	f.agent1, f.agent2 = f.agent(t, "agent1"), f.agent(t, "agent2")
	return f
}

// agent signs in somebody with the role, an active credential and a right code.
func (f *fixture) agent(t *testing.T, userID string) session.Session {
	t.Helper()
	f.Person(t, userID, now)
	if err := f.Operator.Grant(t.Context(), userID, []string{account.RoleAgent}, "hired", now); err != nil {
		t.Fatal(err)
	}
	s := f.In(t, userID, ten)
	f.active(t, s)
	return f.raise(t, s)
}

// active gives an account an active credential.
func (f *fixture) active(t *testing.T, s session.Session) {
	t.Helper()
	o := credential.Opening{Holder: s.Account, License: []byte("digest"), Product: "us", Service: phone.USService, PurchasedAt: now}
	if err := f.DB.Commit(t.Context(), f.Diary.Desk.Credentials.Open(o, now)); err != nil {
		t.Fatal(err)
	}
	f.promote(t, s)
}

func (f *fixture) raise(t *testing.T, s session.Session) session.Session {
	t.Helper()
	next, raise := f.Raiser.Raise(s, "challenge", "123456", ten)
	if err := f.DB.Commit(t.Context(), raise); err != nil {
		t.Fatal(err)
	}
	return next
}

func (f *fixture) ask(t *testing.T, s session.Session, route, body, id string) credentialtest.Answer {
	t.Helper()
	return credentialtest.Ask(t, f.api, s.Token(), route, body, "id", id)
}

// day asks for the appointments of a day.
func (f *fixture) day(t *testing.T, token secret.Text, day string) (int, map[string]any) {
	t.Helper()
	e := events.APIGatewayV2HTTPRequest{
		RouteKey: list, RawPath: "/api/agent/appointments", QueryStringParameters: map[string]string{"day": day},
		Headers: map[string]string{"cookie": httpapi.SessionCookie + "=" + token.Reveal()},
	}
	e.RequestContext.HTTP.Method = http.MethodGet
	res, err := f.api.Handle(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(res.Body), &out); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, out
}

// body is a conclusion as passed, with the name on the document.
func body(name string) string {
	return fmt.Sprintf(`{"outcome":"passed","reason":"all good","checklist":{"consent":true,"in_view":true,"cues":[true,true],`+
		`"document":{"type":"passport","country":"US","expires_on":"2031-01-01","last4":"1234","name":%q,"genuine":true},"face_match":true}}`, name)
}

func TestASessionFromListToCode(t *testing.T) {
	t.Parallel()
	f := start(t)
	status, got := f.day(t, f.agent1.Token(), "2026-11-23")
	want := fmt.Sprintf(`{"appointments":[{"holder":{"country":"US","name":"Grace Hopper"},"id":"%s","starts_at":"2026-11-23T10:00:00Z","state":"booked"}]}`, f.with)
	if raw, _ := json.Marshal(got); status != http.StatusOK || string(raw) != want {
		t.Errorf("list: %d %s, want %s", status, raw, want)
	}
	a := f.ask(t, f.agent1, claim, "", f.with)
	if cues, _ := a.JSON["cues"].([]any); a.Status != http.StatusOK || len(cues) != 2 || a.JSON["verification_word"] == "" || !strings.HasPrefix(a.JSON["meeting_url"].(string), "https://meet.example.org/") {
		t.Fatal(a.Body)
	}
	if a := f.ask(t, f.agent2, claim, "", f.with); a.Status != http.StatusConflict || a.Code() != "appointment-claimed" {
		t.Errorf("the other agent: %s", a.Body)
	}
	incomplete := strings.Replace(body("Grace Hopper"), `"cues":[true,true]`, `"cues":[true,false]`, 1)
	if a := f.ask(t, f.agent1, conclude, incomplete, f.with); a.Status != http.StatusUnprocessableEntity || a.Code() != "checklist-incomplete" || !strings.Contains(a.Body, `"pointer":"/checklist/cues/1"`) {
		t.Errorf("incomplete: %s", a.Body)
	}
	if a := f.ask(t, f.agent2, conclude, body("Grace Hopper"), f.with); a.Status != http.StatusConflict {
		t.Errorf("the other agent concludes: %s", a.Body)
	}
	done := f.ask(t, f.agent1, conclude, body("Grace Hopper"), f.with)
	code, _ := done.JSON["activation_code"].(string)
	if done.Status != http.StatusOK || done.JSON["state"] != "passed" || code == "" {
		t.Fatal(done.Body)
	}
	f.clock = ten.Add(9 * time.Minute)
	if again := f.ask(t, f.agent1, conclude, body("Grace Hopper"), f.with); again.Status != http.StatusOK || again.JSON["activation_code"] == code || again.JSON["activation_code"] == nil {
		t.Errorf("a fresh code: %s", again.Body)
	}
	f.clock = ten.Add(10 * time.Minute)
	if late := f.ask(t, f.agent1, conclude, body("Grace Hopper"), f.with); late.Status != http.StatusConflict || strings.Contains(late.Body, "activation_code") {
		t.Errorf("after ten minutes: %s", late.Body)
	}
}

func TestV10ASecondAgent(t *testing.T) {
	t.Parallel()
	f := start(t)
	if a := f.ask(t, f.agent1, claim, "", f.with); a.Status != http.StatusOK {
		t.Fatal(a.Body)
	}
	a := f.ask(t, f.agent1, conclude, body("Grace Hoppers"), f.with)
	if a.Status != http.StatusAccepted || a.JSON["state"] != "second-approval" || a.JSON["case_id"] != string(f.id) || strings.Contains(a.Body, "activation_code") {
		t.Fatal(a.Body)
	}
	yes := `{"approve":true,"reason":"one letter"}`
	for name, row := range map[string]struct {
		by         session.Session
		body, id   string
		status     int
		code, more string
	}{
		"the same agent": {f.agent1, yes, string(f.id), 403, "second-agent-needed", ""},
		"no reason":      {f.agent2, `{"approve":true}`, string(f.id), 422, "invalid", `"pointer":"/reason"`},
		"no decision":    {f.agent2, `{"reason":"x"}`, string(f.id), 422, "invalid", `"pointer":"/approve"`},
		"no case":        {f.agent2, yes, "x", 404, "case-unknown", ""},
		"another case":   {f.agent2, yes, strings.Repeat("0", 26), 404, "case-unknown", ""},
		"another member": {f.agent2, `{"approve":true,"reason":"x","code":"y"}`, string(f.id), 400, "malformed", ""},
	} {
		if a := f.ask(t, row.by, approve, row.body, row.id); a.Status != row.status || a.Code() != row.code || !strings.Contains(a.Body, row.more) {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	f.clock = ten.Add(3 * time.Minute)
	if a := f.ask(t, f.agent2, approve, yes, string(f.id)); a.Status != http.StatusOK || a.Body != `{"state":"passed"}` {
		t.Fatal(a.Body)
	}
	if a := f.ask(t, f.agent1, conclude, body("Grace Hoppers"), f.with); a.Status != http.StatusOK || a.JSON["activation_code"] == nil {
		t.Errorf("the first agent: %s", a.Body)
	}
}

// TestV10WhoMayActAsAnAgent has everybody who may not, at every route.
func TestV10WhoMayActAsAnAgent(t *testing.T) {
	t.Parallel()
	f := start(t)
	plain := f.In(t, "agent1", ten) // the role, at password strength
	holder := f.In(t, "grace", ten)
	for route, c := range map[string]struct{ body, id string }{claim: {"", f.with}, conclude: {body("Grace Hopper"), f.with}, approve: {`{"approve":true,"reason":"x"}`, string(f.id)}} {
		for _, who := range []struct {
			token  secret.Text
			status int
			code   string
			next   any
		}{{"", 401, "not-signed-in", "sign-in"}, {plain.Token(), 403, "strength-too-low", "elevate"}, {holder.Token(), 403, "agents-only", nil}} {
			if a := credentialtest.Ask(t, f.api, who.token, route, c.body, "id", c.id); a.Status != who.status || a.Code() != who.code || a.JSON["next"] != who.next {
				t.Errorf("%s, want %s: %s", route, who.code, a.Body)
			}
		}
	}
	for token, want := range map[secret.Text]int{"": 401, plain.Token(): 403, holder.Token(): 403, f.agent1.Token(): 200} {
		if status, got := f.day(t, token, "2026-11-23"); status != want {
			t.Errorf("list: %d %v, want %d", status, got, want)
		}
	}
	if status, got := f.day(t, f.agent1.Token(), "today"); status != http.StatusUnprocessableEntity || got["code"] != "invalid" {
		t.Errorf("a day: %d %v", status, got)
	}
}

func TestAgentsNeverProofThemselves(t *testing.T) {
	t.Parallel()
	f := start(t)
	if err := f.Operator.Grant(t.Context(), "grace", []string{account.RoleAgent}, "hired", now); err != nil {
		t.Fatal(err)
	}
	s := f.In(t, "grace", ten)
	f.promote(t, s)
	s = f.raise(t, s)
	if a := f.ask(t, s, claim, "", f.with); a.Status != http.StatusForbidden || a.Code() != "own-appointment" {
		t.Errorf("claim: %s", a.Body)
	}
	if a := f.ask(t, f.agent1, claim, "", f.with); a.Status != http.StatusOK {
		t.Fatal(a.Body)
	}
	if a := f.ask(t, s, conclude, body("Grace Hopper"), f.with); a.Status != http.StatusForbidden || a.Code() != "own-appointment" {
		t.Errorf("conclude: %s", a.Body)
	}
	if a := f.ask(t, f.agent1, conclude, body("Grace Hoppers"), f.with); a.Status != http.StatusAccepted {
		t.Fatal(a.Body)
	}
	if a := f.ask(t, s, approve, `{"approve":true,"reason":"me"}`, string(f.id)); a.Status != http.StatusForbidden || a.Code() != "own-appointment" {
		t.Errorf("approve: %s", a.Body)
	}
}

// promote makes a credential active, which codes and phones do elsewhere.
func (f *fixture) promote(t *testing.T, s session.Session) {
	t.Helper()
	_, err := f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(f.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(s.Account[:])},
		UpdateExpression: aws.String("SET st = :a, aa = :at"), ExpressionAttributeValues: dynamo.Item{":a": dynamo.S("a"), ":at": dynamo.Ms(now)},
	})
	if err != nil {
		t.Fatal(err)
	}
}
