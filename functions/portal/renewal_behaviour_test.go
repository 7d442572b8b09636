package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// A lost answer to a renewal is asked again under the same key, and next year's has another.
func TestARenewalIsRepeatedWithItsKey(t *testing.T) {
	t.Parallel()
	placed := renewalOrder("placed", m{"checkout_url": "/help/privacy"})
	api := holderUntil("active", 20*day, 2, renewalView("eligible", 20*day, nil)).
		with("POST /api/renewal/orders", reply{cut: true}, reply{cut: true}, reply{status: 201, body: placed}) // a browser itself repeats once
	tab, site := open(t, api, "/account/renew")
	for range 2 {
		tab.Click("#form button[type=submit]")
		tab.Until(`location.pathname !== "/account/renew" || !document.getElementById("form").dataset.busy`)
		if browsertest.Eval[bool](tab, `location.pathname !== "/account/renew"`) {
			break
		}
	}
	tab.At("/help/privacy")
	sent := site.bodies("POST /api/renewal/orders")
	if len(sent) < 2 {
		t.Fatalf("sent %+v", sent)
	}
	want := `{"product":"renew-us","payment":"card","billing":{"name":"Grace Hopper","line1":"1 Navy Way","city":"Arlington","region":"VA","postal_code":"22201","country":"US"}}`
	for _, s := range sent {
		if key := s.header.Get("idempotency-key"); key != sent[0].header.Get("idempotency-key") || len(key) < 16 || s.body != sent[0].body {
			t.Errorf("sent under %q: %s", key, s.body)
		}
	}
	var got, wanted m
	decode(t, sent[0].body, &got)
	decode(t, want, &wanted)
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("sent %s", sent[0].body)
	}
	if left := browsertest.Eval[int](tab, `localStorage.length`); left != 0 {
		t.Errorf("%d things are left of the renewal", left)
	}
}

func decode(t *testing.T, text string, into *m) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

func TestARenewalByInvoiceLeadsToItsOrder(t *testing.T) {
	t.Parallel()
	invoiced := renewalOrder("placed", m{"payment": "invoice", "invoice_url": "https://pay.example.test/i", "invoice": m{"number": "INV-2", "due_at": in(30 * day), "status": "open"}})
	api := holderUntil("active", 20*day, 2, renewalView("eligible", 20*day, nil)).with("GET /api/account", ok(account(nil))...).
		with("POST /api/renewal/orders", reply{status: 201, body: invoiced}).with("GET /api/orders/SO-4D2A77QF", ok(invoiced)...)
	tab, site := open(t, api, "/account/renew")
	tab.Click("label[for=pay-invoice]")
	tab.Type("#purchase_order", " PO 4711 ")
	tab.Type("#billing-line1", "2 Navy Way")
	tab.Type("#billing-city", "Arlington")
	tab.Type("#billing-postal", "22202")
	tab.Click("#form button[type=submit]")
	tab.At("/orders/SO-4D2A77QF")
	tab.Says("#stage", "The new year is added when the payment has arrived")
	want := m{"product": "renew-us", "payment": "invoice", "purchase_order": "PO 4711", "billing": m{"name": "Grace Hopper", "line1": "2 Navy Way", "city": "Arlington", "postal_code": "22202", "country": "US"}}
	if got := sentOnce(t, site, "POST /api/renewal/orders"); !reflect.DeepEqual(got, want) {
		t.Errorf("sent %v", got)
	}
}

// The order's page follows the payment and then shows the new expiry, asked for anew.
func TestRenewalOrderShowsTheNewExpiry(t *testing.T) {
	t.Parallel()
	before, after := sessionOf(holder("phone_otp", 2)), sessionOf(holder("phone_otp", 2))
	after["credential"] = m2(credential("active", 0), m{"expires_at": "2031-03-10T12:00:00Z"})
	api := fixtures{"GET /api/session": {{status: 200, body: before}, {status: 200, body: after}}}.
		with("GET /api/orders/SO-4D2A77QF", reply{status: 200, body: renewalOrder("placed", nil)}, reply{status: 200, body: renewalOrder("fulfilled", nil)})
	tab, _ := open(t, api, "/orders/SO-4D2A77QF")
	tab.Says("#stage", "Awaiting payment")
	tab.Says("#stage", "March 10, 2031")
	tab.Says("#stage", "Your credential is renewed")
}

