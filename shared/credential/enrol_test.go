package credential_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// step is the pause between two registrations in tests: no limit of sends is met.
const step = 16 * time.Minute

func TestTheFirstConfirmedNumberActivates(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.USService, noon, noon)
	c := w.Find(t, a.Holder)
	if c.State != credential.Registered || c.Usable(noon) {
		t.Fatalf("a new credential is %q", c.State)
	}
	n := credentialtest.Number(t)
	ch, err := w.Enrol(t, a, n, phone.SMS, noon)
	if err != nil {
		t.Fatal(err)
	}
	if c := w.Find(t, a.Holder); len(c.Phones) != 0 || c.Pending == nil || c.Pending.Number != n {
		t.Fatalf("before the code: %v", c.Phones)
	}
	if _, err := w.Sender.Send(t.Context(), a, "00000000", "", noon); !errors.Is(err, credential.ErrNotActive) {
		t.Errorf("a login code before activation: %v", err)
	}
	right, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, ch), w.Code(t, n), noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	done := w.Verifier.Confirm(right)
	if !done.Activates || done.After.State != credential.Active || len(done.After.Phones) != 1 {
		t.Errorf("confirmation %+v", done.After.State)
	}
	if err := w.DB.Commit(t.Context(), done.Write); err != nil {
		t.Fatal(err)
	}
	c = w.Find(t, a.Holder)
	if c.State != credential.Active || len(c.Phones) != 1 || c.Pending != nil || !c.ActivatedAt.Equal(noon.Add(time.Minute)) || c.Phones[0].Number != n || !c.Phones[0].AddedAt.Equal(noon.Add(time.Minute)) {
		t.Errorf("after the code: %q, %v", c.State, c.Phones)
	}
	if err := w.DB.Commit(t.Context(), done.Write); err != nil {
		t.Errorf("the same write again: %v", err)
	}
}

func TestProofingComesFirst(t *testing.T) {
	w, a := world(t), asker("grace")
	if err := w.DB.Commit(t.Context(), w.Registry.Open(credential.Opening{
		Holder: a.Holder, License: credentialtest.License(a.Holder), Product: "us-proofed", Service: phone.USService, Proofing: true, PurchasedAt: noon,
	}, noon)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Enrol(t, a, credentialtest.Number(t), phone.SMS, noon); !errors.Is(err, credential.ErrRequired) {
		t.Errorf("a number before proofing: %v", err)
	}
}

func TestWhoMayRegister(t *testing.T) {
	activated := noon.Add(-time.Hour)
	base := credential.Credential{State: credential.Active, ExpiresAt: noon.AddDate(0, 1, 0), ActivatedAt: activated}
	with := func(change func(*credential.Credential)) *credential.Credential {
		c := base
		change(&c)
		return &c
	}
	for name, row := range map[string]struct {
		c      *credential.Credential
		codeAt time.Time
		want   error
	}{
		"no credential":       {nil, noon, credential.ErrRequired},
		"expired":             {with(func(c *credential.Credential) { c.ExpiresAt = noon }), noon, credential.ErrRequired},
		"revoked":             {with(func(c *credential.Credential) { c.State = credential.Revoked }), noon, credential.ErrRequired},
		"in proofing":         {with(func(c *credential.Credential) { c.State = credential.Proofing }), noon, credential.ErrRequired},
		"frozen":              {with(func(c *credential.Credential) { c.State = credential.Frozen }), time.Time{}, credential.ErrFrozen},
		"first, password":     {with(func(c *credential.Credential) { c.State = credential.Registered }), time.Time{}, nil},
		"first, proofed":      {with(func(c *credential.Credential) { c.State = credential.Proofed }), time.Time{}, nil},
		"further, password":   {with(func(*credential.Credential) {}), time.Time{}, credential.ErrTooWeak},
		"code of another one": {with(func(*credential.Credential) {}), activated.Add(-time.Second), credential.ErrTooWeak},
		"14:59.999":           {with(func(*credential.Credential) {}), noon.Add(-15*time.Minute + time.Millisecond), nil},
		"15:00":               {with(func(*credential.Credential) {}), noon.Add(-15 * time.Minute), credential.ErrNotFresh},
	} {
		if err := row.c.MayRegister(row.codeAt, noon); !errors.Is(err, row.want) || row.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
	}
}

func TestThreeNumbersAndNoneTwice(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.USService, noon, noon)
	now := noon
	var first phone.Number
	for i := range 3 {
		n := credentialtest.Number(t)
		if i == 0 {
			first = n
		}
		w.Register(t, a, n, now)
		now = now.Add(step)
	}
	if _, err := w.Enrol(t, a, credentialtest.Number(t), phone.SMS, now); !errors.Is(err, credential.ErrPhoneLimit) {
		t.Errorf("a fourth: %v", err)
	}
	if _, err := w.Enrol(t, a, first, phone.Voice, now); !errors.Is(err, credential.ErrDuplicate) {
		t.Errorf("the first again: %v", err)
	}
	if c := w.Find(t, a.Holder); len(c.Phones) != 3 || c.Phones[0].Number != first {
		t.Errorf("%d numbers", len(c.Phones))
	}
	// Another account may have the same number.
	b := asker("ada")
	w.Open(t, b.Holder, phone.USService, noon, noon)
	w.Register(t, b, first, now)
	if w.Find(t, b.Holder).Phones[0].ID == w.Find(t, a.Holder).Phones[0].ID {
		t.Error("the id of a number tells two accounts apart not")
	}
}

