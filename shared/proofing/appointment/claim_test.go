package appointment_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/agenda"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/proofing/appointment/appointmenttest"
)

var (
	agent1, agent2 = account.IDOf("agent1"), account.IDOf("agent2")
	during         = ten.Add(11 * time.Minute)
)

// meeting is an appointment at ten that agent1 has claimed.
type meeting struct {
	*appointmenttest.World
	holder account.Account
	id     proofing.ID
	with   string // the appointment
}

func claimed(t *testing.T) meeting {
	t.Helper()
	w := start(t, "agent1", "agent2")
	m := meeting{World: w}
	m.holder, m.id = w.Holder(t, "grace", now)
	m.again(t, ten)
	return m
}

// again books once more and claims.
func (m *meeting) again(t *testing.T, at time.Time) {
	t.Helper()
	m.with = m.Booked(t, m.holder, m.id, at, at.Add(-10*time.Hour)).ID
	if _, err := m.Diary.Claim(t.Context(), m.with, agent1, at); err != nil {
		t.Fatal(err)
	}
}

func (m meeting) state(t *testing.T) appointment.State {
	t.Helper()
	a, err := m.Diary.Slots.Find(t.Context(), m.with)
	if err != nil {
		t.Fatal(err)
	}
	return a.State
}

func TestV13TheFirstAgentHasIt(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	v := w.Booked(t, holder, id, ten, now)
	agents := make([]account.ID, 20)
	for i := range agents {
		agents[i] = account.IDOf(fmt.Sprintf("agent%d", i))
	}
	won, lost := race(len(agents), func(i int) error {
		_, err := w.Diary.Claim(t.Context(), v.ID, agents[i], ten)
		return err
	}, appointment.ErrClaimed)
	a, err := w.Diary.Slots.Find(t.Context(), v.ID)
	if won != 1 || lost != len(agents)-1 || err != nil || a.State != appointment.Claimed {
		t.Fatalf("%d won, %d lost, %s, %v", won, lost, a.State, err)
	}
	first, err := w.Diary.Claim(t.Context(), v.ID, *a.Agent, ten)
	again, errAgain := w.Diary.Claim(t.Context(), v.ID, *a.Agent, ten.Add(time.Minute))
	if err != nil || errAgain != nil || fmt.Sprint(first) != fmt.Sprint(again) || len(first.Cues) != 2 || first.Cues[0] == first.Cues[1] || first.VerificationWord != a.Word || len(first.Checklist) < 5 {
		t.Errorf("claiming again: %+v, %+v", first, again)
	}
	if shown, err := w.Diary.View(t.Context(), w.Find(t, id), ten); err != nil || shown.VerificationWord != first.VerificationWord || shown.MeetingURL != first.MeetingURL || first.MeetingURL == "" {
		t.Errorf("the holder sees %+v, %v", shown, err)
	}
	if events := w.Events(t, "a#"+holder.ID.String()); strings.Count(fmt.Sprint(events), "appointment-claimed") != 1 {
		t.Errorf("claims in the audit trail: %v", events)
	}
}

