package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// sentOnce decodes the one body that was sent with a request.
func sentOnce(t *testing.T, site *fakeSite, what string) m {
	t.Helper()
	sent := site.bodies(what)
	if len(sent) != 1 {
		t.Fatalf("%s was sent %d times", what, len(sent))
	}
	var body m
	if err := json.Unmarshal([]byte(sent[0].body), &body); err != nil {
		t.Fatal(err)
	}
	return body
}

// What goes to the bureau goes out once and is left nowhere in the browser.
func TestAQuizIsTakenAndForgotten(t *testing.T) {
	t.Parallel()
	more := quizOf(4 * time.Minute)
	more["quiz"].(m)["id"] = "z2"
	api := caseOf(proofingCase("choose", nil)).with("POST /api/proofing/instant", ok(quizOf(5*time.Minute))...).
		with("POST /api/proofing/instant/answers", reply{status: 200, body: more}, reply{status: 200, body: outcomeOf("passed", 3, "register-phone")})
	tab, site := open(t, api, "/proofing")
	tab.Click("#method-instant + label")
	tab.Click("#form button[type=submit]")
	tab.At("/proofing/instant")
	fillApplicant(tab)
	answerAll(tab)
	tab.Says("#quiz-heading", "A few more questions")
	answerAll(tab)
	tab.Says("h1", "Your identity is proofed")
	want := m{"consent": m{"accepted": true, "text_version": "1"}, "name_confirmed": true, "applicant": m{"date_of_birth": "1980-02-03", "ssn_last4": "1234", "phone": "202 555 0143",
		"address": m{"line1": "1 Navy Way", "city": "Arlington", "region": "VA", "postal_code": "22201", "country": "US"}}}
	if got := sentOnce(t, site, "POST /api/proofing/instant"); !reflect.DeepEqual(got, want) {
		t.Errorf("sent %v", got)
	}
	answers := site.bodies("POST /api/proofing/instant/answers")
	if len(answers) != 2 || !strings.HasPrefix(answers[0].body, `{"quiz_id":"z1","answers":[{"question_id":"q0","choice_id":"c01"},`) || !strings.HasPrefix(answers[1].body, `{"quiz_id":"z2"`) {
		t.Errorf("sent %+v", answers)
	}
	left := browsertest.Eval[string](tab, `location.href + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.documentElement.outerHTML + [...document.querySelectorAll("input")].map((i) => i.type === "radio" ? "" : i.value).join()`)
	for _, secret := range []string{"1980-02-03", "1234", "Maple Avenue", "1 Navy Way"} {
		if strings.Contains(left, secret) {
			t.Errorf("%q was left behind", secret)
		}
	}
}

// When the server says that time is over, the page says so too, whatever its own clock thinks.
func TestALateQuizIsOver(t *testing.T) {
	t.Parallel()
	api := caseOf(proofingCase("choose", nil)).with("POST /api/proofing/instant", ok(quizOf(5*time.Minute))...).
		with("POST /api/proofing/instant/answers", problem(410, "quiz-expired", "These questions can no longer be answered"))
	tab, _ := open(t, api, "/proofing/instant")
	fillApplicant(tab)
	answerAll(tab)
	tab.Says("#over", "counts as a failed try")
	tab.Click("#over .below a")
	tab.At("/proofing/booking")
}

func TestInstantIsNotOfferedToEverybody(t *testing.T) {
	t.Parallel()
	tab, _ := open(t, caseOf(proofingCase("video-only", m{"methods": []string{"video"}})), "/proofing/instant")
	tab.At("/proofing")
	tab.Shown("#video-only")
	tab.Click("#form button[type=submit]")
	tab.At("/proofing/booking")
}

func TestTheNameIsCorrectedBeforeProofing(t *testing.T) {
	t.Parallel()
	changed := account(nil)
	changed["given_name"] = "Grace Brewster"
	tab, site := open(t, caseOf(proofingCase("choose", nil)).with("PATCH /api/account", ok(changed)...), "/proofing")
	tab.Click("#correct")
	tab.Type("#given_name", "Grace Brewster")
	tab.Click("#name-form button")
	tab.Says("#name", "Grace Brewster Hopper")
	if got := sentOnce(t, site, "PATCH /api/account"); !reflect.DeepEqual(got, m{"given_name": "Grace Brewster", "family_name": "Hopper"}) {
		t.Errorf("sent %v", got)
	}
}

