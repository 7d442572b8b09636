package main

import (
	"slices"
	"time"

	"phoneotp/functions/portal/browsertest"
)

const (
	orderPage = "/orders/SO-7Q2MB9XK"
	orderAPI  = "GET /api/orders/SO-7Q2MB9XK"
	aKey      = "7Q2MB-9XK4D-R0V3T-HJ8WN-5CZ6P"
)

// invoiced is an order by invoice that is due in a while.
func invoiced(state, status string, due time.Duration) m {
	return order(state, m{"payment": "invoice", "purchase_order": "PO 4711", "invoice_url": "https://pay.example.test/i", "invoice": m{"number": "INV-0042", "due_at": in(due), "status": status}})
}

// inPart is an order by invoice of which a part was paid; nothing is left to pay of one that is over.
func inPart(state, status string, due time.Duration) m {
	o := invoiced(state, status, due)
	o["invoice"].(m)["paid"] = usd(1000)
	if state == "placed" && status != "void" {
		o["invoice"].(m)["left"] = usd(2400)
	}
	return o
}

// keyed is an order with keys of these states; those not used yet are shown.
func keyed(state string, keys ...string) m {
	endings := []string{"CZ6P", "4D2A", "77QF", "0123"}
	list := []m{}
	for i, k := range keys {
		key := m{"product": "us", "last4": endings[i], "state": k}
		if k == "issued" {
			key["license_key"] = aKey[:len(aKey)-4] + endings[i]
		}
		list = append(list, key)
	}
	return order(state, m{"keys": list, "lines": []m{{"product": "us", "quantity": len(keys), "price": usd(3400)}}, "total": usd(3400 * len(keys))})
}

// mixed is an order of two products.
func mixed(o m) m {
	o["lines"] = []m{{"product": "us", "quantity": 2, "price": usd(3400)}, {"product": "intl-proofed", "quantity": 1, "price": usd(9600)}}
	o["total"] = usd(16400)
	o["keys"].([]m)[2]["product"] = "intl-proofed"
	return o
}

func hidden(o m) m {
	for _, k := range o["keys"].([]m) {
		delete(k, "license_key")
	}
	return o
}

