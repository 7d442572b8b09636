package main

import (
	"strings"
	"testing"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// What support does is sent once it was confirmed, with its reason, and what is shown afterwards is fresh.
func TestAnActIsSentAfterItsConfirmation(t *testing.T) {
	t.Parallel()
	before, after := person(m{"limits": []m{locked()}}), person(nil)
	api := desk(nil).with(personAPI, ok(before)[0], ok(after)[0]).with(personActs, ok(m{"act": "unlock-codes", "changed": true})...)
	tab, site := open(t, api, personPage)
	acting("unlock-codes")(tab)
	tab.Until(`document.activeElement.id === "confirm-heading"`)
	if sent := site.bodies(personActs); len(sent) != 0 {
		t.Fatalf("sent before it was confirmed: %+v", sent)
	}
	tab.Click("#confirm-yes")
	tab.Says("#done", "Codes are unlocked")
	tab.Says("#limits", "None")
	tab.Until(`!document.querySelector("[name=act]:checked") && document.getElementById("reason").value === ""`)
	if sent := site.bodies(personActs); len(sent) != 1 || sent[0].body != `{"act":"unlock-codes","reason":"Called back at the number on file"}` {
		t.Errorf("sent %+v", sent)
	}
}

// Going back changes nothing and keeps what was typed.
func TestAnActCanBeLeft(t *testing.T) {
	t.Parallel()
	tab, site := open(t, desk(nil).with(personAPI, ok(person(nil))...), personPage)
	acting("revoke")(tab)
	tab.Click("#confirm-no")
	tab.Shown("#form")
	kept := browsertest.Eval[[]string](tab, `[document.activeElement.id, document.getElementById("reason").value, document.querySelector("[name=act]:checked").value]`)
	if got := strings.Join(kept, "|"); got != "reason|Called back at the number on file|revoke" {
		t.Errorf("after going back: %s", got)
	}
	if sent := site.bodies(personActs); len(sent) != 0 {
		t.Errorf("sent %+v", sent)
	}
}

// Somebody else was faster: the refusal is told, and the person is shown as they stand by now.
func TestSomebodyElseActedMeanwhile(t *testing.T) {
	t.Parallel()
	before := proofedPerson(m{"case": m{"id": "k1", "state": "booked", "attempts_left": 3, "method": nil, "appointment": in(day), "opened_at": in(-2 * day), "flagged": false}})
	after := proofedPerson(m{"case": m{"id": "k1", "state": "cancelled", "attempts_left": 3, "method": nil, "appointment": nil, "opened_at": in(-2 * day), "flagged": false}})
	api := desk(nil).with(personAPI, ok(before)[0], ok(after)[0]).with(personActs, problem(409, "case-over", "This identity proofing has ended"))
	tab, _ := open(t, api, personPage)
	confirmed("cancel-case")(tab)
	tab.Says("#form .usa-alert--error", "This identity proofing has ended")
	tab.Says("#case", "Cancelled")
	tab.Until(`!document.getElementById("act-cancel-case") && document.activeElement.getAttribute("role") === "alert"`)
}

// After a lost answer nothing claims that it was done or not, and the same can be sent again.
func TestAnActWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	api := desk(nil).with(personAPI, ok(person(m{"limits": []m{locked()}}))...).
		with(personActs, reply{cut: true}, reply{cut: true}, ok(m{"act": "unlock-codes", "changed": false})[0]) // a browser itself repeats once
	tab, site := open(t, api, personPage)
	acting("unlock-codes")(tab)
	for range 2 {
		tab.Click("#confirm-yes")
		tab.Until(`!document.getElementById("confirm-problem").dataset.busy`)
		if browsertest.Eval[bool](tab, `!document.getElementById("done").hidden`) {
			break
		}
		tab.Says("#confirm-problem", "may have been done or not")
	}
	tab.Says("#done", "stood so already")
	for _, s := range site.bodies(personActs) {
		if !strings.Contains(s.body, "unlock-codes") {
			t.Errorf("sent %s", s.body)
		}
	}
}

