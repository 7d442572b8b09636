package main

import (
	"strings"
	"testing"

	"phoneotp/functions/portal/browsertest"
)

// typing is an API under which the session of grace ends between two looks at a page that is filled in, and under which
// she, or somebody else, signs in again.
func typing(api fixtures, after m) fixtures {
	over := problem(401, "not-signed-in", "Please sign in")
	api["GET /api/session"] = []reply{{status: 200, body: sessionOf(nil)}, over, {status: 200, body: sessionOf(after)}}
	return api.with("POST /api/session", reply{status: 200, body: sessionOf(after)})
}

// fill types an address, and a purchase order for an invoice.
func fill(tab *browsertest.Tab) {
	tab.Click("label[for=pay-invoice]")
	tab.Type("#purchase_order", "PO 4711")
	if browsertest.Eval[bool](tab, `document.getElementById("billing-form").hidden`) {
		tab.Click("#billing-change")
	}
	tab.Type("#billing-name", "Hopper & Daughters")
	tab.Type("#billing-line1", "2 Cobol Court")
	tab.Type("#billing-city", "Ottawa")
	tab.Type("#billing-postal", "K1A 0B1")
	tab.Choose("#billing-country", "CA")
}

func signIn(tab *browsertest.Tab) {
	tab.At("/sign-in")
	tab.Type("#user_id", "grace")
	tab.Type("#password", "violet otter 12")
	tab.Press("\r")
}

// here is what the form holds, and whether the address is open.
func here(tab *browsertest.Tab) string {
	return browsertest.Eval[string](tab, `["purchase_order", "billing-name", "billing-line1", "billing-city", "billing-postal", "billing-country"].map((id) => document.getElementById(id).value).join("|")
		+ "|" + document.querySelector("input[name=payment]:checked").value + "|" + !document.getElementById("billing-form").hidden`)
}

// keptTyped is what the tab keeps of forms.
func keptTyped(tab *browsertest.Tab) int {
	return browsertest.Eval[int](tab, `Object.keys(sessionStorage).filter((k) => k.startsWith("phoneotp.typed.")).length`)
}

const typedAll = "PO 4711|Hopper & Daughters|2 Cobol Court|Ottawa|K1A 0B1|CA|invoice|true"

// atFilledCheckout opens the checkout, with a cart of two products, and fills it in.
func atFilledCheckout(t *testing.T, api fixtures) (*browsertest.Tab, *fakeSite) {
	t.Helper()
	site := newFakeSite(t, api)
	tab := chromium.Open(t, 1280, 900)
	tab.Go(site.URL + "/assets/0/icons.svg") // a page of the site that asks for no session
	browsertest.Eval[*int](tab, cartOfTwo+"; null")
	tab.Go(site.URL + "/checkout")
	tab.Shown("#form button[type=submit]")
	fill(tab)
	return tab, site
}

func TestASessionThatEndsKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	ended := problem(401, "not-signed-in", "Please sign in")
	for name, kept := range map[string]any{"with a stored address": billing(), "without": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			placed := reply{status: 201, body: order("placed", m{"total": usd(22600), "payment": "invoice"})}
			tab, site := atFilledCheckout(t, typing(shopping(ended, placed).with("GET /api/account", ok(account(kept))...), nil))
			tab.Click("#form button[type=submit]")
			signIn(tab)
			tab.At("/checkout")
			tab.Shown("#billing-form")
			if got := here(tab); got != typedAll {
				t.Errorf("it came back as %s", got)
			}
			tab.Shown("#invoice-part")
			tab.Shown("#next-invoice")
			tab.Click("#form button[type=submit]")
			tab.At(orderPage)
			sent := site.bodies("POST /api/orders")
			if len(sent) != 2 || sent[0].body != sent[1].body || sent[0].header.Get("idempotency-key") != sent[1].header.Get("idempotency-key") || !strings.Contains(sent[1].body, "Hopper & Daughters") {
				t.Errorf("sent %+v", sent)
			}
			if n := keptTyped(tab); n != 0 {
				t.Errorf("%d forms are kept after the order", n)
			}
		})
	}
}

func TestASessionThatEndsKeepsWhatWasTypedToRenew(t *testing.T) {
	t.Parallel()
	ended, over := problem(401, "not-signed-in", "Please sign in"), problem(401, "not-signed-in", "Please sign in")
	api := holderUntil("active", 20*day, 2, renewalView("eligible", 20*day, nil)).with("GET /api/account", ok(account(billing()))...).
		with("POST /api/renewal/orders", ended, reply{status: 201, body: renewalOrder("placed", m{"payment": "invoice"})}).
		with("GET /api/orders/SO-4D2A77QF", ok(renewalOrder("placed", m{"payment": "invoice"}))...)
	grace := api["GET /api/session"][0]
	api["GET /api/session"] = []reply{grace, over, grace}
	signedIn := sessionOf(holder("password", 2))
	signedIn["next"] = "none"
	tab, site := open(t, api.with("POST /api/session", reply{status: 200, body: signedIn}), "/account/renew")
	fill(tab)
	tab.Click("#form button[type=submit]")
	signIn(tab)
	tab.At("/account/renew")
	tab.Shown("#billing-keep")
	if got := here(tab); got != typedAll {
		t.Errorf("it came back as %s", got)
	}
	tab.Click("#form button[type=submit]")
	tab.At("/orders/SO-4D2A77QF")
	if sent := site.bodies("POST /api/renewal/orders"); len(sent) != 2 || sent[0].body != sent[1].body || !strings.Contains(sent[1].body, `"purchase_order":"PO 4711"`) {
		t.Errorf("sent %+v", sent)
	}
	if n := keptTyped(tab); n != 0 {
		t.Errorf("%d forms are kept after the order", n)
	}
}