func orderStates() []state {
	page := func(name string, session, o m, seen string, says map[string]string) state {
		return state{name: "order-" + name, path: orderPage, api: signed(session).with(orderAPI, ok(o)...), seen: seen, says: says}
	}
	returned := func(name string, o m, says string) state {
		s := page(name, nil, o, "#stage .usa-alert", map[string]string{"#stage": says})
		s.path += "?returned=paid"
		return s
	}
	late := order("placed", m{"placed_at": in(-23*time.Hour - 45*time.Minute)})
	renewal := order("fulfilled", m{"lines": []m{{"product": "renew-us", "quantity": 1, "price": usd(3400)}}})
	renewing := inPart("placed", "open", 30*day)
	renewing["lines"] = renewal["lines"]
	askPart := page("cancel-asked-in-part", nil, inPart("placed", "open", 30*day), "#cancel-part", map[string]string{"#cancel-part": "what you have paid of it, $10.00, comes back"})
	askPart.do = func(tab *browsertest.Tab) { tab.Click("#cancel") }
	ask := page("cancel-asked", nil, invoiced("placed", "open", 30*day), "#cancel-part", map[string]string{"#cancel-part": "Its invoice is voided"})
	ask.do = func(tab *browsertest.Tab) { tab.Click("#cancel") }
	slow := returned("slow", order("placed", nil), "the license key goes out by mail") // its clock is moved on
	slow.before = `const real = performance.now.bind(performance); performance.now = () => real() + (globalThis.later ?? 0);`
	slow.do = func(tab *browsertest.Tab) {
		tab.Says("#stage", "Processing your payment")
		browsertest.Eval[*int](tab, `(globalThis.later = 61_000, null)`)
	}
	five := func(o m) m {
		o["lines"], o["total"] = []m{{"product": "us", "quantity": 2, "price": usd(3400)}, {"product": "intl", "quantity": 3, "price": usd(7100)}}, usd(28100)
		return o
	}
	slower := func(name string, o m, says string) state {
		s := slow
		s.name, s.api, s.says = "order-slow-"+name, signed(nil).with(orderAPI, ok(o)...), map[string]string{"#stage": says}
		return s
	}
	return append([]state{
		slower("several", five(order("placed", nil)), "this page shows the license keys, and a mail with a link to it goes out"),
		slower("renewal", order("placed", m{"lines": renewal["lines"]}), "the new year is added to your credential"),
		page("invoice-several", nil, five(invoiced("placed", "open", 30*day)), "#stage a", map[string]string{"#stage": "The license keys stand here when it has been paid in full"}),
		page("card", nil, order("placed", nil), "#stage button", map[string]string{"#stage": "You can pay until"}),
		page("card-late", nil, late, "#stage a", map[string]string{"#stage": "The time to pay is over"}),
		returned("processing", order("placed", nil), "Processing your payment"),
		page("invoice", nil, invoiced("placed", "open", 30*day), "#stage a", map[string]string{"#stage": "INV-0042 has been mailed to you", "#facts": "PO 4711"}),
		page("invoice-none", nil, order("placed", m{"payment": "invoice"}), "#stage button", map[string]string{"#stage": "being prepared"}),
		page("invoice-overdue", nil, invoiced("placed", "open", -2*day), "#stage a", map[string]string{"#stage": "was due on"}),
		page("invoice-given-up", nil, invoiced("placed", "uncollectible", -6*day), "#stage a", map[string]string{"#facts": "Open, given up"}),
		page("invoice-part", nil, inPart("placed", "open", 30*day), "#stage a", map[string]string{"#stage": "$10.00 has arrived, and $24.00 is left to pay", "#facts": "Paid in part"}),
		page("invoice-part-overdue", nil, inPart("placed", "open", -2*day), "#stage a", map[string]string{"#stage": "$24.00 is left to pay"}),
		page("invoice-part-given-up", nil, inPart("placed", "uncollectible", -6*day), "#stage a", map[string]string{"#facts": "Open, given up"}),
		page("invoice-part-void", nil, inPart("placed", "void", -8*day), "#stage a", map[string]string{"#stage": "You have paid $10.00 of it"}),
		page("renewal-invoice-part", holder("password", 1), renewing, "#stage a", map[string]string{"#stage": "$24.00 is left to pay"}),
		page("cancelled-in-part", nil, inPart("cancelled", "void", -8*day), "#stage .usa-alert--warning", map[string]string{"#stage": "You have paid $10.00 of it", "#facts": "Paid so far"}),
		page("invoice-void", nil, invoiced("placed", "void", -8*day), "#stage a", map[string]string{"#stage": "cannot be paid any more"}),
		page("invoice-paid", nil, invoiced("placed", "paid", 20*day), "#stage .usa-alert", map[string]string{"#stage": "Processing"}),
		page("held", nil, order("paid", nil), "#stage .usa-alert", map[string]string{"#stage": "a person checks the order", "#facts": "being checked"}),
		page("one-key", nil, keyed("fulfilled", "issued"), "#keys", map[string]string{"#stage": "Let's Get Credentialed", "#keys-list": aKey}),
		page("one-key-holder", holder("phone_otp", 1), keyed("fulfilled", "issued"), "#keys", map[string]string{"#stage": "somebody else"}),
		page("one-key-hidden", holder("password", 1), hidden(keyed("fulfilled", "issued")), "#keys-elevate", map[string]string{"#keys-list": "Hidden at password strength"}),
		page("one-key-no-phone", m{"credential": credential("registered", 364*day), "next": "register-phone"}, hidden(keyed("fulfilled", "issued")), "#keys-step a", map[string]string{"#keys-step": "Register Your Phone"}),
		page("one-key-used", holder("phone_otp", 1), keyed("fulfilled", "activated"), "#keys", map[string]string{"#stage": "has been entered"}),
		page("keys", nil, keyed("fulfilled", "issued", "issued", "issued"), "#csv", map[string]string{"#stage": "The 3 license keys stand below"}),
		page("keys-mixed", nil, mixed(keyed("fulfilled", "issued", "issued", "issued")), "#csv", map[string]string{"#keys-list tr:last-child": "Non-US Phone Service Only"}),
		page("keys-some-used", holder("phone_otp", 1), keyed("fulfilled", "issued", "registered", "activated", "void"), "#csv", map[string]string{"#stage": "1 of the 4 license keys is not used yet"}),
		page("keys-expired", nil, keyed("fulfilled", "void", "void"), "#stage a", map[string]string{"#stage": "do not work any more"}),
		page("renewed", holder("password", 1), renewal, "#stage a", map[string]string{"#stage": "is renewed"}),
		page("cancelled", nil, order("cancelled", nil), "#stage .usa-alert--warning", map[string]string{"#stage": "Nothing is owed"}),
		page("refunded", nil, keyed("refunded", "void"), "#stage .usa-alert--warning", map[string]string{"#stage": "do not work any more"}),
		page("refunded-late", holder("phone_otp", 1), keyed("refunded", "activated", "void"), "#stage .usa-alert--warning", map[string]string{"#stage": "a person decides"}),
		page("disputed", nil, keyed("disputed", "suspended", "activated"), "#stage .usa-alert--error", map[string]string{"#stage": "suspended until", "#keys-list": "Waits for the bank"}),
		ask, askPart, slow,
	}, orderRefusals()...)
}