// A reason that the server refuses is asked for again beside its field, not in the step that asks once more.
func TestARefusedReasonIsAskedForAgain(t *testing.T) {
	t.Parallel()
	api := desk(nil).with(personAPI, ok(person(nil))...).with(personActs, problem(422, "invalid", "Some of the information needs to be corrected", "errors", []m{{"pointer": "/reason", "detail": "is required"}}))
	tab, _ := open(t, api, personPage)
	confirmed("freeze")(tab)
	tab.Says("#reason-error", "Reason is required")
	tab.Until(`document.getElementById("confirm").hidden`)
}

func TestActsOnOrdersNameTheirOrder(t *testing.T) {
	t.Parallel()
	const orderActs = "POST /api/support/orders/SO-7Q2MB9XK/acts"
	api := desk(nil).with(personAPI, ok(person(nil))...).with(orderActs, ok(m{"act": "void-key", "changed": true})[0], ok(m{"act": "resend-keys", "changed": true})[0])
	tab, site := open(t, api, personPage)
	tab.Click("label[for=act-void-key]")
	acting("void-key")(tab)
	tab.Says("#key-error", "Choose the license key")
	tab.Choose("#key", "SO-7Q2MB9XK 8WNT")
	confirmed("void-key")(tab)
	tab.Says("#done", "key is void")
	tab.Click("label[for=act-resend-keys]")
	tab.Choose("#order", "SO-7Q2MB9XK")
	acting("resend-keys")(tab)
	tab.Says("#confirm-what", "grace@example.test")
	tab.Click("#confirm-yes")
	tab.Says("#done", "on its way to the purchaser")
	sent := site.bodies(orderActs)
	if len(sent) != 2 || sent[0].body != `{"act":"void-key","reason":"Called back at the number on file","last4":"8WNT"}` || sent[1].body != `{"act":"resend-keys","reason":"Called back at the number on file"}` {
		t.Errorf("sent %+v", sent)
	}
}

// A staff page at password strength asks nothing about anybody: the way to elevate leads back.
func TestSupportElevatesFirst(t *testing.T) {
	t.Parallel()
	tab, site := open(t, desk(m{"strength": "password", "level": 1}), personPage)
	tab.Shown("#weak-way")
	if way := browsertest.Eval[string](tab, `document.getElementById("weak-way").getAttribute("href")`); way != "/code?then=%2Fsupport%2Fpeople%2Fgrace" {
		t.Errorf("the way is %s", way)
	}
	if sent := site.bodies(personAPI); len(sent) != 0 {
		t.Errorf("asked %d times", len(sent))
	}
}

// The menu names the desk to support alone.
func TestOnlySupportSeesTheDesk(t *testing.T) {
	t.Parallel()
	for role, hidden := range map[string]bool{"support": false, "agent": true, "": true} {
		roles := []string{}
		if role != "" {
			roles = append(roles, role)
		}
		tab, _ := open(t, signed(m{"roles": roles}), "/help")
		tab.Shown("#identity-in")
		if got := browsertest.Eval[bool](tab, `document.querySelector('[href="/support"]').closest("li").hidden`); got != hidden {
			t.Errorf("%q: hidden is %v", role, got)
		}
	}
}

// The list that was found is there again for who comes back from a person; no one's name is in the address.
func TestASearchIsFoundAgain(t *testing.T) {
	t.Parallel()
	found := m{"people": []m{{"user_id": "grace", "name": "Grace Hopper", "email": "grace@example.test", "country": "US"}}}
	api := desk(nil).with("GET /api/support/people?q=0101+Hopper", ok(found)...).with(personAPI, ok(person(nil))...)
	tab, _ := open(t, api, "/support")
	searching("0101 Hopper")(tab)
	tab.Until(`document.activeElement.id === "results"`)
	tab.Click("#people a")
	tab.At(personPage)
	tab.Says("h1", "Grace Hopper")
	browsertest.Eval[*int](tab, `(setTimeout(() => history.back(), 50), null)`)
	tab.At("/support")
	tab.Says("#people", "grace@example.test")
	if address := browsertest.Eval[string](tab, `location.href`); strings.Contains(address, "Hopper") {
		t.Errorf("the address is %s", address)
	}
}

