package appointment_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/bureau"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/proofing/appointment/appointmenttest"
	"phoneotp/shared/secret"
)

// four is a bureau that asks four questions and passes nobody.
type four struct{ answered int }

func (*four) Start(context.Context, bureau.Applicant, string, time.Time) (bureau.Step, error) {
	step := bureau.Step{Session: "a session"}
	for range 4 {
		step.Questions = append(step.Questions, bureau.Question{Text: "a question", Choices: make([]secret.Text, 4)})
	}
	return step, nil
}

func (b *four) Answer(context.Context, bureau.Session, []int, time.Time) (bureau.Step, error) {
	b.answered++
	return bureau.Step{Outcome: &bureau.Outcome{Verdict: bureau.Failed, Reference: "ref"}}, nil
}

// quizzed is a holder who has a quiz open.
type quizzed struct {
	*appointmenttest.World
	quizzes proofing.Quizzes
	bureau  *four
	wish    appointment.Wish
	id      proofing.ID
	quiz    proofing.Shown
}

func quizOpen(t *testing.T, failures int) *quizzed {
	t.Helper()
	w := appointmenttest.New(t, dynamotest.Start(t), "agent1")
	holder, id := w.Holder(t, "grace", appointmenttest.Monday)
	q := &quizzed{World: w, id: id, bureau: &four{}}
	q.quizzes = proofing.Quizzes{Desk: w.Diary.Desk, Bureau: q.bureau}
	q.wish = appointment.Wish{Holder: holder.ID, StartsAt: appointmenttest.Monday.Add(10 * time.Hour), Zone: "UTC", From: "192.0.2.1", At: appointmenttest.Monday}
	if _, err := w.Diary.Desk.Change(t.Context(), id, q.wish.At, func(c *proofing.Case) ([]dynamo.Write, error) { c.Failures = failures; return nil, nil }); err != nil {
		t.Fatal(err)
	}
	sat, err := q.quizzes.Start(t.Context(), id, proofing.Sitting{
		Holder: holder.ID, Birth: "1906-12-09", Last4: "1234", Phone: "2025550101", At: q.wish.At,
		Address: bureau.Address{Line1: "1 Main St", City: "New York", Region: "NY", PostalCode: "10001", Country: "US"},
	})
	if err != nil || sat.Quiz == nil {
		t.Fatal(err)
	}
	q.quiz = *sat.Quiz
	return q
}

func (q *quizzed) answer(t *testing.T) error {
	var answers []proofing.Answer
	for _, question := range q.quiz.Questions {
		answers = append(answers, proofing.Answer{Question: question.ID, Choice: question.Choices[0].ID})
	}
	_, err := q.quizzes.Answer(t.Context(), q.id, q.quiz.ID, answers, q.wish.At)
	return err
}

func (q *quizzed) slots(t *testing.T) int {
	t.Helper()
	return len(q.Scan(t, "SLOTS_TABLE")) / 2 // a half hour and its appointment
}

// product.md 4: an abandoned quiz is a failure, and a booking abandons it: both in one transaction.
func TestBookingEndsAnOpenQuizAsAFailure(t *testing.T) {
	t.Parallel()
	q := quizOpen(t, 0)
	booked, err := q.Diary.Book(t.Context(), q.id, q.wish)
	c := q.Find(t, q.id)
	if err != nil || booked.State != "booked" || c.State != proofing.Booked || c.Failures != 1 || c.Quizzes != 1 || c.Quiz != nil || c.AttemptsLeft() != 2 {
		t.Fatalf("%+v, %+v, %v", booked, c, err)
	}
	if err := q.answer(t); !errors.Is(err, proofing.ErrQuizExpired) || q.bureau.answered != 0 {
		t.Errorf("its answers: %v", err)
	}
	events := q.Events(t, audit.Account(q.wish.Holder.String()))
	if !slices.Contains(events, proofing.EventNotPassed) || !slices.Contains(events, appointment.EventBooked) {
		t.Errorf("%v", events)
	}
	if again, err := q.Diary.Book(t.Context(), q.id, q.wish); err != nil || again.ID != booked.ID || q.Find(t, q.id).Failures != 1 {
		t.Errorf("asked again: %+v, %v", again, err)
	}
}

