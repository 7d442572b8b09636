package journeys_test

import (
	"fmt"
	"strings"
	"testing"

	"phoneotp/functions/portal/browsertest"
)

// TestCommerceInTheBrowser buys by clicking: by invoice, several keys at once, given up, given back.
func TestCommerceInTheBrowser(t *testing.T) {
	chromium, err := browsertest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chromium.Stop)
	for name, tell := range map[string]func(v visitor, bank *browsertest.Tab){
		"paid by invoice": clickInvoice, "three keys of two products": clickThreeKeys, "cancelled": clickCancelled, "refunded": clickRefunded,
	} {
		t.Run(name, func(t *testing.T) {
			tell(visitor{person: newPerson(t), tab: chromium.Open(t, 1280, 900)}, chromium.Open(t, 375, 740))
		})
	}
}

// clickInvoice orders by invoice, pays on the hosted page while the order's page stays open, and goes on.
func clickInvoice(v visitor, bank *browsertest.Tab) {
	v.comesIn()
	v.puts("us", 1)
	v.checksOut()
	v.tab.Click("label[for=pay-invoice]")
	v.tab.Type("#purchase_order", "PO 4711")
	v.givesAddress()
	v.tab.Accessible()
	v.tab.Click("#form button[type=submit]")
	v.tab.Says("#stage", "Awaiting payment of the invoice")
	v.tab.Says("#facts", "PO 4711")
	v.tab.Accessible()
	number := v.number()
	if v.keysShown() != 0 {
		v.t.Error("keys before the payment")
	}
	await(v.t, "the confirmation of the order", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, v.email) && strings.Contains(m.Body, number)
	})
	bank.Go(v.invoice())
	bank.Says("main", "PO 4711")
	bank.Accessible()
	bank.Fits()
	bank.Click("button[value=pay]")
	bank.Says("main", "has been paid")
	v.tab.Says("#stage", "Let's Get Credentialed") // by itself
	v.tab.Says("#facts", "Paid")
	v.keepsKeys(1)
	v.tab.Click("#stage button") // enters the key and goes on
	v.tab.At("/phones/register")
	v.tab.Go(base + "/orders/" + number)
	v.tab.Says("#stage", "Every license key of this order has been entered")
	v.tab.Go(base + "/store")
	v.tab.Says("#holds", "only has to be finished")
	v.tab.Accessible()
}

// clickThreeKeys is declined, pays, takes the keys as a file, has the mail sent again until that is
// refused, and enters one of them.
func clickThreeKeys(v visitor, _ *browsertest.Tab) {
	v.tab.BeforeScripts(`globalThis.files = []; const made = URL.createObjectURL.bind(URL); URL.createObjectURL = (blob) => { files.push(blob); return made(blob); };`)
	v.comesIn()
	v.puts("us", 2)
	v.puts("intl", 1)
	v.tab.Says("#total", "$139.00")
	v.checksOut()
	v.givesAddress()
	v.tab.Click("#form button[type=submit]")
	v.tab.Click("button[value=decline]")
	v.tab.Says("[role=alert]", "Your card was declined")
	v.tab.Accessible()
	v.tab.Click("button[value=pay]")
	v.tab.Says("#stage", "The 3 license keys stand below")
	v.tab.Accessible()
	number, keys := v.number(), v.keepsKeys(3)
	v.tab.Click("#csv")
	file := browsertest.Eval[string](v.tab, `files[0].text()`)
	for _, key := range keys {
		if !strings.Contains(file, `"`+number+`"`) || !strings.Contains(file, `"`+key+`"`) {
			v.t.Errorf("%s is not in the file\n%s", key, file)
		}
	}
	if strings.Count(file, "Non-US Phone Service Only") != 1 || strings.Count(file, "\r\n") != 4 {
		v.t.Errorf("the file is\n%s", file)
	}
	v.asksForMails(number, keys)

	v.tab.Click("#stage a")
	v.tab.At("/redeem")
	v.tab.Type("#license_key", keys[0])
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/phones/register")
	v.tab.Go(base + "/orders/" + number)
	v.tab.Says("#keys-list", "Entered by its user")
	v.tab.Says("#keys-list", "Hidden at password strength") // its buyer holds a live credential now
	v.tab.Says("#keys-step", "Register Your Phone")
	v.tab.Accessible()
	if text := v.tab.Text("#keys-list"); strings.Contains(text, keys[1]) {
		v.t.Errorf("a holder sees at password strength: %s", text)
	}
}

// asksForMails has the mail sent three more times; the fourth is refused until later.
func (v visitor) asksForMails(number string, keys []string) {
	v.t.Helper()
	for range 3 {
		v.tab.Click("#resend")
		v.tab.Says("#resent", "on its way")
		v.tab.Until(`!document.getElementById("keys-problem").dataset.busy`)
	}
	v.tab.Click("#resend")
	v.tab.Says("#keys-problem", "You can try again in")
	for _, m := range v.mailsOf(number, 5) { // of the order, of its keys, and three more
		for _, key := range keys {
			if strings.Contains(m.Body, key) {
				v.t.Errorf("a mail about several keys holds one: %q", m.Subject)
			}
		}
	}
}