func TestASlotIsBookedInTheOwnZone(t *testing.T) {
	t.Parallel()
	first := freeSlots()["slots"].([]m)[9]["starts_at"].(string) // the second day's first
	api := caseOf(proofingCase("choose", nil)).with("POST /api/proofing/appointment", reply{status: 201, body: appointmentAt(50*time.Hour, nil)})
	tab, site := open(t, api, "/proofing/booking")
	tab.Choose("#zone", "Asia/Tokyo") // two in the afternoon UTC is eleven at night there, so the list spans two dates
	second := browsertest.Eval[string](tab, `document.getElementById("day").options[2].value`)
	tab.Choose("#day", second)
	tab.Says("#times", "GMT+9")
	tab.Choose("#zone", "America/Phoenix")
	tab.Says("#times", "MST")
	tab.Choose("#day", first[:10])
	tab.Click("#time-0 + label")
	tab.Click("label[for=accepted]")
	tab.Click("label[for=name_confirmed]")
	tab.Click("#book")
	tab.At("/proofing/appointment")
	want := m{"starts_at": first, "zone": "America/Phoenix", "consent": m{"accepted": true, "text_version": "1"}, "name_confirmed": true}
	if got := sentOnce(t, site, "POST /api/proofing/appointment"); !reflect.DeepEqual(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

// An open quiz that is the last try keeps a session from being booked, until it has ended by itself.
func TestBookingWaitsForTheLastQuiz(t *testing.T) {
	t.Parallel()
	last := proofingCase("quiz", m{"attempts_left": 1})
	api := caseOf(last).with("GET /api/proofing", reply{status: 200, body: last}, reply{status: 200, body: proofingCase("failed", m{"attempts_left": 0, "methods": []string{}})})
	tab, _ := open(t, api, "/proofing/booking")
	tab.Shown("#waits")
	tab.Until(`document.getElementById("content").hidden`)
	tab.At("/proofing")
}

// Otherwise booking ends the quiz, and the page says what that costs before it does.
func TestBookingSaysThatItEndsTheQuiz(t *testing.T) {
	t.Parallel()
	api := caseOf(proofingCase("quiz", m{"attempts_left": 2})).with("POST /api/proofing/appointment", reply{status: 201, body: appointmentAt(50*time.Hour, nil)})
	tab, site := open(t, api, "/proofing/booking")
	tab.Says("#leaves", "count as a failed try at once. After that, one more failure voids the license key.")
	tab.Until(`document.getElementById("waits").hidden`)
	tab.Click("#time-0 + label")
	tab.Click("label[for=accepted]")
	tab.Click("label[for=name_confirmed]")
	tab.Click("#book")
	tab.At("/proofing/appointment")
	sentOnce(t, site, "POST /api/proofing/appointment")
}

func TestASessionIsMovedAndCancelled(t *testing.T) {
	t.Parallel()
	booked := proofingCase("booked", m{"methods": []string{"video"}, "appointment": appointmentAt(50*time.Hour, nil)})
	api := caseOf(booked).with("PUT /api/proofing/appointment", ok(appointmentAt(60*time.Hour, nil))...).with("DELETE /api/proofing/appointment", reply{status: 204})
	tab, site := open(t, api, "/proofing/appointment")
	tab.Click("#change a")
	tab.At("/proofing/booking")
	tab.Click("#time-0 + label")
	tab.Click("#book")
	tab.At("/proofing/appointment")
	if got := sentOnce(t, site, "PUT /api/proofing/appointment"); len(got) != 1 || got["starts_at"] == "" {
		t.Errorf("sent %v", got)
	}
	tab.Click("#cancel")
	tab.At("/proofing")
	if n := len(site.bodies("DELETE /api/proofing/appointment")); n != 1 {
		t.Errorf("cancelled %d times", n)
	}
}

func TestAnActivationCodeLeadsToThePhone(t *testing.T) {
	t.Parallel()
	api := caseOf(proofingCase("passed", m{"activation_code_needed": true})).
		with("POST /api/proofing/activation-code", ok(m{"credential": credential("active", day), "next": "register-phone"})...)
	tab, site := open(t, api, "/proofing")
	tab.Click("#status-body .usa-button")
	tab.At("/proofing/activation")
	tab.Type("#code", "7q2mb9x-k4dr0v3")
	tab.Press("\r")
	tab.At("/phones/register")
	if got := sentOnce(t, site, "POST /api/proofing/activation-code"); got["code"] != "7q2mb9x-k4dr0v3" {
		t.Errorf("sent %v", got)
	}
}

func TestAnAgentConcludesASession(t *testing.T) {
	t.Parallel()
	api := agentView().with("POST /api/agent/appointments/a1/claim", ok(m{"verification_word": "copper", "cues": []string{"one", "two"}, "checklist": []string{"Say the word."}})...).
		with("POST /api/agent/appointments/a1/conclude", reply{status: 202, body: m{"state": "second-approval", "case_id": "k1"}},
			reply{status: 200, body: m{"state": "passed", "activation_code": "7Q2MB9X-K4DR0V3"}})
	tab, site := open(t, api, "/agent?day=2026-12-01")
	tab.Click(`#rows a[aria-label="Open the session of Grace Hopper"]`)
	tab.At("/agent/appointments/a1")
	tab.Click("#claim")
	tab.Says("#guide", "Say the word.")
	concludes(tab, "passed")
	tab.Says("#done", "A second agent must agree")
	tab.Click("#again") // the second agent has agreed meanwhile
	tab.Says("#activation-code", "7Q2MB9X-K4DR0V3")
	sent := site.bodies("POST /api/agent/appointments/a1/conclude")
	const first = `{"outcome":"passed","reason":"All good","checklist":{"consent":true,"in_view":true,"cues":[true,true],"document":{"type":"passport","country":"US","expires_on":"2031-01-01","last4":"1234","name":"Grace Hopper","genuine":true},"face_match":true}}`
	if len(sent) != 2 || sent[0].body != first || !strings.HasPrefix(sent[1].body, `{"outcome":"passed","reason":`) {
		t.Errorf("sent %+v", sent)
	}
	if n := len(site.bodies("GET /api/agent/appointments?day=2026-12-01")); n != 2 {
		t.Errorf("the day was asked for %d times", n)
	}
	if kept := browsertest.Eval[string](tab, `location.href + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)`); strings.Contains(kept, "7Q2MB9X") {
		t.Error("the activation code was left behind")
	}
}
