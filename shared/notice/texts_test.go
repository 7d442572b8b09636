package notice_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

const (
	origin = "https://otp.example.org"
	key    = secret.Text("ABCDE-FGHJK-MNPQR-STVWX-YZ012")
)

var (
	expiry  = notice.Expiry{At: time.Date(2027, 11, 25, 12, 34, 56, 0, time.UTC)}
	longest = notice.Expiry{At: time.Date(2027, 9, 25, 12, 34, 56, 0, time.UTC)}
	bought  = notice.Bought{Order: "SO-1234ABCD", Last4: "K7QX", Active: 1}
	never   = notice.Bought{Order: "SO-1234ABCD", Last4: "K7QX", Unused: 1}
	fifty   = notice.Bought{Order: "SO-1234ABCD", Active: 48, Unused: 2}
)

// every is one notice of each kind and form.
func every() map[string]notice.Notice {
	lines := []notice.Line{{Title: "Phone Based OTP - 1 Year", Quantity: 2, Price: "34.00 USD"}}
	return map[string]notice.Notice{
		"confirm":            notice.ConfirmAccount("grace@example.test", "grace", "Grace", token),
		"registered":         notice.EmailAlreadyRegistered("a"),
		"reset":              notice.ResetPassword("a", token),
		"changed":            notice.PasswordChanged("a", now),
		"placed":             notice.OrderPlaced("a", "SO-1234ABCD", lines, "68.00 USD", "card"),
		"placed-invoice":     notice.OrderPlaced("a", "SO-1234ABCD", lines, "68.00 USD", "invoice"),
		"held":               notice.OrderHeld("a", "SO-1234ABCD"),
		"expired":            notice.CheckoutExpired("a", "SO-1234ABCD"),
		"key":                notice.LicenseKey("a", "SO-1234ABCD", "Phone Based OTP - 1 Year", []byte{1}),
		"keys":               notice.KeysReady("a", "SO-1234ABCD", 7),
		"refunded":           notice.OrderRefunded("a", "SO-1234ABCD", true),
		"refunded-kept":      notice.OrderRefunded("a", "SO-1234ABCD", false),
		"suspended":          notice.KeysSuspended("a", "SO-1234ABCD"),
		"restored":           notice.KeysRestored("a", "SO-1234ABCD"),
		"entered":            notice.LicenseEntered("a", "Phone Based OTP - 1 Year", now),
		"phone":              notice.PhoneAdded("a", "0123", "sms", now, ""),
		"phone-link":         notice.PhoneAdded("a", "0123", "voice", now, token),
		"phone-text":         notice.PhoneAddedText(must(phone.FromE164("+12025550101")), "0123", ""),
		"phone-textlink":     notice.PhoneAddedText(must(phone.FromE164("+12025550101")), "0123", token),
		"removed-link":       notice.PhoneRemoved("a", "0123", now, token),
		"replaced-link":      notice.PhoneReplaced("a", "0123", "sms", "4567", now, token),
		"phone-textremoved":  notice.PhoneRemovedText(must(phone.FromE164("+12025550101")), "0123", token),
		"phone-textreplaced": notice.PhoneReplacedText(must(phone.FromE164("+12025550101")), "0123", "4567", token),
		"phones-back":        notice.PhonesRestored("a", now),
		"phone-textback":     notice.PhonesRestoredText(must(phone.FromE164("+12025550101"))),
		"watched":            notice.CodesWatched("a", 60),
		"appointment":        notice.AppointmentBooked("a", appointment, now),
		"moved":              notice.AppointmentMoved("a", appointment, now),
		"off":                notice.AppointmentCancelled("a", appointment, now),
		"reminder":           notice.AppointmentReminder("a", appointment, now),
		"missed":             notice.AppointmentMissed("a", appointment, now),
		"expiring":           notice.CredentialExpiring("a", expiry),
		"expiring-grace":     notice.CredentialExpiring("a", notice.Expiry{At: now, RenewableUntil: now.AddDate(0, 1, 0)}),
		"ended":              notice.CredentialExpired("a", expiry),
		"expiring-ordered":   notice.CredentialExpiring("a", notice.Expiry{At: now, Renewal: "SO-5678EFGH"}),
		"ended-ordered":      notice.CredentialExpired("a", notice.Expiry{At: now, Renewal: "SO-5678EFGH"}),
		"over-ordered-other": notice.BoughtOver("a", bought, notice.Expiry{At: now, Renewal: "SO-5678EFGH"}),
		"ended-grace":        notice.CredentialExpired("a", notice.Expiry{At: now, RenewableUntil: now.AddDate(0, 1, 0)}),
		"over":               notice.CredentialOver("a", expiry),
		"unused":             notice.CredentialUnused("a", expiry),
		"expiring-other":     notice.BoughtExpiring("a", bought, expiry),
		"ended-other":        notice.BoughtExpired("a", bought, expiry),
		"over-other":         notice.BoughtOver("a", bought, expiry),
		"unused-other":       notice.BoughtExpired("a", never, expiry),
		"expiring-fifty":     notice.BoughtExpiring("a", fifty, longest),
		"ended-fifty":        notice.BoughtExpired("a", fifty, expiry),
		"over-fifty":         notice.BoughtOver("a", fifty, expiry),
		"ended-two":          notice.BoughtExpired("a", notice.Bought{Order: "SO-1234ABCD", Active: 1, Unused: 1}, expiry),
		"unused-fifty":       notice.BoughtExpired("a", notice.Bought{Order: "SO-1234ABCD", Unused: 50}, expiry),
		"dead-keys":          notice.KeysExpired("a", "SO-1234ABCD", 12),
		"renewal":            notice.RenewalPlaced("a", "SO-1234ABCD", lines[:1], "34.00 USD", "card"),
		"renewed":            notice.RenewalPaid("a", "SO-1234ABCD", now),
		"renewal-lapsed":     notice.RenewalLapsed("a", "SO-1234ABCD"),
		"renewal-closed":     notice.RenewalClosed("a", "SO-1234ABCD"),
		"renewal-back":       notice.RenewalRefunded("a", "SO-1234ABCD"),
		"term-back":          notice.RenewalTakenBack("a", "SO-1234ABCD", now),
		"term-again":         notice.RenewalReturned("a", "SO-1234ABCD", now),
		"locked":             notice.CodesLocked("a", 10, now.Add(30*time.Minute)),
		"locked-for-now":     notice.CodesLocked("a", 50, time.Time{}),
		"failed":             notice.PaymentFailed("a", "SO-1234ABCD"),
		"overdue":            notice.InvoiceOverdue("a", "SO-1234ABCD", now),
		"voided":             notice.InvoiceVoided("a", "SO-1234ABCD"),
		"too-much":           notice.PaidTooMuch("a", "SO-1234ABCD"),
		"refunded-part":      notice.RefundedInPart("a", "SO-1234ABCD"),
	}
}