func orderRefusals() []state {
	pressed := func(name string, o m, route string, answer reply, seen string, do ...string) state {
		return state{name: "order-" + name, path: orderPage, api: signed(nil).with(orderAPI, ok(o)...).with("POST /api/orders/SO-7Q2MB9XK"+route, answer), seen: seen,
			do: func(tab *browsertest.Tab) {
				for _, css := range do {
					tab.Click(css)
				}
			}}
	}
	resent := pressed("resent", keyed("fulfilled", "issued"), "/keys/resend", reply{status: 202}, "#resent", "#resend")
	resent.says = map[string]string{"#resent": "on its way"}
	limit := pressed("resend-limit", keyed("fulfilled", "issued", "issued"), "/keys/resend", problem(429, "order-resend-limit", "The mail was sent again too often", "retry_at", in(50*time.Minute)), "#keys-problem .usa-alert", "#resend")
	limit.says = map[string]string{"#keys-problem": "You can try again in 50 minutes"}
	fifty := m{"orders": slices.Repeat([]m{order("cancelled", nil)}, 50)}
	three := m{"orders": []m{order("placed", nil), order("fulfilled", m{"number": "SO-4D2A77QF", "lines": []m{{"product": "us", "quantity": 12, "price": usd(3400)}}, "total": usd(40800)}), order("refunded", m{"number": "SO-11AA22BB", "payment": "invoice"})}}
	return []state{
		resent, limit,
		pressed("cancel-refused", order("placed", nil), "/cancel", problem(409, "order-not-cancellable", "This order cannot be cancelled", "detail", "A payment for this order has arrived or is on its way.", "next", "reload"), "#action-problem a", "#cancel", "#cancel-part button"),
		pressed("pay-refused", order("placed", nil), "/checkout", problem(409, "order-not-payable", "This order cannot be paid now", "detail", "It is paid already, or over.", "next", "reload"), "#action-problem a", "#stage .usa-button"),
		pressed("invoice-down", order("placed", m{"payment": "invoice"}), "/checkout", problem(503, "payment-unavailable", "The payment service cannot answer just now"), "#action-problem .usa-alert", "#stage .usa-button"),
		{name: "order-unknown", path: orderPage, api: signed(nil).with(orderAPI, problem(404, "order-unknown", "There is no such order")), seen: "#problem .usa-alert"},
		{name: "orders", path: "/orders", api: signed(nil).with("GET /api/orders", ok(three)...), seen: "#rows tr"},
		{name: "orders-most", path: "/orders", api: signed(nil).with("GET /api/orders", ok(fifty)...), seen: "#most"},
		{name: "orders-empty", path: "/orders", api: signed(nil).with("GET /api/orders", ok(m{"orders": []m{}})...), seen: "#empty"},
		{name: "orders-down", path: "/orders", api: signed(nil).with("GET /api/orders", problem(503, "unavailable", "The service cannot answer just now")), seen: "#problem .usa-alert"},
	}
}
