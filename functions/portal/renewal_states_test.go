package main

import (
	"slices"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// renewalView is how renewal stands for a credential that expires then; changes replace its members.
func renewalView(reason string, expires time.Duration, changes m) m {
	r := m{"eligible": reason == "eligible", "reason": reason, "opens_at": in(expires - 365*day), "closes_at": in(expires), "expires_at": in(expires),
		"products": []m{{"code": "renew-us", "name": "Renewal: Phone Based OTP - 1 Year (US Phone Service Only) without Proofing", "region": "us", "proofing": false, "price": usd(3400)}}}
	for name, value := range changes {
		r[name] = value
	}
	return r
}

func renewalOrder(state string, changes m) m {
	o := order(state, m{"number": "SO-4D2A77QF", "lines": []m{{"product": "renew-us", "quantity": 1, "price": usd(3400)}}})
	for name, value := range changes {
		o[name] = value
	}
	return o
}

func listed(list []m) []reply { return ok(m{"phones": list, "max": 3, "recommended": 2}) }

// holderUntil is a holder at Phone OTP strength, or as an expired or held credential leaves one, with the
// answers that Manage OTP and the dashboard ask for.
func holderUntil(state string, expires time.Duration, n int, r m, orders ...m) fixtures {
	s := m{"credential": credential(state, expires), "phones": phones(n), "next": "none"}
	if state == "active" {
		s["strength"], s["level"] = "phone_otp", 2
	}
	if orders == nil {
		orders = []m{order("fulfilled", m{"placed_at": in(expires - 365*day)})}
	}
	return signed(s).with("GET /api/phones", listed(phones(n))...).with("GET /api/renewal", ok(r)...).with("GET /api/orders", ok(m{"orders": orders})...).
		with("GET /api/applications", ok(applications(1))...).with("GET /api/account", ok(account(billing()))...)
}

func renewalStates() []state {
	return slices.Concat(manageStates(), endingStates(), renewStates(), phoneChangeStates())
}

func manageStates() []state {
	open := renewalOrder("placed", m{"checkout_url": "https://pay.example.test/x"})
	page := func(name string, api fixtures, seen string, says map[string]string) state {
		return state{name: "manage-otp" + name, path: "/account/otp", api: api, seen: seen, says: says}
	}
	registered := signed(m{"credential": m{"state": "registered", "product": "us", "proofed": false, "proofing_method": nil, "purchased_at": in(-day), "expires_at": in(364 * day), "renewable": false}, "next": "register-phone"}).
		with("GET /api/phones", listed(phones(0))...).with("GET /api/renewal", ok(renewalView("not-activated", 364*day, nil))...).with("GET /api/orders", ok(m{"orders": []m{}})...)
	weak := signed(holder("password", 1)).with("GET /api/phones", listed(phones(1))...).with("GET /api/renewal", ok(renewalView("eligible", 300*day, nil))...).with("GET /api/orders", ok(m{"orders": []m{}})...)
	young := phones(3)
	young[2]["added_at"] = in(-2 * time.Hour)
	fresh := holderUntil("active", 300*day, 3, renewalView("eligible", 300*day, nil))
	fresh = fresh.with("GET /api/phones", listed(young)...)
	proofed := holderUntil("expired", -40*day, 2, renewalView("too-late", -40*day, nil))
	down := holderUntil("active", 300*day, 2, nil).with("GET /api/renewal", problem(503, "unavailable", "The service cannot answer just now")).with("GET /api/orders", problem(503, "unavailable", "The service cannot answer just now"))
	return []state{
		page("", holderUntil("active", 200*day, 2, renewalView("eligible", 200*day, nil)), "#history-rows tr", map[string]string{"#facts": "Valid until", "#renewal": "at $34.00", "#renewal a": "Renew", "#phones": "Replace"}),
		page("-weak", weak, "#elevate a", map[string]string{"#phones-hint": "Only one phone", "#phones-last": "last phone cannot be removed", "#history-none": "placed no order"}),
		page("-three", fresh, "#phones li", map[string]string{"#phones-hint": "3 phones are registered", "#phones": "New: after signing in with it"}),
		page("-renewed", holderUntil("active", 500*day, 2, renewalView("too-early", 500*day, nil), renewalOrder("fulfilled", nil), order("fulfilled", m{"placed_at": in(-230 * day)})), "#history-rows tr", map[string]string{"#renewal": "Renewed already", "#history": "Renewal: "}),
		page("-awaiting", holderUntil("active", 20*day, 2, renewalView("order-open", 20*day, m{"open_order": open}), open), "#renewal a", map[string]string{"#renewal": "is not paid yet", "#renewal a": "Continue payment"}),
		page("-registered", registered, "#next-step a", map[string]string{"#renewal": "once it is active", "#phones-hint": "No phone is registered"}),
		page("-expired", proofed, "#phones-shut", map[string]string{"#renewal": "brand-new", "#renewal a": "Get 2FA", "#facts": "Expired on", "#phones-shut": "cannot be changed any more"}),
		page("-expired-awaiting", holderUntil("expired", -2*day, 2, renewalView("order-open", -2*day, m{"open_order": open}), open), "#renewal a", map[string]string{"#renewal": "It was ordered in time"}),
		page("-frozen", holderUntil("frozen", 100*day, 2, renewalView("eligible", 100*day, nil)), "#phones-shut", map[string]string{"#next-step": "Contact support", "#facts": "until support thaws it"}),
		page("-revoked", holderUntil("revoked", 100*day, 2, renewalView("revoked", 100*day, nil)), "#phones-shut", map[string]string{"#renewal": "cannot be renewed"}),
		page("-parts-down", down, "#history-problem .usa-alert", map[string]string{"#phones": "ending 0101", "#renewal-problem": "cannot answer"}),
		page("-none", signed(nil), "#none", nil),
	}
}

func endingStates() []state {
	page := func(name string, api fixtures, seen string, says map[string]string) state {
		return state{name: "dashboard-" + name, path: "/dashboard", api: api, seen: seen, says: says}
	}
	open := renewalOrder("placed", nil)
	graceful := holderUntil("expired", -2*day, 2, renewalView("eligible", -2*day, m{"closes_at": in(28 * day)})).
		with("GET /api/session", ok(sessionOf(m{"credential": m2(credential("expired", -2*day), m{"renewable": true}), "phones": phones(2), "next": "none"}))...)
	return []state{
		page("ending", holderUntil("active", 25*day-time.Hour, 2, renewalView("eligible", 25*day, nil)), "#ending a", map[string]string{"#ending": "expires in 25 days", "#ending a": "Renew"}),
		page("ending-today", holderUntil("active", 5*time.Hour, 2, renewalView("eligible", 5*time.Hour, nil)), "#ending a", map[string]string{"#ending": "within 24 hours"}),
		page("ending-awaiting", holderUntil("active", 20*day, 2, renewalView("order-open", 20*day, m{"open_order": open})), `#ending a[href="/orders/SO-4D2A77QF"]`, map[string]string{"#ending a": "Continue payment"}),
		page("expired-awaiting", holderUntil("expired", -2*day, 2, renewalView("order-open", -2*day, m{"open_order": open})), `#next-step a[href="/orders/SO-4D2A77QF"]`, map[string]string{"#next-step": "still counts", "#banner": "ordered already"}),
		page("expired-in-grace", graceful, `#next-step a[href="/account/renew"]`, map[string]string{"#banner": "until you renew", "#next-step": "Renew"}),
		page("expired-over", holderUntil("expired", -40*day, 2, renewalView("too-late", -40*day, nil)), "#next-step a", map[string]string{"#next-step": "Get 2FA", "#another-key": "Enter it Here"}),
	}
}

func renewStates() []state {
	eligible := holderUntil("active", 20*day, 2, renewalView("eligible", 20*day, nil))
	open := renewalOrder("placed", nil)
	page := func(name string, api fixtures, seen string, says map[string]string) state {
		return state{name: "renew" + name, path: "/account/renew", api: api, seen: seen, says: says}
	}
	stage := func(name string, o m, says string) state {
		api := signed(m{"credential": credential("active", 400*day), "phones": phones(2), "strength": "phone_otp", "level": 2, "next": "none"}).with("GET /api/orders/SO-4D2A77QF", ok(o)...)
		return state{name: "order-renewal-" + name, path: "/orders/SO-4D2A77QF", api: api, seen: "#stage .usa-alert", says: map[string]string{"#stage": says}}
	}
	place := func(tab *browsertest.Tab) { tab.Click("#form button[type=submit]") }
	graceful := holderUntil("expired", -2*day, 2, renewalView("eligible", -2*day, m{"closes_at": in(28 * day)}))
	refused := page("-refused", eligible.with("POST /api/renewal/orders", problem(409, "renewal-not-open", "Your credential cannot be renewed now", "detail", "It has expired in the meantime.", "next", "choose-product")), "#form .usa-alert--error", nil)
	refused.do = place
	address := page("-address", eligible.with("GET /api/account", ok(account(nil))...), "#billing-form", nil)
	missing := page("-address-missing", eligible.with("GET /api/account", ok(account(nil))...), "#billing-line1-error", nil)
	missing.do = place
	change := page("-change-address", eligible, "#billing-keep", nil)
	change.do = func(tab *browsertest.Tab) { tab.Click("#billing-change") }
	reference := page("-reference-refused", eligible.with("POST /api/renewal/orders", problem(422, "invalid", "Some values are missing or wrong", "errors", []m{{"pointer": "/purchase_order", "detail": "must have at most 30 printable characters"}})),
		"#purchase_order-error", map[string]string{"#purchase_order-error": "Purchase order number must have at most 30 printable characters"})
	reference.do = func(tab *browsertest.Tab) {
		tab.Click("label[for=pay-invoice]")
		tab.Type("#purchase_order", "PO 4711")
		place(tab)
	}
	return []state{
		change, reference,
		page("", eligible, "#billing-view", map[string]string{"#summary": "Valid after renewal", "#billing-text": "1 Navy Way"}), address, missing, refused,
		page("-in-grace", graceful, "#billing-view", map[string]string{"#summary": "Expired on"}),
		page("-too-early", holderUntil("active", 500*day, 2, renewalView("too-early", 500*day, nil)), "#shut p", map[string]string{"#shut": "Renewed already"}),
		page("-too-late", holderUntil("expired", -day, 2, renewalView("too-late", -day, nil)), "#shut a", map[string]string{"#shut": "brand-new"}),
		page("-awaiting", holderUntil("active", 20*day, 2, renewalView("order-open", 20*day, m{"open_order": open})), "#shut a", map[string]string{"#shut a": "Continue payment"}),
		page("-no-credential", signed(nil).with("GET /api/renewal", ok(m{"eligible": false, "reason": "no-credential", "opens_at": nil, "closes_at": nil, "expires_at": nil, "products": []m{}})...), "#shut a", map[string]string{"#shut": "no credential"}),
		stage("awaiting-card", open, "Awaiting payment"),
		stage("awaiting-invoice", renewalOrder("placed", m{"payment": "invoice", "invoice_url": "https://pay.example.test/i", "invoice": m{"number": "INV-2", "due_at": in(30 * day), "status": "open"}}), "also if your credential has expired"),
		stage("paid", renewalOrder("paid", nil), "new year is being added"),
		stage("fulfilled", renewalOrder("fulfilled", nil), "It is valid until"),
		stage("cancelled", renewalOrder("cancelled", nil), "nothing was added"),
		stage("refunded", renewalOrder("refunded", nil), "taken back"),
		stage("disputed", renewalOrder("disputed", nil), "disputed"),
	}
}

func phoneChangeStates() []state {
	two := holderUntil("active", 200*day, 2, renewalView("eligible", 200*day, nil))
	remove := func(tab *browsertest.Tab) { tab.Click(`[data-phone=p2] button`) }
	confirmed := func(tab *browsertest.Tab) { remove(tab); tab.Click(".confirm .usa-button--secondary") }
	manage := func(name string, api fixtures, do func(*browsertest.Tab), seen string, says map[string]string) state {
		return state{name: "phones-" + name, path: "/account/otp", api: api, do: do, seen: seen, says: says}
	}
	number := func(tab *browsertest.Tab) {
		tab.Choose("#country", "US")
		tab.Type("#number", "202 555 0143")
		tab.Click("#form button[type=submit]")
	}
	register := func(name, query string, api fixtures, do func(*browsertest.Tab), seen string, says map[string]string) state {
		return state{name: "phone-" + name, path: "/phones/register" + query, api: api, do: do, seen: seen, says: says}
	}
	added := two.with("POST /api/phones", reply{status: 202, body: challenge(m{"phone": m{"ending": "0143", "channel": "sms"}})}).with("GET /api/otp/challenges/c1", ok(challenge(m{"phone": m{"ending": "0143", "channel": "sms"}}))...)
	replaced := added.with("POST /api/phones/verify", reply{status: 201, body: m{"phone": m{"id": "p9", "ending": "0143", "channel": "sms", "country": "US", "added_at": in(0)}, "session": sessionOf(holder("phone_otp", 2))}})
	code := func(tab *browsertest.Tab) { number(tab); tab.Type("#code", "123456"); tab.Click("#code-form button") }
	reject := func(name string, answer reply, do func(*browsertest.Tab), seen string, says map[string]string) state {
		return state{name: "reject" + name, path: "/phone-changes/reject#token=abc", api: fixtures{"POST /api/phone-changes/reject": {answer}}, do: do, seen: seen, says: says}
	}
	press := func(tab *browsertest.Tab) { tab.Click("#form button") }
	refusedSend := func(name string, answer reply, says string) state {
		return register(name, "", two.with("POST /api/phones", answer), number, "#form .usa-alert--error", map[string]string{"#form .usa-alert--error": says})
	}
	tooNew := problem(403, "phone-too-new", "You logged in through a number that was added less than 24 hours ago", "detail", "Log in with a code to a number that you have had for longer.", "retry_at", in(21*time.Hour), "next", "elevate")
	return []state{
		manage("remove-asked", two, remove, ".confirm", map[string]string{".confirm": "Remove the phone ending 0102?"}),
		manage("removed", two.with("DELETE /api/phones/p2", reply{status: 204}).with("GET /api/phones", listed(phones(2))[0], listed(phones(1))[0]), confirmed, "#phones-last", map[string]string{"#said": "The phone ending 0102 was removed"}),
		manage("remove-not-fresh", two.with("DELETE /api/phones/p2", problem(403, "otp-not-fresh", "This needs a code that was entered a moment ago", "next", "elevate")), confirmed, ".confirm .usa-alert--error a", map[string]string{".confirm .usa-alert--error a": "Enter a code again"}),
		manage("remove-weak", two.with("GET /api/session", ok(sessionOf(holder("password", 2)))...).with("DELETE /api/phones/p2", problem(403, "strength-too-low", "This needs a stronger sign-in", "detail", "Log in with a code first.", "next", "elevate")), confirmed, ".confirm .usa-alert--error a", map[string]string{".confirm .usa-alert--error a": "Elevate"}),
		manage("remove-too-new", two.with("DELETE /api/phones/p2", tooNew), confirmed, ".confirm .usa-alert--error a", map[string]string{".confirm": "You can try again in 21 hours"}),
		manage("remove-last", two.with("DELETE /api/phones/p2", problem(409, "phone-last", "The last number cannot be removed", "detail", "Replace it, or add another one first.")), confirmed, ".confirm .usa-alert--error", nil),
		register("add", "", two, nil, "#form", map[string]string{"#crumb": "Manage OTP"}),
		register("add-weak", "", signed(holder("password", 1)), nil, "#problem .elevate", nil),
		register("add-full", "", holderUntil("active", 200*day, 3, nil), nil, "#problem a", map[string]string{"#problem": "Three phones are registered"}),
		register("add-frozen", "", holderUntil("frozen", 200*day, 2, nil), nil, "#problem a", map[string]string{"#problem": "frozen"}),
		register("add-expired", "", holderUntil("expired", -day, 2, nil), nil, "#problem a", map[string]string{"#problem": "has expired"}),
		register("replace", "?replaces=p2", two, nil, "#form", map[string]string{"h1": "Replace a phone", "#ask-intro": "ending 0102"}),
		register("replace-code", "?replaces=p2", added, number, "#code-again", map[string]string{"#code-sent": "ending 0143"}),
		register("replaced", "?replaces=p2", replaced, code, "#done", map[string]string{"h1": "Phone replaced", "#done-text": "The phone ending 0102 does not any more"}),
		register("replace-too-new", "?replaces=p2", two.with("POST /api/phones", tooNew), number, "#form .usa-alert--error a", nil),
		register("replace-gone-meanwhile", "?replaces=p2", two.with("POST /api/phones", problem(422, "invalid", "Some of the information needs to be corrected", "errors", []m{{"pointer": "/replaces", "detail": "is not one of your numbers"}})), number, "#form .usa-alert--error", map[string]string{"#form .usa-alert--error": "not registered any more"}),
		register("replace-gone", "?replaces=p8", two, nil, "#problem a", map[string]string{"#problem": "not registered any more"}),
		register("shared-too-widely", "", added.with("POST /api/phones/verify", problem(409, "phone-shared-too-widely", "This number is registered for too many accounts", "detail", "Register another number.")), code, "#code-form .usa-alert--error", nil),
		refusedSend("too-soon", problem(429, "send-too-soon", "The last code was sent a moment ago", "retry_at", in(25*time.Second)), "You can try again in "),
		refusedSend("send-limit", problem(429, "send-limit", "Too many codes have been sent", "detail", "At most 20 codes a day are sent to a holder.", "retry_at", in(22*time.Hour)), "in 22 hours, "),
		refusedSend("numbers-limit", problem(429, "send-limit", "Too many codes have been sent", "detail", "Too many numbers were tried. Use one that you tried before, or wait.", "retry_at", in(11*day)), "in 11 days, on "),
		refusedSend("locked", problem(429, "otp-locked", "Codes are locked after too many wrong ones", "detail", "Twenty wrong codes in a row.", "retry_at", in(2*time.Hour-time.Minute)), "in 119 minutes"),
		refusedSend("country-paused", problem(429, "send-limit", "Too many codes have been sent", "rule", "country", "detail", "Codes to new numbers of this country are not being answered. Sending to them pauses for a while.", "retry_at", in(20*time.Minute)), "this country are paused"),
		refusedSend("day-spent", problem(429, "send-limit", "Too many codes have been sent", "rule", "spend", "detail", "No more codes to new numbers are sent today. Numbers that are registered still receive them.", "retry_at", in(9*time.Hour)), "No more codes can be sent today"),
		{name: "code-again", path: "/code?then=/account/otp%3Fremove%3Dp2", api: two, seen: "#choose", says: map[string]string{"h1": "Enter a code again"}},
		reject("", reply{}, nil, "#form button", nil),
		reject("-done", reply{status: 204}, press, "#done", map[string]string{"h1": "The change is undone", "#done": "Choose a new password"}),
		reject("-spent", problem(410, "token-spent", "This link has been used or is too old"), press, "#over", map[string]string{"#over": "More than 10 days have passed"}),
		reject("-busy", problem(503, "busy", "Too many changes at once, please try again", "retry_at", in(3*time.Second)), press, "#form .usa-alert--error", nil),
		{name: "reject-incomplete", path: "/phone-changes/reject", do: press, seen: "#form .usa-alert--error", says: map[string]string{"#form": "The link is not complete"}},
		{name: "sessions-alone", path: "/account/sessions", api: signed(holder("phone_otp", 2)).with("GET /api/sessions", ok(m{"sessions": []m{{"id": "s1", "signed_in_at": in(-time.Hour), "last_used_at": in(0), "expires_at": in(7 * time.Hour), "strength": "phone_otp", "current": true}}})...), seen: "#alone"},
	}
}
