package main

import (
	"strings"
	"testing"
	"time"

	"phoneotp/functions/portal/browsertest"
)

// S-21: back from the payment page before the payment service's word has come.
func TestS21ReturnBeforeTheWord(t *testing.T) {
	t.Parallel()
	placed := reply{status: 200, body: order("placed", nil)}
	tab, site := open(t, signed(nil).with(orderAPI, placed, placed, reply{status: 200, body: keyed("fulfilled", "issued")}), orderPage+"?returned=paid")
	tab.Says("#stage", "Processing your payment")
	if browsertest.Eval[bool](tab, `document.querySelector("#stage button") !== null`) {
		t.Error("the page asks to pay again")
	}
	tab.Says("#stage", "Let's Get Credentialed")
	tab.Says("#said", "Order SO-7Q2MB9XK: Fulfilled.")
	if n := len(site.bodies(orderAPI)); n != 3 {
		t.Errorf("looked %d times", n)
	}
}

// A look that fails, or brings nothing new, leaves the page as it is.
func TestLooksThatFailChangeNothing(t *testing.T) {
	t.Parallel()
	open30 := reply{status: 200, body: invoiced("placed", "open", 30*day)}
	tab, site := open(t, signed(nil).with(orderAPI, open30, problem(503, "unavailable", "The service cannot answer just now"), open30, open30), orderPage)
	tab.Click("#cancel")
	tab.Until(`document.activeElement.id === "cancel-heading"`)
	for len(site.bodies(orderAPI)) < 3 {
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond)
	tab.Says("#cancel-part", "Its invoice is voided")
	if focus := browsertest.Eval[string](tab, `document.activeElement.id`); focus != "cancel-heading" {
		t.Errorf("the focus went to %q", focus)
	}
}

// A part that arrives while the page is open is shown without loading it anew.
func TestAPartOfAnInvoiceThatArrivesIsShown(t *testing.T) {
	t.Parallel()
	before, after := invoiced("placed", "open", 30*day), inPart("placed", "open", 30*day)
	tab, _ := open(t, signed(nil).with(orderAPI, reply{status: 200, body: before}, reply{status: 200, body: after}), orderPage)
	tab.Says("#stage", "Awaiting payment of the invoice")
	tab.Says("#stage", "$10.00 has arrived, and $24.00 is left to pay")
	tab.Says("#facts", "Left to pay")
}

func TestCancellingAsksOnce(t *testing.T) {
	t.Parallel()
	api := signed(nil).with(orderAPI, ok(order("placed", nil))...).with("POST /api/orders/SO-7Q2MB9XK/cancel", reply{status: 200, body: order("cancelled", nil), slow: 200 * time.Millisecond})
	tab, site := open(t, api, orderPage)
	tab.Click("#cancel")
	tab.Shown("#cancel-part")
	tab.Click("#cancel-part .usa-button--unstyled") // keep it
	tab.Until(`document.getElementById("cancel-part").hidden && document.activeElement.id === "cancel"`)
	if sent := site.bodies("POST /api/orders/SO-7Q2MB9XK/cancel"); len(sent) != 0 {
		t.Errorf("cancelled before it was confirmed: %+v", sent)
	}
	tab.Click("#cancel")
	tab.Shown("#cancel-part")
	browsertest.Eval[*int](tab, `(() => { const b = document.querySelector("#cancel-part button"); b.click(); b.click(); return null; })()`)
	tab.Says("#stage", "This order was cancelled")
	tab.Says("#said", "Order SO-7Q2MB9XK: Cancelled.")
	if sent := site.bodies("POST /api/orders/SO-7Q2MB9XK/cancel"); len(sent) != 1 || sent[0].body != "" {
		t.Errorf("sent %+v", sent)
	}
}

func TestAnInvoiceIsAskedForAgain(t *testing.T) {
	t.Parallel()
	api := signed(nil).with(orderAPI, ok(order("placed", m{"payment": "invoice"}))...).with("POST /api/orders/SO-7Q2MB9XK/checkout", reply{status: 200, body: invoiced("placed", "open", 30*day)})
	tab, _ := open(t, api, orderPage)
	tab.Click("#stage button")
	tab.Says("#stage", "Awaiting payment of the invoice")
	if where := browsertest.Eval[[]string](tab, `(() => { const a = document.querySelector("#stage a.usa-button"); return [a.href, a.target, a.rel]; })()`); strings.Join(where, " ") != "https://pay.example.test/i _blank noopener noreferrer" {
		t.Errorf("the invoice opens by %q", where)
	}
}

