package appointment_test

import (
	"testing"
	"time"

	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment/appointmenttest"
)

// reminded counts the reminders that were written.
func reminded(t *testing.T, w *appointmenttest.World) int {
	t.Helper()
	return kinds(t, w, notice.KindAppointmentReminder)[notice.KindAppointmentReminder]
}

// fires lets the workflow's step remind, as an execution of a generation does at an instant.
func fires(t *testing.T, w *appointmenttest.World, id proofing.ID, generation int64, at time.Time) proofing.Step {
	t.Helper()
	s, err := w.Diary.Desk.Remind(t.Context(), id, generation, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestV06Reminders goes through both, each once, at the instant and again.
func TestV06Reminders(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	start := ten.AddDate(0, 0, 2)
	w.Booked(t, holder, id, start, now)
	for _, c := range []struct {
		name string
		at   time.Time
		next string
		sent int
	}{
		{"before its time", start.Add(-24*time.Hour - time.Millisecond), "pause", 0},
		{"a day before", start.Add(-24 * time.Hour), "pause", 1},
		{"fired twice", start.Add(-24 * time.Hour), "pause", 1},
		{"before the second", start.Add(-15*time.Minute - time.Millisecond), "pause", 1},
		{"a quarter of an hour before", start.Add(-15 * time.Minute), "booked", 2},
		{"fired twice", start.Add(-15 * time.Minute), "booked", 2},
	} {
		if s := fires(t, w, id, 2, c.at); s.Next != c.next || reminded(t, w) != c.sent {
			t.Errorf("%s: %+v, %d sent", c.name, s, reminded(t, w))
		}
	}
}

// TestV06AReminderAfterAMove is dropped: the execution that fires it is of another generation.
func TestV06AReminderAfterAMove(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	start := ten.AddDate(0, 0, 2)
	w.Booked(t, holder, id, start, now)
	if _, err := w.Diary.Move(t.Context(), id, holder.ID, start.AddDate(0, 0, 1), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s := fires(t, w, id, 2, start.Add(-24*time.Hour)); s.Next != "superseded" || reminded(t, w) != 0 {
		t.Errorf("%+v, %d sent", s, reminded(t, w))
	}
	if s := fires(t, w, id, 3, start); s.Next != "pause" || reminded(t, w) != 1 {
		t.Errorf("the new one: %+v, %d sent", s, reminded(t, w))
	}
	if err := w.Diary.Cancel(t.Context(), id, start); err != nil {
		t.Fatal(err)
	}
	if s := fires(t, w, id, 3, start.Add(24*time.Hour-15*time.Minute)); s.Next != "superseded" || reminded(t, w) != 1 {
		t.Errorf("after a cancellation: %+v, %d sent", s, reminded(t, w))
	}
}

// TestV06AReminderInThePast is passed over: of a booking within the day, of a workflow that comes late, and of a session
// that has begun.
func TestV06AReminderInThePast(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	w.Booked(t, holder, id, ten, now) // ten hours ahead
	if s := fires(t, w, id, 2, now); s.Next != "pause" || s.Until != ten.Add(-15*time.Minute).Format(time.RFC3339) || reminded(t, w) != 0 {
		t.Errorf("a day before is past: %+v, %d sent", s, reminded(t, w))
	}
	if s := fires(t, w, id, 2, ten); s.Next != "booked" || reminded(t, w) != 0 {
		t.Errorf("it has begun: %+v, %d sent", s, reminded(t, w))
	}
	other := w.Another(t, "ada", holder)
	late := w.Case(t, other, now)
	start := ten.AddDate(0, 0, 2)
	w.Booked(t, other, late, start, now)
	at := start.Add(-10 * time.Minute) // both are due: one mail is enough
	fires(t, w, late, 2, at)
	if s := fires(t, w, late, 2, at); s.Next != "booked" || reminded(t, w) != 1 {
		t.Errorf("a workflow that comes late: %+v, %d sent", s, reminded(t, w))
	}
}