// V-10: from the day after their training ended an agent claims nothing; a colleague does.
func TestV10TrainingHasExpired(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	v := w.Booked(t, holder, id, ten, now)
	hours, err := agenda.Read([]byte(`{"agents":[{"user_id":"agent1","zone":"UTC","trained_until":"2026-11-22"},{"user_id":"agent2","zone":"UTC","trained_until":"2026-11-23"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	w.Diary.Agenda = hours
	if _, err := w.Diary.Claim(t.Context(), v.ID, agent1, ten); !errors.Is(err, appointment.ErrUntrained) {
		t.Errorf("claimed without training: %v", err)
	}
	if _, err := w.Diary.Claim(t.Context(), v.ID, agent2, ten); err != nil {
		t.Errorf("on the last day: %v", err)
	}
}

func TestV09CuesAreDrawn(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	first := w.Person(t, "grace", now)
	seen, pairs := map[string]bool{}, map[string]bool{}
	for i := range 12 {
		holder := w.Another(t, fmt.Sprintf("grace%d", i), first)
		v := w.Booked(t, holder, w.Case(t, holder, now), ten.Add(time.Duration(i)*30*time.Minute), now)
		s, err := w.Diary.Claim(t.Context(), v.ID, agent1, ten.Add(time.Duration(i)*30*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.Diary.Slots.Find(t.Context(), v.ID)
		if err != nil || len(a.Cues) != 2 || a.Cues[0] == a.Cues[1] {
			t.Errorf("stored cues %v, %v", a.Cues, err)
		}
		seen[s.Cues[0]], seen[s.Cues[1]] = true, true
		pairs[strings.Join(a.Cues, " ")] = true
	}
	if len(seen) < 5 || len(pairs) < 5 { // by chance once in more than 10^9
		t.Errorf("%d cues, %d pairs in 12 claims", len(seen), len(pairs))
	}
}

func TestV14TheRoomOpensAndCloses(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	v := w.Booked(t, holder, id, ten, now)
	for at, open := range map[time.Time]bool{
		ten.Add(-10*time.Minute - time.Millisecond): false, ten.Add(-10 * time.Minute): true, ten.Add(time.Hour - time.Millisecond): true, ten.Add(time.Hour): false,
	} {
		shown, err := w.Diary.View(t.Context(), w.Find(t, id), at)
		if err != nil || (shown.MeetingURL != "") != open {
			t.Errorf("%v: %+v, %v", at, shown, err)
		}
	}
	for _, at := range []time.Time{ten.Add(-10*time.Minute - time.Millisecond), ten.Add(time.Hour)} {
		if _, err := w.Diary.Claim(t.Context(), v.ID, agent1, at); !errors.Is(err, appointment.ErrNotOpen) {
			t.Errorf("%v: %v", at, err)
		}
	}
	if _, err := w.Diary.Claim(t.Context(), v.ID, holder.ID, ten); !errors.Is(err, appointment.ErrOwn) {
		t.Errorf("the holder claims: %v", err)
	}
	for _, unknown := range []string{"", "x", strings.Repeat("0", 26)} {
		if _, err := w.Diary.Claim(t.Context(), unknown, agent1, ten); !errors.Is(err, appointment.ErrUnknown) {
			t.Errorf("%q: %v", unknown, err)
		}
	}
	if _, err := w.Diary.Conclude(t.Context(), v.ID, agent1, appointment.Conclusion{Outcome: "passed", Reason: "x", Checklist: appointmenttest.Checklist()}, ten); !errors.Is(err, appointment.ErrNotClaimed) {
		t.Errorf("concluded without a claim: %v", err)
	}
	if _, err := w.Diary.Claim(t.Context(), v.ID, agent1, ten); err != nil {
		t.Error(err)
	}
}

func TestTheListOfADay(t *testing.T) {
	t.Parallel()
	m := claimed(t)
	if _, err := m.conclude(t, agent1, "passed", review(), during); err != nil {
		t.Fatal(err)
	}
	another := m.Another(t, "grace1", m.holder)
	id := m.Case(t, another, now)
	v := m.Booked(t, another, id, ten.Add(time.Hour), now)
	gone := m.Another(t, "grace2", m.holder)
	goneID := m.Case(t, gone, now)
	m.Booked(t, gone, goneID, ten.Add(2*time.Hour), now)
	if err := m.Diary.Cancel(t.Context(), goneID, now); err != nil {
		t.Fatal(err)
	}
	person := appointment.Person{Name: "Grace Hopper", Country: "US"}
	want := []appointment.Listed{
		{ID: m.with, StartsAt: "2026-11-23T10:00:00Z", Holder: person, State: "second-approval", CaseID: string(m.id)},
		{ID: v.ID, StartsAt: "2026-11-23T11:00:00Z", Holder: person, State: "booked"},
	}
	got, err := m.Diary.OfDay(t.Context(), now, now)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, %v", got, err)
	}
	if next, err := m.Diary.OfDay(t.Context(), now.AddDate(0, 0, 1), now); err != nil || len(next) != 0 {
		t.Errorf("the next day: %+v, %v", next, err)
	}
}

// TestCancellingDuringASession holds that a refund ends even a claimed appointment, and what it held comes back.
func TestCancellingDuringASession(t *testing.T) {
	t.Parallel()
	m := claimed(t)
	if _, err := m.Diary.Desk.Cancel(t.Context(), m.id, "operator", "refunded", during); err != nil {
		t.Fatal(err)
	}
	if m.state(t) != appointment.Cancelled || slots(t, m.World) != 0 {
		t.Errorf("%s, %d slots", m.state(t), slots(t, m.World))
	}
	if _, err := m.conclude(t, agent1, "passed", appointmenttest.Checklist(), during); !errors.Is(err, appointment.ErrClaimed) {
		t.Errorf("concluded all the same: %v", err)
	}
}
