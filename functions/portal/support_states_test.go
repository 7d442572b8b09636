package main

import (
	"time"

	"phoneotp/functions/portal/browsertest"
)

const (
	personPage   = "/support/people/grace"
	personAPI    = "GET /api/support/people/grace"
	personActs   = "POST /api/support/people/grace/acts"
	approvalPage = "/support/approvals/v1"
	approvalAPI  = "POST /api/support/approvals/v1"
)

// desk is the session of somebody of support.
func desk(changes m) fixtures {
	return signed(m2(m{"user_id": "support1", "name": "Sam Support", "roles": []string{"support"}, "strength": "phone_otp", "level": 3, "credential": credential("active", 300*day), "phones": phones(1), "next": "none"}, changes)).
		with("GET /api/support/approvals", ok(m{"approvals": []m{}})...)
}

func openApproval(changes m) m {
	return m2(m{"id": "v1", "act": "reset-phones", "user_id": "grace", "reason": "Lost the only phone; checked by video call and passport", "asked_by": "support2", "asked_at": in(-2 * time.Hour), "expires_at": in(70 * time.Hour), "own": false}, changes)
}

func happenedTo(ago time.Duration, event, text, by string, changes m) m {
	return m2(m{"at": in(-ago), "event": event, "text": text, "by": by}, changes)
}

// codeStep is one of a code's story, some time after it was asked for.
type codeStep struct {
	after       time.Duration
	event, text string
}

// told is the story of a code that was asked for some time ago.
func told(ago time.Duration, state string, changes m, steps ...codeStep) m {
	all := []m{}
	for _, s := range steps {
		all = append(all, m{"event": s.event, "at": in(s.after - ago), "text": s.text})
	}
	return m2(m{"channel": "sms", "asked_at": in(-ago), "state": state, "steps": all}, changes)
}

const (
	handed = "Asked for, accepted and handed to the carrier service; no failure was reported"
	right  = "The right code was entered"
)

// lockedCode is the code of lockedTimeline.
func lockedCode() m {
	return told(6*time.Minute, "locked", m{"tag": "KM", "ending": "0101"}, codeStep{0, "code-sent", handed}, codeStep{2 * time.Minute, "code-tried", "A wrong code was entered, tries left: 2"},
		codeStep{2 * time.Minute, "codes-locked", "Codes were locked for 30 minutes after 10 wrong codes in a row, until " + in(26*time.Minute)})
}

// codesOfAllKinds are eight codes that came to different ends.
func codesOfAllKinds() []m {
	to := func(tag string) m { return m{"tag": tag, "ending": "0101"} }
	return []m{
		told(40*time.Second, "refused", nil, codeStep{0, "code-refused", "No code was sent: the last one was sent a moment before; wait until " + in(20*time.Second)}),
		told(time.Minute, "waiting", m2(to("QP"), m{"channel": "voice"}), codeStep{0, "code-sent", "Asked for"}, codeStep{4 * time.Second, "code-called", "The call was placed"}),
		told(4*time.Minute, "expired", to("KM"), codeStep{0, "code-sent", handed}, codeStep{31 * time.Second, "code-tried", "A wrong code was entered, tries left: 4"},
			codeStep{52 * time.Second, "code-earlier", "The code of an earlier message was entered, tries left: 3"}, codeStep{2 * time.Minute, "code-expired", "It expired before the right code was entered"}),
		told(5*time.Minute, "replaced", to("AV"), codeStep{0, "code-sent", handed}, codeStep{time.Minute, "code-replaced", "It was replaced by a newer one, KM"}),
		told(50*time.Minute, "undelivered", to("RT"), codeStep{0, "code-sent", "Asked for"}, codeStep{time.Second, "code-undelivered", "It could not be delivered"}, codeStep{2 * time.Minute, "code-expired", "It expired; no code was entered"}),
		told(80*time.Minute, "right", to("BD"), codeStep{0, "code-sent", handed}, codeStep{19 * time.Second, "code-accepted", right}),
		told(26*time.Hour, "right", to("LW"), codeStep{0, "code-sent", handed}, codeStep{22 * time.Second, "phone-added", "The right code was entered, and the number registered"}),
		told(400*day, "over", m{"tag": "XN", "channel": "unknown"}, codeStep{0, "code-sent", "Asked for"}),
	}
}