// A shared machine: what one person typed is not for the next.
func TestWhatWasTypedIsNotForSomebodyElse(t *testing.T) {
	t.Parallel()
	tab, _ := atFilledCheckout(t, typing(shopping(problem(401, "not-signed-in", "Please sign in")).with("GET /api/orders", ok(m{"orders": []m{}})...), m{"user_id": "ada", "name": "Ada Lovelace"}))
	tab.Click("#form button[type=submit]")
	signIn(tab)
	tab.At("/checkout")
	tab.Shown("#billing-view")
	if got := here(tab); got != "|Grace Hopper|1 Navy Way|Arlington|22201|US|card|false" {
		t.Errorf("the next person finds %s", got)
	}
	if n := keptTyped(tab); n != 0 {
		t.Errorf("%d forms are kept for somebody else", n)
	}
}

func TestSigningOutForgetsWhatWasTyped(t *testing.T) {
	t.Parallel()
	tab, _ := atFilledCheckout(t, shopping().with("DELETE /api/session", reply{status: 204}))
	if n := keptTyped(tab); n != 1 {
		t.Fatalf("%d forms are kept", n)
	}
	tab.Click("#sign-out")
	tab.At("/sign-in")
	if n := keptTyped(tab); n != 0 {
		t.Errorf("%d forms are kept after signing out", n)
	}
}

func TestSigningOutElsewhereForgetsWhatWasTyped(t *testing.T) {
	t.Parallel()
	api := shopping()
	api["GET /api/session"] = []reply{{status: 200, body: sessionOf(nil)}, problem(401, "not-signed-in", "Please sign in")}
	tab, _ := atFilledCheckout(t, api)
	browsertest.Eval[*int](tab, `(new BroadcastChannel("phoneotp.session").postMessage("out"), null)`)
	tab.At("/sign-in")
	if n := keptTyped(tab); n != 0 {
		t.Errorf("%d forms are kept after signing out elsewhere", n)
	}
}

// What stands in the tab's storage may be old, torn or anybody's work: then it is as good as nothing.
func TestWhatIsKeptOfAFormIsRead(t *testing.T) {
	t.Parallel()
	typed := func(member string) string {
		return `JSON.stringify({who: "grace", at: Date.now(), open: true, values: {"billing.city": "Ottawa"}, ` + member + `})`
	}
	for name, row := range map[string]struct{ kept, city string }{
		"as written":             {typed(`x: 1`), "Ottawa"},
		"not JSON":               {`"{"`, "Arlington"},
		"null":                   {`"null"`, "Arlington"},
		"old":                    {typed(`at: Date.now() - 8 * 3600000`), "Arlington"},
		"of no time":             {typed(`at: null`), "Arlington"},
		"of the future":          {typed(`at: Date.now() + 9 * 3600000`), "Arlington"},
		"no values":              {typed(`values: null`), "Arlington"},
		"a value of two":         {typed(`values: {"billing.city": ["a", "b"]}`), "Arlington"},
		"an unknown country":     {typed(`values: {"billing.city": "Ottawa", "billing.country": "XX", "payment": "gold"}`), "Ottawa"},
		"somebody else's":        {typed(`who: "ada"`), "Arlington"},
		"of a member unheard of": {typed(`values: {"billing.city": "Ottawa", "__proto__": "x", "constructor": "y"}`), "Ottawa"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := newFakeSite(t, shopping())
			tab := chromium.Open(t, 1280, 900)
			tab.Go(site.URL + "/assets/0/icons.svg")
			browsertest.Eval[*int](tab, cartOfTwo+`; sessionStorage.setItem("phoneotp.typed./checkout", `+row.kept+`); null`)
			tab.Go(site.URL + "/checkout")
			tab.Shown("#form button[type=submit]")
			if got := browsertest.Eval[string](tab, `document.getElementById("billing-city").value + "|" + document.getElementById("billing-country").value + "|" + document.querySelector("input[name=payment]:checked")?.value`); got != row.city+"|US|card" {
				t.Errorf("the form holds %s", got)
			}
		})
	}
}

func TestAPageThatIsLoadedAgainHasWhatWasTyped(t *testing.T) {
	t.Parallel()
	tab, site := atFilledCheckout(t, shopping())
	tab.Go(site.URL + "/checkout")
	tab.Shown("#billing-form")
	if got := here(tab); got != typedAll {
		t.Errorf("it came back as %s", got)
	}
}

func TestNothingIsKeptOfAFormThatIsAsItWas(t *testing.T) {
	t.Parallel()
	tab, _ := atCheckout(t, shopping())
	tab.Click("#billing-change")
	tab.Type("#billing-city", "Ottawa")
	if n := keptTyped(tab); n != 1 {
		t.Errorf("%d forms are kept", n)
	}
	tab.Type("#billing-city", "Arlington")
	tab.Click("#billing-keep")
	if n := keptTyped(tab); n != 0 {
		t.Errorf("%d forms are kept of nothing", n)
	}
}
