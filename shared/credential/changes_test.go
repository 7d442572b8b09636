package credential_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/notice"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/session"
)

func TestANumberIsRemoved(t *testing.T) {
	o := crowd(t).owner(t, "grace", 3)
	gone, s := o.phoneID(t, o.numbers[1]), o.signIn(t, 0, noon)
	weak := o.in.In(t, o.name, noon)
	ch, err := o.Sender.Send(t.Context(), credential.Asker{Holder: o.id, Session: weak.ID}, gone, phone.SMS, noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	o.Faults.Clear()
	if err := o.remove(t, s, o.numbers[1], noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if calls := o.Faults.Asked(); len(calls) != 3 { // one is the test's own
		t.Errorf("calls %q, want the credential and the transaction", calls)
	}
	o.has(t, o.numbers[0], o.numbers[2])
	// The code that went to it before is no way in any more.
	_, _, err = o.login.Raise(t.Context(), weak, credential.Attempt{Challenge: credentialtest.ID(t, ch), Code: o.Code(t, o.numbers[1]), At: noon.Add(time.Minute)})
	if !errors.Is(err, otp.ErrSpent) {
		t.Errorf("a code to the number that was removed: %v", err)
	}
	var told []string
	for _, l := range o.told(t) {
		to := "mail"
		switch l.to {
		case o.numbers[0]:
			to = "first"
		case o.numbers[1]:
			to = "removed"
		case o.numbers[2]:
			to = "third"
		}
		if l.kind != notice.KindPhoneRemoved || l.link == "" {
			t.Errorf("told %s: %s", l.kind, l.text)
		}
		told = append(told, to)
	}
	slices.Sort(told)
	if !slices.Equal(told, []string{"first", "mail", "third"}) {
		t.Errorf("told: %v", told)
	}
	if events := o.in.Events(t, audit.Account(o.id.String())); !slices.Contains(events, credential.EventPhoneRemoved) {
		t.Errorf("audit: %v", events)
	}
	if err := o.changing.Remove(t.Context(), s, gone, "", noon.Add(time.Minute)); !errors.Is(err, credential.ErrPhoneUnknown) {
		t.Errorf("again: %v", err)
	}
}

func TestWhoMayRemove(t *testing.T) {
	o := crowd(t).owner(t, "grace", 2)
	first, second := o.phoneID(t, o.numbers[0]), o.phoneID(t, o.numbers[1])
	old := session.Session{Account: o.id, Strength: session.PhoneOTP, CodeAt: noon, Door: session.Door{Phone: first, AddedAt: noon.AddDate(0, 0, -3)}}
	with := func(change func(*session.Session)) session.Session { s := old; change(&s); return s }
	stranger := o.in.Person(t, "ada", noon)
	for name, row := range map[string]struct {
		s    session.Session
		id   string
		at   time.Time
		want error
	}{
		"nothing bought":         {with(func(s *session.Session) { s.Account = stranger.ID }), second, noon, credential.ErrRequired},
		"password strength":      {with(func(s *session.Session) { s.CodeAt = time.Time{} }), second, noon, credential.ErrTooWeak},
		"at 15 minutes":          {old, second, noon.Add(15 * time.Minute), credential.ErrNotFresh},
		"unknown number":         {old, "00000000", noon, credential.ErrPhoneUnknown},
		"after a year":           {old, second, noon.AddDate(1, 0, 0), credential.ErrRequired},
		"no number of the login": {with(func(s *session.Session) { s.Door = session.Door{} }), second, noon, credential.ErrPhoneTooNew},
	} {
		if err := o.changing.Remove(t.Context(), row.s, row.id, "", row.at); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
	}
	o.has(t, o.numbers...)
	if err := o.changing.Remove(t.Context(), old, second, "", noon.Add(15*time.Minute-time.Millisecond)); err != nil {
		t.Errorf("a millisecond before 15 minutes: %v", err)
	}
	if err := o.changing.Remove(t.Context(), old, first, "", noon); !errors.Is(err, credential.ErrPhoneLast) {
		t.Errorf("the last: %v", err)
	}
}

// TestQuarantine is product.md 5 at the very instant: a login through a number that is younger than 24 hours
// touches no other, unless all are that young.
func TestQuarantine(t *testing.T) {
	o := crowd(t).owner(t, "grace", 1)
	s := o.signIn(t, 0, noon)
	added := noon.Add(time.Minute)
	young := credentialtest.Number(t)
	if _, err := o.add(t, s, young, "", added); err != nil {
		t.Fatal(err)
	}
	edge := added.Add(24 * time.Hour)
	door := session.Door{Phone: o.phoneID(t, young), AddedAt: added}
	at := func(now time.Time) session.Session {
		return session.Session{Account: o.id, ID: "x", Strength: session.PhoneOTP, CodeAt: now, Door: door}
	}
	err := o.remove(t, at(edge.Add(-time.Millisecond)), o.numbers[0], edge.Add(-time.Millisecond))
	if f, _ := fault.Of(err); !errors.Is(err, credential.ErrPhoneTooNew) || !f.RetryAt.Equal(edge) {
		t.Errorf("a millisecond before 24 hours: %v", err)
	}
	if _, err := o.ask(t, at(edge.Add(-time.Millisecond)), credentialtest.Number(t), o.phoneID(t, o.numbers[0]), edge.Add(-time.Millisecond)); !errors.Is(err, credential.ErrPhoneTooNew) {
		t.Errorf("replacing it: %v", err)
	}
	// It may add, and it may take itself away.
	third := credentialtest.Number(t)
	if _, err := o.ask(t, at(noon.Add(time.Hour)), third, "", noon.Add(time.Hour)); err != nil {
		t.Errorf("adding another: %v", err)
	}
	if err := o.remove(t, at(edge), o.numbers[0], edge); err != nil {
		t.Errorf("at 24 hours: %v", err)
	}
}

func TestAYoungNumberMayTakeItselfAway(t *testing.T) {
	o := crowd(t).owner(t, "grace", 1)
	young := credentialtest.Number(t)
	if _, err := o.add(t, o.signIn(t, 0, noon), young, "", noon); err != nil {
		t.Fatal(err)
	}
	later := noon.Add(time.Hour)
	if err := o.remove(t, o.through(t, young, later), young, later); err != nil {
		t.Error(err)
	}
	o.has(t, o.numbers...)
}

func TestNumbersThatAreAllYoungMayTouchEachOther(t *testing.T) {
	p := crowd(t)
	found := p.in.Person(t, "grace", noon)
	o := &owner{people: p, id: found.ID, name: "grace"}
	p.Open(t, o.id, phone.USService, noon, noon)
	one, two := credentialtest.Number(t), credentialtest.Number(t)
	s, err := o.add(t, p.in.In(t, "grace", noon), one, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = o.add(t, s, two, "", noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if s.Door.Phone != o.phoneID(t, one) || !s.CodeAt.Equal(noon) {
		t.Errorf("verifying a further number moved the login: %+v", s.Door)
	}
	if err := o.remove(t, s, one, noon.Add(2*time.Minute)); err != nil {
		t.Error(err)
	}
	o.has(t, two)
}

func TestANumberIsReplacedOnceTheNewOneIsVerified(t *testing.T) {
	o := crowd(t).owner(t, "grace", 3)
	s, n := o.signIn(t, 0, noon), credentialtest.Number(t)
	if _, err := o.ask(t, s, n, "", noon); !errors.Is(err, credential.ErrPhoneLimit) {
		t.Errorf("a fourth beside them: %v", err)
	}
	if _, err := o.ask(t, s, n, "00000000", noon); !errors.Is(err, credential.ErrPhoneUnknown) {
		t.Errorf("in the place of nobody: %v", err)
	}
	if _, err := o.ask(t, s, o.numbers[2], o.phoneID(t, o.numbers[1]), noon); !errors.Is(err, credential.ErrDuplicate) {
		t.Errorf("by one of them: %v", err)
	}
	attempt, err := o.ask(t, s, n, o.phoneID(t, o.numbers[1]), noon)
	if err != nil {
		t.Fatal(err)
	}
	o.has(t, o.numbers...) // before the code
	next, c, p, err := o.confirming.Confirm(t.Context(), s, attempt)
	if err != nil || p.Number != n || len(c.Phones) != 3 {
		t.Fatal(p, err)
	}
	o.has(t, o.numbers[0], o.numbers[2], n)
	if again, _, _, err := o.confirming.Confirm(t.Context(), s, attempt); err == nil && again.Token() != next.Token() {
		t.Error("the same code again makes another session")
	}
	mails, to := 0, map[phone.Number]bool{}
	for _, l := range o.told(t) {
		if l.kind != notice.KindPhoneReplaced || l.link == "" {
			t.Errorf("%s: %s", l.kind, l.text)
		}
		if l.to == (phone.Number{}) {
			mails++
		} else {
			to[l.to] = true
		}
	}
	if mails != 1 || len(to) != 2 || !to[o.numbers[0]] || !to[o.numbers[2]] {
		t.Errorf("%d mails, texts to %d numbers", mails, len(to))
	}
	if events := o.in.Events(t, audit.Account(o.id.String())); !slices.Contains(events, credential.EventPhoneReplaced) {
		t.Errorf("audit: %v", events)
	}
}

func TestTheLastNumberMayBeReplaced(t *testing.T) {
	o := crowd(t).owner(t, "grace", 1)
	n := credentialtest.Number(t)
	if _, err := o.add(t, o.signIn(t, 0, noon), n, o.phoneID(t, o.numbers[0]), noon); err != nil {
		t.Fatal(err)
	}
	o.has(t, n)
	if err := o.remove(t, session.Session{Account: o.id, Strength: session.PhoneOTP, CodeAt: noon}, n, noon); !errors.Is(err, credential.ErrPhoneLast) {
		t.Errorf("the last: %v", err)
	}
}

// A resend keeps what the new number is for.
func TestAResendStillReplaces(t *testing.T) {
	o := crowd(t).owner(t, "grace", 3)
	s, n := o.signIn(t, 0, noon), credentialtest.Number(t)
	attempt, err := o.ask(t, s, n, o.phoneID(t, o.numbers[1]), noon)
	if err != nil {
		t.Fatal(err)
	}
	now := noon.Add(time.Minute)
	ch, err := o.Sender.Resend(t.Context(), credential.Asker{Holder: o.id, Session: s.ID}, attempt.Challenge, "", now)
	if err != nil {
		t.Fatal(err)
	}
	attempt = credential.Attempt{Challenge: credentialtest.ID(t, ch), Code: o.Code(t, n), At: now}
	if _, _, _, err := o.confirming.Confirm(t.Context(), s, attempt); err != nil {
		t.Fatal(err)
	}
	o.has(t, o.numbers[0], o.numbers[2], n)
}

func TestTheReplacedNumberIsGoneMeanwhile(t *testing.T) {
	o := crowd(t).owner(t, "grace", 3)
	s, n := o.signIn(t, 0, noon), credentialtest.Number(t)
	attempt, err := o.ask(t, s, n, o.phoneID(t, o.numbers[1]), noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.remove(t, s, o.numbers[1], noon); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := o.confirming.Confirm(t.Context(), s, attempt); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("replacing what is gone: %v", err)
	}
	o.has(t, o.numbers[0], o.numbers[2])
}

// TestParallelRemovals takes both of two numbers away at once, from many requests: one stays.
func TestParallelRemovals(t *testing.T) {
	o := crowd(t).owner(t, "grace", 2)
	s := o.signIn(t, 0, noon)
	ids := []string{o.phoneID(t, o.numbers[0]), o.phoneID(t, o.numbers[1])}
	won := make(chan int, 20)
	run(t, 20, func(i int) {
		switch err := o.changing.Remove(t.Context(), s, ids[i%2], "", noon); {
		case err == nil:
			won <- i
		case !errors.Is(err, credential.ErrPhoneLast) && !errors.Is(err, credential.ErrPhoneUnknown):
			t.Error(err)
		}
	})
	if len(won) != 1 || len(o.registered(t)) != 1 {
		t.Errorf("%d removals, %d numbers", len(won), len(o.registered(t)))
	}
	if mails := o.told(t); len(mails) != 2 {
		t.Errorf("told %d times, want by mail and by text to the one that stays", len(mails))
	}
}

// TestAConfirmationMeetsARemovalAtOnce changes numbers from two sessions at the same moment: each change stands, and
// each is recorded in its place.
func TestAConfirmationMeetsARemovalAtOnce(t *testing.T) {
	for range 6 {
		o := crowd(t).owner(t, "grace", 2)
		s, n := o.signIn(t, 0, noon), credentialtest.Number(t)
		attempt, err := o.ask(t, s, n, "", noon)
		must(t, err)
		id := o.phoneID(t, o.numbers[1])
		run(t, 2, func(i int) {
			var err error
			if i == 0 {
				_, _, _, err = o.confirming.Confirm(t.Context(), s, attempt)
			} else {
				err = o.changing.Remove(t.Context(), s, id, "", noon)
			}
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
		o.has(t, o.numbers[0], n)
		changes, err := o.Book.Changes(t.Context(), o.id)
		if err != nil || len(changes) != 4 {
			t.Fatalf("%d changes, %v", len(changes), err)
		}
		for i, c := range changes {
			if c.Number != int64(i+1) || c.Before != int64(i) {
				t.Errorf("change %d came after %d", c.Number, c.Before)
			}
		}
	}
}

// TestARemovalMeetsASendAtOnce: no code that goes to a number which is removed at that moment can be used.
func TestARemovalMeetsASendAtOnce(t *testing.T) {
	for range 6 {
		o := crowd(t).owner(t, "grace", 2)
		s, weak := o.signIn(t, 0, noon), o.in.In(t, o.name, noon)
		id := o.phoneID(t, o.numbers[1])
		var ch credential.Challenge
		var sent error
		run(t, 2, func(i int) {
			if i == 0 {
				ch, sent = o.Sender.Send(t.Context(), credential.Asker{Holder: o.id, Session: weak.ID}, id, phone.SMS, noon.Add(time.Minute))
			} else if err := o.changing.Remove(t.Context(), s, id, "", noon.Add(time.Minute)); err != nil {
				t.Error(err)
			}
		})
		if sent != nil {
			if !errors.Is(sent, credential.ErrPhoneUnknown) {
				t.Error(sent)
			}
			continue
		}
		_, _, err := o.login.Raise(t.Context(), weak, credential.Attempt{Challenge: credentialtest.ID(t, ch), Code: o.Code(t, o.numbers[1]), At: noon.Add(time.Minute)})
		if !errors.Is(err, otp.ErrSpent) {
			t.Errorf("a code to the removed number: %v", err)
		}
	}
}

func TestARemovalWhoseAnswerIsLost(t *testing.T) {
	for call := range 2 {
		o := crowd(t).owner(t, "grace", 2)
		s := o.signIn(t, 0, noon)
		id := o.phoneID(t, o.numbers[1])
		o.Faults.Clear()
		o.Faults.OnCall(call, dynamotest.CutReply)
		err := o.changing.Remove(t.Context(), s, id, "", noon)
		o.Faults.Clear()
		if err != nil {
			t.Errorf("call %d: %v", call, err)
		}
		o.has(t, o.numbers[0])
		if told := o.told(t); len(told) != 2 {
			t.Errorf("call %d: told %d times", call, len(told))
		}
	}
}