// lockedTimeline is that of a code that "never came": asked for, tried, an earlier one entered, locked.
func lockedTimeline() m {
	return m{"next": "older-1", "entries": []m{
		happenedTo(0, "person-viewed", "Support looked at this person.", "support1", m{"from": "192.0.2.7"}),
		happenedTo(10*time.Second, "person-viewed", "Support looked at this person.", "support1", m{"from": "192.0.2.7"}),
		happenedTo(4*time.Minute, "codes-locked", "Codes were locked for 30 minutes after 10 wrong codes in a row, until "+in(26*time.Minute)+".", "holder", nil),
		happenedTo(4*time.Minute, "code-tried", "A wrong code was entered for KM; tries left: 2.", "holder", nil),
		happenedTo(5*time.Minute, "code-refused", "No code was sent by text message: the last one was sent a moment before; wait until "+in(-5*time.Minute-30*time.Second)+".", "holder", nil),
		happenedTo(6*time.Minute, "code-sent", "Code KM was asked for by text message, accepted and handed to the carrier service; no failure was reported.", "holder", nil),
		happenedTo(26*time.Hour, "phone-added", "A number was registered, ending 0101.", "holder", m{"from": "198.51.100.7"}),
		happenedTo(27*time.Hour, "order-fulfilled", "The order was paid and its keys were issued.", "payment", m{"about": "SO-7Q2MB9XK"}),
		happenedTo(28*time.Hour, "support-ended-sessions", "Support ended every session.", "support2", m{"why": "Asked by phone, called back at the number on file", "from": "192.0.2.8"}),
	}}
}

// person is Grace as support sees her; changes replace members.
func person(changes m) m {
	return m2(m{
		"account":    m{"user_id": "grace", "email": "grace@example.test", "given_name": "Grace", "family_name": "Hopper", "country": "US", "roles": []string{}, "name_locked": false, "created_at": in(-40 * day), "confirmed_at": in(-40 * day)},
		"credential": credential("active", 300*day), "phones": phones(2), "limits": []m{}, "case": nil, "codes": []m{lockedCode()},
		"orders":   []m{{"number": "SO-7Q2MB9XK", "state": "fulfilled", "placed_at": in(-65 * day), "total": "68.00 USD", "payment": "card", "keys": []m{{"product": "us", "last4": "CZ6P", "state": "activated"}, {"product": "us", "last4": "8WNT", "state": "issued"}}}},
		"sessions": []m{{"id": "s1", "strength": "password", "signed_in_at": in(-7 * time.Minute), "last_used_at": in(-time.Minute), "from": "198.51.100.7"}},
		"timeline": lockedTimeline(),
	}, changes)
}

// everyLimit are all that may be in force beside those of codes.
func everyLimit() []m {
	all := []m{{"rule": "sign-in", "identifier": "grace", "until": in(50 * time.Minute)}, {"rule": "sign-in-address", "identifier": "grace@example.test", "from": "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", "until": in(12 * time.Minute)}}
	for _, rule := range []string{"password-change", "new-numbers", "license-keys", "activation-codes", "confirmation-mails", "reset-mails"} {
		all = append(all, m{"rule": rule, "until": in(30 * time.Minute)})
	}
	return all
}

func locked() m { return m{"rule": "codes-locked", "until": in(26 * time.Minute), "wrong": 10} }

// proofedPerson is one whose identity was proofed by video.
func proofedPerson(changes m) m {
	c := credential("active", 300*day)
	c["product"], c["proofed"], c["proofing_method"] = "us-proofed", true, "video"
	return person(m2(m{"credential": c, "case": m{"id": "k1", "state": "passed", "attempts_left": 3, "method": "video", "appointment": nil, "opened_at": in(-62 * day), "flagged": false}}, changes))
}

