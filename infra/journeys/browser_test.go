package journeys_test

import (
	"strings"
	"testing"

	"phoneotp/functions/portal/browsertest"
)

// TestInTheBrowser tells stories by clicking, in one Chromium.
func TestInTheBrowser(t *testing.T) {
	chromium, err := browsertest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chromium.Stop)
	for name, tell := range map[string]func(visitor){"the main story": clickStory, "what a person sees when a rule says no": clickRefusals} {
		t.Run(name, func(t *testing.T) { tell(visitor{person: newPerson(t), tab: chromium.Open(t, 1280, 900)}) })
	}
}

// visitor is a person who clicks, with a tab of their own.
type visitor struct {
	*person
	tab *browsertest.Tab
}

// clickStory is the main story, with mails, texts and calls read from the handset.
func clickStory(v visitor) {
	text, voice := usNumber(), usNumber()
	v.signsUp()
	v.signsIn()
	v.tab.At("/dashboard")
	v.strengthIs("Password")
	v.tab.Shown("#credential-none")
	v.tab.Accessible()
	v.buys()
	v.tab.Click("#stage button") // enters the key and goes on
	v.tab.At("/phones/register")
	v.registers(text, "sms")
	v.strengthIs("Phone OTP")
	v.tab.Says("#done-more", "Add a second phone")
	v.tab.Click("#another")
	v.registers(voice, "voice")
	v.tab.Says("#done-more", "2 of 3 phones")

	v.tab.Click("#sign-out")
	v.tab.At("/sign-in")
	v.signsIn()
	v.tab.At("/code")
	v.tab.Shown("#skip-link")
	v.tab.Click("#skip-link")
	v.tab.At("/dashboard")
	v.strengthIs("Password")
	v.tab.Says("#apps", "Login Requirements Not Met")
	v.tab.Go(base + "/applications/drawings")
	v.tab.Says("h1", "Login Requirements Not Met")
	v.tab.Accessible()

	v.tab.Click("#shut-way a") // elevate, and come back to what was shut
	v.tab.At("/code")
	v.tab.Click("#choose-form label[for=" + v.radioOf(text) + "]")
	since := local.Box.Count()
	v.tab.Click("#send")
	code := v.code(text, "sms", since)
	v.tab.Says(".code__sent", text[len(text)-4:])
	v.entersCode(otherThan(code))
	v.tab.Says("#code-tries", "4 tries left")
	v.tab.Accessible()
	v.entersCode(code)
	v.tab.At("/applications/drawings")
	v.strengthIs("Phone OTP")
	v.tab.Shown("#app-content p")

	v.tab.Go(base + "/dashboard")
	v.tab.Click(`#apps button[aria-label="Open Drawing Exchange"]`)
	v.tab.At("/applications/drawings")
	v.tab.Shown("#app-content p")
	v.tab.Go(base + "/account/otp")
	v.tab.Says("#phones", "ending "+voice[len(voice)-4:])
	v.tab.Accessible()
	v.tab.Go(base + "/account/sessions")
	v.tab.Says("#rows", "This session")
}

// clickRefusals meets the rules of the real API in the pages.
func clickRefusals(v visitor) {
	v.tab.Go(base + "/sign-in")
	v.tab.Type("#user_id", v.userID)
	v.tab.Type("#password", "not the password")
	v.tab.Click("#form button[type=submit]")
	v.tab.Says(".usa-alert--error", "User ID or password is not right")

	v.signsUp()
	v.signsIn()
	v.tab.At("/dashboard")
	v.tab.Go(base + "/redeem")
	v.tab.Type("#license_key", "7Q2MB-9XK4D-R0V3T-HJ8WN-5CZ6Q")
	v.tab.Click("#form button[type=submit]")
	v.tab.Says(".usa-alert--error", "typing error")
	v.buys()
	v.tab.Click("#stage button")
	v.tab.At("/phones/register")
	v.tab.Choose("#country", "US")
	v.tab.Type("#number", "(787) 555-0123")
	v.tab.Click("#form button[type=submit]")
	v.tab.Shown("#form .usa-alert--error")
	v.tab.Accessible()
	v.tab.Go(base + "/account/password")
	v.tab.Type("#current", v.password)
	v.tab.Type("#new", "password1234")
	v.tab.Click("#form button[type=submit]")
	v.tab.Shown("#new-error")
}

