package journeys_test

import (
	"strings"
	"testing"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// TestRenewalInTheBrowser tells by clicking how a year ends, and how phones are changed and a change is undone.
func TestRenewalInTheBrowser(t *testing.T) {
	chromium, err := browsertest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chromium.Stop)
	for name, tell := range map[string]func(visitor){
		"renewed on day 340": clickRenewal, "a brand-new credential on day 366": clickTooLate, "phones replaced, removed and a change rejected": clickPhoneChanges,
	} {
		t.Run(name, func(t *testing.T) { tell(visitor{person: newPerson(t), tab: chromium.Open(t, 1280, 900)}) })
	}
}

// clickRenewal is a holder whose year ends in 25 days: password strength is enough to renew.
func clickRenewal(v visitor) {
	v.holds(usNumber())
	before := v.ages(340 * 24 * time.Hour)
	v.signsInWithoutCode()
	v.tab.Says("#ending", "Your credential expires in")
	v.tab.Accessible()
	v.tab.Click("#ending a")
	v.tab.At("/account/renew")
	v.tab.Says("#summary", "$34.00")
	v.tab.Says("#billing-text", "1 Navy Way")
	after := browsertest.Eval[string](v.tab, `[...document.querySelectorAll("#summary dd")].at(-1).textContent`)
	v.tab.Accessible()
	v.tab.Click("#form button[type=submit]")
	v.tab.Click("button[value=cancel]") // not yet paid
	v.tab.Says("#stage", "Awaiting payment")
	number := v.tab.Text("h1")
	v.tab.Go(base + "/account/otp")
	v.tab.Says("#renewal", "is not paid yet")
	v.tab.Click("#renewal a")
	v.tab.Says("h1", number)
	v.tab.Click("#stage button")
	v.tab.Click("button[value=pay]")
	v.tab.Says("#stage", "Your credential is renewed")
	v.tab.Says("#stage", after)
	v.tab.Accessible()
	v.tab.Go(base + "/account/otp")
	v.tab.Says("#facts", after)
	v.tab.Says("#renewal", "Renewed already")
	v.tab.Says("#history", "Renewal: Phone Based OTP")
	v.tab.Accessible()
	v.tab.Go(base + "/dashboard")
	v.tab.Says("#apps", "Partner Directory")
	v.tab.Until(`document.getElementById("ending").childElementCount === 0`)
	if now := v.expires(); !now.Equal(before.AddDate(1, 0, 0)) && now.Sub(before) < 365*24*time.Hour {
		v.t.Errorf("valid until %v, before %v", now, before)
	}
}

// clickTooLate is a holder whose year ends while the session runs, and who begins anew.
func clickTooLate(v visitor) {
	v.holds(usNumber())
	v.ages(340 * 24 * time.Hour)
	v.signsInWithoutCode()
	v.tab.Shown("#ending a")
	over := !time.Now().Before(v.ages(25 * 24 * time.Hour)) // day 365, or 366 after a 29 February
	v.tab.Go(base + "/dashboard")
	if over {
		v.tab.Says("#banner", "Your credential expired on")
	} else {
		v.tab.Says("#ending", "within 24 hours")
	}
	v.ages(24 * time.Hour)
	v.tab.Go(base + "/dashboard")
	v.tab.Says("#banner", "Renewal is no longer possible")
	v.tab.Says("#next-step", "Get 2FA")
	v.tab.Accessible()
	v.tab.Click("#sign-out")
	v.tab.At("/sign-in")
	v.signsIn()
	v.tab.At("/dashboard") // without a code
	v.strengthIs("Password")
	v.tab.Go(base + "/account/renew")
	v.tab.Says("#shut", "brand-new credential is needed")
	v.tab.Go(base + "/account/otp")
	v.tab.Says("#renewal", "brand-new credential is needed")
	v.tab.Says("#phones-shut", "cannot be changed any more")
	v.tab.Accessible()
	v.tab.Click("#renewal a")
	v.tab.At("/store")
	v.buysAgain()
	v.tab.Click("#stage button") // enters the key and goes on
	v.tab.At("/phones/register")
	v.registers(usNumber(), "sms")
	v.strengthIs("Phone OTP")
	v.tab.Until(`document.getElementById("banner").childElementCount === 0`)
	if left := time.Until(v.expires()); left < 364*24*time.Hour {
		v.t.Errorf("the new credential lasts %v", left)
	}
}