// acting chooses an act, gives a reason and goes on to the step that asks once more.
func acting(act string) func(*browsertest.Tab) {
	return func(tab *browsertest.Tab) {
		tab.Click("label[for=act-" + act + "]")
		tab.Type("#reason", "Called back at the number on file")
		tab.Click("#form button[type=submit]")
	}
}

func confirmed(act string) func(*browsertest.Tab) {
	return func(tab *browsertest.Tab) { acting(act)(tab); tab.Click("#confirm-yes") }
}

func searching(text string) func(*browsertest.Tab) {
	return func(tab *browsertest.Tab) { tab.Type("#q", text); tab.Click("#form button[type=submit]") }
}

func decides(choice string) func(*browsertest.Tab) {
	return func(tab *browsertest.Tab) {
		tab.Click("label[for=" + choice + "]")
		tab.Type("#reason", "Saw the passport too")
		tab.Click("#form button[type=submit]")
	}
}

func deskStates() []state {
	found := m{"people": []m{{"user_id": "grace", "name": "Grace Hopper", "email": "grace@example.test", "country": "US"}, {"user_id": "g.hopper-2", "name": "Grete Hopper", "email": "a.rather.long.address.of.somebody@mail.example.test", "country": "DE"}}}
	waiting := m{"approvals": []m{openApproval(m{"id": "v0", "user_id": "karl.mueller", "asked_by": "support1", "own": true}), openApproval(nil), openApproval(m{"id": "v2", "act": "confirm-name", "given_name": "Grace", "family_name": "Murray"})}}
	return []state{
		{name: "support", path: "/support", api: desk(nil), seen: "#approvals-none", says: map[string]string{".site-nav": "Support desk"}},
		{name: "support-weak", path: "/support", api: desk(m{"strength": "password", "level": 1}), seen: "#weak-way"},
		{name: "support-refused", path: "/support", api: desk(m{"roles": []string{}}).with("GET /api/support/approvals", problem(403, "support-only", "Only support may do this")), seen: "#approvals-problem .usa-alert"},
		{name: "support-empty", path: "/support", api: desk(nil), seen: "#q-error", do: func(tab *browsertest.Tab) { tab.Click("#form button") }},
		{name: "support-too-short", path: "/support", api: desk(nil).with("GET /api/support/people", problem(422, "search-too-short", "A search needs between 3 and 120 characters")), seen: "#q-error", do: searching("ab")},
		{name: "support-found", path: "/support", api: desk(nil).with("GET /api/support/people", ok(found)...), seen: "#people a", do: searching("0101 Hopper"), says: map[string]string{"#found": "2 people", "#people": "Germany"}},
		{name: "support-nobody", path: "/support", api: desk(nil).with("GET /api/support/people", ok(m{"people": []m{}})...), seen: "#found-none", do: searching("graze")},
		{name: "support-approvals", path: "/support", api: desk(nil).with("GET /api/support/approvals", ok(waiting)...), seen: "#approvals a", says: map[string]string{"#approvals li:first-child": "Waits for a colleague", "#approvals li:last-child": "Confirm a change of name"}},
		{name: "support-approvals-down", path: "/support", api: desk(nil).with("GET /api/support/approvals", problem(503, "unavailable", "The service cannot answer just now")), seen: "#approvals-problem .usa-alert"},
	}
}

