package journeys_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// applicant is somebody whom nobody else is: quizzes count by person.
func (p *person) applicant() map[string]any {
	p.t.Helper()
	birth := fmt.Sprintf("19%02d-%02d-%02d", 40+dice(59), 1+dice(12), 1+dice(28))
	digits := fmt.Sprintf("%04d", dice(10000))
	p.keep(birth, "birth date")
	p.keep(strings.ReplaceAll(birth, "-", ""), "birth date")
	p.last4 = digits
	return map[string]any{
		"date_of_birth": birth, "ssn_last4": digits, "phone": "(202) 555-0143",
		"address": map[string]any{"line1": "1 Navy Way", "city": "Arlington", "region": "VA", "postal_code": "22201", "country": "US"},
	}
}

// prove is somebody of a family name who entered the key of a product with proofing.
func prove(t *testing.T, product, country, family string) *person {
	t.Helper()
	p := newPerson(t)
	p.family = family
	p.signUp(country)
	p.redeemForProofing(product)
	return p
}

func (p *person) redeemForProofing(product string) {
	p.t.Helper()
	_, keys := p.buy(product, 1)
	if a := p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]}); a.text("next") != "prove" {
		p.t.Fatalf("redeem = %v", a)
	}
}

// consent agrees to the text that is in force.
func (p *person) consent() map[string]any {
	p.t.Helper()
	version := p.want(200, "GET", "/api/proofing", nil).text("consent", "text_version")
	return map[string]any{"accepted": true, "text_version": version}
}

func (p *person) askForQuiz(who map[string]any) answer {
	p.t.Helper()
	return p.call("POST", "/api/proofing/instant", map[string]any{"consent": p.consent(), "name_confirmed": true, "applicant": who})
}

// quiz asks for a quiz and checks its shape.
func (p *person) quiz(who map[string]any) map[string]any {
	p.t.Helper()
	a := p.askForQuiz(who)
	quiz, _ := a.json["quiz"].(map[string]any)
	if a.status != 200 || quiz == nil {
		p.t.Fatalf("instant = %v", a)
	}
	questions := quiz["questions"].([]any)
	if len(questions) < 4 {
		p.t.Errorf("%d questions", len(questions))
	}
	for _, q := range questions {
		q := q.(map[string]any)
		if len(q["choices"].([]any)) < 4 {
			p.t.Errorf("choices of %v", q)
		}
		p.keep(q["text"].(string), "question")
		for _, c := range q["choices"].([]any) {
			p.keep(c.(map[string]any)["text"].(string), "choice")
		}
	}
	return quiz
}

// picks are the right choices of a quiz, or wrong ones.
func picks(quiz map[string]any, right bool) []any {
	var out []any
	for _, q := range quiz["questions"].([]any) {
		q := q.(map[string]any)
		for _, c := range q["choices"].([]any) {
			c := c.(map[string]any)
			if strings.HasSuffix(c["text"].(string), " (right)") == right {
				out = append(out, map[string]any{"question_id": q["id"], "choice_id": c["id"]})
				break
			}
		}
	}
	return out
}

func (p *person) answerQuiz(quiz map[string]any, picks []any) answer {
	p.t.Helper()
	return p.call("POST", "/api/proofing/instant/answers", map[string]any{"quiz_id": quiz["id"], "answers": picks})
}

// outcome checks an answer's outcome and what is left.
func outcome(t testing.TB, a answer, want string, left float64) {
	t.Helper()
	if a.status != 200 || a.text("outcome") != want || a.at("attempts_left") != left {
		t.Errorf("outcome = %v, want %s with %v left", a, want, left)
	}
}

func (p *person) caseState() string {
	p.t.Helper()
	return p.want(200, "GET", "/api/proofing", nil).text("state")
}

// ialLabel is a claim of an assurance level of the standard, which a quiz does not reach.
var ialLabel = regexp.MustCompile(`(?i)\bIAL[ _-]?[0-9]`)

// proofedBy checks that every assurance claim says how it was reached, and nothing more (P-16).
func (p *person) proofedBy(method string) {
	p.t.Helper()
	s := p.want(200, "GET", "/api/session", nil)
	if s.at("level") != 3.0 || s.text("credential", "proofing_method") != method || ialLabel.MatchString(s.raw) {
		p.t.Errorf("session = %v", s)
	}
}

