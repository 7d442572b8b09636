package journeys_test

import (
	"strings"
	"testing"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// The demo members of support and their numbers (api.md, The local stack).
const (
	support1, support1Number = "support1", "+12025550121"
	support2, support2Number = "support2", "+12025550122"
)

// TestSupportInTheBrowser tells by clicking what support is there for: a code that never came, and phones that are lost.
func TestSupportInTheBrowser(t *testing.T) {
	chromium, err := browsertest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chromium.Stop)
	visit := func(t *testing.T) visitor {
		p := newPerson(t)
		p.family = "Hopper" + strings.Map(func(r rune) rune { return 'a' + r%26 }, random(4)) // one of its own: demo numbers are few
		return visitor{person: p, tab: chromium.Open(t, 1280, 900)}
	}
	staff := func(t *testing.T, user, number string, width int64) *browsertest.Tab {
		v := visitor{person: newPerson(t), tab: chromium.Open(t, width, 900)}
		v.comesToDesk(user, number)
		return v.tab
	}
	t.Run("a code that never came", func(t *testing.T) { clickUnlock(visit(t), staff(t, support1, support1Number, 1280)) })
	t.Run("phones that are lost", func(t *testing.T) {
		clickPhonesLost(visit(t), staff(t, support1, support1Number, 1280), staff(t, support2, support2Number, 375), chromium.Open(t, 1280, 900))
	})
}

// comesToDesk signs a member of support in: first without a code, which opens nothing.
func (v visitor) comesToDesk(user, number string) {
	v.t.Helper()
	v.tab.Go(base + "/sign-in?then=/support")
	v.tab.Type("#user_id", user)
	v.tab.Type("#password", staffPassword)
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/code")
	v.tab.Click("#skip-link")
	v.tab.At("/support")
	v.tab.Shown("#weak-way")
	v.tab.Accessible()
	v.tab.Click("#weak-way")
	v.tab.At("/code")
	since := local.Box.Count()
	v.tab.Click("#send")
	v.entersCode(v.code(number, "sms", since))
	v.tab.At("/support")
	v.tab.Shown("#form")
	v.tab.Accessible()
	v.tab.Fits()
}

// isFound searches until the index has the person, and opens the page.
func (v visitor) isFound(staff *browsertest.Tab, by string) {
	v.t.Helper()
	staff.Go(base + "/support")
	staff.Shown("#form")
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(300 * time.Millisecond) {
		staff.Type("#q", by)
		staff.Click("#form button[type=submit]")
		staff.Shown("#results")
		if staff.Text("#found") == "1 person" {
			break
		}
	}
	staff.Says("#people", v.userID)
	staff.Accessible()
	staff.Click("#people a")
	staff.At("/support/people/" + v.userID)
	staff.Says("h1", v.family)
	v.isNotShown(staff)
}

// isNotShown looks for everything secret of the person in what a member of support has on the screen.
func (v visitor) isNotShown(staff *browsertest.Tab) {
	v.t.Helper()
	shown := browsertest.Eval[string](staff, `document.documentElement.outerHTML`)
	for value, what := range v.secrets {
		if what != "code" && strings.Contains(shown, value) || what == "code" && strings.Contains(shown, ">"+value+"<") {
			v.t.Errorf("support sees a %s", what)
		}
	}
}

// acts chooses what is to be done, gives the reason and confirms it.
func acts(staff *browsertest.Tab, act, reason string) {
	staff.Click("label[for=act-" + act + "]")
	staff.Type("#reason", reason)
	staff.Click("#form button[type=submit]")
	staff.Shown("#confirm")
	staff.Accessible()
	staff.Click("#confirm-yes")
	staff.Shown("#done")
	staff.Accessible()
}

// clickUnlock has a holder whose codes are locked by wrong ones: support sees why none comes, and unlocks.
func clickUnlock(v visitor, staff *browsertest.Tab) {
	v.signUp("US")
	order, keys := v.buy("us", 2)
	v.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	number := usNumber()
	v.registerPhone(number, "sms")
	v.age(10 * time.Minute)
	v.signIn()
	for range 2 {
		since := local.Box.Count()
		challenge := v.want(202, "POST", "/api/otp/send", map[string]any{"phone_id": v.phoneID(number)})
		wrong := otherThan(v.code(number, "sms", since))
		for range 5 {
			v.want(422, "POST", "/api/otp/verify", map[string]any{"challenge_id": challenge.text("challenge_id"), "code": wrong})
		}
		if v.call("POST", "/api/otp/send", map[string]any{"phone_id": v.phoneID(number)}).text("code") != "otp-locked" {
			v.age(2 * time.Minute) // past the gap between two codes
		}
	}
	v.tab.Go(base + "/sign-in")
	v.signsIn()
	v.tab.At("/code")
	v.tab.Click("#send")
	v.tab.Says("#choose-form .usa-alert--error", "You can try again in")

	v.isFound(staff, number[6:]+" "+v.family)
	staff.Says("#limits", "Codes are locked until")
	staff.Says("#limits", "after 10 wrong codes in a row")
	staff.Says("#codes", "A wrong code was entered")
	staff.Says("#codes", "Codes were locked")
	staff.Says("#orders", order)
	staff.Says("#orders", "Key ending "+keys[1][len(keys[1])-4:])
	staff.Says("#phones", "ending "+number[6:])
	staff.Accessible()
	staff.Click("label[for=act-unlock-codes]")
	staff.Click("#form button[type=submit]")
	staff.Says("#reason-error", "Enter a reason")
	acts(staff, "unlock-codes", "No code came; called back at the number on file")
	staff.Says("#done", "Codes are unlocked")
	staff.Until(`!document.getElementById("limits").textContent.includes("locked")`)
	staff.Says("#entries", "Support unlocked the codes.")
	staff.Says("#entries", "No code came; called back")
	v.isNotShown(staff)
	await(v.t, "the mail about the unlocking", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, v.email) && strings.Contains(m.Subject, "unlock")
	})

	v.age(2 * time.Minute) // past the gap between two codes, which stays
	since := local.Box.Count()
	v.tab.Go(base + "/code?signing-in=1")
	v.tab.Click("#send")
	v.entersCode(v.code(number, "sms", since))
	v.tab.At("/dashboard")
	v.strengthIs("Phone OTP")
	v.tab.Go(base + "/account/history")
	v.tab.Says("#entries", "Support unlocked the codes.")
	v.tab.Says("#entries", "By our staff")
	v.tab.Accessible()
	if shown := v.tab.Text("#content"); strings.Contains(shown, "called back") || strings.Contains(shown, "Support looked") {
		v.t.Error("the holder reads what is staff's")
	}
	clickFreeze(v, staff, order)
}