// Terms are calendar months from the date of purchase (product.md 8), also where a year has no 29 February.
func TestNewExpiryIsReckonedFromThePurchase(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ purchased, expires, after string }{
		{"2024-02-29T12:00:00Z", "2026-02-28T12:00:00Z", "February 28, 2027"},
		{"2024-02-29T12:00:00Z", "2027-02-28T12:00:00Z", "February 29, 2028"},
		{"2025-03-10T12:00:00Z", "2026-03-10T12:00:00Z", "March 10, 2027"},
		{"2025-12-31T12:00:00Z", "2026-12-31T12:00:00Z", "December 31, 2027"},
	} {
		t.Run(row.expires, func(t *testing.T) {
			t.Parallel()
			s := holder("password", 1)
			s["credential"] = m2(credential("active", day), m{"purchased_at": row.purchased, "expires_at": row.expires})
			api := signed(s).with("GET /api/renewal", ok(renewalView("eligible", 20*day, m{"expires_at": row.expires}))...).with("GET /api/account", ok(account(billing()))...)
			tab, _ := open(t, api, "/account/renew")
			tab.Says("#summary", row.after)
		})
	}
}

// People see their own zone (product.md 10), down to the day before.
func TestExpiryIsShownInTheReadersZone(t *testing.T) {
	t.Parallel()
	s := holder("password", 1)
	s["credential"] = m2(credential("active", day), m{"purchased_at": "2030-03-10T02:30:00Z", "expires_at": "2031-03-10T02:30:00Z"})
	site := newFakeSite(t, signed(s).with("GET /api/phones", listed(phones(1))...).with("GET /api/renewal", ok(renewalView("too-early", day, nil))...).with("GET /api/orders", ok(m{"orders": []m{}})...))
	for _, row := range []struct{ zone, says string }{{"America/Denver", "March 9, 2031 at 8:30 PM MDT"}, {"Asia/Tokyo", "March 10, 2031 at 11:30 AM GMT+9"}} {
		tab := chromium.Open(t, 1280, 900)
		tab.Zone(row.zone)
		tab.Go(site.URL + "/account/otp")
		tab.Says("#facts", row.says)
	}
}

// Far from its end a credential costs the dashboard no further question.
func TestDashboardAsksAboutRenewalOnlyNearTheEnd(t *testing.T) {
	t.Parallel()
	tab, site := open(t, holderUntil("active", 31*day, 2, renewalView("eligible", 31*day, nil)), "/dashboard")
	tab.Says("#apps", "Partner Directory")
	if n := len(site.bodies("GET /api/renewal")); n != 0 {
		t.Errorf("asked %d times", n)
	}
	if browsertest.Eval[bool](tab, `document.getElementById("ending").childElementCount > 0`) {
		t.Error("31 days before the end a banner stands")
	}
}

func TestRemovingAPhoneAsksFirst(t *testing.T) {
	t.Parallel()
	api := holderUntil("active", 200*day, 3, renewalView("eligible", 200*day, nil)).with("DELETE /api/phones/p2", reply{status: 204}).
		with("GET /api/phones", listed(phones(3))[0], listed([]m{phones(3)[0], phones(3)[2]})[0])
	tab, site := open(t, api, "/account/otp")
	tab.Click("[data-phone=p3] button")
	tab.Says(".confirm", "Remove the phone ending 0103?")
	tab.Click("[data-phone=p2] button") // one question at a time
	tab.Says(".confirm", "Remove the phone ending 0102?")
	if n := browsertest.Eval[int](tab, `document.querySelectorAll(".confirm").length`); n != 1 {
		t.Errorf("%d questions at once", n)
	}
	tab.Click(".confirm .usa-button--outline")
	tab.Until(`!document.querySelector(".confirm") && location.search === ""`)
	if focus := browsertest.Eval[string](tab, `document.activeElement.getAttribute("aria-label")`); focus != "Remove the phone ending 0102" {
		t.Errorf("the focus is on %q", focus)
	}
	if n := len(site.bodies("DELETE /api/phones/p2")); n != 0 {
		t.Fatalf("removed %d times without a yes", n)
	}
	tab.Click("[data-phone=p2] button")
	tab.Click(".confirm .usa-button--secondary")
	tab.Says("#said", "ending 0102 was removed")
	tab.Until(`!document.querySelector("[data-phone=p2]") && location.search === ""`)
	if n := len(site.bodies("DELETE /api/phones/p2")); n != 1 {
		t.Errorf("removed %d times", n)
	}
}

