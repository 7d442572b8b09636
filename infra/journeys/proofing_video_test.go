package journeys_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// twoFailures takes both quizzes wrongly.
func (p *person) twoFailures() {
	p.t.Helper()
	who := p.applicant()
	for left := 2.0; left >= 1; left-- {
		quiz := p.quiz(who)
		outcome(p.t, p.answerQuiz(quiz, picks(quiz, false)), "not-verified", left)
	}
}

// bookLast books the last free half hour of the next ten days and lets it start now.
func (p *person) bookLast() (id string) {
	p.t.Helper()
	from, to := time.Now().UTC().Format(time.DateOnly), time.Now().UTC().AddDate(0, 0, 10).Format(time.DateOnly)
	list, _ := p.want(200, "GET", "/api/proofing/slots?from="+from+"&to="+to+"&zone=America/Denver", nil).json["slots"].([]any)
	if len(list) == 0 {
		p.t.Fatal("no slot in ten days")
	}
	start := list[len(list)-1].(map[string]any)["starts_at"]
	booked := p.want(201, "POST", "/api/proofing/appointment", map[string]any{"starts_at": start, "zone": "America/Denver", "consent": p.consent(), "name_confirmed": true})
	return booked.text("id")
}

func (p *person) beginNow(id string) {
	p.t.Helper()
	p.want(200, "POST", "/_local/appointments/"+id+"/now", nil)
}

// checklist is a complete one for a document with a name.
func checklist(name string) map[string]any {
	return map[string]any{
		"consent": true, "in_view": true, "cues": []any{true, true}, "face_match": true,
		"document": map[string]any{"type": "passport", "country": "US", "expires_on": "2031-01-01", "last4": "1234", "name": name, "genuine": true},
	}
}

func (p *person) conclude(id, outcome string, list map[string]any) answer {
	p.t.Helper()
	p.want(200, "POST", "/api/agent/appointments/"+id+"/claim", nil)
	return p.call("POST", "/api/agent/appointments/"+id+"/conclude", map[string]any{"outcome": outcome, "reason": "as seen", "checklist": list})
}

// asAgent works as the first demo agent.
func asAgent(t *testing.T) *person {
	t.Helper()
	return staff(t, "agent1", "2025550111")
}

func TestTwoFailuresThenVideo(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Hopper")
	p.twoFailures()
	id := p.bookLast()
	await(t, "the invitation", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && strings.Contains(m.Subject, "video session is booked") && len(m.Attachments) == 1
	})
	p.beginNow(id)
	agent := asAgent(t)
	list := checklist("Grace Hopper")
	list["cues"] = []any{true, false}
	if a := agent.conclude(id, "passed", list); a.status != 422 || a.text("code") != "checklist-incomplete" {
		t.Errorf("an incomplete checklist: %v", a)
	}
	a := agent.conclude(id, "passed", checklist("Grace Hopper"))
	code := a.text("activation_code")
	if a.status != 200 || code == "" {
		t.Fatalf("conclude = %v", a)
	}
	p.keep(code, "activation code")
	p.keep(strings.ReplaceAll(code, "-", ""), "activation code")
	if a := p.call("POST", "/api/phones", map[string]any{"number": usNumber(), "country": "US", "channel": "sms"}); a.status != 403 && a.status != 409 {
		t.Errorf("a phone before the code: %v", a)
	}
	if a := p.call("POST", "/api/proofing/activation-code", map[string]any{"code": "00000-00000-0000"}); a.status != 422 {
		t.Errorf("a wrong code: %v", a)
	}
	p.want(200, "POST", "/api/proofing/activation-code", map[string]any{"code": strings.ToLower(code)})
	p.registerPhone(usNumber(), "sms")
	p.proofedBy("video")
	searchEverywhere(t, p)
}

func TestThreeFailuresVoidTheKey(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Hopper")
	p.twoFailures()
	id := p.bookLast()
	p.beginNow(id)
	agent := asAgent(t)
	if a := agent.conclude(id, "failed", checklist("Somebody Else")); a.status != 200 {
		t.Fatalf("conclude = %v", a)
	}
	if state := p.caseState(); state != "failed" {
		t.Errorf("state = %s", state)
	}
	if s := p.want(200, "GET", "/api/session", nil); s.at("level") != 1.0 {
		t.Errorf("session = %v", s)
	}
	if a := p.call("POST", "/api/phones", map[string]any{"number": usNumber(), "country": "US", "channel": "sms"}); a.status != 403 && a.status != 409 {
		t.Errorf("a phone with a void key: %v", a)
	}
}

// searchEverywhere looks for what a person gave, was asked or was told in tables, logs, queues, executions and mails.
func searchEverywhere(t *testing.T, p *person) {
	t.Helper()
	elsewhere := map[string]string{"logs": everyLog(t), "executions": everyExecution(t), "mails": everyMail(t)}
	for logical, text := range everyTable(t) {
		elsewhere["table "+logical] = text
	}
	for logical := range local.Deployed.Names() {
		if strings.HasSuffix(logical, "Queue") || strings.HasSuffix(logical, "DeadLetters") {
			elsewhere[logical] = peek(t, named(t, logical))
		}
	}
	for value, what := range p.secrets {
		switch what {
		case "birth date", "question", "choice", "activation code":
		default:
			continue
		}
		for place, text := range elsewhere {
			if strings.Contains(text, value) {
				t.Errorf("a %s stands in %s", what, place)
			}
		}
	}
	for place, text := range elsewhere { // four digits stand in instants by chance, a member of them does not
		if p.last4 != "" && strings.Contains(text, `"`+p.last4+`"`) {
			t.Errorf("the last four digits stand in %s", place)
		}
	}
}

func everyMail(t *testing.T) string {
	t.Helper()
	res, err := http.Get(base + "/_local/messages?kind=email")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(b), "license key") {
		t.Fatalf("the mails are not seen: %v", err)
	}
	return string(b)
}

// everyExecution is the history of every execution of the workflow, input and output of each state.
func everyExecution(t *testing.T) string {
	t.Helper()
	var machines struct {
		StateMachines []struct{ StateMachineArn string }
	}
	states(t, "ListStateMachines", map[string]any{}, &machines)
	var text strings.Builder
	for _, m := range machines.StateMachines {
		var list struct {
			Executions []struct{ ExecutionArn string }
		}
		states(t, "ListExecutions", map[string]any{"stateMachineArn": m.StateMachineArn}, &list)
		for _, e := range list.Executions {
			var history json.RawMessage
			states(t, "GetExecutionHistory", map[string]any{"executionArn": e.ExecutionArn}, &history)
			text.Write(history)
		}
	}
	if text.Len() == 0 && len(machines.StateMachines) > 0 {
		t.Error("there are no executions")
	}
	return text.String()
}

func states(t *testing.T, operation string, in, out any) {
	t.Helper()
	ask(t, "states", "AWSStepFunctions."+operation, "application/x-amz-json-1.0", in, out)
}