// TestParallelThirdNumbers is quality.md 2 row 1: 100 at once, and never four.
func TestParallelThirdNumbers(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.USService, noon, noon)
	w.Register(t, a, credentialtest.Number(t), noon)
	w.Register(t, a, credentialtest.Number(t), noon.Add(step))
	now := noon.Add(2 * step)
	numbers := make([]phone.Number, 100)
	for i := range numbers {
		numbers[i] = credentialtest.Number(t)
	}
	var asked, confirmed atomic.Int32
	run(t, len(numbers), func(i int) {
		ch, err := w.Enrol(t, a, numbers[i], phone.SMS, now)
		if err != nil {
			if !errors.Is(err, otp.ErrTooSoon) && !errors.Is(err, otp.ErrLimit) && !errors.Is(err, credential.ErrPhoneLimit) {
				t.Errorf("%d: %v", i, err)
			}
			return
		}
		asked.Add(1)
		id, code := credentialtest.ID(t, ch), w.Code(t, numbers[i])
		for range 3 {
			right, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, id, code, now)
			if err == nil && w.DB.Commit(t.Context(), w.Verifier.Confirm(right).Write) == nil {
				confirmed.Add(1)
			}
		}
	})
	if c := w.Find(t, a.Holder); len(c.Phones) > 3 || asked.Load() != 1 || confirmed.Load() != 1 {
		t.Errorf("%d numbers; %d asked, %d confirmed", len(c.Phones), asked.Load(), confirmed.Load())
	}
}

// TestParallelConfirmations confirms one number from many requests at once, and races it with a fourth.
func TestParallelConfirmations(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.USService, noon, noon)
	n := credentialtest.Number(t)
	ch, err := w.Enrol(t, a, n, phone.SMS, noon)
	if err != nil {
		t.Fatal(err)
	}
	id, code := credentialtest.ID(t, ch), w.Code(t, n)
	var done atomic.Int32
	run(t, 100, func(int) {
		right, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, id, code, noon)
		if err == nil {
			err = w.DB.Commit(t.Context(), w.Verifier.Confirm(right).Write)
		}
		switch {
		case err == nil:
			done.Add(1)
		case !errors.Is(err, otp.ErrSpent):
			t.Error(err)
		}
	})
	if c := w.Find(t, a.Holder); len(c.Phones) != 1 || done.Load() < 1 || done.Load() > 5 {
		t.Errorf("%d numbers, %d confirmations", len(c.Phones), done.Load())
	}
}

func TestANewerNumberVoidsTheOlder(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.USService, noon, noon)
	one, two := credentialtest.Number(t), credentialtest.Number(t)
	first, err := w.Enrol(t, a, one, phone.SMS, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Enrol(t, a, two, phone.SMS, noon.Add(31*time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, first), w.Code(t, one), noon.Add(40*time.Second)); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("the older code: %v", err)
	}
	if _, err := w.Sender.Resend(t.Context(), a, credentialtest.ID(t, first), "", noon.Add(2*time.Minute)); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("a resend of the older: %v", err)
	}
	w.Faults.Clear()
	// A right code of the old number cannot confirm the new one, even if it was compared before.
	if c := w.Find(t, a.Holder); c.Pending == nil || c.Pending.Number != two {
		t.Error("the newer number is not pending")
	}
}

func TestResendOfAnEnrolmentByCall(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.USService, noon, noon)
	n := credentialtest.Number(t)
	first, err := w.Enrol(t, a, n, phone.SMS, noon)
	if err != nil {
		t.Fatal(err)
	}
	other := a
	other.Session = "another session"
	if _, err := w.Sender.Resend(t.Context(), other, credentialtest.ID(t, first), "", noon.Add(time.Minute)); !errors.Is(err, otp.ErrUnknown) {
		t.Errorf("by another session: %v", err)
	}
	ch, err := w.Sender.Resend(t.Context(), a, credentialtest.ID(t, first), phone.Voice, noon.Add(time.Minute))
	if err != nil || ch.Phone.Channel != "voice" || ch.Phone.Ending != n.Ending() {
		t.Fatalf("%+v, %v", ch, err)
	}
	claimed, err := w.Claimer.Claim(t.Context(), w.Order(t), noon.Add(time.Minute))
	if err != nil || claimed.To != n {
		t.Fatal(err)
	}
	right, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, ch), claimed.Code, noon.Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.DB.Commit(t.Context(), w.Verifier.Confirm(right).Write); err != nil {
		t.Fatal(err)
	}
	if c := w.Find(t, a.Holder); c.Phones[0].Channel != phone.SMS {
		t.Errorf("the number became one by %s", c.Phones[0].Channel)
	}
}

