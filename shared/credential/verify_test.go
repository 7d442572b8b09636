package credential_test

import (
	"errors"
	"fmt"
	"sync"
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
	"phoneotp/shared/secret"
)

// sent is an active holder with a live code.
func sent(t *testing.T) (*credentialtest.World, credential.Asker, string, phone.Number, otp.ID, secret.Text) {
	t.Helper()
	w, a, id, n := active(t)
	ch, err := w.Sender.Send(t.Context(), a, id, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	w.Faults.Clear()
	return w, a, id, n, credentialtest.ID(t, ch), w.Code(t, n)
}

func try(t *testing.T, w *credentialtest.World, a credential.Asker, id otp.ID, code secret.Text, now time.Time) error {
	t.Helper()
	_, err := w.Verifier.Try(t.Context(), a, otp.SignIn, id, code, now)
	return err
}

// login tries and uses a code.
func login(t *testing.T, w *credentialtest.World, a credential.Asker, id otp.ID, code secret.Text, now time.Time) error {
	t.Helper()
	right, err := w.Verifier.Try(t.Context(), a, otp.SignIn, id, code, now)
	if err != nil {
		return err
	}
	return w.DB.Commit(t.Context(), w.Verifier.Use(right))
}

func triesLeft(t *testing.T, err error) any {
	t.Helper()
	f, ok := fault.Of(err)
	if !ok {
		t.Fatalf("no fault: %v", err)
	}
	return f.Extra["tries_left"]
}

func TestTwoMinutes(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	if err := login(t, w, a, id, code, noon.Add(120*time.Second)); !errors.Is(err, otp.ErrExpired) {
		t.Errorf("at 120 s: %v", err)
	}
	if err := login(t, w, a, id, code, noon.Add(120*time.Second-time.Millisecond)); err != nil {
		t.Errorf("at 119.999 s: %v", err)
	}
}

func TestFiveTries(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	for left := 4; left >= 0; left-- {
		err := try(t, w, a, id, credentialtest.Wrong(code), noon)
		if !errors.Is(err, otp.ErrWrong) || triesLeft(t, err) != left {
			t.Fatalf("with %d left: %v, %v", left, err, triesLeft(t, err))
		}
	}
	if err := login(t, w, a, id, code, noon); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
}

func TestTheFifthTryMayBeRight(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	for range 4 {
		_ = try(t, w, a, id, credentialtest.Wrong(code), noon)
	}
	if err := login(t, w, a, id, code, noon); err != nil {
		t.Error(err)
	}
	if err := login(t, w, a, id, code, noon); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("a used code: %v", err)
	}
}

// TestTheOrderOfRefusals lays every reason over the one before it (api.md).
func TestTheOrderOfRefusals(t *testing.T) {
	w, a, phoneID, _, id, code := sent(t)
	late := noon.Add(3 * time.Minute)
	if err := try(t, w, a, otp.NewID(), code, late); !errors.Is(err, otp.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
	foreign := a
	foreign.Session = "another session"
	if err := try(t, w, foreign, id, code, noon); !errors.Is(err, otp.ErrUnknown) {
		t.Errorf("another session's: %v", err)
	}
	if _, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, id, code, noon); !errors.Is(err, otp.ErrUnknown) {
		t.Errorf("another purpose's: %v", err)
	}
	if err := try(t, w, asker("ada"), id, code, noon); !errors.Is(err, otp.ErrUnknown) {
		t.Errorf("another holder's: %v", err)
	}
	if got := w.Find(t, a.Holder); got == nil || try(t, w, a, id, credentialtest.Wrong(code), late) == nil {
		t.Error("an expired code is compared")
	}
	for range 5 {
		_ = try(t, w, a, id, credentialtest.Wrong(code), noon)
	}
	if err := try(t, w, a, id, code, late); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("spent goes before expired: %v", err)
	}
	ch, err := w.Sender.Send(t.Context(), a, phoneID, "", late)
	if err != nil {
		t.Fatal(err)
	}
	if err := try(t, w, a, id, code, late); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("a voided challenge: %v", err)
	}
	second := credentialtest.ID(t, ch)
	for range 5 {
		_ = try(t, w, a, second, "nodigi", late)
	}
	if err := try(t, w, a, second, code, late); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("spent goes before locked: %v", err)
	}
}

