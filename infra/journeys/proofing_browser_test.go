package journeys_test

import (
	"fmt"
	"strings"
	"testing"

	"phoneotp/functions/portal/browsertest"
)

// staffPassword is that of the demo accounts (api.md, The local stack).
const staffPassword = "correct horse battery staple"

// TestProofingInTheBrowser tells both ways of proofing by clicking.
func TestProofingInTheBrowser(t *testing.T) {
	chromium, err := browsertest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chromium.Stop)
	visit := func(t *testing.T) visitor { return visitor{person: newPerson(t), tab: chromium.Open(t, 1280, 900)} }
	t.Run("an instant pass", func(t *testing.T) { clickInstantPass(visit(t)) })
	t.Run("two failures, then video", func(t *testing.T) { clickVideoPass(visit(t), chromium.Open(t, 1280, 900)) })
	t.Run("a name in review", func(t *testing.T) {
		clickSecondAgent(visit(t), chromium.Open(t, 1280, 900), chromium.Open(t, 375, 740))
	})
	t.Run("fraud, then three failures", func(t *testing.T) { clickThreeFailures(visit(t), chromium.Open(t, 1280, 900)) })
	t.Run("an account abroad", func(t *testing.T) { clickAbroad(visit(t)) })
	t.Run("an expired case", func(t *testing.T) { clickExpired(visit(t)) })
}

// clickInstantPass answers the questions right and registers a phone.
func clickInstantPass(v visitor) {
	v.entersProofing()
	v.tab.Accessible()
	v.takesQuiz(true)
	v.tab.Says("h1", "Your identity is proofed")
	v.tab.Click("#outcome a")
	v.tab.At("/phones/register")
	v.registers(usNumber(), "sms")
	v.strengthIs("Phone OTP")
	v.tab.Go(base + "/account/otp")
	v.tab.Says("#facts", "Passed, by instant questions")
	v.tab.Go(base + "/proofing")
	v.tab.Says("#status", "Your identity is proofed")
}

// clickVideoPass fails twice, books, meets an agent who works in a tab of their own, and enters the code.
func clickVideoPass(v visitor, agent *browsertest.Tab) {
	v.entersProofing()
	v.takesQuiz(false)
	v.tab.Says("#outcome", "2 more failures")
	v.tab.Click("#outcome p + p a") // once more
	v.takesQuiz(false)
	v.tab.Says("#outcome", "One more failure")
	v.tab.Click("#outcome a")
	v.tab.At("/proofing/booking")
	v.tab.Choose("#zone", "America/Denver")
	v.tab.Click("#times label")
	v.tab.Click("label[for=accepted]")
	v.tab.Click("label[for=name_confirmed]")
	v.tab.Accessible()
	v.tab.Click("#book")
	v.tab.At("/proofing/appointment")
	v.tab.Says("#room", "The room opens 10 minutes before")
	id := browsertest.Eval[string](v.tab, `fetch("/api/proofing").then((r) => r.json()).then((c) => c.appointment.id)`)
	if a := v.call("POST", "/_local/appointments/"+id+"/now", nil); a.status >= 300 {
		v.t.Fatalf("now: %v", a)
	}
	v.tab.Go(base + "/proofing/appointment")
	v.tab.Says("#room", "The room is open")
	v.tab.Accessible()

	staff := visitor{person: v.person, tab: agent}
	staff.worksAs("agent2", "+12025550112")
	agent.Go(base + "/agent/appointments/" + id)
	agent.Click("#claim")
	word := agent.Text("#word")
	v.tab.Says("#room .word", word)
	agent.Accessible()
	staff.concludes("GRACE HOPPER", "passed")
	code := agent.Text("#activation-code")
	v.keep(code, "activation code")
	v.keep(strings.ReplaceAll(code, "-", ""), "activation code")

	v.tab.At("/proofing") // by itself, when the session is over
	v.tab.Click("#status-body .usa-button")
	v.tab.At("/proofing/activation")
	v.tab.Type("#code", strings.ToLower(code))
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/phones/register")
	v.registers(usNumber(), "sms")
	v.tab.Go(base + "/account/otp")
	v.tab.Says("#facts", "Passed, by live video")
}

// entersProofing buys a product with proofing, signs in and enters its key in the browser.
func (v visitor) entersProofing() {
	v.t.Helper()
	v.signUp("US")
	_, keys := v.buy("us-proofed", 1)
	v.tab.Go(base + "/sign-in?then=/redeem")
	v.signsIn()
	v.tab.At("/redeem")
	v.tab.Type("#license_key", keys[0])
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/proofing")
	v.tab.Says("#name", "Grace Hopper")
	v.tab.Click("label[for=method-instant]")
	v.tab.Click("#form button[type=submit]")
}

// takesQuiz goes from the consent to the outcome.
func (v visitor) takesQuiz(right bool) {
	v.t.Helper()
	v.tab.At("/proofing/instant")
	v.tab.Says("#consent-text", "soft inquiry")
	v.tab.Click("#agree")
	v.tab.Shown("#date_of_birth")
	born := fmt.Sprintf("19%02d-%02d-%02d", 40+dice(59), 1+dice(12), 1+dice(28)) // each time another: quizzes count by person
	v.keep(born, "birth date")
	browsertest.Eval[bool](v.tab, fmt.Sprintf(`(document.getElementById("date_of_birth").value = %q, true)`, born))
	for _, field := range [][2]string{{"line1", "1 Navy Way"}, {"city", "Arlington"}, {"postal_code", "22201"}, {"phone", "202 555 0143"}} {
		v.tab.Type("#"+field[0], field[1])
	}
	v.tab.Choose("#region", "VA")
	v.tab.Click("label[for=name_confirmed]")
	v.tab.Click("#form button[type=submit]")
	v.tab.Says("#quiz-time", "Time left: 4:5")
	v.tab.Accessible()
	picked := browsertest.Eval[int](v.tab, fmt.Sprintf(`(() => {
		const groups = [...document.querySelectorAll("#questions fieldset")];
		for (const g of groups) [...g.querySelectorAll("label")].find((l) => l.textContent.endsWith("(right)") === %v).click();
		return groups.length;
	})()`, right))
	if picked < 4 {
		v.t.Fatalf("%d questions", picked)
	}
	v.tab.Click("#quiz-form button[type=submit]")
	v.tab.Shown("#outcome")
}

// worksAs signs a member of staff in with a code.
func (v visitor) worksAs(user, number string) {
	v.t.Helper()
	v.tab.Go(base + "/sign-in?then=/agent")
	v.tab.Type("#user_id", user)
	v.tab.Type("#password", staffPassword)
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/code")
	since := local.Box.Count()
	v.tab.Click("#send")
	v.entersCode(v.code(number, "sms", since))
	v.tab.At("/agent")
	v.tab.Shown("#day-heading")
	v.tab.Accessible()
}

// concludes fills the checklist of a claimed session.
func (v visitor) concludes(name, outcome string) {
	v.t.Helper()
	for _, box := range []string{"c-consent", "c-view", "c-cue0", "c-cue1", "d-genuine", "c-face", "o-" + outcome} {
		v.tab.Click("label[for=" + box + "]")
	}
	v.tab.Choose("#d-type", "passport")
	v.tab.Choose("#d-country", "US")
	browsertest.Eval[bool](v.tab, `(document.getElementById("d-expires").value = "2031-01-01", true)`)
	v.tab.Type("#d-last4", "1234")
	v.tab.Type("#d-name", name)
	v.tab.Type("#reason", "As seen")
	v.tab.Click("#form button[type=submit]")
}
