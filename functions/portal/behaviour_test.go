package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"phoneotp/functions/portal/browsertest"
)

func open(t *testing.T, api fixtures, path string) (*browsertest.Tab, *fakeSite) {
	t.Helper()
	site := newFakeSite(t, api)
	tab := chromium.Open(t, 1280, 900)
	tab.Go(site.URL + path)
	return tab, site
}

func TestSignInLeadsOn(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, then, next, path, search string }{
		{"to the dashboard", "", "none", "/dashboard", ""},
		{"back to where it was asked for", "/orders", "none", "/orders", ""},
		{"through the code prompt", "/orders", "enter-otp", "/code", "?signing-in=1&then=%2Forders"},
		{"never to another site", "https://evil.example/x", "none", "/dashboard", ""},
		{"never to another site by two slashes", "//evil.example/x", "none", "/dashboard", ""},
		{"never to another site by a backslash", "/\\evil.example/x", "none", "/dashboard", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := holder("password", 1)
			s["next"] = row.next
			api := fixtures{"POST /api/session": ok(sessionOf(s)), "GET /api/session": {problem(401, "not-signed-in", "Please sign in"), {status: 200, body: sessionOf(s)}},
				"GET /api/applications": ok(applications(1)), "GET /api/orders": ok(m{"orders": []m{}})}
			tab, site := open(t, api, "/sign-in?then="+strings.NewReplacer(":", "%3A", "/", "%2F", "\\", "%5C").Replace(row.then))
			tab.Type("#user_id", "grace")
			tab.Type("#password", "violet otter 12")
			tab.Press("\r")
			tab.At(row.path)
			if row.search != "" {
				tab.Until(fmt.Sprintf("location.search === %q", row.search))
			}
			sent := site.bodies("POST /api/session")
			if len(sent) != 1 || sent[0].body != `{"user_id":"grace","password":"violet otter 12"}` || sent[0].header.Get("content-type") != "application/json" {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}

func TestPagesAskForASession(t *testing.T) {
	t.Parallel()
	for _, p := range pages {
		if p.Needs == "" {
			continue
		}
		path := strings.NewReplacer("{number}", "SO-7Q2MB9XK", "{id}", "drawings", "{user_id}", "grace").Replace(p.Path)
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			tab, _ := open(t, fixtures{}, "/help/privacy")
			tab.Ready()
			browsertest.Eval[*int](tab, cartOfTwo+"; location.assign("+fmt.Sprintf("%q", path)+"); null")
			tab.At("/sign-in")
			tab.Until(fmt.Sprintf(`new URLSearchParams(location.search).get("then") === %q`, path))
			tab.Says("#ended", "sign in to see that page")
		})
	}
}

func TestCodeIsEnteredAsPeoplePasteIt(t *testing.T) {
	t.Parallel()
	api := signed(holder("password", 2)).with("POST /api/otp/send", reply{status: 202, body: challenge(nil)}).with("GET /api/otp/challenges/c1", ok(challenge(nil))...).
		with("POST /api/otp/verify", problem(422, "otp-wrong", "That is not the code", "tries_left", 4), reply{status: 200, body: sessionOf(holder("phone_otp", 2))}).
		with("GET /api/orders", ok(m{"orders": []m{}})...)
	tab, site := open(t, api, "/code?signing-in=1&then=%2Forders")
	tab.Click("#phone-1 + label")
	tab.Until(`document.getElementById("call-item").hidden`) // a voice-only phone has one way
	tab.Click("#phone-0 + label")
	tab.Click("#send")
	tab.Until(`document.activeElement.id === "code"`)
	field := browsertest.Eval[[]string](tab, `["type", "inputmode", "autocomplete"].map((a) => document.getElementById("code").getAttribute(a))`)
	if strings.Join(field, " ") != "text numeric one-time-code" {
		t.Errorf("the field is %v", field)
	}
	tab.Type("#code", "１２３-456")
	tab.Press("\r")
	tab.Says("#code-error", "That is not the code")
	after := browsertest.Eval[[]string](tab, `[document.title, document.activeElement.getAttribute("role"), document.getElementById("code").getAttribute("aria-invalid"), document.getElementById("code").getAttribute("aria-describedby"), document.getElementById("code").value]`)
	if want := []string{"Error: Enter a code | Phone OTP", "alert", "true", "code-error code-hint code-left", "１２３-456"}; strings.Join(after, "|") != strings.Join(want, "|") {
		t.Errorf("after a wrong code: %q", after)
	}
	tab.Says("#code-tries", "4 tries left")
	tab.Type("#code", "#654321")
	tab.Press("\r")
	tab.At("/orders")
	sent := site.bodies("POST /api/otp/verify")
	if len(sent) != 2 || sent[0].body != `{"challenge_id":"c1","code":"123456"}` || sent[1].body != `{"challenge_id":"c1","code":"654321"}` {
		t.Errorf("sent %+v", sent)
	}
	if sends := site.bodies("POST /api/otp/send"); len(sends) != 1 || sends[0].body != `{"phone_id":"p1","channel":"sms"}` {
		t.Errorf("sent %+v", sends)
	}
}

