package otp_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"phoneotp/shared/fault"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// send is what the store's update does to a history, as a plain model.
func send(h otp.History, c phone.Channel, now time.Time, gaps *[]time.Duration) otp.History {
	if h.Next.IsZero() || h.Stale(now) {
		g := otp.Gaps()
		*gaps = g[:]
	}
	h.Next = now.Add((*gaps)[0])
	*gaps = append((*gaps)[1:], otp.Gaps()[3])
	copy(h.Sends[1:], h.Sends[:len(h.Sends)-1])
	h.Sends[0] = now
	if c == phone.Voice {
		copy(h.Calls[1:], h.Calls[:len(h.Calls)-1])
		h.Calls[0] = now
	}
	return h
}

// TestNoPatternBeatsTheWindows sends as fast as the rules allow, over random pauses and right codes, and
// counts afterwards: never more in any window than product.md 6 says, and never refused for longer than
// the answer promised.
func TestNoPatternBeatsTheWindows(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var h otp.History
		var gaps []time.Duration
		var sent, calls []time.Time
		for now := start; len(sent) < 120; {
			c := phone.SMS
			if rnd.IntN(4) == 0 {
				c = phone.Voice
			}
			if err := h.Judge(c, now); err != nil {
				f, _ := fault.Of(err)
				if !f.RetryAt.After(now) || f.RetryAt.Sub(now) > 24*time.Hour {
					t.Fatalf("seed %d: refused at %v until %v: %v", seed, now, f.RetryAt, err)
				}
				if err := h.Judge(c, f.RetryAt); err != nil {
					t.Fatalf("seed %d: refused again at the promised instant: %v", seed, err)
				}
				now = f.RetryAt
				continue
			}
			h = send(h, c, now, &gaps)
			sent = append(sent, now)
			if c == phone.Voice {
				calls = append(calls, now)
			}
			if rnd.IntN(3) == 0 { // a right code
				h.Next = time.Time{}
			}
			now = now.Add(time.Duration(rnd.Int64N(int64(10 * time.Minute))))
		}
		for _, w := range otp.Windows() {
			most(t, sent, w.Sends, w.Span)
		}
		most(t, calls, otp.CallsKept, otp.CallSpan)
	}
}

// most fails if more than n instants lie in any half-open stretch of span.
func most(t *testing.T, at []time.Time, n int, span time.Duration) {
	t.Helper()
	for i := n; i < len(at); i++ {
		if at[i].Sub(at[i-n]) < span {
			t.Fatalf("%d within %v", n+1, span)
		}
	}
}

func TestTheSequenceOfGaps(t *testing.T) {
	var h otp.History
	var gaps []time.Duration
	now := start
	for i, want := range []time.Duration{30, 60, 120, 120} {
		if err := h.Judge(phone.SMS, now); err != nil {
			t.Fatalf("send %d: %v", i, err)
		}
		h = send(h, phone.SMS, now, &gaps)
		if got := h.NextSend(phone.SMS, now).Sub(now); got != want*time.Second {
			t.Errorf("after send %d: %v, want %v s", i+1, got, int(want))
		}
		if err := h.Judge(phone.SMS, h.Next.Add(-time.Millisecond)); !errors.Is(err, otp.ErrTooSoon) {
			t.Errorf("a millisecond early: %v", err)
		}
		now = h.Next
	}
	h = send(h, phone.SMS, now, &gaps) // the fifth
	if err := h.Judge(phone.SMS, now.Add(2*time.Minute)); !errors.Is(err, otp.ErrLimit) {
		t.Errorf("a sixth in 15 minutes: %v", err)
	}
	if err := h.Judge(phone.SMS, now.Add(otp.Quiet)); err != nil {
		t.Errorf("after 30 quiet minutes: %v", err)
	}
}

func TestALockedHolderGetsNoSends(t *testing.T) {
	h := otp.History{LockedUntil: start.Add(time.Minute)}
	err := h.Judge(phone.SMS, start)
	if f, _ := fault.Of(err); !errors.Is(err, otp.ErrLocked) || !f.RetryAt.Equal(start.Add(time.Minute)) {
		t.Errorf("locked: %v", err)
	}
	if err := h.Judge(phone.SMS, start.Add(time.Minute)); err != nil {
		t.Errorf("at the end of the lock: %v", err)
	}
	err = otp.History{LockedUntil: otp.Never}.Judge(phone.Voice, start)
	if f, _ := fault.Of(err); !errors.Is(err, otp.ErrLocked) || !f.RetryAt.IsZero() || f.Next != "contact-support" {
		t.Errorf("off: %+v", f)
	}
}

func TestTheLadder(t *testing.T) {
	want := map[int]time.Duration{10: 30 * time.Minute, 20: 2 * time.Hour, 30: 24 * time.Hour, 50: 0, 51: 0, 99: 0}
	for wrong := range 100 {
		r, ok := otp.RungAt(wrong)
		lock, rung := want[wrong]
		if wrong > 50 {
			lock, rung = 0, true
		}
		if ok != rung || ok && r.Lock != lock {
			t.Errorf("%d wrong: %v %v", wrong, r, ok)
		}
	}
	if r, _ := otp.RungAt(50); !r.Until(start).Equal(otp.Never) {
		t.Error("the last rung ends by itself")
	}
	if r, _ := otp.RungAt(20); !r.Until(start).Equal(start.Add(2 * time.Hour)) {
		t.Error("the second rung is not two hours")
	}
}

func TestVoiceExpiry(t *testing.T) {
	for _, row := range []struct{ placed, want time.Duration }{{0, 120}, {30, 150}, {60, 180}, {61, 180}, {119, 180}} {
		if got := otp.VoiceExpiry(start, start.Add(row.placed*time.Second)); !got.Equal(start.Add(row.want * time.Second)) {
			t.Errorf("placed after %d s: %v", row.placed, got.Sub(start))
		}
	}
}

func TestWaitsAreRoundedUp(t *testing.T) {
	if got := otp.CeilSecond(start.Add(time.Millisecond)); !got.Equal(start.Add(time.Second)) {
		t.Error(got)
	}
	if got := otp.CeilSecond(start); !got.Equal(start) {
		t.Error(got)
	}
}

// TestPolicyIsProductMD repeats product.md 6, so that a change of a number is seen twice.
func TestPolicyIsProductMD(t *testing.T) {
	if otp.Digits != 6 || otp.Life != 2*time.Minute || otp.VoiceLife != 3*time.Minute || otp.Tries != 5 || otp.EarlierKept != 2 ||
		otp.Quiet != 30*time.Minute || otp.CallsKept != 3 || otp.CallSpan != time.Hour || otp.LongestCall != 45*time.Second || otp.LongestText != 160 ||
		otp.NumberSends != 5 || otp.NumberSpan != time.Hour || otp.NewNumbers != 10 || otp.NewNumbersSpan != 720*time.Hour {
		t.Error("a number is not the page's")
	}
	if otp.Gaps() != [4]time.Duration{30e9, 60e9, 120e9, 120e9} {
		t.Error(otp.Gaps())
	}
	if otp.Windows() != [3]otp.Window{{5, 900e9}, {10, 3600e9}, {20, 86400e9}} {
		t.Error(otp.Windows())
	}
}
