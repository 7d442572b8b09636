package main

import (
	"slices"
	"time"

	"phoneotp/functions/portal/browsertest"
)

func signed(changes m) fixtures { return fixtures{"GET /api/session": ok(sessionOf(changes))} }

// with adds answers to a copy.
func (f fixtures) with(what string, replies ...reply) fixtures {
	c := fixtures{}
	for k, v := range f {
		c[k] = v
	}
	c[what] = replies
	return c
}

func holder(strength string, n int) m {
	level, next := 1, "enter-otp"
	if strength == "phone_otp" {
		level, next = 2, "none"
	}
	return m{"credential": credential("active", 300*day), "phones": phones(n), "strength": strength, "level": level, "next": next}
}

func gallery() []state {
	return slices.Concat(publicStates(), codeStates(), dashboardStates(), storeStates(), checkoutStates(), orderStates(), keyStates(), proofingStates(), instantStates(), videoStates(), agentStates(), accountStates(), renewalStates(), historyStates(), deskStates(), personStates(), approvalStates(), helpStates())
}

func publicStates() []state {
	typeIn := func(fields ...string) func(*browsertest.Tab) {
		return func(tab *browsertest.Tab) {
			for i := 0; i < len(fields); i += 2 {
				tab.Type(fields[i], fields[i+1])
			}
			tab.Click("#form button[type=submit]")
		}
	}
	return []state{
		{name: "home", path: "/", seen: ".hero", says: map[string]string{"#identity-anon": "Sign in"}},
		{name: "home-signed-in", path: "/", api: signed(holder("phone_otp", 2)), seen: "#identity-in", says: map[string]string{"#identity-strength": "Phone OTP"}},
		{name: "home-menu-open", path: "/", seen: "#menu-items", do: func(tab *browsertest.Tab) { tab.Size(375, 740); tab.Click("#menu") }},
		{name: "sign-up", path: "/sign-up", seen: "#user_id"},
		{name: "sign-up-empty", path: "/sign-up", seen: ".usa-alert--error", do: typeIn(), says: map[string]string{"#email-error": "Enter your email address"}},
		{name: "sign-up-taken", path: "/sign-up", seen: ".usa-alert--error", says: map[string]string{"#user_id-error": "This user ID is taken"},
			api: fixtures{"POST /api/accounts": {problem(409, "user-id-taken", "This user ID is taken", "next", "choose-user-id")}},
			do: func(tab *browsertest.Tab) {
				tab.Choose("#country", "US")
				typeIn("#user_id", "grace", "#email", "g@example.test", "#given_name", "Grace", "#family_name", "Hopper", "#password", "violet otter 1234")(tab)
			}},
		{name: "check-your-mail", path: "/check-your-mail", seen: "#form", keep: `sessionStorage.setItem("phoneotp.mail", "grace@example.test")`, says: map[string]string{"#to": "grace@example.test"}},
		{name: "check-your-mail-again", path: "/check-your-mail", seen: "#done", api: fixtures{"POST /api/accounts/confirmation": {{status: 202}}}, do: typeIn("#email", "grace@example.test")},
		{name: "confirmed", path: "/confirm#token=abc", seen: "#done", api: fixtures{"POST /api/accounts/confirm": {{status: 204}}}},
		{name: "confirm-spent", path: "/confirm#token=abc", seen: "#again", api: fixtures{"POST /api/accounts/confirm": {problem(410, "token-spent", "This link does not work any more")}}},
		{name: "sign-in", path: "/sign-in", seen: "#form"},
		{name: "sign-in-after-idling", path: "/sign-in?why=idle&then=/orders", seen: "#ended"},
		{name: "sign-in-failed", path: "/sign-in", seen: ".usa-alert--error", api: fixtures{"POST /api/session": {problem(401, "sign-in-failed", "The user ID or the password is wrong")}},
			do: typeIn("#user_id", "grace", "#password", "wrong"), says: map[string]string{".usa-alert--error": "The user ID or the password is wrong"}},
		{name: "sign-in-locked", path: "/sign-in", seen: ".usa-alert--error", api: fixtures{"POST /api/session": {problem(429, "sign-in-locked", "Too many wrong passwords", "retry_at", in(14*time.Minute))}},
			do: typeIn("#user_id", "grace", "#password", "wrong"), says: map[string]string{".usa-alert--error": "You can try again in 14 minutes"}},
		{name: "sign-in-offline", path: "/sign-in", seen: ".usa-alert--error", api: fixtures{"POST /api/session": {{cut: true}}},
			do: typeIn("#user_id", "grace", "#password", "right"), says: map[string]string{".usa-alert--error": "could not reach the server"}},
		{name: "forgot", path: "/forgot", seen: "#form"},
		{name: "forgot-sent", path: "/forgot", seen: "#done", api: fixtures{"POST /api/password/forgot": {{status: 202}}}, do: typeIn("#email", "grace@example.test")},
		{name: "reset-refused", path: "/reset#token=abc", seen: ".usa-alert--error", do: typeIn("#password", "password1234"),
			api: fixtures{"POST /api/password/reset": {problem(422, "password-refused", "This password is too easy to guess", "errors", []m{{"pointer": "/password", "detail": "is on a list of common ones"}})}}},
		{name: "reset-done", path: "/reset#token=abc", seen: "#done", api: fixtures{"POST /api/password/reset": {{status: 204}}}, do: typeIn("#password", "violet otter 1234")},
	}
}