func TestAnInstantPassActivates(t *testing.T) {
	t.Parallel()
	p := prove(t, "us-proofed", "US", "Hopper")
	if a := p.call("POST", "/api/phones", map[string]any{"number": usNumber(), "country": "US", "channel": "sms"}); a.status != 403 && a.status != 409 {
		t.Errorf("a phone before proofing: %v", a)
	}
	quiz := p.quiz(p.applicant())
	end := p.answerQuiz(quiz, picks(quiz, true))
	outcome(t, end, "passed", 3)
	if end.text("next") != "register-phone" {
		t.Errorf("next = %v", end)
	}
	p.registerPhone(usNumber(), "sms")
	p.proofedBy("kbv")
	await(t, "the mail about the pass", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && strings.Contains(m.Subject, "identity is confirmed")
	})
	if a := p.want(200, "GET", "/api/applications", nil); a.status == 200 {
		p.want(200, "POST", "/api/applications/"+p.protected(3)+"/launch", nil)
	}
	if state := p.caseState(); state != "passed" {
		t.Errorf("state = %s", state)
	}
}

// P-03: answers that do not fit reach nobody and count nothing; answered questions are over.
func TestAnswersThatDoNotFit(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Hopper")
	other := prove(t, "us-proofed", "US", "Hopper")
	quiz, theirs := p.quiz(p.applicant()), other.quiz(other.applicant())
	good := picks(quiz, true)
	local.Bureau.Asked()
	for name, c := range map[string]struct {
		quiz    map[string]any
		answers []any
		status  []int
	}{
		"too few":          {quiz, good[:3], []int{422}},
		"too many":         {quiz, append(append([]any{}, good...), good[0]), []int{422}},
		"one twice":        {quiz, append(append([]any{}, good[:3]...), good[0]), []int{422}},
		"unknown question": {quiz, append(append([]any{}, good[:3]...), map[string]any{"question_id": "x", "choice_id": "y"}), []int{422}},
		"unknown choice":   {quiz, append(append([]any{}, good[:3]...), map[string]any{"question_id": good[3].(map[string]any)["question_id"], "choice_id": "y"}), []int{422}},
		"another's quiz":   {theirs, picks(theirs, true), []int{404, 410}},
		"no such quiz":     {map[string]any{"id": "none"}, good, []int{404, 410}},
	} {
		a := p.answerQuiz(c.quiz, c.answers)
		fine := false
		for _, s := range c.status {
			fine = fine || a.status == s
		}
		if !fine {
			t.Errorf("%s: %v", name, a)
		}
	}
	if calls := local.Bureau.Asked(); len(calls) != 0 {
		t.Errorf("%d calls reached the bureau", len(calls))
	}
	outcome(t, p.answerQuiz(quiz, good), "passed", 3)
	if a := p.answerQuiz(quiz, good); a.status != 410 && a.status != 409 {
		t.Errorf("answered again: %v", a)
	}
}

// P-10: whatever the reason, a holder reads the same; each counts as one quiz and one failure.
func TestEveryFailureReadsTheSame(t *testing.T) {
	t.Parallel()
	var said []string
	for _, family := range []string{"Nomatch", "Thinfile", "Locked", "Deceased", "Nodecision", "Hopper"} {
		p := prove(t, "us-proofed", "US", family)
		a := p.askForQuiz(p.applicant())
		if quiz, ok := a.json["quiz"].(map[string]any); ok {
			a = p.answerQuiz(quiz, picks(quiz, family == "Nodecision"))
		}
		outcome(t, a, "not-verified", 2)
		said = append(said, a.raw)
	}
	for _, s := range said {
		if s != said[0] {
			t.Errorf("one reads %s, another %s", said[0], s)
		}
	}
}

// P-04, by HTTP.
func TestMoreQuestionsMayFollow(t *testing.T) {
	t.Parallel()
	p := prove(t, "us-proofed", "US", "Morequestions")
	quiz := p.quiz(p.applicant())
	a := p.answerQuiz(quiz, picks(quiz, true))
	more, _ := a.json["quiz"].(map[string]any)
	if a.status != 200 || more == nil || len(more["questions"].([]any)) != 2 {
		t.Fatalf("answers = %v", a)
	}
	outcome(t, p.answerQuiz(more, picks(more, true)), "passed", 3)
}

// P-05: a bureau that is down, or does not answer, has said nothing; a person knows within 5 seconds.
func TestABureauThatDoesNotAnswerCountsNothing(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Down")
	began := time.Now()
	if a := p.askForQuiz(p.applicant()); a.status != 503 || a.header.Get("retry-after") == "" || time.Since(began) > 5*time.Second {
		t.Errorf("down: %v after %s", a, time.Since(began))
	}
	slow := prove(t, "us-proofed", "US", "Slow")
	quiz := slow.quiz(slow.applicant())
	local.Bureau.Asked()
	began = time.Now()
	if a := slow.answerQuiz(quiz, picks(quiz, true)); a.status != 503 && a.status != 200 || time.Since(began) > 5*time.Second {
		t.Errorf("slow: %v after %s", a, time.Since(began))
	}
	if a := slow.answerQuiz(quiz, picks(quiz, true)); a.status == 200 && a.text("outcome") == "passed" {
		t.Errorf("again: %v", a)
	}
	answers := 0
	for _, c := range local.Bureau.Asked() {
		if b, _ := json.Marshal(c.Body); strings.Contains(string(b), "outWalletAnswer1") {
			answers++
		}
	}
	if answers != 1 {
		t.Errorf("the answers went out %d times", answers)
	}
	for _, who := range []*person{p, slow} {
		c := who.want(200, "GET", "/api/proofing", nil)
		if c.at("attempts_left") != 3.0 || !strings.Contains(c.raw, `"video"`) {
			t.Errorf("case = %v", c)
		}
	}
}

