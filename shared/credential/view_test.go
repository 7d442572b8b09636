package credential_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/phone"
	"phoneotp/shared/session"
)

// TestLevels is the table of product.md 7: session, credential, instant.
func TestLevels(t *testing.T) {
	activated, expires := noon.Add(-time.Hour), noon.Add(time.Hour)
	weak := session.Session{Strength: session.Password}
	strong := session.Session{Strength: session.PhoneOTP, CodeAt: activated}
	before := session.Session{Strength: session.PhoneOTP, CodeAt: activated.Add(-time.Second)}
	with := func(change func(*credential.Credential)) *credential.Credential {
		c := credential.Credential{State: credential.Active, ActivatedAt: activated, ExpiresAt: expires, PurchasedAt: expires.AddDate(-1, 0, 0), Terms: 1}
		change(&c)
		return &c
	}
	same := func(*credential.Credential) {}
	proofed := func(c *credential.Credential) { c.Method = "video" }
	for name, row := range map[string]struct {
		s     session.Session
		c     *credential.Credential
		at    time.Time
		level int
		next  string
	}{
		"nothing bought":             {weak, nil, noon, 1, "redeem"},
		"code skipped":               {weak, with(same), noon, 1, "enter-otp"},
		"code entered":               {strong, with(same), noon, 2, "none"},
		"proofed, code skipped":      {weak, with(proofed), noon, 1, "enter-otp"},
		"proofed, code entered":      {strong, with(proofed), noon, 3, "none"},
		"a millisecond to expiry":    {strong, with(same), expires.Add(-time.Millisecond), 2, "none"},
		"expired under the session":  {strong, with(proofed), expires, 1, "none"},
		"frozen under the session":   {strong, with(func(c *credential.Credential) { c.State = credential.Frozen }), noon, 1, "none"},
		"revoked under the session":  {strong, with(func(c *credential.Credential) { c.State = credential.Revoked }), noon, 1, "redeem"},
		"raised by another one":      {before, with(same), noon, 1, "enter-otp"},
		"registered":                 {weak, with(func(c *credential.Credential) { c.State = credential.Registered }), noon, 1, "register-phone"},
		"registered, to be proofed":  {weak, with(func(c *credential.Credential) { c.State, c.NeedsProofing = credential.Registered, true }), noon, 1, "prove"},
		"in proofing":                {weak, with(func(c *credential.Credential) { c.State, c.NeedsProofing = credential.Proofing, true }), noon, 1, "prove"},
		"proofed, no number yet":     {weak, with(func(c *credential.Credential) { c.State, c.NeedsProofing = credential.Proofed, true }), noon, 1, "register-phone"},
		"registered, and it expired": {weak, with(func(c *credential.Credential) { c.State = credential.Registered }), expires, 1, "none"},
	} {
		row.s.StartedAt, row.s.SeenAt = noon, noon
		v := credential.ViewSession(row.s, row.c, row.at)
		strength := map[bool]string{true: "phone_otp", false: "password"}[row.level > 1]
		if v.Level != row.level || v.Next != row.next || v.Strength != strength {
			t.Errorf("%s: level %d, %s, next %s", name, v.Level, v.Strength, v.Next)
		}
	}
}

func TestWhenRenewIsShown(t *testing.T) {
	bought := noon.AddDate(-1, 0, 0).Add(time.Hour)
	base := credential.Credential{State: credential.Active, ActivatedAt: bought, PurchasedAt: bought, Terms: 1, ExpiresAt: credential.Expiry(bought, 1)}
	renewed := base
	renewed.Terms, renewed.ExpiresAt = 2, credential.Expiry(bought, 2)
	inactive := base
	inactive.ActivatedAt = time.Time{}
	for name, row := range map[string]struct {
		c    credential.Credential
		at   time.Time
		want bool
	}{
		"in the running year":           {base, noon, true},
		"at expiry":                     {base, base.ExpiresAt, false},
		"renewed, old term still runs":  {renewed, noon, false},
		"renewed, the new term begins":  {renewed, base.ExpiresAt, true},
		"never activated":               {inactive, noon, false},
		"a millisecond before new term": {renewed, base.ExpiresAt.Add(-time.Millisecond), false},
	} {
		if got := row.c.Renewable(row.at); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNobodyPrintsANumber(t *testing.T) {
	n, err := phone.FromE164("+12025550123")
	if err != nil {
		t.Fatal(err)
	}
	c := &credential.Credential{State: credential.Active, ExpiresAt: noon.AddDate(1, 0, 0), Phones: []credential.Phone{{ID: "p1234567", Number: n, Channel: phone.SMS, Country: "US"}}}
	b, err := json.Marshal(credential.ViewSession(session.Session{Account: account.IDOf("grace")}, c, noon))
	if err != nil || strings.Contains(string(b), "202555") || !strings.Contains(string(b), `"ending":"0123"`) {
		t.Errorf("%s, %v", b, err)
	}
}
