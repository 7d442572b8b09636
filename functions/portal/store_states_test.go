package main

import (
	"time"

	"phoneotp/functions/portal/browsertest"
)

func storeStates() []state {
	api := signed(nil).with("GET /api/catalog", ok(catalog())...)
	holds := signed(holder("password", 1)).with("GET /api/catalog", ok(catalog())...)
	registered := signed(m{"credential": credential("registered", 364*day), "next": "register-phone"}).with("GET /api/catalog", ok(catalog())...)
	lapsed := m{"credential": credential("expired", -day), "phones": phones(1), "next": "none"}
	lapsed["credential"].(m)["renewable"] = true // where the setting gives a time of grace
	narrow := m{"partners": catalog()["partners"], "products": catalog()["products"].([]m)[:2]}
	return []state{
		{name: "store", path: "/store", api: fixtures{"GET /api/catalog": ok(catalog())}, seen: "#product-0 + label"},
		{name: "store-partner", path: "/store", api: api.with("GET /api/catalog?partner=aero", ok(narrow)...), seen: "#product-0 + label", do: func(tab *browsertest.Tab) {
			tab.Shown("#product-3 + label")
			tab.Choose("#partner", "aero")
			tab.Until(`!document.getElementById("product-2")`)
		}},
		{name: "store-other-partner", path: "/store", keep: cartOfTwo, api: api.with("GET /api/catalog?partner=aero", ok(narrow)...), seen: "#other-partner", do: func(tab *browsertest.Tab) {
			tab.Shown("#product-3 + label")
			tab.Choose("#partner", "aero")
			tab.Until(`!document.getElementById("product-2")`)
		}, says: map[string]string{"#other-partner": "Your cart holds products for All credentials and subscriptions"}},
		{name: "store-nothing-chosen", path: "/store", api: api, seen: ".usa-alert--error", do: func(tab *browsertest.Tab) {
			tab.Shown("#product-0 + label")
			tab.Type("#quantity", "51")
			tab.Click("#form button")
		}, says: map[string]string{"#quantity-error": "from 1 to 50"}},
		{name: "store-holder", path: "/store", api: holds, seen: "#holds a", says: map[string]string{"#holds": "Renew in Manage OTP"}},
		{name: "store-holder-begun", path: "/store", api: registered, seen: "#holds a", says: map[string]string{"#holds": "only has to be finished"}},
		{name: "store-lapsed", path: "/store", api: signed(lapsed).with("GET /api/catalog", ok(catalog())...), seen: "#holds a", says: map[string]string{"#holds": "can still be renewed"}},
		{name: "store-down", path: "/store", api: signed(nil).with("GET /api/catalog", problem(503, "unavailable", "The service cannot answer just now")), seen: ".usa-alert--error"},
		{name: "cart", path: "/cart", api: api, keep: cartOfTwo, seen: "#lines tr", says: map[string]string{"#total": "$226.00", "#cart-count": "(3)"}},
		{name: "cart-holder", path: "/cart", api: holds, keep: cartOfTwo, seen: "#holds a", says: map[string]string{"#holds": "Buying for somebody else?"}},
		{name: "cart-unsold", path: "/cart", api: api.with("GET /api/catalog", ok(m{"partners": catalog()["partners"], "products": catalog()["products"].([]m)[:2]})...), keep: cartOfTwo, seen: "#unsold", says: map[string]string{"#lines": "Not sold under this partner", "#total": "$34.00"}},
		{name: "cart-too-many", path: "/cart", api: api, keep: cartOfTwo, seen: "#said", do: func(tab *browsertest.Tab) { tab.Choose("#keys-0", "49") }, says: map[string]string{"#said": "up to 48 are possible here"}},
		{name: "cart-empty", path: "/cart", api: api, seen: "#empty"},
	}
}

