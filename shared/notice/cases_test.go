package notice_test

import (
	"strings"
	"testing"
	"time"

	"phoneotp/shared/notice"
)

// TestV16APassIsToldWithAWayToDenyIt holds that the mail about a pass, whichever way it was reached, says what to do if
// it was somebody else.
func TestV16APassIsToldWithAWayToDenyIt(t *testing.T) {
	f := start(t)
	for method, says := range map[string]string{"kbv": "questions", "video": "video"} {
		text := f.compose(t, notice.ProofingPassed("a", method, now), notice.Facts{Origin: origin, GivenName: "Grace", Address: "grace@example.test", From: "otp@example.org"}).Text.Reveal()
		for _, want := range []string{says, now.UTC().Format("2006"), "This was not you?", origin + "/forgot", origin + "/help/contact"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the mail lacks %q:\n%s", method, want, text)
			}
		}
	}
	failed := f.compose(t, notice.ProofingFailed("a", now.Add(time.Hour)), notice.Facts{Origin: origin, Address: "grace@example.test", From: "otp@example.org"}).Text.Reveal()
	for _, reason := range []string{"fraud", "document", "agent", "match"} {
		if strings.Contains(strings.ToLower(failed), reason) {
			t.Errorf("the mail about a failure gives a reason:\n%s", failed)
		}
	}
}

// Whose key still works is told how to begin again; whose has ended is not sent to enter it.
func TestTheMailOfACancelledProofingNamesTheWayOn(t *testing.T) {
	f := start(t)
	for why, enters := range map[string]bool{notice.EndedCancelled: true, notice.EndedWithKey: false, notice.EndedExpired: true} {
		text := f.compose(t, notice.ProofingEnded("a", why, now), notice.Facts{Origin: origin, GivenName: "Grace"}).Text.Reveal()
		if strings.Contains(text, origin+"/redeem") != enters || strings.Contains(text, "license key that began it has ended") != (why == notice.EndedWithKey) {
			t.Errorf("%s:\n%s", why, text)
		}
	}
}