func TestANewCodeReplacesTheOld(t *testing.T) {
	t.Parallel()
	open2 := m{"next_sms_at": in(-time.Second), "next_voice_at": in(-time.Second)}
	second := challenge(m{"challenge_id": "c2", "tag": "QF", "phone": m{"ending": "0101", "channel": "voice"}, "delivery": "accepted"})
	api := signed(holder("password", 1)).with("POST /api/otp/send", reply{status: 202, body: challenge(open2)}).with("GET /api/otp/challenges/c1", ok(challenge(open2))...).
		with("POST /api/otp/challenges/c1/resend", problem(429, "send-too-soon", "The last code was sent a moment ago", "retry_at", in(20*time.Second)), reply{status: 202, body: second}).
		with("GET /api/otp/challenges/c2", reply{status: 200, body: m2(second, m{"delivery": "sent"})})
	tab, site := open(t, api, "/code")
	tab.Click("#send")
	tab.Says("#code-tag", "KM")
	tab.Type("#code", "123")
	tab.Click("#code-other")
	tab.Says("#code-form .usa-alert", "You can try again in")
	tab.Click("#code-other")
	tab.Says("#code-tag", "QF")
	tab.Says("#code-sent", "calling")
	tab.Says("#code-said", "marked Q F")
	if got := browsertest.Eval[string](tab, `document.getElementById("code").value`); got != "" {
		t.Errorf("the field still holds %q", got)
	}
	tab.Says("#code-delivery", "Handed to the phone network")
	if sent := site.bodies("POST /api/otp/challenges/c1/resend"); len(sent) != 2 || sent[1].body != `{"channel":"voice"}` {
		t.Errorf("sent %+v", sent)
	}
}

// m2 is a copy with other members.
func m2(base, changes m) m {
	c := m{}
	for name, value := range base {
		c[name] = value
	}
	for name, value := range changes {
		c[name] = value
	}
	return c
}

// A wrong clock in the device changes nothing: what counts is the server's.
func TestCountdownFollowsTheServer(t *testing.T) {
	t.Parallel()
	api := signed(holder("password", 1)).with("POST /api/otp/send", reply{status: 202, body: challenge(nil)})
	site := newFakeSite(t, api)
	tab := chromium.Open(t, 1280, 900)
	tab.BeforeScripts(`const real = Date.now.bind(Date); Date.now = () => real() + 3_600_000;`)
	tab.Go(site.URL + "/code")
	tab.Click("#send")
	tab.Until(`/works for 1:5[0-9] more/.test(document.getElementById("code-time").textContent)`)
}

func TestAnOrderIsRepeatedWithItsKey(t *testing.T) {
	t.Parallel()
	placed := order("placed", m{"total": usd(22600), "checkout_url": "/help/privacy"})
	api := signed(nil).with("GET /api/catalog", ok(catalog())...).with("GET /api/account", ok(account(billing()))...).
		with("POST /api/orders", reply{cut: true}, reply{cut: true}, reply{status: 201, body: placed}) // a browser itself repeats once
	tab, site := open(t, api, "/help/faq")
	browsertest.Eval[*int](tab, cartOfTwo+"; location.assign('/checkout'); null")
	for range 2 {
		tab.Click("#form button[type=submit]")
		tab.Until(`!document.getElementById("form")?.dataset.busy`)
		if browsertest.Eval[bool](tab, `location.pathname !== "/checkout" || !document.querySelector("#form .usa-alert--error")`) {
			break
		}
	}
	tab.At("/help/privacy")
	sent := site.bodies("POST /api/orders")
	if len(sent) < 2 {
		t.Fatalf("sent %+v", sent)
	}
	for _, s := range sent {
		if key := s.header.Get("idempotency-key"); key != sent[0].header.Get("idempotency-key") || len(key) < 16 || s.body != sent[0].body {
			t.Errorf("sent under %q: %s", key, s.body)
		}
	}
	var body struct {
		Partner string
		Payment string
		Lines   []struct {
			Product  string
			Quantity int
		}
	}
	if err := json.Unmarshal([]byte(sent[0].body), &body); err != nil || body.Partner != "all" || body.Payment != "card" || len(body.Lines) != 2 || body.Lines[1].Quantity != 2 {
		t.Errorf("sent %s", sent[0].body)
	}
	if left := browsertest.Eval[int](tab, `localStorage.length`); left != 0 {
		t.Errorf("%d things are left of the cart", left)
	}
}