func checkoutStates() []state {
	api := signed(nil).with("GET /api/catalog", ok(catalog())...)
	kept := api.with("GET /api/account", ok(account(billing()))...)
	cheap, dear := catalog(), catalog()
	dear["products"].([]m)[1]["price"] = usd(3600)
	press := func(tab *browsertest.Tab) { tab.Click("#form button[type=submit]") }
	return []state{
		{name: "checkout-new-address", path: "/checkout", api: api.with("GET /api/account", ok(account(nil))...), keep: cartOfTwo, seen: "#billing-form"},
		{name: "checkout-kept-address", path: "/checkout", api: kept, keep: cartOfTwo, seen: "#billing-view", says: map[string]string{"#billing-text": "1 Navy Way", "#summary": "$226.00", "#mail-line [data-keys=several]": "The confirmation goes to", "#mail-line [data-keys=several]:last-child": "No key is in the mail", "label[for=pay-card] [data-keys=several]": "The license keys stand on the page of the order", "label[for=pay-invoice] [data-keys=several]": "The license keys stand on the page of the order"}},
		{name: "checkout-one-key", path: "/checkout", api: kept, keep: cartOfOne, seen: "#billing-view", says: map[string]string{"label[for=pay-card] [data-keys=one]": "The license key comes by mail", "label[for=pay-invoice] [data-keys=one]": "The license key comes by mail", "#mail-line [data-keys=one]": "The confirmation and the license key go to"}},
		{name: "checkout-change-address", path: "/checkout", api: kept, keep: cartOfTwo, seen: "#billing-keep", do: func(tab *browsertest.Tab) { tab.Click("#billing-change") }},
		{name: "checkout-invoice", path: "/checkout", api: kept, keep: cartOfTwo, seen: "#purchase_order", do: func(tab *browsertest.Tab) { tab.Click("label[for=pay-invoice]") }, says: map[string]string{"#next-invoice": "not from the day the invoice is paid"}},
		{name: "checkout-holder", path: "/checkout", api: signed(holder("password", 1)).with("GET /api/catalog", ok(catalog())...).with("GET /api/account", ok(account(billing()))...), keep: cartOfTwo, seen: "#holds a"},
		{name: "checkout-empty", path: "/checkout", api: kept, seen: "#empty", says: map[string]string{"#empty": "your orders"}},
		{name: "checkout-refused", path: "/checkout", keep: cartOfTwo, seen: "#billing-postal-error", says: map[string]string{"#billing-postal-error": "ZIP or postal code is too long"},
			api: api.with("GET /api/account", ok(account(nil))...).with("POST /api/orders", problem(422, "invalid", "Some values are missing or wrong", "errors", []m{{"pointer": "/billing/postal_code", "detail": "is too long"}})),
			do: func(tab *browsertest.Tab) {
				tab.Type("#billing-line1", "1 Navy Way")
				tab.Type("#billing-city", "Arlington")
				tab.Type("#billing-postal", "???")
				press(tab)
			}},
		{name: "checkout-reference-refused", path: "/checkout", keep: cartOfTwo, seen: "#purchase_order-error", says: map[string]string{"#purchase_order-error": "Purchase order number must have at most 30 printable characters"},
			api: kept.with("POST /api/orders", problem(422, "invalid", "Some values are missing or wrong", "errors", []m{{"pointer": "/purchase_order", "detail": "must have at most 30 printable characters"}})),
			do: func(tab *browsertest.Tab) {
				tab.Click("label[for=pay-invoice]")
				tab.Type("#purchase_order", "PO 4711")
				press(tab)
			}},
		{name: "checkout-price-changed", path: "/checkout", keep: cartOfTwo, seen: "#form .usa-alert--error", do: press, says: map[string]string{"#form .usa-alert--error": "The total is $228.00 now; it was $226.00", "#summary": "$228.00"},
			api: kept.with("GET /api/catalog?partner=all", reply{status: 200, body: cheap}, reply{status: 200, body: dear})},
		{name: "checkout-payment-down", path: "/checkout", keep: cartOfTwo, seen: "#form .usa-alert--error", do: press,
			api: kept.with("POST /api/orders", problem(503, "payment-unavailable", "The payment service cannot answer just now", "retry_at", in(5*time.Second)))},
		{name: "checkout-offline", path: "/checkout", keep: cartOfTwo, seen: "#form .usa-alert--error", do: press, api: kept.with("POST /api/orders", reply{cut: true}), says: map[string]string{"#form .usa-alert--error": "could not reach the server"}},
	}
}
