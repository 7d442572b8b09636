package main

import (
	"fmt"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// proofingCase is the view of a case; changes replace its members.
func proofingCase(state string, changes m) m {
	c := m{"id": "0123456789abcdefghjkmnpqrs", "consent": m{"text_version": "1", "text": "I ask Phone OTP to verify my identity.\n\nFor instant questions I allow a credit bureau to look into my credit file by a soft inquiry."},
		"state": state, "methods": []string{"instant", "video"}, "attempts_left": 3, "appointment": nil, "activation_code_needed": false}
	for name, value := range changes {
		c[name] = value
	}
	return c
}

func appointmentAt(start time.Duration, changes m) m {
	a := m{"id": "a1", "starts_at": in(start), "zone": "America/Denver", "state": "booked", "room_url": "http://localhost/proofing/appointment"}
	for name, value := range changes {
		a[name] = value
	}
	return a
}

func quizOf(life time.Duration) m {
	var questions []m
	for i, text := range []string{"Which of these streets have you lived on?", "In which year did you open your oldest account?", "Which of these companies has employed you?", "What is the monthly payment of your car loan?"} {
		var choices []m
		for j, answer := range []string{"Maple Avenue", "Second Street", "Harbor Road", "None of the above"} {
			choices = append(choices, m{"id": fmt.Sprintf("c%d%d", i, j), "text": answer})
		}
		questions = append(questions, m{"id": fmt.Sprintf("q%d", i), "text": text, "choices": choices})
	}
	return m{"quiz": m{"id": "z1", "questions": questions, "expires_at": in(life)}}
}

// slots are free half hours from noon UTC on some days from tomorrow.
func freeSlots() m {
	start := time.Now().UTC().Truncate(day).Add(day + 14*time.Hour)
	var slots []m
	for d := range 3 {
		for i := range 9 {
			at := start.Add(time.Duration(d)*day + time.Duration(i)*30*time.Minute)
			slots = append(slots, m{"starts_at": at.Format(time.RFC3339), "free": 1 + i%2})
		}
	}
	return m{"slots": slots}
}

func outcomeOf(outcome string, left int, next string) m {
	return m{"outcome": outcome, "attempts_left": left, "next": next}
}

// caseOf is somebody whose key was entered and whose case stands as given.
func caseOf(c m) fixtures {
	next := "prove"
	if c["state"] == "passed" && c["activation_code_needed"] != true {
		next = "register-phone"
	}
	held := m{"state": "proofing", "product": "us-proofed", "proofed": false, "proofing_method": nil, "purchased_at": in(-day), "expires_at": in(364 * day), "renewable": false}
	return signed(m{"credential": held, "next": next}).with("GET /api/proofing", ok(c)...).with("GET /api/account", ok(account(nil))...).with("GET /api/proofing/slots", ok(freeSlots())...)
}

func agentView() fixtures {
	return signed(m{"user_id": "agent1", "name": "Ada Agent", "roles": []string{"agent"}, "strength": "phone_otp", "level": 3, "credential": credential("active", 300*day), "phones": phones(2), "next": "none"}).
		with("GET /api/agent/appointments", ok(m{"appointments": []m{
			{"id": "a1", "starts_at": in(5 * time.Minute), "holder": m{"name": "Grace Hopper", "country": "US"}, "state": "booked"},
			{"id": "a2", "starts_at": in(-2 * time.Hour), "holder": m{"name": "Karl Müller-Lüdenscheidt", "country": "DE"}, "state": "second-approval", "case_id": "k1"},
			{"id": "a3", "starts_at": in(-3 * time.Hour), "holder": m{"name": "José García", "country": "MX"}, "state": "passed"},
		}})...)
}

// fillApplicant goes past the consent and fills the form, as a person would; a date field takes its value whole.
func fillApplicant(tab *browsertest.Tab) {
	tab.Click("#agree")
	tab.Shown("#date_of_birth")
	browsertest.Eval[bool](tab, `(document.getElementById("date_of_birth").value = "1980-02-03", true)`)
	for _, field := range [][2]string{{"ssn_last4", "1234"}, {"line1", "1 Navy Way"}, {"city", "Arlington"}, {"postal_code", "22201"}, {"phone", "202 555 0143"}} {
		tab.Type("#"+field[0], field[1])
	}
	tab.Choose("#region", "VA")
	tab.Click("label[for=name_confirmed]")
	tab.Click("#form button[type=submit]")
}

func answerAll(tab *browsertest.Tab) {
	tab.Shown("#q0-0 + label")
	for i := range 4 {
		tab.Click(fmt.Sprintf("#q%d-1 + label", i))
	}
	tab.Click("#quiz-form button[type=submit]")
}

func proofingStates() []state {
	page := func(name string, c m, seen string, says map[string]string) state {
		return state{name: "proofing-" + name, path: "/proofing", api: caseOf(c), seen: seen, says: says}
	}
	booked := proofingCase("booked", m{"appointment": appointmentAt(50*time.Hour, nil), "methods": []string{"video"}})
	videoOnly := proofingCase("video-only", m{"methods": []string{"video"}, "attempts_left": 1})
	return []state{
		page("choose", proofingCase("choose", nil), "#method-instant + label", map[string]string{"#name": "Grace Hopper"}),
		{name: "proofing-nothing-chosen", path: "/proofing", api: caseOf(proofingCase("choose", nil)), seen: "#form .usa-alert--error", do: func(tab *browsertest.Tab) { tab.Click("#form button[type=submit]") }},
		{name: "proofing-correct-name", path: "/proofing", api: caseOf(proofingCase("choose", nil)), seen: "#name-form", do: func(tab *browsertest.Tab) { tab.Click("#correct") }},
		{name: "proofing-name-locked", path: "/proofing", api: caseOf(proofingCase("choose", m{"attempts_left": 2})).with("PATCH /api/account", problem(409, "name-locked", "The name can no longer be changed here", "next", "contact-support")), seen: "#name-form .usa-alert--error",
			do: func(tab *browsertest.Tab) {
				tab.Click("#correct")
				tab.Type("#given_name", "Gracie")
				tab.Click("#name-form button")
			}, says: map[string]string{"#left": "2 more failures"}},
		page("video-only", videoOnly, "#video-only", map[string]string{"#left": "One more failure"}),
		page("quiz-open", proofingCase("quiz", nil), "#status-body a", map[string]string{"#status": "Your questions are open"}),
		page("booked", booked, "#status-body a", map[string]string{"#status": "booked"}),
		page("in-review", proofingCase("in-review", nil), "#status-body .usa-alert", map[string]string{"#status": "In review"}),
		page("passed-quiz", proofingCase("passed", nil), "#status-body a", map[string]string{"#status": "Register a phone"}),
		page("passed-video", proofingCase("passed", m{"activation_code_needed": true}), "#status-body a", map[string]string{"#status": "activation code"}),
		page("failed", proofingCase("failed", m{"attempts_left": 0, "methods": []string{}}), "#status-body a", map[string]string{"#status": "license key is void"}),
		page("expired", proofingCase("expired", m{"methods": []string{}}), "#status-body a", nil),
		page("cancelled", proofingCase("cancelled", m{"methods": []string{}}), `#status-body a[href="/redeem"]`, map[string]string{"#status": "enter it again to begin anew"}),
		{name: "proofing-ended-with-key", path: "/proofing", api: signed(m{"credential": credential("revoked", 300*day), "next": "none"}).with("GET /api/proofing", ok(proofingCase("cancelled", m{"methods": []string{}}))...), seen: `#status-body a[href="/store"]`, says: map[string]string{"#status": "The license key that began it has ended"}},
		{name: "proofing-none", path: "/proofing", api: signed(nil).with("GET /api/proofing", problem(404, "case-unknown", "There is no identity proofing under way", "next", "redeem")), seen: "#problem .usa-alert", says: map[string]string{"#problem": "Enter a license key"}},
		{name: "dashboard-proofing", path: "/dashboard", api: caseOf(proofingCase("choose", nil)).with("GET /api/applications", ok(applications(1))...), seen: "#next-step a", says: map[string]string{"#next-step": "Prove your identity"}},
		{name: "manage-otp-proofed", path: "/account/otp", api: signed(m2(holder("phone_otp", 2), m{"level": 3, "credential": m2(credential("active", 200*day), m{"product": "us-proofed", "proofed": true, "proofing_method": "kbv"})})).with("GET /api/phones", ok(m{"phones": phones(2), "max": 3, "recommended": 2})...), seen: "#facts", says: map[string]string{"#facts": "by instant questions"}},
	}
}

func instantStates() []state {
	api := caseOf(proofingCase("choose", nil))
	asks := api.with("POST /api/proofing/instant", ok(quizOf(5*time.Minute))...)
	page := func(name string, api fixtures, do func(*browsertest.Tab), seen string, says map[string]string) state {
		return state{name: "instant-" + name, path: "/proofing/instant", api: api, do: do, seen: seen, says: says}
	}
	quiz := func(tab *browsertest.Tab) { fillApplicant(tab); answerAll(tab) }
	failed := asks.with("POST /api/proofing/instant/answers", ok(outcomeOf("not-verified", 2, "video"))...)
	return []state{
		page("consent", api, nil, "#agree", map[string]string{"#consent-text": "soft inquiry"}),
		page("applicant", api, func(tab *browsertest.Tab) { tab.Click("#agree") }, "#ask", map[string]string{"[data-name]": "Grace Hopper"}),
		page("applicant-empty", api, func(tab *browsertest.Tab) { tab.Click("#agree"); tab.Click("#form button[type=submit]") }, "#form .usa-alert--error", map[string]string{"#form .usa-alert": "Confirm that this is your legal name"}),
		page("not-offered", api.with("POST /api/proofing/instant", problem(409, "instant-not-offered", "Questions are not offered for this address", "next", "video")), fillApplicant, "#form .usa-alert--error", map[string]string{"#form .usa-alert": "Use live video"}),
		page("bureau-down", api.with("POST /api/proofing/instant", problem(503, "bureau-unavailable", "The credit bureau does not answer just now", "next", "video")), fillApplicant, "#form .usa-alert--error", nil),
		page("quiz", asks, fillApplicant, "#quiz", map[string]string{"#quiz-time": "Time left: 4:5"}),
		page("quiz-incomplete", asks, func(tab *browsertest.Tab) {
			fillApplicant(tab)
			tab.Shown("#q0-0 + label")
			tab.Click("#quiz-form button[type=submit]")
		}, "#quiz-form .usa-alert--error", map[string]string{"#quiz-form .usa-alert": "question 4"}),
		page("quiz-late", api.with("POST /api/proofing/instant", ok(quizOf(0))...), fillApplicant, "#over", nil),
		page("passed", asks.with("POST /api/proofing/instant/answers", ok(outcomeOf("passed", 3, "register-phone"))...), quiz, "#outcome a", map[string]string{"h1": "proofed"}),
		page("not-verified", failed, quiz, "#outcome a", map[string]string{"#outcome": "Try once more", "h1": "could not verify"}),
		page("not-verified-twice", failed.with("GET /api/proofing", reply{status: 200, body: proofingCase("choose", m{"attempts_left": 2})}, reply{status: 200, body: proofingCase("video-only", m{"methods": []string{"video"}})}).
			with("POST /api/proofing/instant/answers", ok(outcomeOf("not-verified", 1, "video"))...), quiz, "#outcome a", map[string]string{"#outcome": "One more failure"}),
		page("void", asks.with("POST /api/proofing/instant/answers", ok(outcomeOf("not-verified", 0, "choose-product"))...), quiz, "#outcome a", map[string]string{"#outcome": "license key is void"}),
	}
}

func videoStates() []state {
	api := caseOf(proofingCase("choose", nil))
	book := func(tab *browsertest.Tab) {
		tab.Choose("#zone", "America/Denver")
		tab.Says("#times", "M")
		tab.Click("#time-0 + label")
		tab.Click("label[for=accepted]")
		tab.Click("label[for=name_confirmed]")
		tab.Click("#book")
	}
	meeting := func(name string, start time.Duration, changes m, seen string, says map[string]string) state {
		c := proofingCase("booked", m{"methods": []string{"video"}, "appointment": appointmentAt(start, changes)})
		return state{name: "appointment-" + name, path: "/proofing/appointment", api: caseOf(c), seen: seen, says: says}
	}
	code := func(tab *browsertest.Tab) {
		tab.Type("#code", "7Q2MB9X K4D-R0V3")
		tab.Click("#form button[type=submit]")
	}
	waiting := caseOf(proofingCase("passed", m{"activation_code_needed": true}))
	return []state{
		{name: "booking", path: "/proofing/booking", api: api, seen: "#times label", do: func(tab *browsertest.Tab) { tab.Choose("#zone", "America/Denver") }, says: map[string]string{"#times": "M"}},
		{name: "booking-incomplete", path: "/proofing/booking", api: api, seen: "#form .usa-alert--error", do: func(tab *browsertest.Tab) { tab.Shown("#times label"); tab.Click("#book") }},
		{name: "booking-taken", path: "/proofing/booking", api: api.with("POST /api/proofing/appointment", problem(409, "slot-taken", "This time has just been taken", "slots", freeSlots()["slots"])), seen: "#form .usa-alert--error", do: book, says: map[string]string{"#form .usa-alert": "just taken that time"}},
		{name: "booking-full", path: "/proofing/booking", api: api.with("GET /api/proofing/slots", ok(m{"slots": []m{}})...), seen: "#none"},
		{name: "booking-quiz-open", path: "/proofing/booking", api: api.with("GET /api/proofing", ok(proofingCase("quiz", nil))...), seen: "#leaves", says: map[string]string{"#leaves": "failed try at once"}},
		{name: "booking-quiz-last", path: "/proofing/booking", api: caseOf(proofingCase("quiz", m{"attempts_left": 1})), seen: "#waits"},
		{name: "booking-move", path: "/proofing/booking", api: caseOf(proofingCase("booked", m{"appointment": appointmentAt(50*time.Hour, nil)})), seen: "#book", says: map[string]string{"h1": "Move", "#intro": "booked for"}},
		meeting("booked", 50*time.Hour, nil, "#change", map[string]string{"#room": "opens 10 minutes before", "#facts": "M"}),
		meeting("late", 40*time.Minute, nil, "#room .usa-alert", nil),
		meeting("open", 2*time.Minute, m{"meeting_url": "https://meet.example.test/a1"}, "#room a", map[string]string{"#room": "An agent will be with you"}),
		meeting("claimed", -time.Minute, m{"state": "claimed", "verification_word": "copper-lantern", "meeting_url": "https://meet.example.test/a1"}, "#room .word", map[string]string{"#room": "copper-lantern"}),
		meeting("closed", -2*time.Hour, nil, "#room a", map[string]string{"#room": "The room is closed"}),
		{name: "appointment-none", path: "/proofing/appointment", api: api, seen: "#none"},
		{name: "appointment-too-late", path: "/proofing/appointment", api: meeting("", 61*time.Minute, nil, "", nil).api.with("DELETE /api/proofing/appointment", problem(409, "too-late", "It is too late to change this appointment")), seen: "#change-problem .usa-alert", do: func(tab *browsertest.Tab) { tab.Click("#cancel") }},
		{name: "activation", path: "/proofing/activation", api: waiting, seen: "#form"},
		{name: "activation-wrong", path: "/proofing/activation", api: waiting.with("POST /api/proofing/activation-code", problem(422, "activation-code-wrong", "The activation code is not right")), seen: "#code-error", do: code},
		{name: "activation-locked", path: "/proofing/activation", api: waiting.with("POST /api/proofing/activation-code", problem(429, "activation-locked", "Too many activation codes were tried", "retry_at", in(30*time.Minute))), seen: "#form .usa-alert--error", do: code, says: map[string]string{"#form .usa-alert": "You can try again in"}},
	}
}

func agentStates() []state {
	claimed := agentView().with("POST /api/agent/appointments/a1/claim", ok(m{"verification_word": "copper-lantern", "cues": []string{"Turn your head slowly to the left", "Hold three fingers in front of your chin"}, "checklist": []string{}, "meeting_url": "https://meet.example.test/a1"})...)
	claim := func(tab *browsertest.Tab) { tab.Click("#claim"); tab.Shown("#session") }
	conclude := func(outcome string) func(*browsertest.Tab) {
		return func(tab *browsertest.Tab) { claim(tab); concludes(tab, outcome) }
	}
	session := func(name string, api fixtures, do func(*browsertest.Tab), seen string, says map[string]string) state {
		return state{name: "agent-session-" + name, path: "/agent/appointments/a1", api: api, do: do, seen: seen, says: says}
	}
	const at = "POST /api/agent/appointments/a1/conclude"
	return []state{
		{name: "agent", path: "/agent", api: agentView(), seen: "#rows li", says: map[string]string{"#rows": "Karl Müller-Lüdenscheidt", ".site-nav": "Video sessions"}},
		{name: "agent-empty", path: "/agent", api: agentView().with("GET /api/agent/appointments", ok(m{"appointments": []m{}})...), seen: "#empty"},
		{name: "agent-refused", path: "/agent", api: signed(nil).with("GET /api/agent/appointments", problem(403, "strength-too-low", "The session is too weak for this", "next", "elevate")), seen: "#problem .usa-alert"},
		session("before", agentView(), nil, "#claim", map[string]string{"h1": "Grace Hopper"}),
		session("claimed-before", agentView().with("POST /api/agent/appointments/a1/claim", problem(409, "appointment-claimed", "Another agent has claimed this appointment")), func(tab *browsertest.Tab) { tab.Click("#claim") }, "#claim-problem .usa-alert", nil),
		session("claimed", claimed, claim, "#form", map[string]string{"#word": "copper-lantern", "#cue0": "Turn your head"}),
		session("incomplete", claimed, func(tab *browsertest.Tab) {
			claim(tab)
			tab.Click("label[for=o-passed]")
			tab.Click("#form button[type=submit]")
		}, "#form .usa-alert--error", nil),
		session("checklist-incomplete", claimed.with(at, problem(422, "checklist-incomplete", "The checklist does not allow a pass", "errors", []m{{"pointer": "/checklist/document/expires_on", "detail": "The document has expired"}})), conclude("passed"), "#d-expires-error", nil),
		session("passed", claimed.with(at, ok(m{"state": "ready", "activation_code": "7Q2MB9X-K4DR0V3"})...), conclude("passed"), "#activation-code", map[string]string{"#activation-code": "7Q2MB9X"}),
		session("second-approval", claimed.with(at, reply{status: 202, body: m{"state": "second-approval", "case_id": "k1"}}), conclude("passed"), "#again", map[string]string{"#done": "second agent"}),
		session("unchecked", claimed.with(at, problem(422, "checklist-incomplete", "The checklist does not allow this outcome", "errors", []m{{"pointer": "/checklist/cues/1", "detail": "must be confirmed"}, {"pointer": "/checklist/document/genuine", "detail": "must be confirmed"}})), conclude("passed"), "#c-cue1-error", map[string]string{"#c-cue1-error": "Cue 2: must be confirmed"}),
		{name: "agent-session-passed-before", path: "/agent/appointments/a3", api: agentView().with("POST /api/agent/appointments/a3/conclude", problem(409, "case-over", "This identity proofing has ended")), seen: "#passed-problem .usa-alert", do: func(tab *browsertest.Tab) { tab.Click("#again") }},
		session("fraud", claimed.with(at, reply{status: 202, body: m{"state": "second-approval", "case_id": "k1"}}), conclude("fraud"), "#done", nil),
		{name: "agent-case", path: "/agent/cases/k1", api: agentView(), seen: "#form", says: map[string]string{"#facts": "Karl"}},
		{name: "agent-case-undecided", path: "/agent/cases/k1", api: agentView(), seen: "#form .usa-alert--error", do: func(tab *browsertest.Tab) {
			tab.Type("#reason", "Looked at it")
			tab.Click("#form button[type=submit]")
		}},
		{name: "agent-case-decided", path: "/agent/cases/k1", api: agentView().with("POST /api/agent/cases/k1/approve", ok(m{"state": "passed"})...), seen: "#done", do: func(tab *browsertest.Tab) {
			tab.Click("label[for=a-yes]")
			tab.Type("#reason", "A nickname")
			tab.Click("#form button[type=submit]")
		}},
	}
}

// concludes fills the checklist and sends it.
func concludes(tab *browsertest.Tab, outcome string) {
	for _, box := range []string{"c-consent", "c-view", "c-cue0", "c-cue1", "d-genuine", "c-face", "o-" + outcome} {
		tab.Click("label[for=" + box + "]")
	}
	tab.Choose("#d-type", "passport")
	tab.Choose("#d-country", "US")
	browsertest.Eval[bool](tab, `(document.getElementById("d-expires").value = "2031-01-01", true)`)
	tab.Type("#d-last4", "1234")
	tab.Type("#d-name", "Grace Hopper")
	tab.Type("#reason", "All good")
	tab.Click("#form button[type=submit]")
}