func personStates() []state {
	page := func(name string, p m, do func(*browsertest.Tab), seen string, says map[string]string) state {
		return state{name: "support-person-" + name, path: personPage, api: desk(nil).with(personAPI, ok(p)...), do: do, seen: seen, says: says}
	}
	act := func(name string, p m, answer reply, do func(*browsertest.Tab), seen string, says map[string]string) state {
		s := page(name, p, do, seen, says)
		s.api = s.api.with(personActs, answer)
		return s
	}
	lockedPerson := person(m{"limits": []m{locked()}})
	frozen := person(m{"credential": credential("frozen", 200*day), "sessions": []m{}, "case": m{"id": "k1", "state": "fraud", "attempts_left": 2, "method": nil, "appointment": in(-3 * day), "opened_at": in(-5 * day), "flagged": true}})
	many := []m{}
	for _, last := range []string{"0001", "0002", "0003", "0004", "0005"} {
		many = append(many, m{"product": "intl-proofed", "last4": last, "state": "void"})
	}
	buyer := person(m{"credential": nil, "phones": []m{}, "sessions": []m{}, "codes": []m{}, "timeline": m{"entries": []m{}}, "orders": []m{{"number": "SO-7Q2MB9XK", "state": "paid", "held": "currency", "placed_at": in(-day), "total": "480.00 USD", "payment": "invoice", "keys": []m{}}, {"number": "SO-8WNTCZ6P", "state": "refunded", "placed_at": in(-9 * day), "total": "480.00 USD", "payment": "invoice", "keys": many}}})
	asked := reply{status: 202, body: m{"act": "reset-phones", "approval": openApproval(m{"asked_by": "support1", "own": true})}}
	done := func(act string, changed bool) reply { return ok(m{"act": act, "changed": changed})[0] }
	name := func(tab *browsertest.Tab) {
		tab.Click("label[for=act-confirm-name]")
		tab.Type("#given_name", "Grace")
		tab.Type("#family_name", "Murray Hopper")
		acting("confirm-name")(tab)
	}
	return []state{
		page("active", person(nil), nil, "#form", map[string]string{"h1": "Grace Hopper", "#entries": "(2 times)", "#codes": "KM", "#orders": "CZ6P"}),
		page("locked", lockedPerson, nil, "label[for=act-unlock-codes]", map[string]string{"#limits": "after 10 wrong codes in a row", "#codes": "Codes were locked for 30 minutes"}),
		page("codes", person(m{"codes": codesOfAllKinds()}), func(tab *browsertest.Tab) { tab.Click("#codes summary") }, "#codes details li", map[string]string{"#codes": "Can be entered", "#codes .fold": "Not delivered"}),
		page("never-came", person(m{"codes": codesOfAllKinds()[4:5]}), nil, "#codes .tag--bad", map[string]string{"#codes": "It could not be delivered"}),
		page("refused-by-rule", person(m{"codes": codesOfAllKinds()[:1], "limits": []m{{"rule": "next-text", "until": in(20 * time.Second)}}}), nil, "#codes .story", map[string]string{"#codes": "the last one was sent a moment before"}),
		page("expired", person(m{"codes": codesOfAllKinds()[2:4]}), nil, "#codes .story", map[string]string{"#codes": "The code of an earlier message"}),
		page("right", person(m{"codes": codesOfAllKinds()[5:6]}), nil, "#codes .tag--good", map[string]string{"#codes": right}),
		page("limits", person(m{"limits": everyLimit()}), nil, "#limits", map[string]string{"#limits": "from 2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff is locked until"}),
		page("of-a-newer-server", person(m{"codes": []m{told(time.Minute, "lost", m{"channel": "carrier-pigeon"}, codeStep{0, "code-lost", "It was lost"})}, "limits": []m{{"rule": "pigeons", "until": in(time.Minute)}}}), nil, "#codes .story", map[string]string{"#codes": "carrier-pigeon", "#limits": "pigeons"}),
		page("off", person(m{"limits": []m{{"rule": "codes-off", "until": "", "wrong": 50}}}), nil, "#limits", map[string]string{"#limits": "until support unlocks"}),
		page("just-sent", person(m{"limits": []m{{"rule": "next-text", "until": in(20 * time.Second)}, {"rule": "next-call", "until": in(20 * time.Second)}}}), nil, "#limits", map[string]string{"#limits": "The next text can be asked for at"}),
		page("frozen", frozen, nil, "label[for=act-thaw]", map[string]string{"#flags": "frozen", "#case": "Fraud suspected"}),
		page("buyer", buyer, nil, "#orders details", map[string]string{"#flags": "waits for a person", "#entries-none": "Nothing"}),
		page("missing-reason", lockedPerson, func(tab *browsertest.Tab) {
			tab.Click("label[for=act-unlock-codes]")
			tab.Click("#form button[type=submit]")
		}, "#reason-error", nil),
		page("nothing-chosen", lockedPerson, func(tab *browsertest.Tab) {
			tab.Type("#reason", "x")
			tab.Click("#form button[type=submit]")
		}, "#form .usa-alert--error", nil),
		page("confirm", lockedPerson, acting("unlock-codes"), "#confirm", map[string]string{"#confirm-heading": "Unlock codes: Grace Hopper?", "#confirm-what": "A lock ends at once", "#confirm-reason": "Called back"}),
		page("confirm-two", proofedPerson(nil), acting("reset-phones"), "#confirm", map[string]string{"#confirm-two": "Nothing changes now", "#confirm-what": "live video"}),
		page("confirm-name-two", proofedPerson(nil), name, "#confirm", map[string]string{"#confirm-two": "equivalent", "#confirm-what": "All numbers are removed"}),
		{name: "support-person-waits", path: personPage, api: desk(nil).with(personAPI, ok(proofedPerson(nil))...).with("GET /api/support/approvals", ok(m{"approvals": []m{openApproval(nil), openApproval(m{"user_id": "karl"})}})...), seen: "#waits a", says: map[string]string{"#waits": "Lost the only phone"}},
		page("confirm-name", person(nil), name, "#confirm", map[string]string{"#confirm-about": "to Grace Murray Hopper"}),
		page("confirm-key", person(nil), func(tab *browsertest.Tab) {
			tab.Click("label[for=act-void-key]")
			tab.Choose("#key", "SO-7Q2MB9XK 8WNT")
			acting("void-key")(tab)
		}, "#confirm", map[string]string{"#confirm-about": "ending 8WNT"}),
		act("done", lockedPerson, done("unlock-codes", true), confirmed("unlock-codes"), "#done .usa-alert", map[string]string{"#done": "Codes are unlocked"}),
		act("already", lockedPerson, done("unlock-codes", false), confirmed("unlock-codes"), "#done .usa-alert", map[string]string{"#done": "stood so already"}),
		act("asked", proofedPerson(nil), asked, confirmed("reset-phones"), "#done a", map[string]string{"#done": "has to agree"}),
		act("refused", proofedPerson(nil), problem(409, "approval-open", "This waits for a second person already"), confirmed("reset-phones"), "#form .usa-alert--error", nil),
		act("no-answer", lockedPerson, reply{cut: true}, confirmed("unlock-codes"), "#confirm .usa-alert--error", map[string]string{"#confirm .usa-alert": "may have been done or not"}),
		{name: "support-person-own", path: "/support/people/support1", api: desk(nil).with("GET /api/support/people/support1", ok(person(nil))...), seen: "#act-own"},
		{name: "support-person-unknown", path: personPage, api: desk(nil).with(personAPI, problem(404, "person-unknown", "Nobody has this user ID")), seen: "#problem .usa-alert"},
		{name: "support-person-weak", path: personPage, api: desk(m{"strength": "password", "level": 1}), seen: "#weak-way"},
	}
}