func codeStates() []state {
	base := signed(holder("password", 3)).with("GET /api/otp/challenges/c1", ok(challenge(nil))...)
	sent := base.with("POST /api/otp/send", reply{status: 202, body: challenge(nil)})
	send := func(tab *browsertest.Tab) { tab.Click("#send"); tab.Shown("#code") }
	enter := func(tab *browsertest.Tab) { send(tab); tab.Type("#code", "123 456"); tab.Click("#code-form button") }
	wrong := problem(422, "otp-wrong", "This code is not right", "tries_left", 4)
	return []state{
		{name: "code-choose", path: "/code?signing-in=1", api: base, seen: "#skip", says: map[string]string{"#phones": "ending 0102"}},
		{name: "code-elevate", path: "/code", api: base, seen: "#choose", says: map[string]string{"h1": "Elevate"}},
		{name: "code-sent", path: "/code?signing-in=1", api: sent, seen: "#code-again", do: send, says: map[string]string{"#code-time": "The code works for 1:5", "#code-tag": "KM", "#code-resend-when": "Possible in"}},
		{name: "code-wrong", path: "/code?signing-in=1", api: sent.with("POST /api/otp/verify", wrong), seen: "#code-error", do: enter, says: map[string]string{"#code-tries": "4 tries left", "#code-error": "This code is not right"}},
		{name: "code-malformed", path: "/code?signing-in=1", api: sent, seen: "#code-error", do: func(tab *browsertest.Tab) { send(tab); tab.Type("#code", "12345"); tab.Click("#code-form button") }},
		{name: "code-spent", path: "/code?signing-in=1", api: sent.with("POST /api/otp/verify", problem(410, "otp-spent", "This code has been used up", "detail", "Ask for a new one.")), seen: "#code-form .usa-alert--error", do: enter, says: map[string]string{"#code-time": "has been spent"}},
		{name: "code-expired", path: "/code?signing-in=1", api: base.with("POST /api/otp/send", reply{status: 202, body: challenge(m{"expires_at": in(-time.Second), "next_sms_at": in(-time.Second), "next_voice_at": in(-time.Second)})}), seen: "#code-again", do: send, says: map[string]string{"#code-time": "has expired"}},
		{name: "code-locked", path: "/code?signing-in=1", api: base.with("POST /api/otp/send", problem(429, "otp-locked", "Code sign-in is locked", "detail", "Ten wrong codes in a row.", "retry_at", in(29*time.Minute))), seen: "#choose-form .usa-alert--error", do: func(tab *browsertest.Tab) { tab.Click("#send") }},
		{name: "code-voice", path: "/code?signing-in=1", api: base.with("POST /api/otp/send", reply{status: 202, body: challenge(m{"phone": m{"ending": "0101", "channel": "voice"}, "delivery": "accepted", "expires_at": in(3 * time.Minute)})}), seen: "#code-again", do: func(tab *browsertest.Tab) { tab.Click("#call") }, says: map[string]string{"#code-sent": "calling", "#code-other": "Text me instead"}},
		{name: "code-unknown-delivery", path: "/code?signing-in=1", api: base.with("POST /api/otp/send", reply{status: 202, body: challenge(m{"delivery": "unknown"})}), seen: "#code-again", do: send, says: map[string]string{"#code-delivery": "cannot tell"}},
		{name: "code-resumed", path: "/code", api: signed(m{"credential": credential("active", 300*day), "phones": phones(1), "next": "enter-otp", "challenge": challenge(nil)}), seen: "#code-again"},
		{name: "code-no-credential", path: "/code", api: signed(nil), seen: "#problem p", says: map[string]string{"#problem": "do not hold a credential"}},
		{name: "code-expired-credential", path: "/code", api: signed(m{"credential": credential("expired", -day), "phones": phones(1), "next": "none"}), seen: "#banner .usa-alert"},
	}
}