func (f fixture) compose(t *testing.T, n notice.Notice, facts notice.Facts) notice.Letter {
	t.Helper()
	taken, err := f.outbox.Take(t.Context(), f.write(t, n, now), now)
	if err != nil {
		t.Fatal(err)
	}
	letter, err := notice.Compose(taken, facts)
	if err != nil {
		t.Fatal(err)
	}
	return letter
}

func TestEveryKindHasItsWords(t *testing.T) {
	f := start(t)
	facts := notice.Facts{Origin: origin, GivenName: "Grace", LicenseKey: key}
	for name, n := range every() {
		letter := f.compose(t, n, facts)
		text := letter.Text.Reveal()
		if strings.Contains(text, "  .") || strings.Contains(text, " , ") || strings.Contains(text, "%!") || strings.Contains(text, "just now") {
			t.Errorf("%s: a parameter is missing:\n%s", name, text)
		}
		if strings.HasPrefix(name, "phone-text") {
			if letter.Subject != "" || len(text) > 160 {
				t.Errorf("%s: subject %q, %d characters", name, letter.Subject, len(text))
			}
			continue
		}
		if letter.Subject == "" || len(letter.Subject) > 60 || strings.ContainsAny(letter.Subject, "\r\n") {
			t.Errorf("%s: subject %q", name, letter.Subject)
		}
		if !strings.HasPrefix(text, "Hello Grace,\n\n") || !strings.Contains(text, origin+"/help") {
			t.Errorf("%s: greeting or help is missing:\n%s", name, text)
		}
		for _, line := range strings.Split(text, "\n") {
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: a line ends in blanks", name)
			}
		}
	}
}

func TestOrderNumberStandsInTheBody(t *testing.T) {
	f := start(t)
	for _, name := range []string{"placed", "placed-invoice", "held", "expired", "key", "keys"} {
		letter := f.compose(t, every()[name], notice.Facts{Origin: origin})
		if !strings.Contains(letter.Text.Reveal(), "SO-1234ABCD") {
			t.Errorf("%s does not name its order", name)
		}
	}
}

