package credential_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

// older is an active holder with a live code, and the one before it.
func older(t *testing.T) (w *credentialtest.World, a credential.Asker, n phone.Number, id otp.ID, before secret.Text) {
	t.Helper()
	w, a, phoneID, n, _, before := sent(t)
	ch, err := w.Sender.Send(t.Context(), a, phoneID, "", noon.Add(time.Minute))
	must(t, err)
	w.Faults.Clear()
	return w, a, n, credentialtest.ID(t, ch), before
}

// early checks which tries are marked as earlier codes.
func early(t *testing.T, what string, w *credentialtest.World, a credential.Asker, want ...int64) {
	t.Helper()
	stored := item(t, w, a)
	var got []int64
	if stored.Has("ec") {
		for _, v := range stored.List("ec") {
			got = append(got, dynamo.Read(dynamo.Item{"ec": v}).Int("ec"))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: marked %v, want %v", what, got, want)
	}
}

func TestAnEarlierCodeIsMarkedOnItsTry(t *testing.T) {
	w, a, n, id, before := older(t)
	now := noon.Add(time.Minute)
	live := w.Code(t, n)
	for i, row := range []struct {
		code  secret.Text
		want  error
		calls int
		marks []int64
	}{
		{credentialtest.Wrong(live), otp.ErrWrong, 1, nil}, {before, otp.ErrEarlier, 2, []int64{2}}, {credentialtest.Wrong(live), otp.ErrWrong, 1, []int64{2}},
		{before, otp.ErrEarlier, 2, []int64{2, 4}},
	} {
		w.Faults.Clear()
		if err := try(t, w, a, id, row.code, now); !errors.Is(err, row.want) || triesLeft(t, err) != 4-i {
			t.Errorf("try %d: %v", i+1, err)
		}
		if calls := w.Faults.Asked(); len(calls) != row.calls {
			t.Errorf("try %d: %v", i+1, calls)
		}
		early(t, "a try", w, a, row.marks...)
	}
	must(t, login(t, w, a, id, live, now))
	must(t, second(w.Sender.Send(t.Context(), a, w.Find(t, a.Holder).Phones[0].ID, "", now)))
	early(t, "the next code", w, a)
}

func TestTroubleWithAnEarlierCodesMark(t *testing.T) {
	for name, row := range map[string]struct {
		fault dynamotest.Fault
		want  []int64
	}{
		"its answer is lost": {dynamotest.CutReply, []int64{1}},
		"a crash before it":  {dynamotest.CutRequest, nil},
		"throttled":          {dynamotest.Throttle, nil},
		"slow":               {dynamotest.Hang, nil},
	} {
		w, a, _, id, before := older(t)
		now := noon.Add(time.Minute)
		w.Faults.Script(func(call int, c dynamotest.Call) dynamotest.Fault {
			if call >= 1 && (row.want == nil || !c.Repeat) {
				return row.fault
			}
			return dynamotest.None
		})
		if err := try(t, w, a, id, before, now); !errors.Is(err, otp.ErrEarlier) || triesLeft(t, err) != 4 {
			t.Errorf("%s: %v", name, err)
		}
		w.Faults.Clear()
		early(t, name, w, a, row.want...)
		if err := try(t, w, a, id, before, now); !errors.Is(err, otp.ErrEarlier) || triesLeft(t, err) != 3 {
			t.Errorf("%s, the next try: %v", name, err)
		}
		early(t, name+", the next try", w, a, append(row.want, 2)...)
	}
}

// Several at once are as many tries, with a mark each.
func TestEarlierCodesAtOnce(t *testing.T) {
	w, a, _, id, before := older(t)
	run(t, 4, func(int) {
		if err := try(t, w, a, id, before, noon.Add(time.Minute)); !errors.Is(err, otp.ErrEarlier) {
			t.Error(err)
		}
	})
	var got []int64
	for _, v := range item(t, w, a).List("ec") {
		got = append(got, dynamo.Read(dynamo.Item{"ec": v}).Int("ec"))
	}
	if slices.Sort(got); !slices.Equal(got, []int64{1, 2, 3, 4}) {
		t.Errorf("marked %v", got)
	}
}

// A code that is sent between a try and its mark leaves that try a wrong one: the mark must not go to the new code.
func TestAnEarlierCodesMarkComesLate(t *testing.T) {
	w, a, _, id, before := older(t)
	phoneID, between := w.Find(t, a.Holder).Phones[0].ID, false
	w.Faults.Script(func(call int, _ dynamotest.Call) dynamotest.Fault {
		if call == 1 && !between {
			between = true
			must(t, second(w.Sender.Send(t.Context(), a, phoneID, "", noon.Add(3*time.Minute))))
		}
		return dynamotest.None
	})
	if err := try(t, w, a, id, before, noon.Add(time.Minute)); !errors.Is(err, otp.ErrEarlier) {
		t.Fatal(err)
	}
	w.Faults.Clear()
	early(t, "late", w, a)
}

// What the trail says of one code: every change of an image once, by Ref and tries_left.
func TestEntriesOfACode(t *testing.T) {
	id, other := otp.NewID(), otp.NewID()
	sent := credential.Image{Challenge: id, Tag: "KM", Channel: "v", Delivery: credential.DeliveryAccepted, Target: credential.Target{ID: "p1234567"}, SentAt: noon, ExpiresAt: noon.Add(3 * time.Minute)}
	with := func(change func(*credential.Image)) credential.Image {
		i := sent
		change(&i)
		return i
	}
	for name, row := range map[string]struct {
		old, new credential.Image
		what     audit.Event // empty: nothing
		ref      string
		details  string
	}{
		"sent":           {credential.Image{Challenge: other, Refused: "gap:s1"}, sent, credential.EventCodeSent, id.String(), "[map[channel:voice phone:p1234567 tag:KM until:2026-06-01T12:03:00Z]]"},
		"placed":         {sent, with(func(i *credential.Image) { i.Delivery, i.ExpiresAt = credential.DeliverySent, noon.Add(2*time.Minute) }), credential.EventCodeCalled, id.String(), "[map[tag:KM until:2026-06-01T12:02:00Z]]"},
		"tried":          {sent, with(func(i *credential.Image) { i.Tries = 2 }), credential.EventCodeTried, id.String(), "[map[tag:KM tries_left:3]]"},
		"earlier":        {with(func(i *credential.Image) { i.Earlier = []int64{1} }), with(func(i *credential.Image) { i.Earlier = []int64{1, 2} }), credential.EventCodeEarlier, id.String(), "[map[tag:KM tries_left:3]]"},
		"refused":        {with(func(i *credential.Image) { i.Refused = "calls:v1" }), with(func(i *credential.Image) { i.Refused = "calls:v1 gap:s1780315230" }), credential.EventCodeRefused, "", "[map[channel:sms rule:gap until:2026-06-01T12:00:30Z]]"},
		"another spell":  {with(func(i *credential.Image) { i.Refused = "gap:s1 calls:v1" }), with(func(i *credential.Image) { i.Refused = "calls:v1 gap:v2" }), credential.EventCodeRefused, "", "[map[channel:voice rule:gap until:1970-01-01T00:00:02Z]]"},
		"placing failed": {with(func(i *credential.Image) { i.Delivery = credential.DeliverySent }), with(func(i *credential.Image) { i.Delivery = credential.DeliveryFailed }), credential.EventNotSent, id.String(), "[map[delivery:failed tag:KM]]"},
		"used": {with(func(i *credential.Image) { i.Tries, i.Earlier, i.Refused = 2, []int64{1}, "gap:s1" }),
			with(func(i *credential.Image) { i.Tries, i.Earlier, i.Refused, i.Used = 2, []int64{1}, "gap:s1", true }), "", "", "[]"},
		"voided": {with(func(i *credential.Image) { i.Tries, i.Earlier, i.Refused = 2, []int64{1}, "gap:s1" }),
			credential.Image{Tries: 2, Earlier: []int64{1}, Refused: "gap:s1", SentAt: noon}, "", "", "[]"},
		"marks taken away": {with(func(i *credential.Image) { i.Earlier, i.Refused = []int64{1}, "gap:s1" }), sent, "", "", "[]"},
	} {
		c := credential.Change{Old: row.old, New: row.new, At: noon.Add(-time.Second)}
		entries := c.Entries()
		if got := details(c); got != row.details || row.what != "" && (len(entries) != 1 || entries[0].What != row.what || entries[0].Ref != row.ref || !entries[0].At.Equal(noon)) {
			t.Errorf("%s: %s, %+v", name, got, entries)
		}
	}
}

// names checks that the last entry of a right code names the try that it was.
func (o *owner) names(t *testing.T, what audit.Event, challenge otp.ID, left string) {
	t.Helper()
	entries, err := audit.Reader{DB: o.DB, Table: o.in.Log.Table}.For(t.Context(), audit.Account(o.id.String()))
	must(t, err)
	var last audit.Entry
	for _, e := range entries {
		if e.What == what {
			last = e
		}
	}
	if got := cmp.Or(last.Detail["challenge"], last.Ref); got != challenge.String() || last.Detail["tries_left"] != left {
		t.Errorf("%s: %+v, want the try that left %s of %s", what, last, left, challenge)
	}
}

// The entry of every right code names its try, whatever else was typed before.
func TestARightCodeNamesItsTry(t *testing.T) {
	o := crowd(t).owner(t, "grace", 1)
	now, s := noon, o.in.In(t, o.name, noon)
	ch, err := o.Sender.Send(t.Context(), credential.Asker{Holder: o.id, Session: s.ID}, o.phoneID(t, o.numbers[0]), "", now)
	must(t, err)
	attempt := credential.Attempt{Challenge: credentialtest.ID(t, ch), Code: o.Code(t, o.numbers[0]), At: now}
	mistyped := attempt
	mistyped.Code = credentialtest.Wrong(attempt.Code)
	for range 2 {
		if _, _, err := o.login.Raise(t.Context(), s, mistyped); !errors.Is(err, otp.ErrWrong) {
			t.Fatal(err)
		}
	}
	s, _, err = o.login.Raise(t.Context(), s, attempt)
	must(t, err)
	o.names(t, credential.EventCodeRight, attempt.Challenge, "2")

	for _, row := range []struct {
		what     audit.Event
		replaces string
	}{{credential.EventPhoneAdded, ""}, {credential.EventPhoneReplaced, o.phoneID(t, o.numbers[0])}} {
		now = now.Add(time.Minute)
		n := credentialtest.Number(t)
		attempt, err := o.ask(t, s, n, row.replaces, now)
		must(t, err)
		mistyped := attempt
		mistyped.Code = credentialtest.Wrong(attempt.Code)
		if _, _, _, err := o.confirming.Confirm(t.Context(), s, mistyped); !errors.Is(err, otp.ErrWrong) {
			t.Fatal(err)
		}
		s, _, _, err = o.confirming.Confirm(t.Context(), s, attempt)
		must(t, err)
		o.names(t, row.what, attempt.Challenge, "3")
	}
}