func approvalStates() []state {
	page := func(name string, a m, p m, answer reply, do func(*browsertest.Tab), seen string, says map[string]string) state {
		api := desk(nil).with("GET /api/support/approvals", ok(m{"approvals": []m{a}})...).with(personAPI, ok(p)...).with(approvalAPI, answer)
		return state{name: "support-approval-" + name, path: approvalPage, api: api, do: do, seen: seen, says: says}
	}
	yes := ok(m{"state": "approved", "changed": true})[0]
	return []state{
		page("ask", openApproval(nil), proofedPerson(nil), yes, nil, "#form", map[string]string{"h1": "Reset phones: Grace Hopper", "#facts": "support2", "#what": "live video"}),
		page("name", openApproval(m{"act": "confirm-name", "given_name": "Grace", "family_name": "Murray"}), proofedPerson(nil), yes, nil, "#form", map[string]string{"#facts": "Grace Murray"}),
		page("own", openApproval(m{"own": true}), proofedPerson(nil), yes, nil, "#facts", map[string]string{"#intro": "You asked for this"}),
		page("missing-reason", openApproval(nil), proofedPerson(nil), yes, func(tab *browsertest.Tab) {
			tab.Click("label[for=a-yes]")
			tab.Click("#form button[type=submit]")
		}, "#reason-error", nil),
		page("undecided", openApproval(nil), proofedPerson(nil), yes, func(tab *browsertest.Tab) {
			tab.Type("#reason", "x")
			tab.Click("#form button[type=submit]")
		}, "#form .usa-alert--error", nil),
		page("agreed", openApproval(nil), proofedPerson(nil), yes, decides("a-yes"), "#done .usa-alert--success", map[string]string{"#done": "phones were reset"}),
		page("disagreed", openApproval(nil), proofedPerson(nil), ok(m{"state": "refused", "changed": true})[0], decides("a-no"), "#done .usa-alert--info", map[string]string{"#done": "Nothing was changed"}),
		page("expired", openApproval(nil), proofedPerson(nil), problem(410, "approval-expired", "The 72 hours for this are over"), decides("a-yes"), "#done .usa-alert--warning", map[string]string{"#done": "72 hours"}),
		page("own-refused", openApproval(nil), proofedPerson(nil), problem(403, "own-approval", "Somebody else has to decide what you asked for"), decides("a-yes"), "#form .usa-alert--error", nil),
		{name: "support-approval-over", path: approvalPage, api: desk(nil), seen: "#over"},
	}
}