// A removal whose answer was lost is found done at the next press.
func TestARemovalMayBeRepeated(t *testing.T) {
	t.Parallel()
	api := holderUntil("active", 200*day, 2, renewalView("eligible", 200*day, nil)).
		with("DELETE /api/phones/p2", reply{cut: true}, reply{cut: true}, problem(404, "phone-unknown", "There is no such number")).
		with("GET /api/phones", listed(phones(2))[0], listed(phones(1))[0])
	tab, _ := open(t, api, "/account/otp")
	tab.Click("[data-phone=p2] button")
	for range 3 {
		tab.Click(".confirm .usa-button--secondary")
		tab.Until(`!document.querySelector(".confirm")?.dataset.busy`)
		if browsertest.Eval[bool](tab, `!document.querySelector(".confirm")`) {
			break
		}
		tab.Says(".confirm", "could not reach the server")
	}
	tab.Says("#said", "not registered any more")
	tab.Says("#phones-last", "cannot be removed")
}

// otp-not-fresh leads through a code and back to the very act.
func TestAChangeComesBackAfterACode(t *testing.T) {
	t.Parallel()
	stale := problem(403, "otp-not-fresh", "This needs a code that was entered a moment ago", "next", "elevate")
	api := holderUntil("active", 200*day, 2, renewalView("eligible", 200*day, nil)).
		with("DELETE /api/phones/p2", stale, reply{status: 204}).with("POST /api/phones", stale, reply{status: 202, body: challenge(nil)}).
		with("POST /api/otp/send", reply{status: 202, body: challenge(nil)}).with("GET /api/otp/challenges/c1", ok(challenge(nil))...).
		with("POST /api/otp/verify", reply{status: 200, body: sessionOf(holder("phone_otp", 2))})
	enter := func(tab *browsertest.Tab) {
		tab.At("/code")
		tab.Says("h1", "Enter a code again")
		tab.Click("#send")
		tab.Type("#code", "123456")
		tab.Click("#code-form button[type=submit]")
	}
	t.Run("removing", func(t *testing.T) {
		t.Parallel()
		tab, site := open(t, api, "/account/otp")
		tab.Click("[data-phone=p2] button")
		tab.Click(".confirm .usa-button--secondary")
		tab.Click(".confirm .usa-alert--error a")
		enter(tab)
		tab.At("/account/otp")
		tab.Says(".confirm", "Remove the phone ending 0102?")
		if n := len(site.bodies("DELETE /api/phones/p2")); n != 1 {
			t.Fatalf("asked %d times: coming back must ask the person again", n)
		}
		tab.Click(".confirm .usa-button--secondary")
		tab.Says("#said", "was removed")
	})
	t.Run("replacing", func(t *testing.T) {
		t.Parallel()
		tab, site := open(t, api, "/phones/register?replaces=p2")
		number := func() {
			tab.Choose("#country", "US")
			tab.Type("#number", "202 555 0143")
			tab.Click("#form button[type=submit]")
		}
		number()
		tab.Click("#form .usa-alert--error a")
		enter(tab)
		tab.At("/phones/register")
		tab.Says("#ask-intro", "ending 0102")
		number()
		tab.Shown("#code")
		for _, s := range site.bodies("POST /api/phones") {
			if s.body != `{"channel":"sms","country":"US","number":"202 555 0143","replaces":"p2"}` {
				t.Errorf("sent %s", s.body)
			}
		}
	})
}