func TestTheMailIsSentAgainOnce(t *testing.T) {
	t.Parallel()
	api := signed(nil).with(orderAPI, ok(keyed("fulfilled", "issued"))...).with("POST /api/orders/SO-7Q2MB9XK/keys/resend", reply{status: 202, slow: 200 * time.Millisecond})
	tab, site := open(t, api, orderPage)
	tab.Shown("#resend")
	browsertest.Eval[*int](tab, `(() => { const b = document.getElementById("resend"); b.click(); b.click(); return null; })()`)
	tab.Says("#resent", "on its way")
	if sent := site.bodies("POST /api/orders/SO-7Q2MB9XK/keys/resend"); len(sent) != 1 {
		t.Errorf("sent %d times", len(sent))
	}
}

// The file is made in the browser, of what the API gave; nothing in it is a formula.
func TestKeysAsAFile(t *testing.T) {
	t.Parallel()
	site := newFakeSite(t, signed(nil).with(orderAPI, ok(mixed(keyed("fulfilled", "issued", "activated", "issued")))...))
	tab := chromium.Open(t, 1280, 900)
	tab.BeforeScripts(`globalThis.files = []; const made = URL.createObjectURL.bind(URL); URL.createObjectURL = (blob) => { files.push(blob); return made(blob); };
		const click = HTMLAnchorElement.prototype.click; HTMLAnchorElement.prototype.click = function () { globalThis.named = this.download; return click.call(this); };`)
	tab.Go(site.URL + orderPage)
	tab.Click("#csv")
	text := browsertest.Eval[string](tab, `files[0].text()`)
	us := `"Phone Based OTP - 1 Year (US Phone Service Only) without Proofing"`
	want := "\"Order\",\"Number\",\"Product\",\"License key\",\"State\"\r\n" +
		"\"SO-7Q2MB9XK\",\"1\"," + us + ",\"" + aKey + "\",\"Not used yet\"\r\n" +
		"\"SO-7Q2MB9XK\",\"2\"," + us + ",\"ends in 4D2A\",\"In use\"\r\n" +
		"\"SO-7Q2MB9XK\",\"3\",\"International Phone Based OTP - 1 Year (Non-US Phone Service Only) with Proofing\",\"" + aKey[:25] + "77QF\",\"Not used yet\"\r\n"
	if text != want {
		t.Errorf("the file is\n%q, want\n%q", text, want)
	}
	if name := browsertest.Eval[string](tab, `named`); name != "SO-7Q2MB9XK-license-keys.csv" {
		t.Errorf("it is called %q", name)
	}
	if n := browsertest.Eval[int](tab, `files.length`); n != 1 {
		t.Errorf("%d files were made", n)
	}
	for in, out := range map[string]string{
		`plain`: `"plain"`, `say "hi"`: `"say ""hi"""`, "a,b\r\nc": "\"a,b\r\nc\"", ``: `""`, `7Q2MB-9XK4D`: `"7Q2MB-9XK4D"`,
		`=1+1`: `"'=1+1"`, `+1`: `"'+1"`, `-1`: `"'-1"`, `@SUM(A1)`: `"'@SUM(A1)"`, "\t=1": "\"'\t=1\"", "\r=1": "\"'\r=1\"", "\n=1": "\"'\n=1\"", ` =1`: `"' =1"`, `＝1`: `"'＝1"`,
	} {
		got := browsertest.Eval[string](tab, `import(document.querySelector("script[type=module]").src.replace(/[^/]*$/, "csv.js")).then((m) => m.cell(`+quoted(in)+`))`)
		if got != out {
			t.Errorf("cell of %q: %s, want %s", in, got, out)
		}
	}
}

// quoted is a text as a script writes it.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "\t", `\t`, "\r", `\r`, "\n", `\n`).Replace(text) + `"`
}