// signsUp fills the form, opens the mailed link and ends at the sign-in page.
func (v visitor) signsUp() {
	v.t.Helper()
	v.tab.Go(base + "/")
	v.tab.Click(".hero__go")
	v.tab.At("/sign-up")
	for field, value := range map[string]string{"user_id": v.userID, "email": v.email, "given_name": "Grace", "family_name": "Hopper", "password": v.password} {
		v.tab.Type("#"+field, value)
	}
	v.tab.Choose("#country", "US")
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/check-your-mail")
	v.tab.Says("#to", v.email)
	mail := await(v.t, "the confirmation mail", func(m message) bool { return m.Kind == "email" && strings.Contains(m.To, v.email) })
	if len(mail.Links) == 0 {
		v.t.Fatalf("no link in %q", mail.Body)
	}
	v.tab.Go(mail.Links[0])
	v.tab.Click("#done a")
	v.tab.At("/sign-in")
}

func (v visitor) signsIn() {
	v.t.Helper()
	v.tab.Type("#user_id", v.userID)
	v.tab.Type("#password", v.password)
	v.tab.Click("#form button[type=submit]")
}

// buys goes from the store over cart, checkout and the payment page to the order page with its key.
func (v visitor) buys() {
	v.t.Helper()
	v.tab.Go(base + "/store")
	v.tab.Click("#products label[for=product-1]")
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/cart")
	v.tab.Says("#total", "$34.00")
	v.tab.Click("a[href='/checkout']")
	v.tab.At("/checkout")
	for field, value := range map[string]string{"line1": "1 Navy Way", "city": "Arlington", "region": "VA", "postal": "22201"} {
		v.tab.Type("#billing-"+field, value)
	}
	v.tab.Accessible()
	v.tab.Click("#form button[type=submit]")
	v.tab.Click("button[value=pay]") // the payment service's own page
	v.tab.Says("#stage", "Let's Get Credentialed")
	v.tab.Accessible()
	key := v.tab.Text("#keys-list code")
	v.keep(key, "license key")
	await(v.t, "the license key by mail", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, v.email) && strings.Contains(m.Body, key)
	})
}

// registers adds a number on the open page Register Your Phone.
func (v visitor) registers(number, channel string) {
	v.t.Helper()
	v.tab.Click("label[for=channel-" + channel + "]")
	v.tab.Choose("#country", "US")
	v.tab.Type("#number", number[:3]+" "+number[3:6]+" "+number[6:])
	since := local.Box.Count()
	v.tab.Click("#form button[type=submit]")
	v.entersCode(v.code(number, channel, since))
	v.tab.Shown("#done")
	v.tab.Says("#done-text", number[len(number)-4:])
}

func (v visitor) entersCode(code string) {
	v.t.Helper()
	v.tab.Type("#code", code)
	v.tab.Click("#code-form button[type=submit]")
}

func (v visitor) strengthIs(name string) {
	v.t.Helper()
	v.tab.Until(`document.getElementById("identity-strength").textContent === "` + name + `" && document.getElementById("identity-strength").getBoundingClientRect().width > 0`)
}

// radioOf is the id of the choice of a phone.
func (v visitor) radioOf(number string) string {
	v.t.Helper()
	v.tab.Shown("#phones label")
	return browsertest.Eval[string](v.tab, `[...document.querySelectorAll("#phones label")].find((l) => l.textContent.includes("`+number[len(number)-4:]+`")).htmlFor`)
}

// otherThan is a code that is not this one.
func otherThan(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}
