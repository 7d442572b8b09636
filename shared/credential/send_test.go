package credential_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func asker(name string) credential.Asker {
	return credential.Asker{Holder: account.IDOf(name), Session: "session-of-" + name}
}

func world(t *testing.T) *credentialtest.World {
	t.Helper()
	return credentialtest.New(t, dynamotest.Start(t))
}

// active is a world with one active holder with one phone, registered an hour before noon.
func active(t *testing.T) (*credentialtest.World, credential.Asker, string, phone.Number) {
	t.Helper()
	w, a := world(t), asker("grace")
	id, n := w.Active(t, a, noon.Add(-time.Hour))
	w.Faults.Clear()
	return w, a, id, n
}

func TestACodeByTextLogsIn(t *testing.T) {
	w, a, id, n := active(t)
	ch, err := w.Sender.Send(t.Context(), a, id, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	if calls := w.Faults.Asked(); len(calls) != 2 {
		t.Errorf("a send makes %d calls beside the session's, want 2: %v", len(calls), calls)
	}
	text := w.Texts(t, n)[1]
	if !strings.Contains(text, "ref "+ch.Tag) || ch.Phone.Ending != n.Ending() || ch.Delivery != "accepted" || ch.TriesLeft != 5 || ch.ExpiresAt != "2026-06-01T12:02:00Z" || ch.NextSMSAt != "2026-06-01T12:00:30Z" {
		t.Errorf("challenge %+v, text %q", ch, text)
	}
	w.Faults.Clear()
	right, err := w.Verifier.Try(t.Context(), a, otp.SignIn, credentialtest.ID(t, ch), w.Code(t, n), noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.DB.Commit(t.Context(), w.Verifier.Use(right)); err != nil {
		t.Fatal(err)
	}
	if calls := w.Faults.Asked(); len(calls) != 2 {
		t.Errorf("a verification makes %d calls beside the session's, want 2: %v", len(calls), calls)
	}
	// A right code ends the sequence of gaps.
	if _, err := w.Sender.Send(t.Context(), a, id, "", noon.Add(61*time.Second)); err != nil {
		t.Errorf("a send right after a right code: %v", err)
	}
}

func TestGapsBetweenSends(t *testing.T) {
	w, a, id, _ := active(t)
	now := noon
	for i, gap := range []time.Duration{30 * time.Second, 60 * time.Second, 120 * time.Second, 120 * time.Second} {
		if _, err := w.Sender.Send(t.Context(), a, id, "", now); err != nil {
			t.Fatalf("send %d: %v", i+1, err)
		}
		_, err := w.Sender.Send(t.Context(), a, id, "", now.Add(gap-time.Millisecond))
		f, _ := fault.Of(err)
		if !errors.Is(err, otp.ErrTooSoon) || !f.RetryAt.Equal(now.Add(gap)) {
			t.Fatalf("a millisecond before gap %d ends: %v, %+v", i+1, err, f)
		}
		now = now.Add(gap)
	}
	if _, err := w.Sender.Send(t.Context(), a, id, "", now); err != nil {
		t.Fatalf("the fifth: %v", err)
	}
	_, err := w.Sender.Send(t.Context(), a, id, "", now.Add(120*time.Second))
	if f, _ := fault.Of(err); !errors.Is(err, otp.ErrLimit) || !f.RetryAt.Equal(noon.Add(15*time.Minute)) {
		t.Errorf("a sixth in 15 minutes: %v", err)
	}
	// Thirty quiet minutes end the sequence, one update more.
	w.Faults.Clear()
	later := now.Add(30 * time.Minute)
	if _, err := w.Sender.Send(t.Context(), a, id, "", later.Add(-time.Millisecond)); err != nil {
		t.Errorf("before 30 quiet minutes, after the gap: %v", err)
	}
	if _, err := w.Sender.Send(t.Context(), a, id, "", later.Add(119*time.Second)); !errors.Is(err, otp.ErrTooSoon) {
		t.Errorf("the sequence went on: %v", err)
	}
	ch, err := w.Sender.Send(t.Context(), a, id, "", later.Add(30*time.Minute))
	if err != nil || ch.NextSMSAt != later.Add(30*time.Minute+30*time.Second).Format(time.RFC3339) {
		t.Errorf("after 30 quiet minutes: %+v, %v", ch, err)
	}
}

func TestSendWindowsOfADay(t *testing.T) {
	w, a, id, _ := active(t)
	sent, now := []time.Time{noon.Add(-time.Hour)}, noon // the enrolment counts too
	for now.Before(noon.Add(30 * time.Hour)) {
		_, err := w.Sender.Send(t.Context(), a, id, "", now)
		if err == nil {
			sent = append(sent, now)
			continue
		}
		f, ok := fault.Of(err)
		if !ok || !f.RetryAt.After(now) {
			t.Fatalf("at %v: %v", now, err)
		}
		now = f.RetryAt
	}
	for _, limit := range otp.Windows() {
		for i := limit.Sends; i < len(sent); i++ {
			if sent[i].Sub(sent[i-limit.Sends]) < limit.Span {
				t.Fatalf("%d sends within %v", limit.Sends+1, limit.Span)
			}
		}
	}
	if len(sent) < 21 {
		t.Errorf("only %d sends in 30 hours", len(sent))
	}
}

func TestWhoGetsNoCode(t *testing.T) {
	w, a, id, _ := active(t)
	opened := asker("opened")
	w.Open(t, opened.Holder, phone.USService, noon, noon)
	for name, row := range map[string]struct {
		a       credential.Asker
		phone   string
		channel phone.Channel
		now     time.Time
		want    error
	}{
		"nobody":           {asker("nobody"), id, "", noon, credential.ErrNotActive},
		"no phone yet":     {opened, id, "", noon, credential.ErrNotActive},
		"unknown phone":    {a, "00000000", "", noon, credential.ErrPhoneUnknown},
		"not even an id":   {a, "x", "", noon, credential.ErrPhoneUnknown},
		"expired":          {a, id, "", noon.Add(-time.Hour).AddDate(1, 0, 0), credential.ErrNotActive},
		"another's number": {opened, id, "", noon, credential.ErrNotActive},
	} {
		if _, err := w.Sender.Send(t.Context(), row.a, row.phone, row.channel, row.now); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
	}
	if _, err := w.Sender.Send(t.Context(), a, id, "", noon.Add(-time.Hour-time.Millisecond).AddDate(1, 0, 0)); err != nil {
		t.Errorf("a millisecond before expiry: %v", err)
	}
}

func TestALostPublishIsTold(t *testing.T) {
	w, a, id, n := active(t)
	w.Faults.OnCall(1, dynamotest.CutReply)
	ch, err := w.Sender.Send(t.Context(), a, id, "", noon)
	w.Faults.Clear()
	if err != nil || ch.Delivery != "unknown" || ch.DeliveryDetail == "" {
		t.Fatalf("%+v, %v", ch, err)
	}
	if texts := w.Texts(t, n); len(texts) != 2 {
		t.Errorf("%d texts, want the enrolment's and one", len(texts))
	}
	again, err := w.Find(t, a.Holder).Challenge(a, credentialtest.ID(t, ch), noon)
	if err != nil || again.Delivery != "unknown" {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	if _, err := w.Verifier.Try(t.Context(), a, otp.SignIn, credentialtest.ID(t, ch), w.Code(t, n), noon); err != nil {
		t.Errorf("the code of an unknown delivery: %v", err)
	}
	now := noon.Add(time.Hour)
	w.Faults.OnCall(2, dynamotest.Throttle) // a stale sequence costs a second update
	ch, err = w.Sender.Send(t.Context(), a, id, "", now)
	w.Faults.Clear()
	if err != nil || ch.Delivery != "failed" {
		t.Errorf("refused by the supplier: %+v, %v", ch, err)
	}
}

func TestALostAnswerOfASave(t *testing.T) {
	w, a, id, n := active(t)
	w.Faults.OnCall(0, dynamotest.CutReply)
	ch, err := w.Sender.Send(t.Context(), a, id, "", noon)
	w.Faults.Clear()
	if err != nil {
		t.Fatal(err)
	}
	if texts := w.Texts(t, n); len(texts) != 2 {
		t.Errorf("%d texts", len(texts))
	}
	if _, err := w.Verifier.Try(t.Context(), a, otp.SignIn, credentialtest.ID(t, ch), w.Code(t, n), noon); err != nil {
		t.Error(err)
	}
}

func TestACrashAfterTheSaveSendsNothing(t *testing.T) {
	w, a, id, n := active(t)
	w.Faults.FromCall(1, dynamotest.CutRequest)
	if _, err := w.Sender.Send(t.Context(), a, id, "", noon); err != nil {
		t.Fatal(err)
	}
	w.Faults.Clear()
	if texts := w.Texts(t, n); len(texts) != 1 {
		t.Errorf("%d texts", len(texts))
	}
	if _, err := w.Sender.Send(t.Context(), a, id, "", noon.Add(30*time.Second)); err != nil {
		t.Errorf("the next send: %v", err)
	}
}

func TestTroubleSendsNothing(t *testing.T) {
	for name, f := range map[string]dynamotest.Fault{"throttled": dynamotest.Throttle, "failing": dynamotest.ServerFail, "gone": dynamotest.CutRequest} {
		t.Run(name, func(t *testing.T) {
			w, a, id, n := active(t)
			w.Faults.FromCall(0, f)
			_, err := w.Sender.Send(t.Context(), a, id, "", noon)
			w.Faults.Clear()
			if !errors.Is(err, dynamo.ErrUnavailable) {
				t.Errorf("err = %v", err)
			}
			if texts := w.Texts(t, n); len(texts) != 1 {
				t.Errorf("%d texts", len(texts))
			}
			if _, err := w.Enrol(t, a, credentialtest.Number(t), phone.SMS, noon); err != nil {
				t.Errorf("nothing was left half done: %v", err)
			}
		})
	}
}
