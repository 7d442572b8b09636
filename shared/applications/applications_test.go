package applications_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/applications"
	"phoneotp/shared/credential"
	"phoneotp/shared/fault"
	"phoneotp/shared/session"
)

var now = time.Date(2026, 11, 25, 18, 30, 0, 0, time.UTC)

func load(t *testing.T) *applications.Register {
	t.Helper()
	r, err := applications.Load()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Requirement: sample applications, one each of level 1, 2 and 3 (api.md, the local stack).
func TestOneSampleOfEachLevel(t *testing.T) {
	var levels []int
	for _, a := range load(t).All() {
		levels = append(levels, a.Level)
	}
	if !slices.Equal(levels, []int{1, 2, 3}) {
		t.Errorf("levels %v", levels)
	}
}

func TestUnknownApplication(t *testing.T) {
	if _, err := load(t).Find("payroll"); !errors.Is(err, applications.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

// cred is a credential that was activated an hour ago and expires in left.
func cred(state credential.State, proofing bool, method string, left time.Duration) *credential.Credential {
	return &credential.Credential{State: state, NeedsProofing: proofing, Method: method, ActivatedAt: now.Add(-time.Hour), ExpiresAt: now.Add(left)}
}

const year = 365 * 24 * time.Hour

func TestWhatOpens(t *testing.T) {
	weak, strong := session.Session{Strength: session.Password}, session.Session{Strength: session.PhoneOTP, CodeAt: now.Add(-time.Minute)}
	stale := session.Session{Strength: session.PhoneOTP, CodeAt: now.Add(-2 * time.Hour)}
	type steps = [2]applications.Step // at level 2 and level 3
	for name, c := range map[string]struct {
		s    session.Session
		c    *credential.Credential
		want steps
	}{
		"nothing bought":                {weak, nil, steps{"redeem", "redeem"}},
		"revoked":                       {strong, cred(credential.Revoked, false, "", year), steps{"redeem", "redeem"}},
		"registered":                    {weak, cred(credential.Registered, false, "", year), steps{"register-phone", "choose-product"}},
		"registered, to be proofed":     {weak, cred(credential.Registered, true, "", year), steps{"prove", "prove"}},
		"in proofing":                   {weak, cred(credential.Proofing, true, "", year), steps{"prove", "prove"}},
		"proofed, no phone":             {weak, cred(credential.Proofed, true, "kbv", year), steps{"register-phone", "register-phone"}},
		"active, password":              {weak, cred(credential.Active, false, "", year), steps{"elevate", "choose-product"}},
		"active, code":                  {strong, cred(credential.Active, false, "", year), steps{"", "choose-product"}},
		"active, proofed, password":     {weak, cred(credential.Active, true, "video", year), steps{"elevate", "elevate"}},
		"active, proofed, code":         {strong, cred(credential.Active, true, "video", year), steps{"", ""}},
		"code of an earlier credential": {stale, cred(credential.Active, true, "kbv", year), steps{"elevate", "elevate"}},
		"frozen":                        {strong, cred(credential.Frozen, true, "kbv", year), steps{"contact-support", "contact-support"}},
		"a moment before its end":       {strong, cred(credential.Active, true, "kbv", time.Millisecond), steps{"", ""}},
		"expired under a code session":  {strong, cred(credential.Active, true, "kbv", 0), steps{"renew", "renew"}},
		"expired before it was active":  {weak, cred(credential.Registered, false, "", -time.Hour), steps{"renew", "renew"}},
	} {
		for _, a := range load(t).All() {
			want := applications.None
			if a.Level > 1 {
				want = c.want[a.Level-2]
			}
			if got := a.Missing(c.s, c.c, now); got != want {
				t.Errorf("%s, level %d: missing %q, want %q", name, a.Level, got, want)
			}
			err := a.Open(c.s, c.c, now)
			if want == applications.None {
				if err != nil {
					t.Errorf("%s, level %d: %v", name, a.Level, err)
				}
				continue
			}
			f, ok := fault.Of(err)
			if !ok || f.Code != "strength-too-low" || f.Kind != fault.TooWeak || f.Next != string(want) || !strings.HasPrefix(f.Detail, a.Name) || !strings.HasSuffix(f.Detail, ".") || !strings.Contains(f.Detail, "(level") {
				t.Errorf("%s, level %d: refused with %+v", name, a.Level, f)
			}
		}
	}
}

func TestBrokenDataIsRefused(t *testing.T) {
	whole := `{"id":"a","name":"A","level":1,"content":"c"}`
	for name, doc := range map[string]string{
		"not JSON": `[`, "two documents": `[] []`, "an unknown member": `[{"id":"a","name":"A","level":1,"content":"c","price":1}]`,
		"level 0": `[{"id":"a","name":"A","content":"c"}]`, "level 4": `[{"id":"a","name":"A","level":4,"content":"c"}]`,
		"no content": `[{"id":"a","name":"A","level":1}]`, "twice": `[` + whole + `,` + whole + `]`,
	} {
		if _, err := applications.Parse([]byte(doc)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := applications.Parse([]byte(`[` + whole + `]`)); err != nil {
		t.Errorf("good data: %v", err)
	}
}
