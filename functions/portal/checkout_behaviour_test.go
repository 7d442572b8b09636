package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// shopping is an API under which an order can be placed; more are its answers to that.
func shopping(placing ...reply) fixtures {
	return signed(nil).with("GET /api/catalog", ok(catalog())...).with("GET /api/account", ok(account(billing()))...).with("POST /api/orders", placing...)
}

// atCheckout opens the checkout with a cart of two products.
func atCheckout(t *testing.T, api fixtures) (*browsertest.Tab, *fakeSite) {
	t.Helper()
	tab, site := open(t, api, "/help/faq")
	browsertest.Eval[*int](tab, cartOfTwo+"; location.assign('/checkout'); null")
	tab.At("/checkout")
	tab.Shown("#form button[type=submit]")
	return tab, site
}

func cardOrder() reply {
	return reply{status: 201, body: order("placed", m{"total": usd(22600), "checkout_url": "/help/privacy"})} // stands for the payment page
}

// A second click finds the form busy, or, once the answer is there, the cart empty.
func TestADoubleClickPlacesOneOrder(t *testing.T) {
	t.Parallel()
	slow := cardOrder()
	slow.slow = 200 * time.Millisecond
	tab, site := atCheckout(t, shopping(slow))
	browsertest.Eval[*int](tab, `(() => {
		const press = () => document.querySelector("#form button[type=submit]").click();
		const real = globalThis.fetch;
		globalThis.fetch = async (path, ...rest) => { const answer = await real(path, ...rest); if (path === "/api/orders") for (const ms of [0, 5, 20]) setTimeout(press, ms); return answer; };
		press(); press(); press();
		return null;
	})()`)
	tab.At("/help/privacy")
	time.Sleep(300 * time.Millisecond)
	if sent := site.bodies("POST /api/orders"); len(sent) != 1 {
		t.Errorf("placed %d times", len(sent))
	}
}

func TestBackFromThePaymentPageOrdersNothingAgain(t *testing.T) {
	t.Parallel()
	tab, site := atCheckout(t, shopping(cardOrder()))
	tab.Click("#form button[type=submit]")
	tab.At("/help/privacy")
	browsertest.Eval[*int](tab, `(setTimeout(() => history.back(), 50), null)`) // the answer comes before the page is left
	tab.At("/checkout")
	tab.Says("#empty", "it stands in your orders")
	if sent := site.bodies("POST /api/orders"); len(sent) != 1 {
		t.Errorf("placed %d times", len(sent))
	}
}

// S-12: nobody knows whether the order was made, so its repeat comes under the same key, from a fresh page too.
func TestS12ALostAnswerIsRepeatedUnderItsKey(t *testing.T) {
	t.Parallel()
	tab, site := atCheckout(t, shopping(problem(503, "unavailable", "The service cannot answer just now"), cardOrder()))
	tab.Click("#form button[type=submit]")
	tab.Shown("#form .usa-alert--error")
	tab.Go(site.URL + "/checkout")
	tab.Click("#form button[type=submit]")
	tab.At("/help/privacy")
	sent := site.bodies("POST /api/orders")
	if len(sent) != 2 || sent[0].header.Get("idempotency-key") != sent[1].header.Get("idempotency-key") || sent[0].body != sent[1].body {
		t.Errorf("sent %+v", sent)
	}
}

// S-12: another content is another order.
func TestS12AChangedOrderHasItsOwnKey(t *testing.T) {
	t.Parallel()
	tab, site := atCheckout(t, shopping(problem(503, "unavailable", "The service cannot answer just now"), reply{status: 201, body: order("placed", m{"total": usd(22600), "payment": "invoice"})}))
	tab.Click("#form button[type=submit]")
	tab.Shown("#form .usa-alert--error")
	tab.Click("label[for=pay-invoice]")
	tab.Type("#purchase_order", "  PO 4711 ")
	tab.Click("#form button[type=submit]")
	tab.At("/orders/SO-7Q2MB9XK")
	sent := site.bodies("POST /api/orders")
	if len(sent) != 2 || sent[0].header.Get("idempotency-key") == sent[1].header.Get("idempotency-key") {
		t.Fatalf("sent %+v", sent)
	}
	var card, invoice m
	fatalUnless(t, json.Unmarshal([]byte(sent[0].body), &card))
	fatalUnless(t, json.Unmarshal([]byte(sent[1].body), &invoice))
	if card["purchase_order"] != nil || card["payment"] != "card" || invoice["purchase_order"] != "PO 4711" || invoice["payment"] != "invoice" {
		t.Errorf("sent %v and %v", card, invoice)
	}
}