func TestAnEarlierCodeIsRecognised(t *testing.T) {
	w, a, _, n, first, firstCode := sent(t)
	now := noon
	ids, codes := []otp.ID{first}, []secret.Text{firstCode}
	for i := range 3 {
		now = now.Add(121 * time.Second)
		ch, err := w.Sender.Resend(t.Context(), a, ids[i], "", now)
		if err != nil {
			t.Fatal(err)
		}
		ids, codes = append(ids, credentialtest.ID(t, ch)), append(codes, w.Code(t, n))
	}
	for i, want := range []error{otp.ErrWrong, otp.ErrEarlier, otp.ErrEarlier} {
		if err := try(t, w, a, ids[3], codes[i], now); !errors.Is(err, want) || triesLeft(t, err) != 4-i {
			t.Errorf("code %d in challenge 3: %v", i, err)
		}
	}
	for i, want := range []error{otp.ErrUnknown, otp.ErrSpent, otp.ErrSpent} {
		if err := try(t, w, a, ids[i], codes[i], now); !errors.Is(err, want) {
			t.Errorf("challenge %d: %v, want %v", i, err, want)
		}
	}
	if err := login(t, w, a, ids[3], codes[3], now); err != nil {
		t.Errorf("the live code: %v", err)
	}
}

func TestWrongTriesAddUpOverResends(t *testing.T) {
	w, a, phoneID, n, id, code := sent(t)
	now := noon
	for i := range 10 {
		if i == 5 {
			now = now.Add(121 * time.Second)
			ch, err := w.Sender.Resend(t.Context(), a, id, "", now)
			if err != nil {
				t.Fatal(err)
			}
			id, code = credentialtest.ID(t, ch), w.Code(t, n)
		}
		if err := try(t, w, a, id, credentialtest.Wrong(code), now); !errors.Is(err, otp.ErrWrong) {
			t.Fatalf("wrong code %d: %v", i+1, err)
		}
	}
	locked := now.Add(30 * time.Minute)
	_, err := w.Sender.Send(t.Context(), a, phoneID, "", now.Add(5*time.Minute))
	if f, _ := fault.Of(err); !errors.Is(err, otp.ErrLocked) || !f.RetryAt.Equal(locked) {
		t.Errorf("a send to a locked holder: %v", err)
	}
	ch, err := w.Sender.Send(t.Context(), a, phoneID, "", locked)
	if err != nil {
		t.Fatalf("at the end of the lock: %v", err)
	}
	// Only a right code resets: ten more wrong ones reach the next rung, with two hours.
	id, code = credentialtest.ID(t, ch), w.Code(t, n)
	for i := range 5 {
		if err := try(t, w, a, id, credentialtest.Wrong(code), locked); !errors.Is(err, otp.ErrWrong) {
			t.Fatalf("wrong code %d: %v", 11+i, err)
		}
	}
	now = locked.Add(2 * time.Minute)
	if ch, err = w.Sender.Send(t.Context(), a, phoneID, "", now); err != nil {
		t.Fatal(err)
	}
	id, code = credentialtest.ID(t, ch), w.Code(t, n)
	for range 4 {
		_ = try(t, w, a, id, credentialtest.Wrong(code), now)
	}
	if err := login(t, w, a, id, code, now); err != nil {
		t.Fatalf("a right twentieth: %v", err)
	}
	if _, err := w.Sender.Send(t.Context(), a, phoneID, "", now); err != nil {
		t.Errorf("a right code on the rung lifts its lock: %v", err)
	}
}

func TestALockedHolderMayNotTry(t *testing.T) {
	w, a, phoneID, n, id, code := sent(t)
	for range 5 {
		_ = try(t, w, a, id, credentialtest.Wrong(code), noon)
	}
	now := noon.Add(2 * time.Minute)
	ch, err := w.Sender.Send(t.Context(), a, phoneID, "", now)
	if err != nil {
		t.Fatal(err)
	}
	id, code = credentialtest.ID(t, ch), w.Code(t, n)
	for range 4 {
		_ = try(t, w, a, id, credentialtest.Wrong(code), now)
	}
	// The tenth in parallel with others: one is compared and locks, the rest meet the lock or the end of tries.
	err = try(t, w, a, id, credentialtest.Wrong(code), now)
	if !errors.Is(err, otp.ErrWrong) || triesLeft(t, err) != 0 {
		t.Fatal(err)
	}
	f, _ := fault.Of(err)
	if f.Extra["next_try_at"] != now.Add(30*time.Minute).Format(time.RFC3339) {
		t.Errorf("the answer to the tenth does not tell the lock: %v", f.Extra)
	}
}