// Everything of an act is reached and done by the keyboard alone.
func TestAnActByKeyboard(t *testing.T) {
	t.Parallel()
	tab, site := open(t, desk(nil).with(personAPI, ok(person(m{"limits": []m{locked()}}))...).with(personActs, ok(m{"act": "unlock-codes", "changed": true})...), personPage)
	tab.Shown("#form")
	browsertest.Eval[*int](tab, `document.getElementById("act-unlock-codes").focus(); null`)
	tab.Press(" \tAsked by phone\t\r")
	tab.Until(`document.activeElement.id === "confirm-heading"`)
	tab.Press("\t\r")
	tab.Says("#done", "Codes are unlocked")
	tab.Until(`document.activeElement.id === "done"`)
	if sent := site.bodies(personActs); len(sent) != 1 || !strings.Contains(sent[0].body, "Asked by phone") {
		t.Errorf("sent %+v", sent)
	}
}

// An approval that somebody else decided, or whose time is over, is told as that, and nothing can be sent again.
func TestAnApprovalThatIsOver(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]int{"approval-decided": 409, "approval-expired": 410, "approval-unknown": 404} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			api := desk(nil).with("GET /api/support/approvals", ok(m{"approvals": []m{openApproval(nil)}})...).with(personAPI, ok(proofedPerson(nil))...).
				with(approvalAPI, problem(status, code, "It is over"))
			tab, site := open(t, api, approvalPage)
			decides("a-yes")(tab)
			tab.Says("#done", "It is over")
			tab.Until(`document.getElementById("ask").hidden`)
			if sent := site.bodies(approvalAPI); len(sent) != 1 || sent[0].body != `{"approve":true,"reason":"Saw the passport too"}` {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}

// Older entries come below, under their days, and the focus goes to the first of them; pages without anything for
// this reader are passed over.
func TestOlderHistory(t *testing.T) {
	t.Parallel()
	page := func(next string, entries ...m) []reply {
		body := m{"entries": append([]m{}, entries...)}
		if next != "" {
			body["next"] = next
		}
		return ok(body)
	}
	instant := time.Date(2026, 11, 20, 2, 30, 0, 0, time.UTC)
	entry := func(at time.Time, text string) m {
		return m{"at": at.Format(time.RFC3339), "event": "signed-in", "text": text, "by": "you"}
	}
	const route = "GET /api/account/history"
	api := signed(nil).with(route, page("a", entry(instant, "First, until 2026-11-20T03:00:00Z, then until 2026-11-20T07:00:00Z."))...).with(route+"?before=a", page("b")...).
		with(route+"?before=b", page("", entry(instant.Add(-time.Minute), "<b>Second</b>"), entry(instant.Add(-48*time.Hour), "Third"))...)
	site := newFakeSite(t, api)
	tab := chromium.Open(t, 1280, 900)
	tab.Zone("America/Denver")
	tab.Go(site.URL + "/account/history")
	tab.Says("#entries", "First, until 8:00:00 PM, then until November 20, 2026 at 12:00 AM MST.")
	tab.Click("#older-button")
	tab.Says("#entries", "<b>Second</b>")
	tab.Until(`document.activeElement.textContent.includes("Second")`)
	days := browsertest.Eval[[]string](tab, `[...document.querySelectorAll("#entries section")].map((s) => s.querySelector("h3").textContent + ": " + s.querySelectorAll("li").length)`)
	if got := strings.Join(days, "; "); got != "Thursday, November 19, 2026: 2; Tuesday, November 17, 2026: 1" {
		t.Errorf("days: %s", got)
	}
	tab.Until(`document.getElementById("older").hidden`)
	tab.Says("#told", "2 older entries shown.")
}
