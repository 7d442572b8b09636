package otp

import (
	"time"

	"phoneotp/shared/phone"
)

// History is what a holder's credential remembers of sends and wrong codes.
type History struct {
	Sends       [SendsKept]time.Time // newest first, zero where there was none
	Calls       [CallsKept]time.Time // likewise
	Next        time.Time            // end of the running gap; zero when no sequence runs
	LockedUntil time.Time
}

// Locked tells whether wrong codes have locked sends and tries.
func (h History) Locked(now time.Time) bool { return h.LockedUntil.After(now) }

// NextTry is the earliest instant of the next try, never before now.
func (h History) NextTry(now time.Time) time.Time { return latest(now, h.LockedUntil) }

// NextSend is the earliest instant of the next send by a channel, never before now.
func (h History) NextSend(channel phone.Channel, now time.Time) time.Time {
	return latest(now, h.LockedUntil, h.gapEnd(now), h.windowEnd(channel))
}

// Judge tells whether a send may go out now: nil, or ErrLocked, ErrLimit or ErrTooSoon with the instant
// from which the same send may succeed.
func (h History) Judge(channel phone.Channel, now time.Time) error {
	next := h.NextSend(channel, now)
	switch {
	case h.Locked(now):
		return Locked(h.LockedUntil)
	case h.windowEnd(channel).After(now):
		return ErrLimit.Because(limited(channel, h, now)).With("rule", h.rule(channel, now)).RetryingAt(CeilSecond(next))
	case h.gapEnd(now).After(now):
		return ErrTooSoon.With("rule", RuleGap).RetryingAt(CeilSecond(next))
	}
	return nil
}

// Locked is ErrLocked with what the holder may do: wait, or ask support where only that helps.
func Locked(until time.Time) error {
	if !until.Before(Never) {
		return ErrLocked.Because(lockedForGood).With("rule", RuleWrongCodes).Then("contact-support")
	}
	return ErrLocked.Because(lockedForNow).With("rule", RuleWrongCodes).RetryingAt(CeilSecond(until))
}

// Stale tells whether a sequence of sends has ended by silence (product.md 6: 30 quiet minutes).
func (h History) Stale(now time.Time) bool { return !h.Sends[0].Add(Quiet).After(now) }

func (h History) gapEnd(now time.Time) time.Time {
	if h.Stale(now) {
		return time.Time{}
	}
	return h.Next
}

// windowEnd is when the fullest window has room again.
func (h History) windowEnd(channel phone.Channel) time.Time {
	var end time.Time
	for _, w := range Windows() {
		end = latest(end, after(h.Sends[w.Sends-1], w.Span))
	}
	if channel == phone.Voice {
		end = latest(end, h.callEnd())
	}
	return end
}

// rule names the limit that windowEnd obeys.
func (h History) rule(channel phone.Channel, now time.Time) string {
	if channel == phone.Voice && h.callEnd().After(now) {
		return RuleCalls
	}
	return RuleSends
}

func (h History) callEnd() time.Time { return after(h.Calls[CallsKept-1], CallSpan) }

// after is t+d, or zero where there is no t.
func after(t time.Time, d time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(d)
}

func latest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.After(first) {
			first = t
		}
	}
	return first
}

// CeilSecond rounds up to whole seconds: what the API says of a wait must not be too early.
func CeilSecond(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); whole.Before(t) {
		return whole.Add(time.Second)
	}
	return t
}

// VoiceExpiry is the end of a call's code when the call is placed at the given instant.
func VoiceExpiry(requested, placed time.Time) time.Time {
	end, limit := placed.Add(Life), requested.Add(VoiceLife)
	if end.After(limit) {
		return limit
	}
	return end
}