func TestOrderPageGoesOnByItself(t *testing.T) {
	t.Parallel()
	key := "7Q2MB-9XK4D-R0V3T-HJ8WN-5CZ6P"
	done := order("fulfilled", m{"keys": []m{{"product": "us", "last4": "CZ6P", "state": "issued", "license_key": key}}})
	api := signed(nil).with("GET /api/orders/SO-7Q2MB9XK", reply{status: 200, body: order("placed", nil)}, reply{status: 200, body: order("paid", nil)}, reply{status: 200, body: done}).
		with("POST /api/licenses/redeem", reply{status: 200, body: m{"credential": credential("registered", day), "next": "register-phone"}})
	tab, site := open(t, api, "/orders/SO-7Q2MB9XK")
	tab.Says("#stage", "Awaiting payment")
	tab.Says("#stage", "Let's Get Credentialed")
	tab.Says("#said", "Fulfilled")
	tab.Click("#stage button")
	tab.At("/phones/register")
	if sent := site.bodies("POST /api/licenses/redeem"); len(sent) != 1 || sent[0].body != `{"license_key":"`+key+`"}` {
		t.Errorf("sent %+v", sent)
	}
	if where := browsertest.Eval[string](tab, `document.referrer + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)`); strings.Contains(where, "7Q2MB-9XK4D") {
		t.Error("the key was left behind")
	}
}

func TestTokenLeavesTheAddress(t *testing.T) {
	t.Parallel()
	tab, site := open(t, fixtures{"POST /api/accounts/confirm": {{status: 204}}}, "/confirm#token=abc_-1")
	tab.Shown("#done")
	if address := browsertest.Eval[string](tab, "location.href"); strings.Contains(address, "abc") {
		t.Errorf("the address still holds the token: %s", address)
	}
	if sent := site.bodies("POST /api/accounts/confirm"); len(sent) != 1 || sent[0].body != `{"token":"abc_-1"}` {
		t.Errorf("sent %+v", sent)
	}
}

func TestStayingSignedIn(t *testing.T) {
	t.Parallel()
	api := fixtures{"GET /api/session": {{status: 200, body: sessionOf(m{"idle_expires_at": in(100 * time.Second)})}, {status: 200, body: sessionOf(nil)}},
		"GET /api/account": ok(account(nil)), "GET /api/orders": ok(m{"orders": []m{}})}
	tab, site := open(t, api, "/orders")
	tab.Shown("#timeout")
	if focus := browsertest.Eval[string](tab, "document.activeElement.id"); focus != "timeout-stay" {
		t.Errorf("the focus is on %q", focus)
	}
	tab.Press("\r")
	tab.Until(`!document.getElementById("timeout").open`)
	if n := len(site.bodies("GET /api/account")); n != 1 {
		t.Errorf("the idle clock was moved %d times", n)
	}
}

func TestSessionEndsWhileAPageIsOpen(t *testing.T) {
	t.Parallel()
	api := fixtures{"GET /api/session": {{status: 200, body: sessionOf(m{"idle_expires_at": in(2 * time.Second)})}, problem(401, "not-signed-in", "Please sign in")}, "GET /api/orders": ok(m{"orders": []m{}})}
	tab, _ := open(t, api, "/orders")
	tab.At("/sign-in")
	tab.Says("#ended-text", "15 minutes")
	tab.Until(`new URLSearchParams(location.search).get("then") === "/orders"`)
}

func TestSigningOut(t *testing.T) {
	t.Parallel()
	api := signed(nil).with("DELETE /api/session", reply{status: 204}).with("GET /api/orders", ok(m{"orders": []m{}})...)
	tab, site := open(t, api, "/orders")
	tab.Click("#sign-out")
	tab.At("/sign-in")
	tab.Says("#ended-text", "signed out")
	if n := len(site.bodies("DELETE /api/session")); n != 1 {
		t.Errorf("the server was told %d times", n)
	}
}