// clickPhoneChanges replaces one phone, removes another, and has the owner's link undo it all.
func clickPhoneChanges(v visitor) {
	first, second, third := usNumber(), usNumber(), usNumber()
	v.holds(first)
	v.registerPhone(second, "sms")
	v.ages(48 * time.Hour) // no number is new any more
	v.tab.Go(base + "/sign-in")
	v.signsIn()
	v.tab.At("/code")
	v.passesCode(first)
	v.tab.At("/dashboard")
	v.tab.Go(base + "/account/otp")
	v.tab.Click(v.rowOf(second) + " a")
	v.tab.At("/phones/register")
	v.tab.Says("#ask-intro", "ending "+second[6:])
	v.tab.Accessible()
	since := local.Box.Count()
	v.registers(third, "sms")
	v.tab.Says("h1", "Phone replaced")
	v.tab.Accessible()
	link := v.rejectLink("replaced", since)
	v.tab.Click("#to-otp a")
	v.tab.At("/account/otp")
	v.tab.Says("#phones", "ending "+third[6:])
	v.tab.Until(`!document.getElementById("phones").textContent.includes("` + second[6:] + `")`)

	v.tab.Go(base + "/code?then=/account/otp") // a login through the new number
	v.passesCode(third)
	v.tab.At("/account/otp")
	v.tab.Click(v.rowOf(first) + " button")
	v.tab.Click(".confirm .usa-button--secondary")
	v.tab.Says(".confirm", "less than 24 hours ago")
	v.tab.Says(".confirm", "You can try again in 24 hours")
	v.tab.Accessible()
	v.tab.Click(".confirm .usa-button--outline")

	v.want(200, "POST", "/_local/accounts/"+v.userID+"/age", map[string]any{"seconds": 16 * 60, "sessions": true}) // the code is not fresh any more
	v.tab.Click(v.rowOf(third) + " button")
	v.tab.Accessible()
	v.tab.Click(".confirm .usa-button--secondary")
	v.tab.Says(".confirm", "needs a code that was entered a moment ago")
	v.tab.Click(".confirm .usa-alert--error a")
	v.tab.At("/code")
	v.passesCode(first)
	v.tab.At("/account/otp")
	v.tab.Says(".confirm", "Remove the phone ending "+third[6:])
	v.tab.Click(".confirm .usa-button--secondary")
	v.tab.Says("#said", "was removed")
	v.tab.Says("#phones-last", "cannot be removed")
	v.tab.Accessible()

	v.tab.Go(link)
	v.tab.Says("#ask", "Your phones are put back")
	v.tab.Accessible()
	v.tab.Click("#form button")
	v.tab.Says("#done", "every session of your account has ended")
	v.tab.Accessible()
	v.tab.Go(link)
	v.tab.Click("#form button")
	v.tab.Says("#over", "You pressed the button before")
	v.tab.Go(base + "/account/otp")
	v.tab.At("/sign-in")
	v.signsIn()
	v.tab.At("/account/otp") // no code is asked for
	v.tab.Says("#banner", "Your credential is frozen")
	v.tab.Says("#phones", "ending "+first[6:])
	v.tab.Says("#phones", "ending "+second[6:])
	v.tab.Until(`!document.getElementById("phones").textContent.includes("` + third[6:] + `")`)
	v.tab.Accessible()
}

// holds makes a person who bought, entered the key and registered this number, all by the API.
func (v visitor) holds(number string) {
	v.t.Helper()
	v.signUp("US")
	_, keys := v.buy("us", 1)
	v.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	v.registerPhone(number, "sms")
}

// ages moves what the person owns into the past and returns the new expiry.
func (v visitor) ages(by time.Duration) time.Time {
	v.t.Helper()
	v.age(by)
	return v.expires()
}

// expires is when the credential does, as the API says.
func (v visitor) expires() time.Time {
	v.t.Helper()
	at, err := time.Parse(time.RFC3339, v.want(200, "GET", "/api/session", nil).text("credential", "expires_at"))
	if err != nil {
		v.t.Fatal(err)
	}
	return at
}

// signsInWithoutCode signs in by clicking and skips the code prompt.
func (v visitor) signsInWithoutCode() {
	v.t.Helper()
	v.tab.Go(base + "/sign-in")
	v.signsIn()
	v.tab.At("/code")
	v.tab.Click("#skip-link")
	v.tab.At("/dashboard")
}

// passesCode chooses a phone on the code page and enters what arrives there.
func (v visitor) passesCode(number string) {
	v.t.Helper()
	v.tab.Click("#choose-form label[for=" + v.radioOf(number) + "]")
	since := local.Box.Count()
	v.tab.Click("#send")
	v.entersCode(v.code(number, "sms", since))
}

// rowOf is the row of a phone in Manage OTP.
func (v visitor) rowOf(number string) string {
	v.t.Helper()
	v.tab.Says("#phones", "ending "+number[6:])
	return `[data-phone="` + browsertest.Eval[string](v.tab, `[...document.querySelectorAll("#phones li")].find((l) => l.textContent.includes("`+number[6:]+`")).dataset.phone`) + `"]`
}

// rejectLink is the "this was not me" link of the mail about a change.
func (v visitor) rejectLink(change string, since int) string {
	v.t.Helper()
	mail := awaitSince(v.t, "the mail about the change", since, func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, v.email) && strings.Contains(m.Subject, change)
	})
	for _, link := range mail.Links {
		if found := linkToken.FindStringSubmatch(link); found != nil {
			v.keep(found[1], "rejection token")
			return link
		}
	}
	v.t.Fatalf("no link in %q", mail.Body)
	return ""
}

// buysAgain is buys for somebody whose billing address is known; the tab is at the store.
func (v visitor) buysAgain() {
	v.t.Helper()
	v.tab.Click("#products label[for=product-1]")
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/cart")
	v.tab.Click("a[href='/checkout']")
	v.tab.At("/checkout")
	v.tab.Shown("#billing-view")
	v.tab.Click("#form button[type=submit]")
	v.tab.Click("button[value=pay]")
	v.tab.Says("#stage", "Let's Get Credentialed")
	v.keep(v.tab.Text("#keys-list code"), "license key")
}
