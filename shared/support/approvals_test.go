package support_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/otp"
	"phoneotp/shared/proofing"
	"phoneotp/shared/support"
)

var yes, no = support.Decision{Approve: true, Reason: "checked too"}, support.Decision{Reason: "did not sound right"}

// asked has the reset of a proofed holder wait for a second person.
func (w *world) asked(t *testing.T, userID string) support.Approval {
	t.Helper()
	done, err := w.do(t, first, userID, support.ResetPhones)
	if err != nil || done.Changed || done.Waits == nil {
		t.Fatalf("%+v, %v", done, err)
	}
	return *done.Waits
}

// Must show of issue 7: a proofed holder's numbers are reset by two people, the holder goes through video again, the
// term stays, sessions end.
func TestResetByTwoPeople(t *testing.T) {
	w := start(t)
	a, _ := w.proofed(t, "grace")
	seen := w.held(t, a)
	generation := w.caseOf(t, a).Generation
	p := w.asked(t, "grace")
	if c := w.held(t, a); c.State != credential.Active || len(c.Phones) != 1 || w.sessions(t, a, noon) != 1 {
		t.Error("done by one person")
	}
	before := w.stands(t)
	for what, ask := range map[string]support.Staff{"the same again": first, "another asks": second} {
		done, err := w.do(t, ask, "grace", support.ResetPhones)
		if err != nil || done.Waits == nil || done.Waits.ID != p.ID || w.stands(t) != before {
			t.Errorf("%s: %+v, %v", what, done, err)
		}
	}
	for what, row := range map[string]struct {
		by   support.Staff
		id   string
		says support.Decision
		want error
	}{
		"the same person":   {first, p.ID, yes, support.ErrOwnApproval},
		"who asked refuses": {first, p.ID, no, support.ErrOwnApproval},
		"the holder":        {staff("grace"), p.ID, yes, support.ErrOwnAccount},
		"no reason":         {second, p.ID, support.Decision{Approve: true}, fault.ErrInvalid},
		"another id":        {second, a.ID.String() + "-" + strings.Repeat("a", 12), yes, support.ErrApprovalUnknown},
		"nobody's":          {second, account.IDOf("nobody").String() + "-" + strings.Repeat("a", 12), yes, support.ErrApprovalUnknown},
		"no id":             {second, "x", yes, support.ErrApprovalUnknown},
		"an id too long":    {second, p.ID + "a", yes, support.ErrApprovalUnknown},
	} {
		if changed, err := w.desk.Decide(t.Context(), row.by, row.id, row.says, noon); changed || !errors.Is(err, row.want) || w.stands(t) != before {
			t.Errorf("%s: %v, %v", what, changed, err)
		}
	}
	all, err := w.desk.Waiting(t.Context(), noon)
	if err != nil || len(all) != 1 || all[0].ID != p.ID || !all[0].View(first.Account).Own || all[0].View(second.Account).Own || !all[0].View(a.ID).Own {
		t.Errorf("waiting: %+v, %v", all, err)
	}
	if changed, err := w.desk.Decide(t.Context(), second, p.ID, yes, noon); err != nil || !changed {
		t.Fatal(changed, err)
	}
	c := w.held(t, a)
	if c.State != credential.Proofing || len(c.Phones) != 0 || c.Method != "" || !c.ExpiresAt.Equal(seen.ExpiresAt) || !c.ActivatedAt.Equal(seen.ActivatedAt) || w.sessions(t, a, noon) != 0 {
		t.Errorf("%s, %d phones, %q", c.State, len(c.Phones), c.Method)
	}
	again := w.caseOf(t, a)
	if again.State != proofing.VideoOnly || again.Generation != generation+1 || again.Method != "" || len(again.Methods("US")) != 1 {
		t.Errorf("the case: %+v", again)
	}
	reset := w.last(t, a, support.EventPhonesReset)
	given := w.last(t, a, support.EventApproved)
	if reset.Actor != audit.Account(second.Account.String()) || reset.Why != yes.Reason || given.Ref != p.ID || given.Detail["asked_by"] != audit.Account(first.Account.String()) {
		t.Errorf("recorded as %+v, %+v", reset, given)
	}
	if ask := w.last(t, a, support.EventAsked); ask.Actor != audit.Account(first.Account.String()) || ask.Why != "asked for by phone" {
		t.Errorf("asked as %+v", ask)
	}
	if n := w.told(t); n != 1 {
		t.Errorf("%d mails", n)
	}
	// Approving twice is one act; nobody takes it back.
	before = w.stands(t)
	for _, by := range []support.Staff{second, third} {
		if changed, err := w.desk.Decide(t.Context(), by, p.ID, yes, noon.Add(support.ApprovalLife)); changed || err != nil || w.stands(t) != before {
			t.Errorf("again: %v, %v", changed, err)
		}
	}
	if _, err := w.desk.Decide(t.Context(), third, p.ID, no, noon); !errors.Is(err, support.ErrApprovalDecided) || w.stands(t) != before {
		t.Errorf("refused afterwards: %v", err)
	}
	if all, err := w.desk.Waiting(t.Context(), noon); err != nil || len(all) != 0 {
		t.Errorf("still waiting: %v, %v", all, err)
	}
	// By video alone, and with a number after it, the holder is where the holder was.
	w.passes(t, a, ten.Add(time.Hour))
	if c := w.held(t, a); c.State != credential.Proofed || c.Method != "video" {
		t.Errorf("after the video: %s %q", c.State, c.Method)
	}
}

