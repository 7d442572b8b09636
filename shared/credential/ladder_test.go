package credential_test

import (
	"errors"
	"testing"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/otp"
)

// told is at how many wrong codes a lock was last told.
func told(t *testing.T, w *credentialtest.World, a credential.Asker) int64 {
	t.Helper()
	item, err := w.DB.Get(t.Context(), w.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(a.Holder[:])})
	if err != nil {
		t.Fatal(err)
	}
	return dynamo.Read(item).MayInt("lw")
}

// TestTheWholeLadder climbs to the last rung: each lock as long as product.md 6 says, each told once, and only
// support ends the last.
func TestTheWholeLadder(t *testing.T) {
	w, a, phoneID, n := active(t)
	now, wrong := noon, 0
	locks := map[int]time.Duration{10: 30 * time.Minute, 20: 2 * time.Hour, 30: 24 * time.Hour}
	for wrong < 50 {
		ch, err := w.Sender.Send(t.Context(), a, phoneID, "", now)
		if err != nil {
			t.Fatalf("after %d wrong codes: %v", wrong, err)
		}
		id, code := credentialtest.ID(t, ch), w.Code(t, n)
		for range 5 {
			if err := try(t, w, a, id, credentialtest.Wrong(code), now); !errors.Is(err, otp.ErrWrong) {
				t.Fatalf("wrong code %d: %v", wrong+1, err)
			}
			wrong++
		}
		lock, rung := locks[wrong]
		_, err = w.Sender.Send(t.Context(), a, phoneID, "", now.Add(lock-time.Millisecond))
		switch f, _ := fault.Of(err); {
		case wrong == 50:
			if !errors.Is(err, otp.ErrLocked) || !f.RetryAt.IsZero() || f.Next != "contact-support" {
				t.Errorf("the last rung: %v", err)
			}
		case rung && (!errors.Is(err, otp.ErrLocked) || !f.RetryAt.Equal(now.Add(lock))):
			t.Errorf("%d wrong codes: %v", wrong, err)
		case rung && told(t, w, a) != int64(wrong):
			t.Errorf("%d wrong codes: told at %d", wrong, told(t, w, a))
		}
		now = now.Add(max(lock, 20*time.Minute))
	}
	if _, err := w.Sender.Send(t.Context(), a, phoneID, "", now.AddDate(0, 6, 0)); !errors.Is(err, otp.ErrLocked) {
		t.Errorf("half a year later: %v", err)
	}
	if told(t, w, a) != 50 {
		t.Errorf("told at %d", told(t, w, a))
	}
}

// nineWrong is an active holder with nine wrong codes in a row and a live code.
func nineWrong(t *testing.T) (*credentialtest.World, credential.Asker, string, otp.ID, func() error) {
	t.Helper()
	w, a, phoneID, n, id, code := sent(t)
	now := noon
	for i := range 9 {
		if i == 5 {
			now = noon.Add(time.Minute)
			ch, err := w.Sender.Send(t.Context(), a, phoneID, "", now)
			if err != nil {
				t.Fatal(err)
			}
			id, code = credentialtest.ID(t, ch), w.Code(t, n)
		}
		_ = try(t, w, a, id, credentialtest.Wrong(code), now)
	}
	w.Faults.Clear()
	return w, a, phoneID, id, func() error { return try(t, w, a, id, credentialtest.Wrong(code), now) }
}

// TestACrashBeforeARungIsTold leaves the lock; the next one who meets it tells it.
func TestACrashBeforeARungIsTold(t *testing.T) {
	for _, byTry := range []bool{true, false} {
		crashAtARung(t, byTry)
	}
}

func crashAtARung(t *testing.T, byTry bool) {
	t.Helper()
	w, a, phoneID, id, tenth := nineWrong(t)
	w.Faults.FromCall(2, dynamotest.CutRequest) // the guess without a rung is refused, the one with it made; then
	if err := tenth(); !errors.Is(err, dynamo.ErrUnavailable) {
		t.Fatalf("err = %v", err)
	}
	w.Faults.Clear()
	now := noon.Add(time.Minute)
	if _, err := w.Sender.Send(t.Context(), a, phoneID, "", now.Add(10*time.Second)); !errors.Is(err, otp.ErrLocked) || told(t, w, a) != 0 {
		t.Errorf("while the verification may still be in flight: %v, told at %d", err, told(t, w, a))
	}
	if byTry {
		if err := try(t, w, a, id, "000000", now.Add(time.Minute)); !errors.Is(err, otp.ErrSpent) {
			t.Errorf("a minute later: %v", err)
		}
	} else if _, err := w.Sender.Send(t.Context(), a, phoneID, "", now.Add(time.Minute)); !errors.Is(err, otp.ErrLocked) {
		t.Errorf("a minute later: %v", err)
	}
	if told(t, w, a) != 10 {
		t.Errorf("told at %d", told(t, w, a))
	}
}

func TestALostAnswerAtARung(t *testing.T) {
	for cut := range 3 {
		w, a, _, _, tenth := nineWrong(t)
		w.Faults.OnCall(cut, dynamotest.CutReply)
		if err := tenth(); !errors.Is(err, otp.ErrWrong) || triesLeft(t, err) != 0 {
			t.Errorf("call %d: %v", cut, err)
		}
		w.Faults.Clear()
		if told(t, w, a) != 10 {
			t.Errorf("call %d: told at %d", cut, told(t, w, a))
		}
	}
}
