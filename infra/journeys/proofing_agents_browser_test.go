package journeys_test

import (
	"net/http"
	"strings"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// meets books by the API, lets the session start now, and opens its pages on both sides. That the holder's page learns
// of the claim by itself is shown in clickVideoPass; here they load it again.
func (v visitor) meets(agent visitor) (id string) {
	v.t.Helper()
	id = v.bookLast()
	v.beginNow(id)
	v.tab.Go(base + "/proofing/appointment")
	v.tab.Says("#room", "The room is open")
	agent.tab.Go(base + "/agent/appointments/" + id)
	agent.tab.Click("#claim")
	word := agent.tab.Text("#word")
	v.tab.Go(base + "/proofing/appointment")
	v.tab.Says("#room .word", word)
	return id
}

// as is the same holder's test with another tab.
func (v visitor) as(tab *browsertest.Tab) visitor { return visitor{person: v.person, tab: tab} }

// clickSecondAgent has a document whose name differs by a letter: two agents with a page each, and the holder's.
func clickSecondAgent(v visitor, one, two *browsertest.Tab) {
	v.entersProofing()
	first, second := v.as(one), v.as(two)
	first.worksAs("agent1", "+12025550111")
	second.worksAs("agent2", "+12025550112")
	id := v.meets(first)
	room := browsertest.Eval[string](one, `document.querySelector("#call a").href`)
	if res, err := http.Get(room); err != nil || res.StatusCode != http.StatusOK {
		v.t.Errorf("the meeting room %s: %v", room, err)
	}
	first.concludes("Grace Hoppers", "passed")
	one.Says("#done", "A second agent must agree")
	one.Accessible()
	v.tab.Go(base + "/proofing")
	v.tab.Says("#status", "In review")

	one.Click("#again") // nobody has agreed yet
	one.Says("#done", "Nobody has decided yet")
	one.Go(base + "/agent")
	one.Click(`#rows a[href*="/agent/cases/"]`)
	first.decides(true)
	one.Shown("#form .usa-alert--error") // nobody is the second agent of their own session
	one.Accessible()

	two.Go(base + "/agent")
	two.Accessible()
	two.Click(`#rows a[href*="/agent/cases/"]`)
	two.Says("#facts", "Grace Hopper")
	two.Says("#facts", "differs a little")
	two.Fits()
	second.decides(true)
	two.Says("#done-text", "You agreed")
	two.Accessible()

	one.Go(base + "/agent/appointments/" + id)
	one.Click("#again")
	code := one.Text("#activation-code")
	v.keep(code, "activation code")
	v.keep(strings.ReplaceAll(code, "-", ""), "activation code")
	v.tab.Go(base + "/proofing")
	v.tab.Click("#status-body .usa-button")
	v.tab.At("/proofing/activation")
	v.tab.Type("#code", code)
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/phones/register")
	v.registers(usNumber(), "sms")
	v.tab.Go(base + "/account/otp")
	v.tab.Says("#facts", "Passed, by live video")
}

func (v visitor) decides(yes bool) {
	v.t.Helper()
	v.tab.Shown("#form")
	v.tab.Click("label[for=a-" + map[bool]string{true: "yes", false: "no"}[yes] + "]")
	v.tab.Type("#reason", "A plural on the document")
	v.tab.Click("#form button[type=submit]")
}

// clickThreeFailures fails both quizzes; the agent suspects fraud, which the holder does not learn; another agent clears
// that; the next session fails, and the key is void.
func clickThreeFailures(v visitor, agent *browsertest.Tab) {
	v.entersProofing()
	v.twoFailures()
	staff := v.as(agent)
	staff.worksAs("agent1", "+12025550111")
	v.meets(staff)
	staff.concludes("Grace Hopper", "fraud")
	agent.Says("#done", "A colleague finds it")
	v.tab.Go(base + "/proofing")
	v.tab.Says("#status", "In review")
	if strings.Contains(strings.ToLower(v.tab.Text("main")), "fraud") {
		v.t.Error("the holder reads of fraud")
	}
	v.tab.Accessible()
	other := asSecondAgent(v)
	id := v.want(200, "GET", "/api/proofing", nil).text("id")
	other.want(200, "POST", "/api/agent/cases/"+id+"/approve", map[string]any{"approve": true, "reason": "the light was bad"})
	v.tab.Go(base + "/proofing")
	v.tab.Says("#left-text", "One more failure")
	v.tab.Shown("#video-only")

	v.meets(staff)
	staff.concludes("Somebody Else", "failed")
	agent.Says("#done", "Concluded")
	v.tab.Go(base + "/proofing")
	v.tab.Says("#status", "license key is void")
	v.tab.Accessible()
	v.tab.Go(base + "/dashboard")
	v.strengthIs("Password")
}

// asSecondAgent is agent2 without a browser.
func asSecondAgent(v visitor) *person {
	v.t.Helper()
	return staff(v.t, "agent2", "2025550112")
}

// clickAbroad is offered video alone.
func clickAbroad(v visitor) {
	v.signUp("DE")
	v.redeemForProofing("intl-proofed")
	v.tab.Go(base + "/sign-in?then=/proofing")
	v.signsIn()
	v.tab.At("/proofing")
	v.tab.Shown("#video-only")
	if browsertest.Eval[bool](v.tab, `document.getElementById("method-instant-item").getBoundingClientRect().height > 0`) {
		v.t.Error("questions are offered abroad")
	}
	v.tab.Accessible()
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/proofing/booking")
	v.tab.Choose("#zone", "Europe/Berlin")
	v.tab.Shown("#times label")
}

// clickExpired enters the key again after an idle month.
func clickExpired(v visitor) {
	v.signUp("US")
	_, keys := v.buy("us-proofed", 1)
	v.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	v.age(30*24*time.Hour + time.Minute)
	v.tab.Go(base + "/sign-in?then=/proofing")
	v.signsIn()
	v.tab.At("/proofing")
	v.tab.Says("#status", "has expired")
	v.tab.Accessible()
	v.tab.Click("#status-body .usa-button")
	v.tab.At("/redeem")
	v.tab.Type("#license_key", keys[0])
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/proofing")
	v.tab.Shown("#method-instant-item")
}