// P-09: decided before any call.
func TestQuestionsAreForTheFiftyStates(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Hopper")
	for _, region := range []string{"PR", "GU", "AE", "XX"} {
		who := p.applicant()
		who["address"].(map[string]any)["region"] = region
		local.Bureau.Asked()
		if a := p.askForQuiz(who); a.status != 409 || a.text("code") != "instant-not-offered" {
			t.Errorf("%s: %v", region, a)
		}
		if calls := local.Bureau.Asked(); len(calls) != 0 {
			t.Errorf("%s: the bureau was asked", region)
		}
	}
	abroad := prove(t, "intl-proofed", "DE", "Hopper")
	if methods := fmt.Sprint(abroad.want(200, "GET", "/api/proofing", nil).at("methods")); methods != "[video]" {
		t.Errorf("methods = %s", methods)
	}
	if a := abroad.askForQuiz(abroad.applicant()); a.status != 409 || a.text("code") != "instant-not-offered" {
		t.Errorf("abroad: %v", a)
	}
}

// P-13: without consent to the text in force nobody is asked.
func TestNoConsentNoCall(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Hopper")
	local.Bureau.Asked()
	for name, consent := range map[string]map[string]any{
		"outdated": {"accepted": true, "text_version": "0"}, "refused": {"accepted": false, "text_version": p.consent()["text_version"]},
	} {
		a := p.call("POST", "/api/proofing/instant", map[string]any{"consent": consent, "name_confirmed": true, "applicant": p.applicant()})
		if a.status != 422 {
			t.Errorf("%s: %v", name, a)
		}
	}
	if a := p.call("POST", "/api/proofing/instant", map[string]any{"consent": p.consent(), "name_confirmed": false, "applicant": p.applicant()}); a.status != 422 {
		t.Errorf("name not confirmed: %v", a)
	}
	if calls := local.Bureau.Asked(); len(calls) != 0 {
		t.Errorf("%d calls reached the bureau", len(calls))
	}
}

// P-07: two quizzes by person, whatever the account.
func TestASecondAccountDoesNotHelp(t *testing.T) {
	t.Parallel()
	p := prove(t, "us-proofed", "US", "Hopper")
	who := p.applicant()
	for left := 2.0; left >= 1; left-- {
		quiz := p.quiz(who)
		outcome(t, p.answerQuiz(quiz, picks(quiz, false)), "not-verified", left)
	}
	if a := p.askForQuiz(p.applicant()); a.status != 409 || a.text("code") != "attempts-used" {
		t.Errorf("a third quiz as somebody else: %v", a)
	}
	if state := p.caseState(); state != "video-only" {
		t.Errorf("state = %s", state)
	}
	again := prove(t, "us-proofed", "US", "Hopper")
	if a := again.askForQuiz(who); a.status != 409 || a.text("code") != "attempts-used" {
		t.Errorf("the same person elsewhere: %v", a)
	}
}

// P-08: an abandoned quiz is a failure once its time is over; asking again before replaces it and counts once.
func TestAnAbandonedQuizIsAFailure(t *testing.T) {
	t.Parallel()
	p := prove(t, "us-proofed", "US", "Hopper")
	who := p.applicant()
	first := p.quiz(who)
	second := p.quiz(who)
	if a := p.answerQuiz(first, picks(first, true)); a.status != 410 {
		t.Errorf("the replaced quiz: %v", a)
	}
	p.age(6 * time.Minute)
	if a := p.answerQuiz(second, picks(second, true)); a.status != 410 || a.text("code") != "quiz-expired" {
		t.Errorf("late answers: %v", a)
	}
	if c := p.want(200, "GET", "/api/proofing", nil); c.at("attempts_left") != 2.0 || !strings.Contains(c.raw, `"instant"`) {
		t.Errorf("case = %v", c)
	}
}

func (p *person) age(by time.Duration) {
	p.t.Helper()
	p.want(200, "POST", "/_local/accounts/"+p.userID+"/age", map[string]any{"seconds": int64(by / time.Second)})
}
