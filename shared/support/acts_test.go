package support_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/fault"
	"phoneotp/shared/proofing"
	"phoneotp/shared/support"
)

// Must show of issue 7: without a reason, by oneself, on nobody: refused, and nothing is changed.
func TestEveryActThatIsRefusedChangesNothing(t *testing.T) {
	w := start(t)
	w.proofed(t, "grace")
	w.Person(t, "plain", noon)
	before := w.stands(t)
	for _, name := range []support.Name{
		support.UnlockCodes, support.Thaw, support.EndSessions, support.ResetPhones, support.Freeze, support.Revoke, support.ConfirmName, support.CancelCase,
	} {
		act := func(reason string) support.Act {
			a := support.Act{Name: name, Reason: reason}
			if name == support.ConfirmName {
				a.GivenName, a.FamilyName = "Ada", "Lovelace"
			}
			return a
		}
		for what, row := range map[string]struct {
			by   support.Staff
			on   string
			act  support.Act
			want error
		}{
			"no reason":       {first, "grace", act(""), fault.ErrInvalid},
			"a blank reason":  {first, "grace", act(" \t"), fault.ErrInvalid},
			"a long reason":   {first, "grace", act(strings.Repeat("ü", 501)), fault.ErrInvalid},
			"on oneself":      {staff("grace"), "Grace", act("me"), support.ErrOwnAccount},
			"on nobody":       {first, "nobody", act("who"), support.ErrNobody},
			"one without any": {first, "plain", act("why"), nil},
		} {
			if what == "one without any" {
				if name == support.EndSessions || name == support.ConfirmName {
					continue // these need no credential
				}
				row.want = credential.ErrRequired
				if name == support.CancelCase {
					row.want = proofing.ErrNone
				}
			}
			done, err := w.desk.Do(t.Context(), row.by, row.on, row.act, noon)
			if done.Changed || done.Waits != nil || !errors.Is(err, row.want) {
				t.Errorf("%s, %s: %+v, %v", name, what, done, err)
			}
			if w.stands(t) != before {
				t.Fatalf("%s, %s: something changed", name, what)
			}
		}
	}
	for what, act := range map[string]support.Act{
		"no act":             {Reason: "x"},
		"another act":        {Name: "make-coffee", Reason: "x"},
		"an act on orders":   {Name: support.VoidKey, Reason: "x"},
		"names without need": {Name: support.Thaw, Reason: "x", GivenName: "Ada"},
		"no names":           {Name: support.ConfirmName, Reason: "x"},
		"half a name":        {Name: support.ConfirmName, Reason: "x", GivenName: "Ada"},
		"what is no name":    {Name: support.ConfirmName, Reason: "x", GivenName: "Ada", FamilyName: "Love\x00lace"},
	} {
		if _, err := w.desk.Do(t.Context(), first, "grace", act, noon); !errors.Is(err, fault.ErrInvalid) || w.stands(t) != before {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Each act once: it changes, is recorded with who and why, and is told; the same again changes nothing.
func TestEachActOnceAndAgain(t *testing.T) {
	w := start(t)
	a, _ := w.active(t, "grace")
	for _, row := range []struct {
		name    support.Name
		event   audit.Event
		before  func()
		fits    func(c *credential.Credential) bool
		signIns int
	}{
		{support.UnlockCodes, support.EventUnlocked, func() { w.lock(t, a) }, func(c *credential.Credential) bool { return len(c.Limits(noon)) < 2 && c.State == credential.Active }, 1},
		{support.Freeze, support.EventFrozen, nil, func(c *credential.Credential) bool { return c.State == credential.Frozen }, 1},
		{support.Thaw, support.EventThawed, nil, func(c *credential.Credential) bool { return c.State == credential.Active && len(c.Phones) == 1 }, 1},
		{support.EndSessions, support.EventSessionsEnded, nil, func(c *credential.Credential) bool { return c.State == credential.Active }, 0},
		{support.ResetPhones, support.EventPhonesReset, func() { w.In(t, "grace", noon) }, func(c *credential.Credential) bool {
			return c.State == credential.Registered && len(c.Phones) == 0 && !c.ActivatedAt.IsZero()
		}, 0},
		{support.Revoke, support.EventRevoked, nil, func(c *credential.Credential) bool { return c.State == credential.Revoked && c.RemindAt.IsZero() }, 0},
	} {
		if row.before != nil {
			row.before()
		}
		ends := w.held(t, a).ExpiresAt
		w.did(t, a, row.name)
		c := w.held(t, a)
		if !row.fits(c) || !c.ExpiresAt.Equal(ends) || w.sessions(t, a, noon) != row.signIns {
			t.Errorf("%s: %s, %d phones, %v, %d sessions", row.name, c.State, len(c.Phones), c.Limits(noon), w.sessions(t, a, noon))
		}
		e := w.last(t, a, row.event)
		if e.Actor != audit.Account(first.Account.String()) || e.Why != "asked for by phone" || e.From != first.From {
			t.Errorf("%s is recorded as %+v", row.name, e)
		}
		if n := w.told(t); n != 1 {
			t.Errorf("%s: %d mails", row.name, n)
		}
		before := w.stands(t)
		if done, err := w.do(t, second, "grace", row.name); err != nil || done.Changed || w.stands(t) != before {
			t.Errorf("%s again: %+v, %v", row.name, done, err)
		}
	}
	for _, name := range []support.Name{support.UnlockCodes, support.Thaw, support.Freeze, support.ResetPhones} {
		if _, err := w.do(t, first, "grace", name); !errors.Is(err, credential.ErrRequired) {
			t.Errorf("%s of a revoked one: %v", name, err)
		}
	}
}

func TestUnlockTakesTheLadderAndTheMark(t *testing.T) {
	w := start(t)
	a, _ := w.active(t, "grace")
	w.lock(t, a)
	if l := w.held(t, a).Limits(noon); len(l) != 1 || l[0].Rule != "codes-off" || l[0].Until != "" || l[0].Wrong != 60 {
		t.Fatalf("before: %+v", l)
	}
	w.did(t, a, support.UnlockCodes)
	for _, item := range w.Scan(t, "CREDENTIALS_TABLE") {
		for _, gone := range []string{"ls", "lw", "mc", "we"} {
			if item[gone] != nil {
				t.Errorf("%s stays", gone)
			}
		}
	}
	// Codes work again, wrong ones count anew, and the mark does not come back with the first of them.
	id := w.held(t, a).Phones[0].ID
	s := w.In(t, "grace", noon)
	asker := credential.Asker{Holder: a.ID, Session: s.ID}
	ch, err := w.holders.Sender.Send(t.Context(), asker, id, "", noon)
	fatal(t, err)
	tryWrong(t, w, asker, ch, noon)
	if c := w.held(t, a); len(c.Limits(noon)) == 0 || c.Limits(noon)[0].Rule != "next-text" {
		t.Errorf("after a wrong code: %+v", c.Limits(noon))
	}
	for _, item := range w.Scan(t, "CREDENTIALS_TABLE") {
		if item["mc"] != nil {
			t.Error("the mark is there again")
		}
	}
}

// A credential that a rejected change left without a number goes back to where it registers one.
func TestThawGoesWhereTheNumbersSay(t *testing.T) {
	w := start(t)
	bare := w.Person(t, "bare", noon)
	w.holders.Open(t, bare.ID, "us", noon, noon)
	w.did(t, bare, support.Freeze)
	w.did(t, bare, support.Thaw)
	if c := w.held(t, bare); c.State != credential.Registered {
		t.Errorf("without a number: %s", c.State)
	}
	proving, _ := w.Holder(t, "proving", noon)
	w.did(t, proving, support.Freeze)
	w.did(t, proving, support.Thaw)
	if c := w.held(t, proving); c.State != credential.Proofing {
		t.Errorf("in proofing: %s", c.State)
	}
	passed, _ := w.proofed(t, "passed")
	w.did(t, passed, support.Freeze)
	w.did(t, passed, support.Thaw)
	if c := w.held(t, passed); c.State != credential.Active || c.Method != "video" {
		t.Errorf("proofed: %s %s", c.State, c.Method)
	}
}

func TestCancelACase(t *testing.T) {
	w := start(t)
	a, id := w.Holder(t, "grace", monday)
	w.Booked(t, a, id, ten, monday)
	w.did(t, a, support.CancelCase)
	if c := w.Find(t, id); c.State != proofing.Cancelled || c.Booking != nil {
		t.Errorf("%s", c.State)
	}
	if e := w.last(t, a, proofing.EventCancelled); e.Why != "asked for by phone" || e.Actor != audit.Account(first.Account.String()) {
		t.Errorf("%+v", e)
	}
	before := w.stands(t)
	if done, err := w.do(t, second, "grace", support.CancelCase); err != nil || done.Changed || w.stands(t) != before {
		t.Errorf("again: %+v, %v", done, err)
	}
	passed, _ := w.proofed(t, "passed")
	if _, err := w.do(t, first, passed.UserID, support.CancelCase); !errors.Is(err, proofing.ErrOver) {
		t.Errorf("of a passed one: %v", err)
	}
}

// A revoked credential takes a proofing that is under way with it.
func TestRevokeInProofing(t *testing.T) {
	w := start(t)
	a, id := w.Holder(t, "grace", monday)
	w.Booked(t, a, id, ten, monday)
	w.did(t, a, support.Revoke)
	if c := w.held(t, a); c.State != credential.Revoked || w.Find(t, id).State != proofing.Cancelled {
		t.Errorf("%s, %s", c.State, w.Find(t, id).State)
	}
}

func TestConfirmAName(t *testing.T) {
	w := start(t)
	name := func(a account.Account, given, family string) (support.Done, error) {
		return w.desk.Do(t.Context(), first, a.UserID, support.Act{Name: support.ConfirmName, Reason: "saw the certificate", GivenName: given, FamilyName: family}, noon)
	}
	a, _ := w.proofed(t, "grace")
	if done, err := name(a, "Gracé", "HOPPER"); err != nil || !done.Changed { // exact, but for case and accents
		t.Fatalf("%+v, %v", done, err)
	}
	now, err := w.Accounts.ByID(t.Context(), a.ID, noon)
	fatal(t, err)
	if c := w.held(t, a); now.Name() != "Gracé HOPPER" || !now.NameLocked || c.Method != "video" || c.State != credential.Active || w.sessions(t, a, noon) != 1 {
		t.Errorf("%s, %s %q", now.Name(), c.State, c.Method)
	}
	before := w.stands(t)
	if done, err := name(a, " Gracé ", "HOPPER"); err != nil || done.Changed || w.stands(t) != before {
		t.Errorf("again: %+v, %v", done, err)
	}
	// Another name undoes the pass: two people answer for that.
	done, err := name(a, "Grace", "Murray")
	if err != nil || done.Changed || done.Waits == nil || done.Waits.FamilyName != "Murray" {
		t.Fatalf("%+v, %v", done, err)
	}
	if c := w.held(t, a); c.Method != "video" {
		t.Error("undone by one person")
	}
	if changed, err := w.desk.Decide(t.Context(), second, done.Waits.ID, support.Decision{Approve: true, Reason: "seen too"}, noon); err != nil || !changed {
		t.Fatal(changed, err)
	}
	now, err = w.Accounts.ByID(t.Context(), a.ID, noon)
	fatal(t, err)
	if c := w.held(t, a); now.Name() != "Grace Murray" || c.State != credential.Proofing || c.Method != "" || len(c.Phones) != 0 || w.sessions(t, a, noon) != 0 {
		t.Errorf("%s, %s %q", now.Name(), c.State, c.Method)
	}
	if c := w.caseOf(t, a); c.State != proofing.VideoOnly || c.Generation < 2 {
		t.Errorf("the case: %s, generation %d", c.State, c.Generation)
	}
	// Without a pass any name goes, by one person.
	plain, _ := w.active(t, "plain")
	if done, err := name(plain, "Ada", "Lovelace"); err != nil || !done.Changed {
		t.Errorf("without proofing: %+v, %v", done, err)
	}
	// While somebody judges by the name, it stays.
	judged, id := w.Holder(t, "judged", monday)
	half := ten.Add(30 * time.Minute)
	with := w.Booked(t, judged, id, half, monday).ID
	if done, err := name(judged, "Gracie", "Hopper"); err != nil || !done.Changed {
		t.Errorf("booked: %+v, %v", done, err)
	}
	w.review(t, with, half)
	if _, err := name(judged, "Ada", "Lovelace"); !errors.Is(err, proofing.ErrBusy) {
		t.Errorf("in review: %v", err)
	}
}
