package proofing

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// Deadlines are half-open: a millisecond before, nothing has passed; at the instant it has.
func TestDeadlinesCountAtTheInstant(t *testing.T) {
	for name, c := range map[string]struct {
		stands Case
		at     time.Time
		want   lapse
	}{
		"a quiz that was shown":     {Case{State: InQuiz, Quiz: &Quiz{Deadline: noon, sealed: []byte{1}}}, noon, quizLate},
		"a quiz that was answered":  {Case{State: InQuiz, Quiz: &Quiz{Deadline: noon, sealed: []byte{1}, Submitted: true}}, noon.Add(JudgeTime), quizLost},
		"one that was replaced":     {Case{State: InQuiz, Quiz: &Quiz{Deadline: noon, replaces: true}}, noon, quizLost},
		"nobody approved":           {Case{State: Approval, Review: &Review{At: noon}}, noon.Add(ApproveLife), approvalOver},
		"a quiz never shown":        {Case{State: InQuiz, Quiz: &Quiz{Deadline: noon}}, noon, quizUnset},
		"no act for 30 days":        {Case{State: Choose, TouchedAt: noon}, noon.Add(IdleLife), idle},
		"no booking for 30 days":    {Case{State: VideoOnly, TouchedAt: noon}, noon.Add(IdleLife), idle},
		"nobody concluded":          {Case{State: Booked, Booking: &Booking{EndsAt: noon}}, noon.Add(Overrun), appointmentOver},
		"nobody cleared":            {Case{State: Fraud, Review: &Review{At: noon}}, noon.Add(FraudLife), fraudOver},
		"the code was not entered":  {Case{State: Ready, Code: &Code{ExpiresAt: noon}}, noon, codeOld},
		"passed has no deadline":    {Case{State: Passed, TouchedAt: noon}, noon.Add(10 * IdleLife), noLapse},
		"cancelled has no deadline": {Case{State: Cancelled, TouchedAt: noon}, noon.Add(10 * IdleLife), noLapse},
	} {
		if got := c.stands.lapse(c.at); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
		if got := c.stands.lapse(c.at.Add(-time.Millisecond)); got != noLapse {
			t.Errorf("%s, a moment before: %d", name, got)
		}
	}
}

func TestTheWorkflowIsToldWhatComesNext(t *testing.T) {
	start := noon.Add(48 * time.Hour)
	booked := func(reminded int) Case {
		return Case{ID: "c", State: Booked, Generation: 2, Version: 5, Booking: &Booking{StartsAt: start, EndsAt: start.Add(30 * time.Minute), Reminded: reminded}}
	}
	for name, c := range map[string]struct {
		stands      Case
		generation  int64
		at          time.Time
		next, until string
	}{
		"long before":        {booked(0), 2, noon, "pause", "2026-11-26T12:00:00Z"},
		"a day before":       {booked(0), 2, start.Add(-24 * time.Hour), "remind", ""},
		"between":            {booked(1), 2, start.Add(-time.Hour), "pause", "2026-11-27T11:45:00Z"},
		"a quarter before":   {booked(1), 2, start.Add(-15 * time.Minute), "remind", ""},
		"both are out":       {booked(2), 2, start, "booked", ""},
		"another generation": {booked(2), 1, start, "superseded", ""},
		"choose":             {Case{State: Choose, Generation: 2}, 2, noon, "choose", ""},
	} {
		if got := c.stands.step(c.generation, c.at); got.Next != c.next || got.Until != c.until {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A suspicion that was cleared leads to video again (product.md 4), also after a booking that is cancelled.
func TestAClearedSuspicionLeadsToVideoAlone(t *testing.T) {
	c := Case{State: Booked, Failures: 1, Booking: &Booking{ID: "a"}}
	for _, err := range []error{
		c.Hand(Fraud, Review{At: noon}, noon), c.Clear(noon), c.Book(Booking{ID: "b"}, Consent{}, noon), c.Unbook(noon),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if methods := c.Methods("US"); c.State != VideoOnly || len(methods) != 1 || methods[0] != "video" || c.Failures != 1 {
		t.Errorf("%s by %v, %d failures", c.State, methods, c.Failures)
	}
}

func TestExecutionsAreNamedByCaseAndGeneration(t *testing.T) {
	id := IDOf([]byte("a digest"))
	got, n, err := ParseExecution(ExecutionName(id, 3))
	if got != id || n != 3 || err != nil {
		t.Errorf("%s %d %v", got, n, err)
	}
	for _, wrong := range []string{"", string(id), string(id) + "-0", string(id) + "-x", "short-1"} {
		if _, _, err := ParseExecution(wrong); err == nil {
			t.Errorf("%q is taken for an execution", wrong)
		}
	}
}

// P-07 and product.md 4: the person's record counts for 30 days.
func TestAPersonMaySit(t *testing.T) {
	for name, c := range map[string]struct {
		p    person
		want bool
	}{
		"new":            {person{}, true},
		"one quiz":       {person{quizzes: make([]time.Time, 1)}, true},
		"two quizzes":    {person{quizzes: make([]time.Time, 2)}, false},
		"three failures": {person{failures: make([]time.Time, 3)}, false},
	} {
		if got := c.p.maySit(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
