package notice_test

import (
	"strings"
	"testing"

	"phoneotp/shared/notice"
)

// What each mail about an end must say, and must not (product.md 8).
func TestMailsAboutTheEndSayWhatCanBeDone(t *testing.T) {
	f := start(t)
	renew, brandNew := origin+"/account/otp", origin+"/store"
	for name, want := range map[string]struct{ says, hides []string }{
		"expiring":           {[]string{"until 25 November 2027 at 12:34 UTC", renew, "adds one year to that date", "After that date no renewal can be ordered"}, []string{brandNew, "in 30 days"}},
		"expiring-grace":     {[]string{"After 25 December 2026 at 18:30 UTC no renewal can be ordered"}, []string{"After that date"}},
		"ended":              {[]string{"expired on 25 November 2027", brandNew, "cannot be renewed"}, []string{renew}},
		"ended-grace":        {[]string{renew, "can still be renewed until 25 December 2026"}, []string{brandNew, "cannot be renewed"}},
		"expiring-ordered":   {[]string{"not paid yet", origin + "/orders/SO-5678EFGH", "Paid after that date it still counts"}, []string{renew, "brand-new"}},
		"ended-ordered":      {[]string{"order SO-5678EFGH", "still counts", origin + "/orders/SO-5678EFGH"}, []string{brandNew, "cannot be renewed"}},
		"over-ordered-other": {[]string{"ending K7QX"}, []string{"5678EFGH"}},
		"over":               {[]string{"last mail", brandNew, "cannot be renewed"}, []string{renew}},
		"unused":             {[]string{"No phone had been registered", brandNew}, []string{renew, "renew"}},
		"expiring-other":     {[]string{"ending K7QX", "SO-1234ABCD", "Only the person who uses it"}, []string{brandNew}},
		"ended-other":        {[]string{"ending K7QX", "SO-1234ABCD", brandNew}, []string{renew}},
		"over-other":         {[]string{"ending K7QX", "last mail", brandNew}, []string{renew}},
		"unused-other":       {[]string{"ending K7QX", brandNew}, []string{renew, "renew"}},
		"dead-keys":          {[]string{"Nobody entered 12 of the license keys", "SO-1234ABCD", brandNew}, nil},
	} {
		letter := f.compose(t, every()[name], notice.Facts{Origin: origin, GivenName: "Grace"})
		text := letter.Text.Reveal()
		for _, s := range want.says {
			if !strings.Contains(text, s) {
				t.Errorf("%s does not say %q:\n%s", name, s, text)
			}
		}
		body, _, _ := strings.Cut(text, "\n\nPhone OTP\n")
		for _, s := range want.hides {
			if strings.Contains(body, s) {
				t.Errorf("%s says %q:\n%s", name, s, text)
			}
		}
		t.Logf("%s\nSubject: %s\n%s\n", name, letter.Subject, text)
	}
}
