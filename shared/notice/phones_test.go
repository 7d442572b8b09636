package notice_test

import (
	"strings"
	"testing"

	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

// gsm7 tells whether every character costs one septet of the default alphabet.
func gsm7(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r > '~' || r < ' ' && r != '\n' || strings.ContainsRune("[\\]^`{|}~", r)
	})
}

// TestATextAboutAChangeIsOneSegment takes a token as long as real ones are, and hosts up to one that is too long:
// then the link is left to the mail.
func TestATextAboutAChangeIsOneSegment(t *testing.T) {
	f := start(t)
	to := must(phone.FromE164("+12025550101"))
	real := secret.Text(strings.Repeat("A", 43)) // base64url of 32 bytes
	for _, host := range []string{"a.example", "otp.example.org", "phone-otp.city.example.org", strings.Repeat("long", 12) + ".example.org"} {
		for name, n := range map[string]notice.Notice{
			"added":    notice.PhoneAddedText(to, "0123", real),
			"removed":  notice.PhoneRemovedText(to, "0123", real),
			"replaced": notice.PhoneReplacedText(to, "0123", "4567", real),
			"back":     notice.PhonesRestoredText(to),
		} {
			text := f.compose(t, n, notice.Facts{Origin: "https://" + host}).Text.Reveal()
			if len(text) > 160 || !gsm7(text) {
				t.Errorf("%s: %d characters: %s", name, len(text), text)
			}
			linked := strings.Contains(text, "https://"+host+"/phone-changes/reject#token="+real.Reveal())
			if fits := len(host) <= 27; name != "back" && linked != fits {
				t.Errorf("%s under %s: the link is there: %v", name, host, linked)
			}
		}
	}
}