// mailsOf waits until so many mails named the order, and returns them.
func (v visitor) mailsOf(number string, atLeast int) []message {
	v.t.Helper()
	var found []message
	until(v.t, fmt.Sprintf("%d mails about %s", atLeast, number), func() bool {
		found = v.mailsAbout(number)
		return len(found) >= atLeast
	})
	return found
}

// clickCancelled gives up an order by card and one by invoice; neither can be paid afterwards.
func clickCancelled(v visitor, bank *browsertest.Tab) {
	v.comesIn()
	v.puts("us-proofed", 1)
	v.checksOut()
	v.givesAddress()
	v.tab.Click("#form button[type=submit]")
	v.tab.Click("button[value=cancel]") // back without paying
	v.tab.Says("#stage", "No payment has arrived yet")
	v.tab.Says("#cart-count", "")
	v.tab.Click("#cancel")
	v.tab.Says("#cancel-part", "This cannot be undone")
	v.tab.Accessible()
	v.tab.Click("#cancel-part button")
	v.tab.Says("#stage", "This order was cancelled")

	v.puts("us-proofed", 1)
	v.checksOut()
	v.tab.Says("#billing-text", "1 Navy Way") // of the order before
	v.tab.Click("label[for=pay-invoice]")
	v.tab.Click("#form button[type=submit]")
	v.tab.Says("#stage", "Awaiting payment of the invoice")
	invoice, number := v.invoice(), v.number()
	v.tab.Click("#cancel")
	v.tab.Click("#cancel-part button")
	v.tab.Says("#stage", "This order was cancelled")
	bank.Go(invoice)
	bank.Says("main", "cannot be paid any more")
	v.tab.Go(base + "/orders")
	v.tab.Says("#rows tr", number)
	v.tab.Says("#rows tr", "Cancelled")
	v.tab.Accessible()
}

// clickRefunded pays by card, gets the money back and sees what became of the key.
func clickRefunded(v visitor, _ *browsertest.Tab) {
	v.comesIn()
	v.puts("intl", 1)
	v.checksOut()
	v.givesAddress()
	v.tab.Click("#form button[type=submit]")
	v.tab.Click("button[value=pay]")
	v.tab.Says("#stage", "Let's Get Credentialed")
	number := v.number()
	v.keepsKeys(1)
	v.want(200, "POST", "/_local/payments/"+number, map[string]any{"event": "refund"})
	v.tab.Go(base + "/orders/" + number)
	v.tab.Says("#stage", "This order was refunded")
	v.tab.Says("#keys-list", "Does not work any more")
	v.tab.Accessible()
	v.tab.Go(base + "/account")
	v.tab.Says("#billing-text", "1 Navy Way")
	v.tab.Click("#billing-change")
	v.tab.Type("#billing-line1", "2 Harbor Road")
	v.tab.Click("#billing-form button[type=submit]")
	v.tab.Says("#billing-text", "2 Harbor Road")
}

// comesIn signs up by the API and signs in by clicking.
func (v visitor) comesIn() {
	v.t.Helper()
	v.signUp("US")
	v.tab.Go(base + "/sign-in")
	v.signsIn()
	v.tab.At("/dashboard")
}

// puts adds keys of a product to the cart.
func (v visitor) puts(product string, keys int) {
	v.t.Helper()
	v.tab.Go(base + "/store")
	v.tab.Shown("#products label")
	id := browsertest.Eval[string](v.tab, fmt.Sprintf(`document.querySelector('#products input[value=%q]').id`, product))
	v.tab.Click("#products label[for=" + id + "]")
	v.tab.Type("#quantity", fmt.Sprint(keys))
	v.tab.Click("#form button[type=submit]")
	v.tab.At("/cart")
	v.tab.Shown("#lines tr")
}

func (v visitor) checksOut() {
	v.t.Helper()
	v.tab.Click("a[href='/checkout']")
	v.tab.At("/checkout")
	v.tab.Shown("#form button[type=submit]")
}

func (v visitor) givesAddress() {
	v.t.Helper()
	for field, value := range map[string]string{"line1": "1 Navy Way", "city": "Arlington", "region": "VA", "postal": "22201"} {
		v.tab.Type("#billing-"+field, value)
	}
}

// number is that of the order whose page is open.
func (v visitor) number() string {
	v.t.Helper()
	return strings.TrimPrefix(browsertest.Eval[string](v.tab, `location.pathname`), "/orders/")
}

// invoice is where the invoice of the open order can be paid.
func (v visitor) invoice() string {
	v.t.Helper()
	v.tab.Shown("#stage a.usa-button")
	return browsertest.Eval[string](v.tab, `document.querySelector("#stage a.usa-button").href`)
}

func (v visitor) keysShown() int {
	v.t.Helper()
	return browsertest.Eval[int](v.tab, `document.querySelectorAll("#keys-list .keys__key").length`)
}

// keepsKeys reads the keys of the open order.
func (v visitor) keepsKeys(n int) []string {
	v.t.Helper()
	keys := browsertest.Eval[[]string](v.tab, `[...document.querySelectorAll("#keys-list .keys__key")].map((k) => k.textContent)`)
	if len(keys) != n {
		v.t.Fatalf("%d keys are shown, want %d", len(keys), n)
	}
	for _, key := range keys {
		v.keep(key, "license key")
		v.keep(strings.ReplaceAll(key, "-", ""), "license key")
	}
	return keys
}