func TestAFormIsSentOnce(t *testing.T) {
	t.Parallel()
	tab, site := open(t, fixtures{"POST /api/password/forgot": {{status: 202, slow: 300 * time.Millisecond}}}, "/forgot")
	tab.Type("#email", "grace@example.test")
	busy := browsertest.Eval[[]string](tab, `(() => { const b = document.querySelector("#form button"); b.click(); b.click(); b.click(); return [b.textContent, b.getAttribute("aria-disabled")]; })()`)
	if busy[0] != "Sending\u2026" || busy[1] != "true" {
		t.Errorf("while it waits the button says %q", busy)
	}
	tab.Shown("#done")
	if n := len(site.bodies("POST /api/password/forgot")); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// Everything that can be pressed is reached by the keyboard alone.
func TestSignInByKeyboard(t *testing.T) {
	t.Parallel()
	tab, _ := open(t, fixtures{}, "/sign-in")
	tab.Ready()
	tab.Press("\t")
	if first := browsertest.Eval[string](tab, `document.activeElement.textContent`); first != "Skip to main content" {
		t.Errorf("the first stop is %q", first)
	}
	tab.Press("\r")
	var stops []string
	for range 6 {
		tab.Press("\t")
		stops = append(stops, browsertest.Eval[string](tab, `document.activeElement.id || document.activeElement.textContent`))
	}
	if got := strings.Join(stops, ", "); got != "user_id, password, Show password, Sign in, Forgot your password?, Sign up" {
		t.Errorf("stops: %s", got)
	}
}

// The first view of a page, with all it loads, compressed (quality.md 4: under 150 KB, nothing from elsewhere).
func TestFirstViewIsSmall(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/code", "/sign-up", "/phones/register", "/store", "/checkout", "/orders/SO-7Q2MB9XK", "/account/otp", "/account/renew", "/account/history", "/support/people/grace"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			tab, site := open(t, holderUntil("active", 20*day, 3, renewalView("eligible", 20*day, nil)).with(personAPI, ok(person(nil))...), path)
			tab.Ready()
			tab.Until(`document.fonts.status === "loaded"`)
			loads := browsertest.Eval[[]struct {
				Name string `json:"name"`
				Size int    `json:"size"`
			}](tab, `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((e) => ({name: e.name, size: e.encodedBodySize}))`)
			sum := 0
			for _, l := range loads {
				sum += l.Size
				if !strings.HasPrefix(l.Name, site.URL) {
					t.Errorf("from elsewhere: %s", l.Name)
				}
			}
			t.Logf("%s: %d bytes in %d requests", path, sum, len(loads))
			if sum >= 150_000 || sum < 50_000 {
				t.Errorf("%d bytes in %d requests", sum, len(loads))
			}
		})
	}
}

var (
	apiCall  = regexp.MustCompile("call\\(\"([A-Z]+)\", (?:\"|`)(/api/[^\"`]*)")
	siteLink = regexp.MustCompile(`(?:href=|location\.assign\(|href: |link\()["'\x60](/[a-z/-]*)["'\x60?$]`)
)

// Scripts ask for what the contract has, and every link inside the site leads to a page.
func TestSourcesKnowTheirRoutes(t *testing.T) {
	t.Parallel()
	s, err := newSite("https://otp.example.org")
	if err != nil {
		t.Fatal(err)
	}
	scripts, _ := filepath.Glob("assets/scripts/*.js")
	templates, _ := filepath.Glob("pages/*.gohtml")
	calls, links := 0, 0
	for _, name := range append(scripts, templates...) {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range apiCall.FindAllStringSubmatch(string(source), -1) {
			calls++
			path, _, _ := strings.Cut(regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllString(found[2], "x"), "?")
			known := false
			for described, methods := range s.contract.methods {
				known = known || fits(described, path) && strings.Contains(strings.Join(methods, " "), found[1])
			}
			if !known {
				t.Errorf("%s asks %s %s, which the contract does not have", name, found[1], found[2])
			}
		}
		for _, found := range siteLink.FindAllStringSubmatch(string(source), -1) {
			links++
			path := found[1]
			if len(path) > 1 && strings.HasSuffix(path, "/") { // an id follows
				path += "x"
			}
			if _, _, ok := s.find(path); !ok && path != "/api/openapi" {
				t.Errorf("%s leads to %s, which is no page", name, found[1])
			}
		}
	}
	if calls < 20 || links < 60 {
		t.Errorf("only %d calls and %d links were found", calls, links)
	}
}
