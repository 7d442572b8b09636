package credential_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/telephony"
)

// called is an active holder who asked for a call at noon.
func called(t *testing.T) (*credentialtest.World, credential.Asker, credential.Challenge, telephony.CallOrder) {
	t.Helper()
	w, a, id, _ := active(t)
	ch, err := w.Sender.Send(t.Context(), a, id, phone.Voice, noon)
	if err != nil {
		t.Fatal(err)
	}
	return w, a, ch, w.Order(t)
}

func view(t *testing.T, w *credentialtest.World, a credential.Asker, ch credential.Challenge) credential.Challenge {
	t.Helper()
	v, err := w.Find(t, a.Holder).Challenge(a, credentialtest.ID(t, ch), noon)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestACallsTwoMinutesRunFromItsPlacing(t *testing.T) {
	for _, row := range []struct{ placed, dead time.Duration }{{0, 120}, {30, 150}, {60, 180}, {119, 180}} {
		w, a, ch, order := called(t)
		if ch.ExpiresAt != noon.Add(180*time.Second).Format(time.RFC3339) {
			t.Errorf("until it is placed: %s", ch.ExpiresAt)
		}
		placed, dead := noon.Add(row.placed*time.Second), noon.Add(row.dead*time.Second)
		claimed, err := w.Claimer.Claim(t.Context(), order, placed)
		if err != nil {
			t.Fatal(err)
		}
		if want := 120*time.Second - row.placed*time.Second; claimed.TimeToLive != want {
			t.Errorf("time to live %v, want %v", claimed.TimeToLive, want)
		}
		if v := view(t, w, a, ch); v.ExpiresAt != dead.Format(time.RFC3339) || v.Delivery != "sent" || v.Tag != claimed.Tag {
			t.Errorf("placed after %d s: %+v", row.placed, v)
		}
		id := credentialtest.ID(t, ch)
		if err := login(t, w, a, id, claimed.Code, dead); !errors.Is(err, otp.ErrExpired) {
			t.Errorf("at its end: %v", err)
		}
		if err := login(t, w, a, id, claimed.Code, dead.Add(-time.Millisecond)); err != nil {
			t.Errorf("a millisecond before: %v", err)
		}
	}
}

func TestACallIsClaimedOnceAndNeverLate(t *testing.T) {
	w, _, _, order := called(t)
	if _, err := w.Claimer.Claim(t.Context(), order, noon.Add(120*time.Second)); !errors.Is(err, credential.ErrStale) {
		t.Errorf("two minutes late: %v", err)
	}
	var claims atomic.Int32
	run(t, 100, func(int) {
		switch _, err := w.Claimer.Claim(t.Context(), order, noon.Add(time.Second)); {
		case err == nil:
			claims.Add(1)
		case !errors.Is(err, credential.ErrStale):
			t.Error(err)
		}
	})
	if claims.Load() != 1 {
		t.Errorf("claimed %d times", claims.Load())
	}
}

func TestALostAnswerOfAClaim(t *testing.T) {
	w, _, _, order := called(t)
	w.Faults.OnCall(0, dynamotest.CutReply)
	if _, err := w.Claimer.Claim(t.Context(), order, noon); err != nil {
		t.Errorf("its own claim is refused: %v", err)
	}
	w.Faults.Clear()
	if _, err := w.Claimer.Claim(t.Context(), order, noon); !errors.Is(err, credential.ErrStale) {
		t.Errorf("a second claim: %v", err)
	}
}

func TestACallThatIsNotWantedAnyMore(t *testing.T) {
	w, a, _, order := called(t)
	id := w.Find(t, a.Holder).Phones[0].ID
	if _, err := w.Sender.Send(t.Context(), a, id, phone.SMS, noon.Add(31*time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Claimer.Claim(t.Context(), order, noon.Add(32*time.Second)); !errors.Is(err, credential.ErrStale) {
		t.Errorf("a newer code took its place: %v", err)
	}
	forged := order
	forged.Challenge[0] ^= 1
	if _, err := w.Claimer.Claim(t.Context(), forged, noon); !errors.Is(err, secret.ErrUnreadable) {
		t.Errorf("another challenge: %v", err)
	}
}

func TestWhatCameOfACallIsTold(t *testing.T) {
	w, a, ch, order := called(t)
	if _, err := w.Claimer.Claim(t.Context(), order, noon); err != nil {
		t.Fatal(err)
	}
	w.Claimer.Ended(t.Context(), order, telephony.Accepted)
	if v := view(t, w, a, ch); v.Delivery != "sent" {
		t.Errorf("delivery %s", v.Delivery)
	}
	w.Claimer.Ended(t.Context(), order, telephony.Failed)
	if v := view(t, w, a, ch); v.Delivery != "failed" {
		t.Errorf("delivery %s", v.Delivery)
	}
}

func TestThreeCallsAnHour(t *testing.T) {
	w, a, id, _ := active(t)
	now := noon
	for i := range 3 {
		if _, err := w.Sender.Send(t.Context(), a, id, phone.Voice, now); err != nil {
			t.Fatalf("call %d: %v", i+1, err)
		}
		now = now.Add(10 * time.Minute)
	}
	if _, err := w.Sender.Send(t.Context(), a, id, phone.Voice, now); !errors.Is(err, otp.ErrLimit) {
		t.Errorf("a fourth: %v", err)
	}
	ch, err := w.Sender.Send(t.Context(), a, id, phone.SMS, now)
	if err != nil || ch.NextVoiceAt != noon.Add(time.Hour).Format(time.RFC3339) {
		t.Errorf("a text instead: %+v, %v", ch, err)
	}
	if _, err := w.Sender.Send(t.Context(), a, id, phone.Voice, noon.Add(time.Hour)); err != nil {
		t.Errorf("an hour after the first: %v", err)
	}
}

func TestNoCodeOrNumberTravelsInClear(t *testing.T) {
	w, a, id, n := active(t)
	if _, err := w.Sender.Send(t.Context(), a, id, phone.Voice, noon); err != nil {
		t.Fatal(err)
	}
	messages := w.Orders(t)
	order, err := telephony.ReadCallOrder(messages[0])
	if err != nil {
		t.Fatal(err)
	}
	claimed, err := w.Claimer.Claim(t.Context(), order, noon)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(messages[0], claimed.Code.Reveal()) || strings.Contains(messages[0], n.E164()[1:]) {
		t.Errorf("the order holds the code or the number: %s", messages[0])
	}
}