func TestANumberByVoiceTakesNoText(t *testing.T) {
	w, a, id, _ := active(t)
	_ = id
	n := credentialtest.Number(t)
	ch, err := w.Enrol(t, a, n, phone.Voice, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Sender.Resend(t.Context(), a, credentialtest.ID(t, ch), phone.SMS, noon.Add(time.Minute)); !errors.Is(err, credential.ErrVoiceOnly) {
		t.Errorf("a text instead of the call: %v", err)
	}
	claimed, err := w.Claimer.Claim(t.Context(), w.Order(t), noon)
	if err != nil {
		t.Fatal(err)
	}
	right, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, ch), claimed.Code, noon)
	if err != nil {
		t.Fatal(err)
	}
	done := w.Verifier.Confirm(right)
	if err := w.DB.Commit(t.Context(), done.Write); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Sender.Send(t.Context(), a, done.Phone.ID, phone.SMS, noon); !errors.Is(err, credential.ErrVoiceOnly) {
		t.Errorf("a login by text: %v", err)
	}
	w.Faults.Clear()
	if ch, err := w.Sender.Send(t.Context(), a, done.Phone.ID, "", noon); err != nil || ch.Phone.Channel != "voice" {
		t.Errorf("a login by its own channel: %+v, %v", ch, err)
	}
}

func TestOneNumberOverAccounts(t *testing.T) {
	w := world(t)
	n := credentialtest.Number(t)
	var err error
	for i := range 6 {
		a := asker("person" + string(rune('a'+i)))
		w.Open(t, a.Holder, phone.USService, noon, noon)
		if _, err = w.Enrol(t, a, n, phone.SMS, noon); i < 5 && err != nil {
			t.Fatalf("account %d: %v", i+1, err)
		}
	}
	if f, _ := fault.Of(err); !errors.Is(err, otp.ErrLimit) || !f.RetryAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("a sixth unconfirmed send to one number: %v", err)
	}
	if texts := w.Texts(t, n); len(texts) != 5 {
		t.Errorf("%d texts", len(texts))
	}
}

func TestTenNumbersInThirtyDays(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.USService, noon, noon)
	now := noon
	for i := range 10 {
		if _, err := w.Enrol(t, a, credentialtest.Number(t), phone.SMS, now); err != nil {
			t.Fatalf("number %d: %v", i+1, err)
		}
		now = now.Add(2 * time.Hour)
	}
	pending := w.Find(t, a.Holder).Pending.Number
	if _, err := w.Enrol(t, a, credentialtest.Number(t), phone.SMS, now); !errors.Is(err, otp.ErrLimit) {
		t.Errorf("an eleventh: %v", err)
	}
	if _, err := w.Enrol(t, a, pending, phone.SMS, now); err != nil {
		t.Errorf("the pending one again: %v", err)
	}
	if _, err := w.Enrol(t, a, credentialtest.Number(t), phone.SMS, noon.Add(30*24*time.Hour)); err != nil {
		t.Errorf("after 30 days: %v", err)
	}
}

func TestCountersInTroubleRefuseUnconfirmedSends(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.USService, noon, noon)
	c, n := w.Find(t, a.Holder), credentialtest.Number(t)
	w.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
		if c.Operation == "TransactWriteItems" {
			return dynamotest.Throttle
		}
		return dynamotest.None
	})
	_, err := w.Sender.Enrol(t.Context(), a, c, credential.Enrolment{Number: n, Country: "US", Channel: phone.SMS}, noon)
	w.Faults.Clear()
	if !errors.Is(err, dynamo.ErrUnavailable) || len(w.Texts(t, n)) != 0 {
		t.Errorf("err = %v, %d texts", err, len(w.Texts(t, n)))
	}
}

// TestEnrolmentWithOneAnswerLost repeats the whole of it once for each call, with that call's answer cut.
func TestEnrolmentWithOneAnswerLost(t *testing.T) {
	for cut := range 6 {
		w, a := world(t), asker("grace")
		w.Open(t, a.Holder, phone.USService, noon, noon)
		n := credentialtest.Number(t)
		w.Faults.OnCall(cut, dynamotest.CutReply)
		ch, err := w.Enrol(t, a, n, phone.SMS, noon)
		if err != nil {
			t.Fatalf("call %d: %v", cut, err)
		}
		if texts := w.Texts(t, n); len(texts) != 1 {
			t.Fatalf("call %d: %d texts", cut, len(texts))
		}
		code := w.Code(t, n)
		right, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, ch), code, noon)
		if err == nil {
			err = w.DB.Commit(t.Context(), w.Verifier.Confirm(right).Write)
		}
		w.Faults.Clear()
		if err != nil {
			t.Fatalf("call %d: %v", cut, err)
		}
		if c := w.Find(t, a.Holder); len(c.Phones) != 1 || c.State != credential.Active {
			t.Errorf("call %d: %d numbers, %q", cut, len(c.Phones), c.State)
		}
	}
}