// TestParallelGuessing is quality.md 2 row 2: of 1,000 wrong codes at once exactly five are compared.
func TestParallelGuessing(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	var compared, spent atomic.Int32
	run(t, 1000, func(i int) {
		guess := secret.Text(fmt.Sprintf("%06d", i))
		if guess == code {
			guess = "999999"
		}
		switch _, err := w.Verifier.Try(t.Context(), a, otp.SignIn, id, guess, noon); {
		case errors.Is(err, otp.ErrWrong):
			compared.Add(1)
		case errors.Is(err, otp.ErrSpent):
			spent.Add(1)
		default:
			t.Errorf("guess %d: %v", i, err)
		}
	})
	if compared.Load() != 5 || spent.Load() != 995 {
		t.Errorf("%d compared, %d refused", compared.Load(), spent.Load())
	}
	if err := login(t, w, a, id, code, noon); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("the right code afterwards: %v", err)
	}
}

// run calls f n times, 40 at once.
func run(t *testing.T, n int, f func(i int)) {
	t.Helper()
	gate := make(chan struct{}, 40)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			f(i)
		})
	}
	wg.Wait()
}

// TestARightCodeWorksOnce is quality.md 2 row 1: at the room only the use decides; the session's writes in the
// same transaction tell repeats of one session apart from others (functions/otp-verify).
func TestARightCodeWorksOnce(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	var right, spent atomic.Int32
	run(t, 50, func(i int) {
		switch err := login(t, w, a, id, code, noon); {
		case err == nil:
			right.Add(1)
		case errors.Is(err, otp.ErrSpent):
			spent.Add(1)
		default:
			t.Errorf("%d: %v", i, err)
		}
	})
	if right.Load() < 1 || right.Load() > 5 || right.Load()+spent.Load() != 50 {
		t.Errorf("%d right, %d refused", right.Load(), spent.Load())
	}
}

func TestALostAnswerOfAReservationCountsOnce(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	for left := 4; left >= 1; left-- {
		w.Faults.OnCall(0, dynamotest.CutReply)
		err := try(t, w, a, id, credentialtest.Wrong(code), noon)
		if !errors.Is(err, otp.ErrWrong) || triesLeft(t, err) != left {
			t.Fatalf("with %d left: %v", left, err)
		}
	}
	w.Faults.OnCall(1, dynamotest.CutReply)
	if err := login(t, w, a, id, code, noon); err != nil {
		t.Errorf("the answer of the use is lost: %v", err)
	}
	w.Faults.Clear()
	if c := w.Find(t, a.Holder); c == nil {
		t.Fatal("gone")
	}
}

func TestACrashBetweenTryAndUse(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	w.Faults.FromCall(1, dynamotest.CutRequest)
	if err := login(t, w, a, id, code, noon); !errors.Is(err, dynamo.ErrUnavailable) {
		t.Fatalf("err = %v", err)
	}
	w.Faults.Clear()
	if err := login(t, w, a, id, code, noon); err != nil {
		t.Errorf("the retry: %v", err)
	}
}

func TestTroubleAcceptsNothing(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	for _, f := range []dynamotest.Fault{dynamotest.Throttle, dynamotest.ServerFail, dynamotest.CutRequest} {
		w.Faults.FromCall(0, f)
		if err := login(t, w, a, id, code, noon); !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("fault %d: %v", f, err)
		}
	}
	w.Faults.Clear()
}

func TestExpiryMidwayRefusesTheCode(t *testing.T) {
	w, a := world(t), asker("grace")
	now := noon.AddDate(-1, 0, 0)
	id, n := w.Active(t, a, now)
	last := noon.Add(-time.Second)
	ch, err := w.Sender.Send(t.Context(), a, id, "", last)
	if err != nil {
		t.Fatal(err)
	}
	if err := login(t, w, a, credentialtest.ID(t, ch), w.Code(t, n), noon); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("at expiry: %v", err)
	}
}

func TestAUsedCodeMayBeLookedAtFiveTimes(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	if _, err := w.Verifier.Look(t.Context(), a, otp.SignIn, id); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("a code that is not used: %v", err)
	}
	if err := login(t, w, a, id, code, noon); err != nil {
		t.Fatal(err)
	}
	var seen atomic.Int32
	run(t, 100, func(int) {
		if _, err := w.Verifier.Look(t.Context(), a, otp.SignIn, id); err == nil {
			seen.Add(1)
		}
	})
	if seen.Load() != otp.Repeats {
		t.Errorf("looked at %d times", seen.Load())
	}
}