func dashboardStates() []state {
	page := func(name string, session m, available int, seen string, says map[string]string) state {
		return state{name: "dashboard-" + name, path: "/dashboard", api: signed(session).with("GET /api/applications", ok(applications(available))...), seen: seen, says: says}
	}
	registered := m{"credential": m{"state": "registered", "product": "us", "proofed": false, "proofing_method": nil, "purchased_at": in(-day), "expires_at": in(364 * day), "renewable": false}, "next": "register-phone"}
	soon := holder("phone_otp", 2)
	soon["credential"] = credential("active", 12*day)
	return []state{
		page("new", nil, 1, "#credential-none", map[string]string{"#credential-none": "Get 2FA"}),
		page("registered", registered, 1, "#next-step a", map[string]string{"#next-step": "Register Your Phone"}),
		page("weak", holder("password", 2), 1, "#elevate a", map[string]string{"#apps": "Login Requirements Not Met"}),
		page("strong-one-phone", holder("phone_otp", 1), 2, "#next-step a", map[string]string{"#next-step": "Only one phone"}),
		page("strong", holder("phone_otp", 3), 2, "#apps button", nil),
		page("expiring", soon, 2, "#facts", map[string]string{"#facts": "Valid until", "#ending": "expires in"}),
		page("expired", m{"credential": credential("expired", -3*day), "phones": phones(2), "next": "none"}, 1, "#banner .usa-alert", map[string]string{"#banner": "expired on"}),
		page("frozen", m{"credential": credential("frozen", 100*day), "phones": phones(2), "next": "none"}, 1, "#banner .usa-alert", map[string]string{"#banner": "frozen"}),
		{name: "dashboard-applications-down", path: "/dashboard", api: signed(nil).with("GET /api/applications", problem(503, "unavailable", "The service cannot answer just now", "retry_at", in(2*time.Second))), seen: "#applications-problem .usa-alert"},
		{name: "application-open", path: "/applications/drawings", api: signed(holder("phone_otp", 1)).with("GET /api/applications/drawings", ok(m{"id": "drawings", "name": "Drawing Exchange", "content": "Sheet 12 of the wing spar.\n\nRevision C."})...), seen: "#open"},
		{name: "application-shut", path: "/applications/drawings", api: signed(holder("password", 1)).with("GET /api/applications/drawings", problem(403, "strength-too-low", "The session is too weak for this", "detail", "Drawing Exchange opens at Phone OTP strength (level 2).", "next", "elevate")), seen: "#shut", says: map[string]string{"h1": "Login Requirements Not Met", "#shut-way": "Elevate"}},
		{name: "timeout-warning", path: "/dashboard", api: signed(m{"idle_expires_at": in(100 * time.Second)}).with("GET /api/applications", ok(applications(1))...), seen: "#timeout", says: map[string]string{"#timeout-left": "1:", "#timeout-why": "nothing has happened"}},
		{name: "timeout-fixed", path: "/dashboard", api: signed(m{"expires_at": in(80 * time.Second)}).with("GET /api/applications", ok(applications(1))...), seen: "#timeout", says: map[string]string{"#timeout-why": "eight hours"}},
	}
}

func keyStates() []state {
	registered := signed(m{"credential": credential("registered", 364*day), "next": "register-phone"})
	submit := func(tab *browsertest.Tab) { tab.Type("#license_key", "7q2mb 9xk4d"); tab.Click("#form button") }
	number := func(tab *browsertest.Tab) {
		tab.Choose("#country", "US")
		tab.Type("#number", "787 555 0123")
		tab.Click("#form button")
	}
	sent := registered.with("POST /api/phones", reply{status: 202, body: challenge(nil)}).with("GET /api/otp/challenges/c1", ok(challenge(nil))...)
	return []state{
		{name: "redeem", path: "/redeem", api: signed(nil), seen: "#form"},
		{name: "redeem-typing-error", path: "/redeem", api: signed(nil).with("POST /api/licenses/redeem", problem(422, "license-typing-error", "The key has a typing error", "detail", "A key has 25 letters and digits.")), seen: "#license_key-error", do: submit},
		{name: "redeem-unknown", path: "/redeem", api: signed(nil).with("POST /api/licenses/redeem", problem(404, "license-unknown", "We do not recognise this license key", "detail", "Compare it with the mail, and try again.")), seen: ".usa-alert--error", do: submit},
		{name: "phone-ask", path: "/phones/register", api: registered, seen: "#form"},
		{name: "phone-wrong-region", path: "/phones/register", api: registered.with("POST /api/phones", problem(422, "phone-wrong-region", "This number lies outside the region of your subscription or of the chosen country", "detail", "Your subscription takes numbers of the 50 states and DC.", "errors", []m{{"pointer": "/number", "detail": "Your subscription serves numbers of the 50 states and DC; this is a number of PR."}})), seen: "#number-error", do: number},
		{name: "phone-code", path: "/phones/register", api: sent, seen: "#code-again", do: number},
		{name: "phone-done", path: "/phones/register", seen: "#done", says: map[string]string{"#done-more": "Add a second phone", "#identity-strength": "Phone OTP"},
			api: sent.with("POST /api/phones/verify", reply{status: 201, body: m{"phone": phones(1)[0], "session": sessionOf(holder("phone_otp", 1))}}).with("GET /api/phones", ok(m{"phones": phones(1), "max": 3, "recommended": 2})...),
			do:  func(tab *browsertest.Tab) { number(tab); tab.Type("#code", "123456"); tab.Click("#code-form button") }},
		{name: "phone-not-fresh", path: "/phones/register", api: signed(holder("phone_otp", 1)).with("POST /api/phones", problem(403, "otp-not-fresh", "Sign in with a code again first", "next", "elevate")), seen: ".usa-alert--error a", do: number},
		{name: "phone-no-credential", path: "/phones/register", api: signed(nil), seen: "#problem a"},
	}
}

