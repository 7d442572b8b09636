package history_test

import (
	"strings"
	"testing"

	"phoneotp/shared/audit"
	"phoneotp/shared/history"
)

func TestSentences(t *testing.T) {
	for want, e := range map[string]audit.Entry{
		"Code KM was asked for by text message.":                       {What: "code-sent", Detail: map[string]string{"tag": "KM", "channel": "sms"}},
		"Code was asked for.":                                          {What: "code-sent"},
		"A wrong code was entered; tries left: 3.":                     {What: "code-tried", Detail: map[string]string{"tries_left": "3"}},
		"Consent to identity proofing was given (questions).":          {What: "proofing-consent", Detail: map[string]string{"method": "kbv", "sha256": "00"}},
		"The order was placed: 34.00 USD, keys: 1, by card.":           {What: "order-placed", Detail: map[string]string{"total": "34.00 USD", "keys": "1", "payment": "card"}},
		"A sign-in failed: the email address is not confirmed.":        {What: "sign-in-failed", Detail: map[string]string{"reason": "email-unconfirmed"}},
		"something-of-an-older-version":                                {What: "something-of-an-older-version"},
		"The profile was changed: <script>[x]{y}.":                     {What: "profile-changed", Detail: map[string]string{"fields": "<script>[x]{y}"}},
		"Codes were locked after 10 wrong codes in a row, until noon.": {What: "codes-locked", Detail: map[string]string{"wrong": "10", "until": "noon"}},
	} {
		if got := history.Sentence(e); got != want {
			t.Errorf("%s:\n got %q\nwant %q", e.What, got, want)
		}
	}
}

func TestActors(t *testing.T) {
	subject := audit.Account("ada")
	for actor, want := range map[string]history.By{
		subject: history.Holder, audit.Account("agent"): history.Staff, audit.Stripe: history.Payments,
		audit.System: history.System, audit.Operator: history.System, "": history.System,
	} {
		if got := history.Actor(audit.Entry{Actor: actor}, subject); got != want {
			t.Errorf("%q is %s, want %s", actor, got, want)
		}
	}
	if got := history.Actor(audit.Entry{What: "sign-in-failed", Actor: subject}, subject); got != history.Anyone {
		t.Errorf("a failed sign-in is by %s", got)
	}
}

// A review that is silent stays silent in the holder's own history too (product.md 4, V-11).
func TestSilentReviewsAreForStaffAlone(t *testing.T) {
	for _, what := range []audit.Event{"proofing-flagged", "appointment-concluded", "appointment-second-decision"} {
		if history.ForHolder(what) {
			t.Errorf("a holder sees %s", what)
		}
	}
	if !history.ForHolder("signed-in") {
		t.Error("a holder does not see sign-ins")
	}
}

func FuzzSentence(f *testing.F) {
	f.Add("code-sent", "tag", "{channel}[")
	f.Add("profile-changed", "fields", "]}[{")
	f.Fuzz(func(t *testing.T, what, name, value string) {
		got := history.Sentence(audit.Entry{What: audit.Event(what), Detail: map[string]string{name: value}})
		if strings.TrimSpace(what) != "" && got == "" {
			t.Errorf("%q says nothing", what)
		}
	})
}