func fatalUnless(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The order that a lost answer hid was cancelled from its page meanwhile: ordering again is a new order.
func TestACancelledOrderIsNotTakenForTheNew(t *testing.T) {
	t.Parallel()
	tab, site := atCheckout(t, shopping(reply{status: 201, body: order("cancelled", nil)}, cardOrder()))
	tab.Click("#form button[type=submit]")
	tab.At("/help/privacy")
	sent := site.bodies("POST /api/orders")
	if len(sent) != 2 || sent[0].header.Get("idempotency-key") == sent[1].header.Get("idempotency-key") {
		t.Errorf("sent %+v", sent)
	}
}

func TestASessionThatEndsKeepsTheCart(t *testing.T) {
	t.Parallel()
	api := shopping(problem(401, "not-signed-in", "Please sign in"), cardOrder()).with("POST /api/session", reply{status: 200, body: sessionOf(nil)})
	api["GET /api/session"] = []reply{{status: 200, body: sessionOf(nil)}, {status: 200, body: sessionOf(nil)}, problem(401, "not-signed-in", "Please sign in"), {status: 200, body: sessionOf(nil)}}
	tab, site := atCheckout(t, api)
	tab.Click("#form button[type=submit]")
	tab.At("/sign-in")
	tab.Says("#cart-count", "(3)")
	tab.Type("#user_id", "grace")
	tab.Type("#password", "violet otter 12")
	tab.Press("\r")
	tab.At("/checkout")
	tab.Says("#summary", "$226.00")
	tab.Click("#form button[type=submit]")
	tab.At("/help/privacy")
	if sent := site.bodies("POST /api/orders"); len(sent) != 2 || sent[0].body != sent[1].body {
		t.Errorf("sent %+v", sent)
	}
}

// What stands in the browser's storage may be anybody's work: at worst it is as good as empty.
func TestATamperedCart(t *testing.T) {
	t.Parallel()
	line := `{product: "us", quantity: 2}`
	for name, row := range map[string]struct{ kept, count, lines string }{
		"not JSON":             {`"{"`, "", ""},
		"null":                 {`null`, "", ""},
		"no lines":             {`{partner: "all", lines: 5}`, "", ""},
		"null lines":           {`{partner: "all", lines: [null, ` + line + `]}`, "(2)", `[{"product":"us","quantity":2}]`},
		"a price":              {`{partner: "all", lines: [{product: "us", quantity: 2, price: {amount: 1, currency: "USD"}, amount: 1}]}`, "(2)", `[{"product":"us","quantity":2}]`},
		"below zero":           {`{partner: "all", lines: [{product: "intl", quantity: -3}, ` + line + `]}`, "(2)", `[{"product":"us","quantity":2}]`},
		"a fraction":           {`{partner: "all", lines: [{product: "intl", quantity: 1.5}, ` + line + `]}`, "(2)", `[{"product":"us","quantity":2}]`},
		"a text for a number":  {`{partner: "all", lines: [{product: "intl", quantity: "3"}, ` + line + `]}`, "(2)", `[{"product":"us","quantity":2}]`},
		"too many":             {`{partner: "all", lines: [` + line + `, {product: "intl", quantity: 49}]}`, "(2)", `[{"product":"us","quantity":2}]`},
		"a product twice":      {`{partner: "all", lines: [` + line + `, {product: "us", quantity: 3}]}`, "(5)", `[{"product":"us","quantity":5}]`},
		"markup for a product": {`{partner: "all", lines: [{product: "<img src=x onerror=alert(1)>", quantity: 1}, ` + line + `]}`, "(2)", `[{"product":"us","quantity":2}]`},
		"markup for a partner": {`{partner: "<b>x</b>", lines: [` + line + `]}`, "(2)", `[{"product":"us","quantity":2}]`},
		"another site's":       {`{partner: "../../evil", lines: [` + line + `]}`, "(2)", `[{"product":"us","quantity":2}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab, site := open(t, shopping(reply{status: 201, body: order("placed", m{"total": usd(6800), "payment": "invoice"})}), "/help/faq")
			value := `JSON.stringify(` + row.kept + `)`
			if name == "not JSON" {
				value = row.kept
			}
			browsertest.Eval[*int](tab, `(localStorage.setItem("phoneotp.cart", `+value+`), location.assign('/cart'), null)`)
			tab.At("/cart")
			tab.Until(fmt.Sprintf(`document.getElementById("cart-count").textContent === %q`, row.count))
			if row.lines == "" {
				tab.Shown("#empty")
				return
			}
			tab.Says("#partner", "All credentials and subscriptions")
			tab.Click("a[href='/checkout']")
			tab.At("/checkout")
			tab.Click("#form button[type=submit]")
			tab.At("/orders/SO-7Q2MB9XK")
			if sent := site.bodies("POST /api/orders"); len(sent) != 1 || !strings.Contains(sent[0].body, `"partner":"all","lines":`+row.lines+`,`) {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}

func TestAPartnerThatIsGoneBecomesTheWholeStore(t *testing.T) {
	t.Parallel()
	api := shopping().with("GET /api/catalog?partner=gone", problem(404, "partner-unknown", "We do not know this partner"))
	tab, _ := open(t, api, "/help/faq")
	browsertest.Eval[*int](tab, `(localStorage.setItem("phoneotp.cart", JSON.stringify({partner: "gone", lines: [{product: "us", quantity: 2}]})), location.assign('/cart'), null)`)
	tab.Says("#partner", "All credentials and subscriptions")
	tab.Says("#total", "$68.00")
}

// The price is the catalog's at the moment of ordering: another than was shown is shown before anything is ordered.
func TestAChangedPriceIsShownFirst(t *testing.T) {
	t.Parallel()
	dear := catalog()
	dear["products"].([]m)[1]["price"] = usd(3600)
	placed := cardOrder()
	placed.body.(m)["total"] = usd(22800)
	tab, site := atCheckout(t, shopping(placed).with("GET /api/catalog?partner=all", reply{status: 200, body: catalog()}, reply{status: 200, body: dear}))
	tab.Click("#form button[type=submit]")
	tab.Says("#form .usa-alert--error", "Nothing has been ordered")
	tab.Says("#sum", "$228.00")
	if sent := site.bodies("POST /api/orders"); len(sent) != 0 {
		t.Errorf("ordered all the same: %+v", sent)
	}
	tab.Click("#form button[type=submit]")
	tab.At("/help/privacy")
}

// The price changed between the last look and the order: its page comes before the payment page.
func TestAnotherTotalThanShownIsNotPaidUnseen(t *testing.T) {
	t.Parallel()
	placed := cardOrder()
	placed.body.(m)["total"] = usd(99900)
	tab, _ := atCheckout(t, shopping(placed).with(orderAPI, ok(placed.body)...))
	tab.Click("#form button[type=submit]")
	tab.At(orderPage)
	tab.Says("#total", "$999.00")
}

func TestACartThatChangedElsewhereIsNotOrdered(t *testing.T) {
	t.Parallel()
	tab, site := atCheckout(t, shopping(cardOrder()))
	browsertest.Eval[*int](tab, `(localStorage.setItem("phoneotp.cart", JSON.stringify({partner: "all", lines: [{product: "us", quantity: 9}]})), null)`)
	tab.Click("#form button[type=submit]")
	tab.Says("#form .usa-alert--error", "changed or ordered in another tab")
	if sent := site.bodies("POST /api/orders"); len(sent) != 0 {
		t.Errorf("ordered all the same: %+v", sent)
	}
	tab.Click("#form .usa-alert--error a")
	tab.Says("#sum", "$306.00")
}

func TestThePartnerChosenLastFiltersTheStore(t *testing.T) {
	t.Parallel()
	narrow := m{"partners": catalog()["partners"], "products": catalog()["products"].([]m)[:1]}
	api := signed(nil).with("GET /api/catalog", ok(catalog())...).with("GET /api/catalog?partner=aero", reply{status: 200, body: narrow, slow: 600 * time.Millisecond})
	tab, _ := open(t, api, "/store")
	tab.Shown("#product-3 + label")
	tab.Choose("#partner", "aero")
	tab.Choose("#partner", "all")
	time.Sleep(time.Second) // the slow answer has come, for a partner that is not chosen any more
	tab.Shown("#product-3 + label")
	tab.Choose("#partner", "aero")
	tab.Until(`!document.getElementById("product-1")`)
	tab.Click("#product-0 + label")
	tab.Click("#form button[type=submit]")
	tab.At("/cart")
	if kept := browsertest.Eval[string](tab, `localStorage.getItem("phoneotp.cart")`); kept != `{"partner":"aero","lines":[{"product":"us-proofed","quantity":1}]}` {
		t.Errorf("the cart holds %s", kept)
	}
}

// The cart's count follows what another tab does.
func TestTheCartsCountFollowsAnotherTab(t *testing.T) {
	t.Parallel()
	tab, _ := open(t, shopping(), "/help/faq")
	tab.Until(`document.getElementById("cart-count").textContent === ""`)
	browsertest.Eval[*int](tab, cartOfTwo+"; null")
	browsertest.Eval[*int](tab, `(dispatchEvent(new StorageEvent("storage", {key: "phoneotp.cart"})), null)`)
	tab.Says("#cart-count", "(3)")
}