// Requirement: links carry their token in the fragment (product.md 10).
func TestTokensStandInFragmentsOnly(t *testing.T) {
	f := start(t)
	wellFormed := regexp.MustCompile(regexp.QuoteMeta(origin) + `(/[a-z-]+)+#token=` + token.Reveal() + `(\s|$)`)
	for name, n := range every() {
		text := f.compose(t, n, notice.Facts{Origin: origin}).Text.Reveal()
		tokens, good := strings.Count(text, token.Reveal()), len(wellFormed.FindAllString(text, -1))
		want := map[string]int{"confirm": 1, "reset": 1, "phone-link": 1, "phone-textlink": 1, "removed-link": 1, "replaced-link": 1, "phone-textremoved": 1, "phone-textreplaced": 1}[name]
		if tokens != want || good != want {
			t.Errorf("%s: %d tokens, %d of them in a fragment, want %d", name, tokens, good, want)
		}
	}
}

func TestKeyMailShowsTheKeyWhileThereIsOne(t *testing.T) {
	f := start(t)
	n := every()["key"]
	with := f.compose(t, n, notice.Facts{Origin: origin, LicenseKey: key}).Text.Reveal()
	if !strings.Contains(with, key.Reveal()) || !strings.Contains(with, origin+"/redeem") {
		t.Errorf("the key is missing:\n%s", with)
	}
	without := f.compose(t, n, notice.Facts{Origin: origin}).Text.Reveal()
	if strings.Contains(without, "/redeem") || !strings.Contains(without, "entered meanwhile") {
		t.Errorf("a key that was entered:\n%s", without)
	}
	void := f.compose(t, n, notice.Facts{Origin: origin, LicenseKey: key, LicenseVoid: true}).Text.Reveal()
	if strings.Contains(void, key.Reveal()) || !strings.Contains(void, "not valid at present") {
		t.Errorf("a key that is void:\n%s", void)
	}
	several := f.compose(t, every()["keys"], notice.Facts{Origin: origin, LicenseKey: key}).Text.Reveal()
	if strings.Contains(several, key.Reveal()) || !strings.Contains(several, origin+"/orders/SO-1234ABCD") {
		t.Errorf("the mail about several keys:\n%s", several)
	}
}

// One key comes in a mail; of several a mail holds a link (product.md 2). The confirmation promises neither too much.
func TestTheConfirmationSaysHowTheKeysCome(t *testing.T) {
	f := start(t)
	line := func(n int) notice.Line {
		return notice.Line{Title: "Phone Based OTP - 1 Year", Quantity: n, Price: "34.00 USD"}
	}
	for want, lines := range map[string][]notice.Line{
		"A mail with the license key follows":             {line(1)},
		"A mail with a link to your license keys follows": {line(2)},
		"with a link to your license keys follows as":     {line(1), line(1)},
	} {
		if text := f.compose(t, notice.OrderPlaced("a", "SO-1234ABCD", lines, "34.00 USD", "card"), notice.Facts{Origin: origin}).Text.Reveal(); !strings.Contains(strings.ReplaceAll(text, "\n", " "), want) {
			t.Errorf("%d lines:\n%s", len(lines), text)
		}
	}
}

// One mail says of how many credentials of an order the purchaser hears, and how it is with each kind.
func TestThePurchaserHearsOfHowMany(t *testing.T) {
	f := start(t)
	for name, want := range map[string][]string{
		"expiring-other": {"A credential that you bought expires on 25 November 2027", "the license key ending K7QX of your order SO-1234ABCD is valid until"},
		"expiring-fifty": {"48 credentials that you bought expire on 25 September 2027", "48 Phone OTP credentials that people set up with license keys of your order SO-1234ABCD are valid until"},
		"ended-fifty":    {"48 credentials that you bought have expired", "2 more license keys had been entered"},
		"ended-two":      {"A credential that you bought has expired", "One Phone OTP credential that somebody set up with a license key of your order", "One more license key had been entered"},
		"over-fifty":     {"48 credentials that you bought are no longer valid", "were not renewed"},
		"unused-other":   {"A subscription that you bought has ended", "the license key ending K7QX"},
		"unused-fifty":   {"50 subscriptions that you bought have ended", "50 Phone OTP subscriptions of your order SO-1234ABCD ended on"},
	} {
		letter := f.compose(t, every()[name], notice.Facts{Origin: origin})
		all := letter.Subject + "\n" + strings.Join(strings.Fields(letter.Text.Reveal()), " ")
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%s does not say %q:\n%s", name, w, all)
			}
		}
		if name != "expiring-other" && name != "unused-other" && strings.Contains(all, "K7QX") {
			t.Errorf("%s names one key", name)
		}
	}
}

func TestLettersDoNotPrint(t *testing.T) {
	letter := notice.Letter{Subject: "s", Text: "the key"}
	if s := fmt.Sprintf("%v %+v", letter, letter); strings.Contains(s, "the key") {
		t.Errorf("printed: %s", s)
	}
}
