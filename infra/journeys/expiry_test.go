package journeys_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"phoneotp/infra/local/messages"
)

// ends are the mails to somebody that tell of an end, as the first words of their subjects, oldest first.
func (p *person) ends() []messages.Message {
	var out []messages.Message
	for _, m := range local.Box.List(messages.Filter{To: p.email}) { // newest first
		for _, words := range []string{"expires on", "has expired", "no longer valid", "has ended", "have expired"} {
			if strings.Contains(m.Subject, words) {
				out = append(out, m)
			}
		}
	}
	slices.Reverse(out)
	return out
}

func (p *person) sweep() { p.want(200, "POST", "/_local/sweep", nil) }

// A year passes: one reminder at day 340, one mail at day 366, to the holder and to the purchaser, and the key that
// nobody entered ends. However often the sweep runs, each comes once.
func TestTheYearEnds(t *testing.T) {
	boss, p := newPerson(t), newPerson(t)
	for _, who := range []*person{boss, p} {
		who.signUp("US")

	}
	number, keys := boss.buy("us", 2)
	p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	p.registerPhone(usNumber(), "sms")
	last4 := strings.ReplaceAll(keys[0], "-", "")[21:]

	day := 24 * time.Hour
	expect := func(subject string, n int) {
		t.Helper()
		p.sweep()
		p.sweep()
		ends, err := time.Parse(time.RFC3339, p.want(200, "GET", "/api/session", nil).text("credential", "expires_at"))
		if err != nil {
			t.Fatal(err)
		}
		until(t, subject, func() bool { return len(p.ends()) >= n && len(boss.ends()) >= n })
		for _, m := range []messages.Message{p.ends()[n-1], boss.ends()[n-1]} {
			if !strings.Contains(m.Subject, subject) || !strings.Contains(m.Body, ends.Format("2 January 2006 at 15:04")+" UTC") {
				t.Errorf("the mail of %s says:\n%s\n%s", ends, m.Subject, m.Body)
			}
		}
		if body := boss.ends()[n-1].Body; !strings.Contains(body, number) || !strings.Contains(body, "ending "+last4) || strings.Contains(body, p.userID) {
			t.Errorf("the purchaser reads:\n%s", body)
		}
	}
	p.sweep()
	p.age(340 * day)
	expect("expires on", 1)
	p.age(26 * day)
	p.want(200, "POST", "/api/session", map[string]any{"user_id": p.userID, "password": p.password})
	expect("has expired", 2)
	if state := p.want(200, "GET", "/api/session", nil).text("credential", "state"); state != "expired" {
		t.Errorf("the credential is %s", state)
	}

	boss.age(366 * day)
	boss.sweep()
	boss.sweep()
	until(t, "the mail about the other key", func() bool { return len(boss.ends()) >= 3 })
	calm(t) // another one would have come by then
	if mine, theirs := p.ends(), boss.ends(); len(mine) != 2 || len(theirs) != 3 || !strings.Contains(theirs[2].Subject, number) || !strings.Contains(theirs[2].Body, "entered 1 of the license keys") {
		t.Errorf("%d mails to the holder, %d to the purchaser, the last %q", len(mine), len(theirs), theirs[len(theirs)-1].Subject)
	}
}