// An open code is found again after a reload, but never under another act.
func TestACodeIsFoundAgainForItsOwnAct(t *testing.T) {
	t.Parallel()
	api := holderUntil("active", 200*day, 2, renewalView("eligible", 200*day, nil)).
		with("POST /api/phones", reply{status: 202, body: challenge(nil)}).with("GET /api/otp/challenges/c1", ok(challenge(nil))...)
	tab, site := open(t, api, "/phones/register?replaces=p2")
	tab.Choose("#country", "US")
	tab.Type("#number", "202 555 0143")
	tab.Click("#form button[type=submit]")
	tab.Shown("#code")
	tab.Go(site.URL + "/phones/register?replaces=p2")
	tab.Shown("#code")
	tab.Go(site.URL + "/phones/register")
	tab.Shown("#form")
	tab.Until(`document.getElementById("code-panel").hidden`)
	if kept := browsertest.Eval[string](tab, `JSON.stringify(sessionStorage) + JSON.stringify(localStorage)`); strings.Contains(kept, "0143") {
		t.Errorf("the browser keeps %s", kept)
	}
}

// Opening the link does nothing: mail scanners open links. Only a press does, once.
func TestARejectionIsPressed(t *testing.T) {
	t.Parallel()
	api := signed(holder("phone_otp", 2)).with("POST /api/phone-changes/reject", reply{status: 204})
	tab, site := open(t, api, "/phone-changes/reject#token=abc_-1")
	tab.Shown("#form button")
	tab.Says("#identity-in", "Grace Hopper")
	if address := browsertest.Eval[string](tab, "location.href"); strings.Contains(address, "abc") {
		t.Errorf("the address still holds the token: %s", address)
	}
	if n := len(site.bodies("POST /api/phone-changes/reject")); n != 0 {
		t.Fatalf("opening the page rejected %d times", n)
	}
	tab.Click("#form button")
	tab.Says("#done", "every session of your account has ended")
	tab.Until(`document.getElementById("identity-in").hidden && !document.getElementById("identity-anon").hidden`)
	if got := sentOnce(t, site, "POST /api/phone-changes/reject"); got["token"] != "abc_-1" {
		t.Errorf("sent %v", got)
	}
	if focus := browsertest.Eval[string](tab, "document.activeElement.id"); focus != "done" {
		t.Errorf("the focus is on %q", focus)
	}
	tab.Go(site.URL + "/phone-changes/reject#token=def_-2") // only the fragment differs: no new page for the browser
	tab.Click("#form button")
	tab.Shown("#done")
	if sent := site.bodies("POST /api/phone-changes/reject"); len(sent) != 2 || sent[1].body != `{"token":"def_-2"}` {
		t.Errorf("sent %+v", sent)
	}
}

// Another tab moved the clock: the warning goes away by itself. Another tab signed out: so has this one.
func TestOtherTabsCount(t *testing.T) {
	t.Parallel()
	orders := ok(m{"orders": []m{}})
	t.Run("activity", func(t *testing.T) {
		t.Parallel()
		short := reply{status: 200, body: sessionOf(m{"idle_expires_at": in(100 * time.Second)})} // from when the test has its turn
		tab, site := open(t, fixtures{"GET /api/session": {short, {status: 200, body: sessionOf(nil)}}, "GET /api/orders": orders}, "/orders")
		tab.Shown("#timeout")
		otherTab(tab, "moved")
		tab.Until(`!document.getElementById("timeout").open`)
		if n := len(site.bodies("GET /api/account")); n != 0 {
			t.Errorf("this tab moved the clock %d times", n)
		}
	})
	t.Run("signing out", func(t *testing.T) {
		t.Parallel()
		tab, _ := open(t, fixtures{"GET /api/session": {{status: 200, body: sessionOf(nil)}, problem(401, "not-signed-in", "Please sign in")}, "GET /api/orders": orders}, "/orders")
		tab.Ready()
		otherTab(tab, "out")
		tab.At("/sign-in")
		tab.Says("#ended-text", "signed out")
	})
	t.Run("nobody signed in here", func(t *testing.T) {
		t.Parallel()
		tab, site := open(t, fixtures{}, "/help")
		tab.Ready()
		otherTab(tab, "out")
		time.Sleep(300 * time.Millisecond) // nothing is to happen
		if n := len(site.bodies("GET /api/session")); n != 1 {
			t.Errorf("asked %d times", n)
		}
		tab.At("/help")
	})
}