func historyStates() []state {
	entries := []m{
		happenedTo(time.Minute, "code-accepted", "The right code was entered for KM.", "you", m{"from": "198.51.100.7"}),
		happenedTo(80*time.Second, "code-earlier", "The code of an earlier message was entered in place of KM; tries left: 4.", "you", nil),
		happenedTo(2*time.Minute, "code-sent", "Code KM was asked for by text message, accepted and handed to the carrier service; no failure was reported.", "you", nil),
		happenedTo(2*time.Minute, "code-replaced", "Code QP was replaced by a newer one, KM.", "system", nil),
		happenedTo(150*time.Second, "code-sent", "Code QP was asked for by text message, accepted and handed to the carrier service; no failure was reported.", "you", nil),
		happenedTo(3*time.Minute, "signed-in", "Signed in with the password.", "you", m{"from": "198.51.100.7"}),
		happenedTo(26*time.Hour, "sign-in-failed", "A sign-in failed: the email address is not confirmed.", "anyone", m{"from": "2001:db8:85a3:8d3:1319:8a2e:370:7348"}),
		happenedTo(26*time.Hour, "codes-locked", "Codes were locked after 10 wrong codes in a row, until "+in(-25*time.Hour)+".", "system", nil),
		happenedTo(50*time.Hour, "support-ended-sessions", "Support ended every session.", "staff", nil),
		happenedTo(51*time.Hour, "order-fulfilled", "The order was paid and its keys were issued.", "payment", nil),
	}
	api := signed(holder("phone_otp", 2)).with("GET /api/account/history", ok(m{"entries": entries, "next": "place-1"})...)
	return []state{
		{name: "history", path: "/account/history", api: api, seen: "#older-button", says: map[string]string{"#entries": "By somebody who had not signed in", "#zone": "your time zone"}},
		{name: "history-new", path: "/account/history", api: api.with("GET /api/account/history", ok(m{"entries": []m{}})...), seen: "#entries-none"},
		{name: "history-older", path: "/account/history", api: api.with("GET /api/account/history?before=place-1", ok(m{"entries": []m{happenedTo(90*day, "account-registered", "The account was made.", "anyone", nil)}})...), seen: "#entries", do: func(tab *browsertest.Tab) { tab.Click("#older-button") }, says: map[string]string{"#entries": "The account was made."}},
		{name: "history-older-down", path: "/account/history", api: api.with("GET /api/account/history?before=place-1", problem(503, "unavailable", "The service cannot answer just now")), seen: "#older-problem .usa-alert", do: func(tab *browsertest.Tab) { tab.Click("#older-button") }},
	}
}