func TestARefusedApprovalLeavesAllAsItWas(t *testing.T) {
	w := start(t)
	a, _ := w.proofed(t, "grace")
	p := w.asked(t, "grace")
	if changed, err := w.desk.Decide(t.Context(), second, p.ID, no, noon); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if c := w.held(t, a); c.State != credential.Active || len(c.Phones) != 1 || c.Method != "video" || w.sessions(t, a, noon) != 1 || w.told(t) != 0 {
		t.Errorf("%s, %d phones", c.State, len(c.Phones))
	}
	if e := w.last(t, a, support.EventRefused); e.Why != no.Reason || e.Actor != audit.Account(second.Account.String()) {
		t.Errorf("%+v", e)
	}
	before := w.stands(t)
	if changed, err := w.desk.Decide(t.Context(), third, p.ID, no, noon); changed || err != nil || w.stands(t) != before {
		t.Errorf("again: %v, %v", changed, err)
	}
	if _, err := w.desk.Decide(t.Context(), third, p.ID, yes, noon); !errors.Is(err, support.ErrApprovalDecided) || w.stands(t) != before {
		t.Errorf("approved afterwards: %v", err)
	}
	// It may be asked anew, under another id; the old one is nobody's any more.
	next := w.asked(t, "grace")
	if next.ID == p.ID {
		t.Error("the same id")
	}
	if _, err := w.desk.Decide(t.Context(), second, p.ID, yes, noon); !errors.Is(err, support.ErrApprovalUnknown) {
		t.Errorf("by the old id: %v", err)
	}
}

// 72 hours, half-open: at the very instant it is over.
func TestAnApprovalExpiresAtTheVeryInstant(t *testing.T) {
	w := start(t)
	a, _ := w.proofed(t, "grace")
	p := w.asked(t, "grace")
	end := noon.Add(72 * time.Hour)
	before := w.stands(t)
	for _, says := range []support.Decision{yes, no} {
		if changed, err := w.desk.Decide(t.Context(), second, p.ID, says, end); changed || !errors.Is(err, support.ErrApprovalExpired) || w.stands(t) != before {
			t.Errorf("at the instant: %v, %v", changed, err)
		}
	}
	if all, err := w.desk.Waiting(t.Context(), end); err != nil || len(all) != 0 {
		t.Errorf("waiting: %v, %v", all, err)
	}
	if all, err := w.desk.Waiting(t.Context(), end.Add(-time.Millisecond)); err != nil || len(all) != 1 {
		t.Errorf("a moment before: %v, %v", all, err)
	}
	// Asked again, it is another one.
	done, err := w.desk.Do(t.Context(), second, "grace", support.Act{Name: support.ResetPhones, Reason: "called again"}, end)
	if err != nil || done.Waits == nil || done.Waits.ID == p.ID || done.Waits.By != second.Account {
		t.Fatalf("%+v, %v", done, err)
	}
	if changed, err := w.desk.Decide(t.Context(), first, done.Waits.ID, yes, end.Add(support.ApprovalLife-time.Millisecond)); err != nil || !changed {
		t.Errorf("the last moment: %v, %v", changed, err)
	}
	if c := w.held(t, a); c.State != credential.Proofing {
		t.Errorf("%s", c.State)
	}
}

