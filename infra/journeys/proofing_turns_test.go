package journeys_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"phoneotp/infra/local/messages"
)

// free is how many agents are free at a start.
func (p *person) free(start string) float64 {
	p.t.Helper()
	day := start[:len(time.DateOnly)]
	list, _ := p.want(200, "GET", "/api/proofing/slots?"+url.Values{"from": {day}, "to": {day}, "zone": {"UTC"}}.Encode(), nil).json["slots"].([]any)
	for _, s := range list {
		if s := s.(map[string]any); s["starts_at"] == start {
			return s["free"].(float64)
		}
	}
	return 0
}

// V-08: nobody claims the session. It is ours, so it counts nothing, the holder is told with an apology, and books
// again.
func TestAnAgentsNoShowCountsNothing(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Hopper")
	id := p.bookLast()
	p.beginNow(id)
	p.age(59 * time.Minute)
	if state := p.caseState(); state != "booked" {
		t.Errorf("29 minutes after the end: %s", state)
	}
	p.age(time.Minute)
	c := p.want(200, "GET", "/api/proofing", nil)
	if c.text("state") != "choose" || c.at("attempts_left") != 3.0 || c.at("appointment") != nil {
		t.Errorf("the case is %v", c)
	}
	await(t, "the apology", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && strings.Contains(m.Subject, "sorry about your video session")
	})
	agent := asAgent(t)
	if a := agent.call("POST", "/api/agent/appointments/"+id+"/claim", nil); a.status != 409 && a.status != 410 {
		t.Errorf("claimed when it is over: %v", a)
	}
	again := p.bookLast()
	if again == id || p.caseState() != "booked" {
		t.Errorf("booked again: %s, %s", again, p.caseState())
	}
	p.beginNow(again)
	if a := agent.conclude(again, "passed", checklist("Grace Hopper")); a.status != 200 || a.text("activation_code") == "" {
		t.Errorf("the second session: %v", a)
	}
}

// V-10: a name that differs a little is not for one agent to decide.
func TestANameInReviewNeedsASecondAgent(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Hopper")
	id := p.bookLast()
	p.beginNow(id)
	first, second := staff(t, "agent1", "2025550111"), staff(t, "agent2", "2025550112")
	handed := first.conclude(id, "passed", checklist("Grace Hoppers"))
	if handed.status != 202 || handed.text("state") != "second-approval" || strings.Contains(handed.raw, "activation_code") {
		t.Fatalf("conclude = %v", handed)
	}
	if state := p.caseState(); state != "in-review" {
		t.Errorf("the holder sees %s", state)
	}
	decide := func(by *person, yes bool) answer {
		return by.call("POST", "/api/agent/cases/"+handed.text("case_id")+"/approve", map[string]any{"approve": yes, "reason": "a plural on the document"})
	}
	if a := decide(first, true); a.status != 403 {
		t.Errorf("the first agent agrees with themselves: %v", a)
	}
	if a := first.call("POST", "/api/agent/appointments/"+id+"/conclude", map[string]any{"outcome": "passed", "reason": "as seen", "checklist": checklist("Grace Hoppers")}); strings.Contains(a.raw, `"activation_code":"`) {
		t.Errorf("a code without the second: %v", a)
	}
	if a := decide(p, true); a.status != 403 {
		t.Errorf("the holder agrees: %v", a)
	}
	if a := decide(second, true); a.status != 200 {
		t.Fatalf("the second agent: %v", a)
	}
	if a := decide(second, false); a.status != 409 {
		t.Errorf("decided again otherwise: %v", a)
	}
	if a := second.call("POST", "/api/agent/appointments/"+id+"/conclude", map[string]any{"outcome": "passed", "reason": "as seen", "checklist": checklist("Grace Hoppers")}); a.status < 400 {
		t.Errorf("the second agent gets a code: %v", a)
	}
	code := first.want(200, "POST", "/api/agent/appointments/"+id+"/conclude", map[string]any{"outcome": "passed", "reason": "as seen", "checklist": checklist("Grace Hoppers")}).text("activation_code")
	p.keep(code, "activation code")
	p.want(200, "POST", "/api/proofing/activation-code", map[string]any{"code": code})
	p.registerPhone(usNumber(), "sms")
	p.proofedBy("video")
}

// W-04: money back in the middle of a case stops its workflow, and the calendar is told once.
func TestW04ARefundStopsTheWorkflow(t *testing.T) {
	p := newPerson(t)
	p.signUp("US")
	number, keys := p.buy("us-proofed", 1)
	p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	id := p.want(200, "GET", "/api/proofing", nil).text("id")
	p.bookLast()
	running := func() int {
		var list struct {
			Executions []struct{ Name, Status string }
		}
		states(t, "ListExecutions", map[string]any{"stateMachineArn": named(t, "ProofingWorkflow")}, &list)
		n := 0
		for _, e := range list.Executions {
			if strings.HasPrefix(e.Name, id) && e.Status == "RUNNING" {
				n++
			}
		}
		return n
	}
	until(t, "the workflow of the booking", func() bool { return running() == 1 })
	for range 2 {
		p.call("POST", "/_local/payments/"+number, map[string]any{"event": "refund"}) // the second changes nothing
	}
	until(t, "the workflow's end", func() bool { return running() == 0 })
	cancelled := func() int {
		n := 0
		for _, m := range local.Box.List(messages.Filter{To: p.email}) {
			if strings.Contains(m.Subject, "video session was cancelled") {
				n++
			}
		}
		return n
	}
	until(t, "the cancellation for the calendar", func() bool { return cancelled() > 0 })
	p.want(200, "POST", "/_local/sweep", nil)
	if n := cancelled(); n != 1 || running() != 0 {
		t.Errorf("%d cancellations, %d executions after a sweep", n, running())
	}
}