// clickFreeze stops a credential and lets it go on, sends the keys of an order again, and voids one.
func clickFreeze(v visitor, staff *browsertest.Tab, order string) {
	acts(staff, "freeze", "The holder says that the phone was stolen")
	staff.Says("#flags", "frozen")
	v.tab.Go(base + "/applications/drawings")
	v.tab.Says("#banner", "Your credential is frozen")
	v.tab.Says("h1", "Login Requirements Not Met")
	acts(staff, "thaw", "The phone was found")
	staff.Says("#credential", "Active")
	v.tab.Go(base + "/applications/drawings")
	v.tab.Shown("#app-content p")

	since := local.Box.Count()
	staff.Click("label[for=act-resend-keys]")
	staff.Choose("#order", order)
	acts(staff, "resend-keys", "The mail was lost")
	staff.Says("#done", "on its way to the purchaser")
	mail := awaitSince(v.t, "the mail with the keys", since, func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.Subject, order)
	})
	if !strings.Contains(mail.To, v.email) {
		v.t.Errorf("the keys went to %s", mail.To)
	}
	staff.Click("label[for=act-void-key]")
	key := browsertest.Eval[string](staff, `document.querySelector("#key option:last-child").value`)
	staff.Choose("#key", key)
	acts(staff, "void-key", "It was given away by mistake")
	staff.Says("#orders", "Void")
	v.isNotShown(staff)
	v.tab.Go(base + "/orders/" + order)
	v.tab.Says("#keys-list", "Void")
}

// clickPhonesLost has a proofed holder without phones: one asks, another agrees, and the holder passes video again.
func clickPhonesLost(v visitor, one, two, agentTab *browsertest.Tab) {
	v.entersProofing()
	v.takesQuiz(true)
	v.tab.Click("#outcome a")
	v.tab.At("/phones/register")
	lost := usNumber()
	v.keep("+1"+lost, "full number")
	v.registers(lost, "sms")

	v.isFound(one, v.email)
	acts(one, "reset-phones", "Lost the only phone; looked at the passport by video call")
	one.Says("#done", "has to agree")
	one.Says("#phones", "ending "+lost[6:])
	one.Click("#done a")
	one.Says("#intro", "You asked for this")
	one.Until(`document.getElementById("form").hidden`)
	one.Accessible()

	two.Go(base + "/support")
	two.Click(`#approvals a[aria-label*="` + v.userID + `"]`)
	two.Says("#facts", support1)
	two.Says("#what", "live video session")
	two.Accessible()
	two.Fits()
	two.Click("label[for=a-yes]")
	two.Type("#reason", "Saw the recording of the call")
	two.Click("#form button[type=submit]")
	two.Says("#done", "phones were reset")
	two.Accessible()
	two.Click("#done a")
	two.Says("#phones", "No phone is registered")
	two.Says("#entries", "Saw the recording of the call")
	v.isNotShown(two)

	v.tab.Go(base + "/account/otp")
	v.tab.At("/sign-in") // every session has ended
	v.signsIn()
	v.tab.Until(`location.pathname !== "/sign-in"`)
	v.tab.Go(base + "/proofing")
	v.tab.Says("main", "video")
	v.tab.Accessible()
	v.signIn()
	agent := v.as(agentTab)
	agent.worksAs("agent2", "+12025550112")
	v.meets(agent)
	agent.concludes("Grace "+v.family, "passed")
	code := agentTab.Text("#activation-code")
	v.keep(code, "activation code")
	v.tab.Go(base + "/proofing")
	v.tab.Click("#status-body .usa-button")
	v.tab.At("/proofing/activation")
	v.tab.Type("#code", code)
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/phones/register")
	found := usNumber()
	v.registers(found, "sms")
	v.strengthIs("Phone OTP")
	v.isFound(one, v.userID)
	one.Says("#credential", "Passed, by live video")
	one.Says("#phones", "ending "+found[6:])
	v.isNotShown(one)
}