// otherTab says what a second tab of the same browser would.
func otherTab(tab *browsertest.Tab, what string) {
	browsertest.Eval[bool](tab, fmt.Sprintf(`(() => { const c = new BroadcastChannel("phoneotp.session"); c.postMessage(%q); setTimeout(() => c.close(), 100); return true; })()`, what))
}

func TestTimeoutDialogByKeyboard(t *testing.T) {
	t.Parallel()
	api := func() fixtures { // from when the test has its turn
		return fixtures{"GET /api/session": {{status: 200, body: sessionOf(m{"idle_expires_at": in(100 * time.Second)})}, {status: 200, body: sessionOf(nil)}},
			"GET /api/account": ok(account(nil)), "GET /api/orders": ok(m{"orders": []m{}}), "DELETE /api/session": {{status: 204}}}
	}
	t.Run("escape means staying", func(t *testing.T) {
		t.Parallel()
		tab, site := open(t, api(), "/orders")
		tab.Shown("#timeout")
		tab.Press("\x1b")
		tab.Until(`!document.getElementById("timeout").open`)
		for deadline := time.Now().Add(20 * time.Second); len(site.bodies("GET /api/account")) == 0 && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond) // it closes first, then asks
		}
		if n := len(site.bodies("GET /api/account")); n != 1 {
			t.Errorf("the idle clock was moved %d times", n)
		}
	})
	t.Run("signing out", func(t *testing.T) {
		t.Parallel()
		tab, site := open(t, api(), "/orders")
		tab.Shown("#timeout")
		tab.Press("\t")
		tab.Press("\r")
		tab.At("/sign-in")
		if n := len(site.bodies("DELETE /api/session")); n != 1 {
			t.Errorf("the server was told %d times", n)
		}
	})
}

func TestEndingOtherSessions(t *testing.T) {
	t.Parallel()
	entry := func(id string, current bool) m {
		return m{"id": id, "signed_in_at": in(-time.Hour), "last_used_at": in(-time.Minute), "expires_at": in(7 * time.Hour), "strength": "password", "current": current}
	}
	three, one := m{"sessions": []m{entry("s2", false), entry("s3", false), entry("s1", true)}}, m{"sessions": []m{entry("s1", true)}}
	api := signed(holder("password", 1)).with("GET /api/sessions", reply{status: 200, body: three}, reply{status: 200, body: three}, reply{status: 200, body: one}).
		with("DELETE /api/sessions/s2", problem(404, "session-unknown", "There is no such session")).with("DELETE /api/sessions/s3", reply{status: 204})
	tab, site := open(t, api, "/account/sessions")
	tab.Shown("#end-others")
	if first := browsertest.Eval[string](tab, `document.querySelector("#rows li").textContent`); !strings.Contains(first, "This session") {
		t.Errorf("the first is %q", first)
	}
	tab.Click("#end-others")
	tab.Says("#said", "All other sessions have ended")
	tab.Says("#alone", "No other session")
	if len(site.bodies("DELETE /api/sessions/s2")) != 1 || len(site.bodies("DELETE /api/sessions/s3")) != 1 || len(site.bodies("DELETE /api/sessions/s1")) != 0 {
		t.Error("the wrong sessions were ended")
	}
}

// The way on keeps the whole address, so that the act is found again.
func TestWayOnKeepsTheQuery(t *testing.T) {
	t.Parallel()
	tab, _ := open(t, signed(holder("password", 2)), "/phones/register?replaces=p2")
	tab.Shown("#problem .elevate")
	href := browsertest.Eval[string](tab, `document.querySelector("#problem .elevate").getAttribute("href")`)
	if want := "/code?then=" + url.QueryEscape("/phones/register?replaces=p2"); href != want {
		t.Errorf("it leads to %s, want %s", href, want)
	}
}