// Another act that needs two people waits until the first is decided.
func TestOneApprovalAtATime(t *testing.T) {
	w := start(t)
	w.proofed(t, "grace")
	w.asked(t, "grace")
	before := w.stands(t)
	act := support.Act{Name: support.ConfirmName, Reason: "married", GivenName: "Grace", FamilyName: "Murray"}
	if done, err := w.desk.Do(t.Context(), second, "grace", act, noon); !errors.Is(err, support.ErrApprovalOpen) || done.Waits != nil && done.Changed || w.stands(t) != before {
		t.Errorf("%+v, %v", done, err)
	}
}

// What became of the person meanwhile decides, not what stood when it was asked.
func TestAnApprovalMeetsWhatStandsNow(t *testing.T) {
	w := start(t)
	revoked, _ := w.proofed(t, "grace")
	p := w.asked(t, "grace")
	w.did(t, revoked, support.Revoke)
	before := w.stands(t)
	if changed, err := w.desk.Decide(t.Context(), second, p.ID, yes, noon); changed || !errors.Is(err, credential.ErrRequired) || w.stands(t) != before {
		t.Errorf("of a revoked one: %v, %v", changed, err)
	}
}

// Two people decide at once: one decision, one reset, one mail.
func TestDecisionsAtOnce(t *testing.T) {
	w := start(t)
	a, _ := w.proofed(t, "grace")
	p := w.asked(t, "grace")
	var wg sync.WaitGroup
	var mu sync.Mutex
	var changes int
	for i := range 6 {
		wg.Go(func() {
			by, says := []support.Staff{second, third}[i%2], yes
			if i > 3 {
				says = no
			}
			changed, err := w.desk.Decide(context.WithoutCancel(t.Context()), by, p.ID, says, noon)
			mu.Lock()
			defer mu.Unlock()
			if changed {
				changes++
			}
			if err != nil && !errors.Is(err, support.ErrApprovalDecided) {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	reset := w.held(t, a).State == credential.Proofing
	if changes != 1 || w.told(t) != map[bool]int{true: 1, false: 0}[reset] {
		t.Errorf("%d decisions counted, reset %v", changes, reset)
	}
	n := 0
	for _, e := range w.Events(t, audit.Account(a.ID.String())) {
		if e == support.EventApproved || e == support.EventRefused {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d decisions recorded", n)
	}
}

// The same act by two at once is done once.
func TestActsAtOnce(t *testing.T) {
	w := start(t)
	a, _ := w.active(t, "grace")
	w.lock(t, a)
	for _, name := range []support.Name{support.UnlockCodes, support.Freeze, support.Thaw, support.ResetPhones, support.Revoke} {
		var wg sync.WaitGroup
		var mu sync.Mutex
		changes := 0
		for i := range 5 {
			wg.Go(func() {
				act := support.Act{Name: name, Reason: "at once"}
				done, err := w.desk.Do(context.WithoutCancel(t.Context()), []support.Staff{first, second}[i%2], "grace", act, noon)
				mu.Lock()
				defer mu.Unlock()
				if done.Changed {
					changes++
				}
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		if n := w.told(t); changes != 1 || n != 1 {
			t.Errorf("%s: %d changes, %d mails", name, changes, n)
		}
	}
}

// Whatever answer is lost on the way, the act is done once or not at all, and asking again ends it.
func TestActsSurviveLostAnswers(t *testing.T) {
	w := start(t)
	a, _ := w.active(t, "grace")
	for _, name := range []support.Name{support.UnlockCodes, support.Freeze, support.Thaw} {
		for _, lost := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict, dynamotest.Throttle} {
			for call := range 4 {
				if name == support.UnlockCodes {
					w.lock(t, a)
				} else if name == support.Thaw {
					_, err := w.do(t, first, "grace", support.Freeze)
					fatal(t, err)
				} else {
					_, err := w.do(t, first, "grace", support.Thaw)
					fatal(t, err)
				}
				w.told(t)
				w.Faults.OnCall(call, lost)
				_, _ = w.do(t, first, "grace", name)
				w.Faults.Clear()
				if _, err := w.do(t, first, "grace", name); err != nil {
					t.Fatalf("%s, call %d, fault %d: %v", name, call, lost, err)
				}
				if n := w.told(t); n != 1 {
					t.Errorf("%s, call %d, fault %d: %d mails", name, call, lost, n)
				}
			}
		}
	}
}

func TestApprovalsSurviveLostAnswers(t *testing.T) {
	w := start(t)
	a, _ := w.proofed(t, "grace")
	for _, lost := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict} {
		for call := range 4 {
			w.Faults.OnCall(call, lost)
			_, _ = w.do(t, first, "grace", support.ResetPhones)
			w.Faults.Clear()
			p := w.asked(t, "grace")
			w.Faults.OnCall(call, lost)
			_, _ = w.desk.Decide(t.Context(), second, p.ID, no, noon)
			w.Faults.Clear()
			if _, err := w.desk.Decide(t.Context(), second, p.ID, no, noon); err != nil {
				t.Fatal(err)
			}
		}
	}
	asked, refused := 0, 0
	for _, e := range w.Events(t, audit.Account(a.ID.String())) {
		switch e {
		case support.EventAsked:
			asked++
		case support.EventRefused:
			refused++
		}
	}
	if asked != 12 || refused != 12 {
		t.Errorf("%d asked, %d refused", asked, refused)
	}
	p := w.asked(t, "grace")
	for call := range 6 {
		w.Faults.OnCall(call, dynamotest.CutReply)
		_, _ = w.desk.Decide(t.Context(), second, p.ID, yes, noon)
		w.Faults.Clear()
	}
	if n := w.told(t); n != 1 || w.held(t, a).State != credential.Proofing {
		t.Errorf("%d mails, %s", n, w.held(t, a).State)
	}
}

// Somebody enters wrong codes while support unlocks: each try is counted before or after it, none twice.
func TestUnlockWhileWrongCodesAreEntered(t *testing.T) {
	w := start(t)
	a, n := w.active(t, "grace")
	s := w.In(t, "grace", noon)
	asker := credential.Asker{Holder: a.ID, Session: s.ID}
	ch, err := w.holders.Sender.Send(t.Context(), asker, w.held(t, a).Phones[0].ID, "", noon)
	fatal(t, err)
	wrong := credentialtest.Wrong(w.holders.Code(t, n))
	w.set(t, "CREDENTIALS_TABLE", dynamo.Item{"p": dynamo.B(a.ID[:])}, "f", dynamo.N(4)) // the fifth would not lock yet
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			_, err := w.holders.Verifier.Try(context.WithoutCancel(t.Context()), asker, otp.SignIn, credentialtest.ID(t, ch), wrong, noon)
			if !errors.Is(err, otp.ErrWrong) {
				t.Errorf("a wrong code: %v", err)
			}
		})
	}
	wg.Go(func() {
		act := support.Act{Name: support.UnlockCodes, Reason: "asked"}
		if done, err := w.desk.Do(context.WithoutCancel(t.Context()), first, "grace", act, noon); err != nil || !done.Changed {
			t.Errorf("unlock: %+v, %v", done, err)
		}
	})
	wg.Wait()
	for _, item := range w.Scan(t, "CREDENTIALS_TABLE") {
		f := dynamo.Read(item)
		if tries, counted := f.Int("ct"), f.Int("f"); tries != 5 || counted > 5 || f.Int("wn") != counted {
			t.Errorf("%d tries, %d counted in a row, %d in the window", tries, counted, f.Int("wn"))
		}
	}
	if n := w.told(t); n != 1 {
		t.Errorf("%d mails", n)
	}
}