func accountStates() []state {
	api := signed(holder("phone_otp", 2)).with("GET /api/account", ok(account(billing()))...)
	sessions := m{"sessions": []m{{"id": "s1", "signed_in_at": in(-time.Hour), "last_used_at": in(0), "expires_at": in(7 * time.Hour), "strength": "phone_otp", "current": true}, {"id": "s2", "signed_in_at": in(-5 * time.Hour), "last_used_at": in(-4 * time.Minute), "expires_at": in(3 * time.Hour), "strength": "password", "current": false}}}
	return []state{
		{name: "account", path: "/account", api: api, seen: "#content", says: map[string]string{"#facts": "grace@example.test"}},
		{name: "account-locked", path: "/account", api: api.with("PATCH /api/account", problem(409, "name-locked", "The name cannot be changed now", "detail", "A proofing case has started.")), seen: "#form .usa-alert--error", do: func(tab *browsertest.Tab) { tab.Click("#form button") }},
		{name: "account-no-address", path: "/account", api: api.with("GET /api/account", ok(account(nil))...), seen: "#billing-form"},
		{name: "account-change-address", path: "/account", api: api, seen: "#billing-keep", do: func(tab *browsertest.Tab) { tab.Click("#billing-change") }},
		{name: "account-saved", path: "/account", api: api.with("PATCH /api/account", ok(account(billing()))...), seen: "#billing-saved", do: func(tab *browsertest.Tab) {
			tab.Click("#billing-change")
			tab.Click("#billing-form button[type=submit]")
		}, says: map[string]string{"#billing-saved": "Saved.", "#billing-text": "1 Navy Way"}},
		{name: "password", path: "/account/password", api: api, seen: "#form"},
		{name: "password-wrong", path: "/account/password", api: api.with("POST /api/password", problem(422, "password-wrong", "The current password is wrong", "errors", []m{{"pointer": "/current", "detail": "is not the current password"}})), seen: "#current-error", do: func(tab *browsertest.Tab) {
			tab.Type("#current", "x")
			tab.Type("#new", "violet otter 99")
			tab.Click("#form button[type=submit]")
		}},
		{name: "sessions", path: "/account/sessions", api: api.with("GET /api/sessions", ok(sessions)...), seen: "#end-others"},
	}
}

func helpStates() []state {
	open := func(tab *browsertest.Tab) { tab.Click(".fold summary") }
	return []state{
		{name: "help", path: "/help", seen: ".tiles"},
		{name: "help-faq", path: "/help/faq", seen: ".fold p", do: open},
		{name: "help-user-guide", path: "/help/user-guide", seen: ".usa-process-list"},
		{name: "help-identity-proofing", path: "/help/identity-proofing", seen: "table"},
		{name: "help-contact", path: "/help/contact", seen: "main h2"},
		{name: "help-privacy", path: "/help/privacy", seen: "main ul"},
		{name: "help-accessibility", path: "/help/accessibility", seen: "main p"},
		{name: "problems", path: "/problems", seen: ".problems"},
		{name: "problem-otp-wrong", path: "/problems/otp-wrong", seen: "main h1"},
		{name: "missing", path: "/nothing/here", seen: "main h1", says: map[string]string{"h1": "Page not found"}},
	}
}
