package journeys_test

import (
	"strings"
	"testing"
	"time"
)

// TestARefundInTheMiddleOfProofing gives everything back: the slot, the calendar's entry, the credential, the workflow.
func TestARefundInTheMiddleOfProofing(t *testing.T) {
	p := newPerson(t)
	p.signUp("US")
	number, keys := p.buy("us-proofed", 1)
	p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	from, to := time.Now().UTC().Format(time.DateOnly), time.Now().UTC().AddDate(0, 0, 20).Format(time.DateOnly)
	list, _ := p.want(200, "GET", "/api/proofing/slots?from="+from+"&to="+to+"&zone=UTC", nil).json["slots"].([]any)
	if len(list) == 0 {
		t.Fatal("no slot in twenty days")
	}
	slot := list[len(list)-1].(map[string]any)
	start, free := slot["starts_at"].(string), slot["free"].(float64)
	p.want(201, "POST", "/api/proofing/appointment", map[string]any{"starts_at": start, "zone": "UTC", "consent": p.consent(), "name_confirmed": true})
	if got := p.free(start); got != free-1 {
		t.Errorf("booked: %v free, want %v", got, free-1)
	}
	p.want(200, "POST", "/_local/payments/"+number, map[string]any{"event": "refund"})
	if state := p.caseState(); state != "cancelled" {
		t.Errorf("the case is %s", state)
	}
	if s := p.want(200, "GET", "/api/session", nil); s.text("credential", "state") != "revoked" {
		t.Errorf("session = %v", s)
	}
	if got := p.free(start); got != free {
		t.Errorf("given back: %v free, want %v", got, free)
	}
	await(t, "the cancelled invitation", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && strings.Contains(m.Subject, "video session was cancelled") && len(m.Attachments) == 1
	})
	await(t, "the end of the proofing", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && strings.Contains(m.Subject, "proofing was cancelled")
	})
	if a := p.call("POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]}); a.status != 410 || a.text("code") != "license-void" {
		t.Errorf("the key again: %v", a)
	}
	if a := p.call("POST", "/api/proofing/appointment", map[string]any{"starts_at": start, "zone": "UTC", "consent": map[string]any{"accepted": true, "text_version": "1"}, "name_confirmed": true}); a.status != 409 {
		t.Errorf("a booking afterwards: %v", a)
	}
}

// TestTheOwnKeyTakesAnExpiredCaseUpAgain as the mail and the page promise.
func TestTheOwnKeyTakesAnExpiredCaseUpAgain(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	p.signUp("US")
	_, keys := p.buy("us-proofed", 1)
	p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	quiz := p.quiz(p.applicant())
	outcome(t, p.answerQuiz(quiz, picks(quiz, false)), "not-verified", 2)
	p.age(31 * 24 * time.Hour)
	if state := p.caseState(); state != "expired" {
		t.Errorf("the case is %s", state)
	}
	await(t, "the mail", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && strings.Contains(m.Subject, "proofing has expired")
	})
	if a := p.askForQuiz(p.applicant()); a.status != 409 || a.text("code") != "case-over" {
		t.Errorf("a quiz: %v", a)
	}
	for range 2 {
		if a := p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]}); a.text("next") != "prove" || a.text("credential", "state") != "proofing" {
			t.Errorf("redeem = %v", a)
		}
	}
	c := p.want(200, "GET", "/api/proofing", nil)
	if c.text("state") != "choose" || c.at("attempts_left") != 2.0 {
		t.Errorf("the case = %v", c)
	}
	quiz = p.quiz(p.applicant())
	if a := p.answerQuiz(quiz, picks(quiz, true)); a.text("outcome") != "passed" {
		t.Errorf("%v", a)
	}
}

// TestTheOwnKeyGoesOnAfterSupportCancelled as the mail and the page promise: what was booked is given back, what failed
// stays counted, and no other key or act of support is needed (decision 0017).
func TestTheOwnKeyGoesOnAfterSupportCancelled(t *testing.T) {
	p := newPerson(t)
	p.signUp("US")
	_, keys := p.buy("us-proofed", 1)
	p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	quiz := p.quiz(p.applicant())
	outcome(t, p.answerQuiz(quiz, picks(quiz, false)), "not-verified", 2)
	p.bookLast()
	openDesk(t).does(p, "cancel-case")
	if state := p.caseState(); state != "cancelled" {
		t.Errorf("the case is %s", state)
	}
	await(t, "the mail", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && strings.Contains(m.Subject, "proofing was cancelled") && strings.Contains(m.Body, "/redeem")
	})
	for range 2 {
		if a := p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]}); a.text("next") != "prove" || a.text("credential", "state") != "proofing" {
			t.Errorf("redeem = %v", a)
		}
	}
	c := p.want(200, "GET", "/api/proofing", nil)
	if c.text("state") != "choose" || c.at("attempts_left") != 2.0 {
		t.Errorf("the case = %v", c)
	}
	quiz = p.quiz(p.applicant())
	if a := p.answerQuiz(quiz, picks(quiz, true)); a.text("outcome") != "passed" {
		t.Errorf("%v", a)
	}
}

// TestBookingLeavesTheQuiz counts it as a failed try at once.
func TestBookingLeavesTheQuiz(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Hopper")
	quiz := p.quiz(p.applicant())
	p.bookLast()
	if c := p.want(200, "GET", "/api/proofing", nil); c.text("state") != "booked" || c.at("attempts_left") != 2.0 {
		t.Errorf("the case = %v", c)
	}
	if a := p.answerQuiz(quiz, picks(quiz, true)); a.status != 410 || a.text("code") != "quiz-expired" {
		t.Errorf("its answers: %v", a)
	}
	p.want(204, "DELETE", "/api/proofing/appointment", nil)
}