// A booking that is not made ends no quiz: the time is taken, it is the last try.
func TestABookingThatIsRefusedLeavesTheQuiz(t *testing.T) {
	t.Parallel()
	q := quizOpen(t, 0)
	taken := q.wish
	taken.StartsAt = q.wish.StartsAt.Add(time.Minute) // no slot begins then
	if _, err := q.Diary.Book(t.Context(), q.id, taken); !errors.Is(err, appointment.ErrSlotTaken) {
		t.Errorf("no slot: %v", err)
	}
	if c := q.Find(t, q.id); c.State != proofing.InQuiz || c.Failures != 0 {
		t.Errorf("%+v", c)
	}
	last := quizOpen(t, 2)
	if _, err := last.Diary.Book(t.Context(), last.id, last.wish); !errors.Is(err, proofing.ErrBusy) {
		t.Errorf("the last try: %v", err)
	}
	if c := last.Find(t, last.id); c.State != proofing.InQuiz || c.Failures != 2 || last.slots(t) != 0 {
		t.Errorf("%+v, %d slots", c, last.slots(t))
	}
}

// Booking and answering at the same moment: one failure, and the slot is taken only if it is booked.
func TestBookingAndAnsweringAtOnce(t *testing.T) {
	t.Parallel()
	for range 4 {
		q := quizOpen(t, 0)
		var wg sync.WaitGroup
		var booking, answering error
		wg.Go(func() { _, booking = q.Diary.Book(t.Context(), q.id, q.wish) })
		wg.Go(func() { answering = q.answer(t) })
		wg.Wait()
		c := q.Find(t, q.id)
		if booking != nil && !errors.Is(booking, proofing.ErrBusy) || answering != nil && !errors.Is(answering, proofing.ErrQuizExpired) {
			t.Errorf("%v, %v", booking, answering)
		}
		want := 0
		if booking == nil {
			want = 1
		}
		if c.Failures != 1 || c.Quizzes != 1 || (c.State == proofing.Booked) != (booking == nil) || q.slots(t) != want {
			t.Errorf("%+v, %d slots; %v, %v", c, q.slots(t), booking, answering)
		}
	}
}

func TestBookingOverAQuizSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	for n := range 7 {
		q := quizOpen(t, 0)
		q.Faults.OnCall(n, dynamotest.CutReply)
		_, err := q.Diary.Book(t.Context(), q.id, q.wish)
		q.Faults.Clear()
		if c := q.Find(t, q.id); err != nil || c.State != proofing.Booked || c.Failures != 1 || q.slots(t) != 1 {
			t.Errorf("call %d: %v, %+v", n, err, c)
		}
	}
}

// A name that no second agent decides about is given up after 14 days, at the very instant: nothing counts, the holder is
// asked to book again, and nobody can decide any more.
func TestAReviewThatNobodyDecidesCountsNothing(t *testing.T) {
	t.Parallel()
	m := claimed(t)
	if _, err := m.conclude(t, agent1, "passed", review(), during); err != nil {
		t.Fatal(err)
	}
	over := m.Find(t, m.id).Review.At.Add(proofing.ApproveLife)
	for at, overdue := range map[time.Time]bool{during.Add(proofing.ReviewSoon - time.Millisecond): false, during.Add(proofing.ReviewSoon): true} {
		if got := m.Find(t, m.id).Overdue(at); got != overdue {
			t.Errorf("overdue at %s: %v", at, got)
		}
	}
	desk := m.Diary.Desk
	if s, err := desk.Look(t.Context(), m.id, m.Find(t, m.id).Generation, over.Add(-time.Millisecond)); err != nil || s.Next != string(proofing.Approval) || m.Find(t, m.id).ViewState() != "in-review" {
		t.Errorf("a moment before: %+v, %v", s, err)
	}
	if s, err := desk.Look(t.Context(), m.id, m.Find(t, m.id).Generation, over); err != nil || s.Next != string(proofing.Choose) {
		t.Errorf("%+v, %v", s, err)
	}
	if c := m.Find(t, m.id); c.Failures != 0 || c.Review != nil || m.state(t) != appointment.Over {
		t.Errorf("%+v, appointment %s", c, m.state(t))
	}
	if mails := m.Mails(t, notice.KindAppointmentMissed, over); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
	if _, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: true, Reason: "late"}, over); !errors.Is(err, proofing.ErrBusy) {
		t.Errorf("a late decision: %v", err)
	}
}

// W-04: a case that is cancelled while it waits for a second agent takes its session off their list.
func TestACancelledReviewIsNobodysWork(t *testing.T) {
	t.Parallel()
	m := claimed(t)
	if _, err := m.conclude(t, agent1, "fraud", nil, during); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Diary.Desk.Cancel(t.Context(), m.id, audit.System, "refunded", during); err != nil {
		t.Fatal(err)
	}
	if m.state(t) != appointment.Cancelled || len(m.Mails(t, notice.KindAppointmentCancelled, during)) != 0 {
		t.Errorf("the appointment is %s", m.state(t))
	}
	if _, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: true, Reason: "late"}, during); !errors.Is(err, proofing.ErrOver) {
		t.Errorf("a late decision: %v", err)
	}
}
