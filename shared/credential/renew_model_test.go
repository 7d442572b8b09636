package credential

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

func parse(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05.000Z", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// The worked example of domain.md 0, and the rules of product.md 8 around it.
func TestTheWorkedExampleOfRenewal(t *testing.T) {
	bought, activated := "2025-03-10 12:00:00.000Z", "2025-04-02 08:00:00.000Z"
	for _, row := range []struct {
		purchased, activated string
		terms                int
		order                string
		state                State
		grace                time.Duration
		now                  string
		want                 Eligibility
		expires              string
	}{
		{bought, "", 1, "", Registered, 0, "2025-03-20 00:00:00.000Z", NotActivated, "2026-03-10 12:00:00.000Z"},
		{bought, activated, 1, "", Active, 0, activated, Eligible, "2026-03-10 12:00:00.000Z"}, // not 2026-04-02
		{bought, activated, 1, "SO-1", Active, 0, "2025-12-01 00:00:00.000Z", OrderOpen, "2026-03-10 12:00:00.000Z"},
		{bought, activated, 2, "", Active, 0, "2025-12-01 00:00:00.000Z", TooEarly, "2027-03-10 12:00:00.000Z"}, // paid
		{bought, activated, 2, "", Active, 0, "2026-03-10 11:59:59.999Z", TooEarly, "2027-03-10 12:00:00.000Z"},
		{bought, activated, 2, "", Active, 0, "2026-03-10 12:00:00.000Z", Eligible, "2027-03-10 12:00:00.000Z"}, // the new term begins
		{bought, activated, 2, "", Active, 0, "2027-03-10 11:59:59.999Z", Eligible, "2027-03-10 12:00:00.000Z"},
		{bought, activated, 2, "", Active, 0, "2027-03-10 12:00:00.000Z", TooLate, "2027-03-10 12:00:00.000Z"}, // brand-new only
		{"2024-02-29 12:00:00.000Z", "2024-03-01 00:00:00.000Z", 1, "", Active, 0, "2025-02-28 11:59:59.999Z", Eligible, "2025-02-28 12:00:00.000Z"},

		{bought, activated, 2, "SO-1", Active, 0, "2027-03-10 12:00:00.000Z", OrderOpen, "2027-03-10 12:00:00.000Z"}, // paid late is honoured
		{bought, activated, 1, "", Frozen, 0, "2025-12-01 00:00:00.000Z", Eligible, "2026-03-10 12:00:00.000Z"},
		{bought, activated, 1, "", Revoked, 0, "2025-12-01 00:00:00.000Z", RevokedBefore, "2026-03-10 12:00:00.000Z"},
		{bought, activated, 1, "SO-1", Revoked, 0, "2025-12-01 00:00:00.000Z", RevokedBefore, "2026-03-10 12:00:00.000Z"},
		{bought, "", 1, "", Proofed, 0, "2026-03-10 12:00:00.000Z", TooLate, "2026-03-10 12:00:00.000Z"},
		{bought, activated, 1, "", Active, 30 * 24 * time.Hour, "2026-04-09 11:59:59.999Z", Eligible, "2026-03-10 12:00:00.000Z"},
		{bought, activated, 1, "", Active, 30 * 24 * time.Hour, "2026-04-09 12:00:00.000Z", TooLate, "2026-03-10 12:00:00.000Z"},
	} {
		c := (&Credential{State: row.state, PurchasedAt: parse(t, row.purchased), Renewal: row.order}).renewed(row.terms)
		if row.activated != "" {
			c.ActivatedAt = parse(t, row.activated)
		}
		now := parse(t, row.now)
		if got := c.Eligibility(now, row.grace); got != row.want || !c.ExpiresAt.Equal(parse(t, row.expires)) {
			t.Errorf("%s, %d terms, at %s: %s until %s, want %s until %s", row.purchased, row.terms, row.now, got, c.ExpiresAt, row.want, row.expires)
		}
		if row.grace == 0 && c.View(now).Renewable != (row.want == Eligible) {
			t.Errorf("at %s the session shows renewable %v", row.now, c.View(now).Renewable)
		}
	}
	var none *Credential
	if got := none.Eligibility(parse(t, bought), 0); got != NoCredential {
		t.Errorf("without a credential: %s", got)
	}
}

// anniversary is an expiry reckoned another way: by year, and back to the last day where there is no such day.
func anniversary(anchor time.Time, years int) time.Time {
	at := time.Date(anchor.Year()+years, anchor.Month(), anchor.Day(), anchor.Hour(), anchor.Minute(), anchor.Second(), anchor.Nanosecond(), time.UTC)
	for at.Month() != anchor.Month() {
		at = at.AddDate(0, 0, -1)
	}
	return at
}

// history is one holder's random life, with what the definition says kept beside.
type history struct {
	rng    *rand.Rand
	c      *Credential
	now    time.Time
	grace  time.Duration
	ends   []time.Time // of the terms paid
	opened int
}

func (h *history) String() string {
	return fmt.Sprintf("bought %s, %d terms until %s, state %s, order %q, at %s", h.c.PurchasedAt, h.c.Terms, h.c.ExpiresAt, h.c.State, h.c.Renewal, h.now)
}

// buy opens a brand-new credential; leap days and month ends come often.
func (h *history) buy() {
	at := h.now.Add(-time.Duration(h.rng.Int64N(int64(200 * day))))
	switch h.rng.IntN(4) {
	case 0:
		at = time.Date(at.Year()/4*4, time.February, 29, at.Hour(), at.Minute(), 0, h.rng.IntN(1000)*1e6, time.UTC)
	case 1:
		at = time.Date(at.Year(), at.Month()+1, 0, 23, 59, 59, 999e6, time.UTC)
	}
	if at.After(h.now) || !anniversary(at, 1).After(h.now) {
		h.now = at.Add(time.Hour)
	}
	h.c = (&Credential{State: Registered, PurchasedAt: at}).renewed(1)
	h.ends = []time.Time{anniversary(at, 1)}
	h.opened++
}

// pass lets time go by: moments, months, or to an edge and a millisecond around it.
func (h *history) pass() {
	later := h.now.Add(time.Duration(h.rng.Int64N(int64(day))))
	switch h.rng.IntN(4) {
	case 0:
		later = h.now.Add(time.Duration(h.rng.Int64N(int64(300 * day))))
	case 1, 2:
		edges := []time.Time{h.c.OpensAt(), h.c.ExpiresAt, h.c.ExpiresAt.Add(h.grace)}
		later = edges[h.rng.IntN(len(edges))].Add(time.Duration(h.rng.IntN(3)-1) * time.Millisecond)
	}
	if later.After(h.now) {
		h.now = later
	}
}

// defined is product.md 8 word for word.
func (h *history) defined() bool {
	begins := h.c.PurchasedAt
	if n := len(h.ends); n > 1 {
		begins = h.ends[n-2]
	}
	return !h.c.ActivatedAt.IsZero() && h.c.State != Revoked && h.c.Renewal == "" &&
		!h.now.Before(begins) && h.now.Before(h.ends[len(h.ends)-1].Add(h.grace))
}

func (h *history) act(t *testing.T) {
	eligible := h.c.Eligibility(h.now, h.grace) == Eligible
	if eligible != h.defined() {
		t.Fatalf("eligible %v, by definition %v: %s", eligible, h.defined(), h)
	}
	switch act := h.rng.IntN(10); {
	case act < 2 && h.c.State == Registered && h.c.Live(h.now):
		h.c.State, h.c.ActivatedAt = Active, h.now
	case act < 6 && eligible:
		h.c.Renewal = "SO-00000000"
	case act < 8 && h.c.Renewal != "" && h.c.State != Revoked: // paid, in time or late
		before := h.c
		h.c = h.c.renewed(h.c.Terms + 1)
		h.c.Renewal = ""
		h.ends = append(h.ends, anniversary(h.c.PurchasedAt, h.c.Terms))
		if before.Live(h.now) && !h.c.Live(before.ExpiresAt) {
			t.Fatalf("a day between two terms: %s", h)
		}
		if gained := h.c.ExpiresAt.Sub(before.ExpiresAt); gained < 365*day || gained > 366*day {
			t.Fatalf("a term of %s: %s", gained, h)
		}
	case act == 8 && h.c.Renewal != "":
		h.c.Renewal = "" // cancelled, or not paid in time
	case act == 9 && h.c.Terms > 1 && h.now.Before(h.c.OpensAt()) && h.c.Renewal == "": // money back before it began
		h.c = h.c.renewed(h.c.Terms - 1)
		h.ends = h.ends[:len(h.ends)-1]
	case act == 9 && h.rng.IntN(20) == 0:
		h.c.State = Revoked
	case !h.c.Live(h.now):
		h.buy()
	}
	if ahead := h.c.Terms - 2; ahead >= 0 && Expiry(h.c.PurchasedAt, ahead).After(h.now) {
		t.Fatalf("two years ahead: %s", h)
	}
	if last := h.ends[len(h.ends)-1]; !h.c.ExpiresAt.Equal(last) {
		t.Fatalf("expires %s, not %s: %s", h.c.ExpiresAt, last, h)
	}
}

// Never two years stacked, never a day lost, eligibility as it is defined: over 10,000 random histories.
func TestRenewalOverRandomHistories(t *testing.T) {
	renewals, most, opened := 0, 0, 0
	for seed := range uint64(10_000) {
		h := &history{rng: rand.New(rand.NewPCG(seed, 8)), now: time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)}
		if seed%3 == 0 {
			h.grace = time.Duration(h.rng.IntN(90)) * day
		}
		h.now = h.now.Add(time.Duration(h.rng.Int64N(int64(1500 * day))))
		h.buy()
		for range 40 {
			h.pass()
			before := h.c.Terms
			h.act(t)
			if h.c.Terms > before {
				renewals++
			}
		}
		most, opened = max(most, h.c.Terms), opened+h.opened
	}
	if renewals < 10_000 || most < 4 || opened < 20_000 { // else the histories are too dull to show anything
		t.Errorf("%d renewals, at most %d terms, %d credentials", renewals, most, opened)
	}
}
