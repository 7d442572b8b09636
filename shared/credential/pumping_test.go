package credential_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/fault"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// TestAPumpingAttack replays somebody who has texts sent for the money in them: 10,000 sends, five by each of
// 2,000 accounts, for as many fresh numbers of three countries, from 200 addresses, within an hour, none answered.
// A twentieth goes to five prefixes of the US. Beside it real people register US numbers, and somebody logs in.
//
// The loss stays under what new numbers may cost a day, the prefixes stop, and nobody else is shut out.
func TestAPumpingAttack(t *testing.T) {
	const (
		ceiling  = 200 // USD a day, the default
		accounts = 2000
		each     = 5
	)
	w := gated(t, 100, ceiling)
	m := meter(w, ceiling)
	owner := asker("owner")
	registered, _ := w.Active(t, owner, noon.Add(-time.Hour))
	var pending []credential.Change
	now, sent, cost, people := noon, 0, 0, 0
	refused, shutOut := map[string]int{}, map[string]int{}
	for i := range accounts {
		now = now.Add(1800 * time.Millisecond)
		country := []string{"LA", "TD", "CU"}[i%3]
		n := number(t, fmt.Sprintf("%s%03d%04d", map[string]string{"LA": "+85620", "TD": "+2356", "CU": "+535"}[country], i%400, i))
		if i%20 == 0 {
			n, country = number(t, fmt.Sprintf("+130355%d%04d", i/20%5, i)), "US"
		}
		for range each {
			if err := ask(t, w, i, fmt.Sprintf("198.51.%d.7", i%200), n, country, now); err != nil {
				refused[ruleOf(t, err)]++
				continue
			}
			pending = append(pending, enrolment(t, w, i, n, country, false, now)...)
			sent++
			cost += otp.Price(phone.SMS, country)
		}
		if i%20 == 10 {
			people++
			n := number(t, fmt.Sprintf("+1202%03d%04d", 200+i%700, i))
			if err := ask(t, w, accounts+i, fmt.Sprintf("203.0.113.%d", i%250), n, "US", now); err != nil {
				shutOut[ruleOf(t, err)]++
			} else {
				pending = append(pending, enrolment(t, w, accounts+i, n, "US", true, now)...)
			}
		}
		if i%20 == 19 { // the stream's batches come soon after
			must(t, m.Count(t.Context(), pending))
			pending = nil
		}
		if i%500 == 499 {
			if _, err := w.Sender.Send(t.Context(), owner, registered, "", now); err != nil {
				t.Errorf("a registered number, after %d accounts: %v", i, err)
			}
		}
	}
	share := ceiling * 1000 * otp.UnconfirmedShare / 100
	t.Logf("pumping: %d sends asked for, %d sent, refused by %v; loss %.2f USD where %.2f are allowed and %d are the ceiling; %d real people, shut out %v",
		accounts*each, sent, refused, float64(cost)/1000, float64(share)/1000, ceiling, people, shutOut)
	if cost > share {
		t.Errorf("the attack cost %d thousandths, more than %d", cost, share)
	}
	if refused[otp.RulePrefix] == 0 || refused[otp.RuleSpend] == 0 || sent > accounts*each/10 {
		t.Errorf("%d of %d sent, refused by %v", sent, accounts*each, refused)
	}
	if len(shutOut) > 0 {
		t.Errorf("real people were refused: %v", shutOut)
	}
}

// ruleOf is which limit refused, or fails.
func ruleOf(t *testing.T, err error) string {
	t.Helper()
	f, ok := fault.Of(err)
	if !ok || !errors.Is(err, otp.ErrLimit) || f.RetryAt.IsZero() {
		t.Fatalf("not a limit: %v", err)
	}
	return f.Extra["rule"].(string)
}
