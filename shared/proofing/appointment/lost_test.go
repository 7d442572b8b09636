package appointment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/proofing/appointment/appointmenttest"
)

// sitting is an appointment of somebody's own, on a half hour of its own.
type sitting struct {
	*appointmenttest.World
	holder account.Account
	id     proofing.ID
	with   string
	at     time.Time
}

// eachAnswerLost does one act again and again, each time for another holder, and loses the answer of its first call, of
// its second and so on. The act must succeed and hold what it promises.
func eachAnswerLost(t *testing.T, prepare func(*testing.T, sitting), act func(*testing.T, sitting) error, holds func(*testing.T, sitting)) {
	t.Helper()
	w := start(t, "agent1", "agent2")
	first := w.Person(t, "grace", now)
	for cut := 0; ; cut++ {
		s := sitting{World: w, holder: w.Another(t, fmt.Sprintf("grace%d", cut), first), at: ten.Add(time.Duration(cut) * 30 * time.Minute)}
		s.id = w.Case(t, s.holder, now)
		s.with = w.Booked(t, s.holder, s.id, s.at, now).ID
		prepare(t, s)
		w.Faults.Clear()
		w.Faults.OnCall(cut, dynamotest.CutReply)
		err := act(t, s)
		calls := len(w.Faults.Calls())
		w.Faults.Clear()
		if err != nil {
			t.Fatalf("call %d cut: %v", cut, err)
		}
		holds(t, s)
		if cut > calls {
			return
		}
	}
}

func (s sitting) stands(t *testing.T, want proofing.State, event string) {
	t.Helper()
	if c := s.Find(t, s.id); c.State != want {
		t.Errorf("%s: the case is %s, want %s", s.holder.UserID, c.State, want)
	}
	if n := strings.Count(fmt.Sprint(s.Events(t, "a#"+s.holder.ID.String())), event); n != 1 {
		t.Errorf("%s: %d times %s in the audit trail", s.holder.UserID, n, event)
	}
}

func claims(t *testing.T, s sitting) {
	t.Helper()
	if _, err := s.Diary.Claim(t.Context(), s.with, agent1, s.at); err != nil {
		t.Fatal(err)
	}
}

func TestAnAnswerLostOnTheWay(t *testing.T) {
	t.Parallel()
	nothing := func(*testing.T, sitting) {}
	t.Run("move", func(t *testing.T) {
		t.Parallel()
		eachAnswerLost(t, nothing, func(t *testing.T, s sitting) error {
			_, err := s.Diary.Move(t.Context(), s.id, s.holder.ID, s.at.AddDate(0, 0, 1), now)
			return err
		}, func(t *testing.T, s sitting) {
			s.stands(t, proofing.Booked, "appointment-moved")
			if b := s.Find(t, s.id).Booking; b.Sequence != 1 || !b.StartsAt.Equal(s.at.AddDate(0, 0, 1)) {
				t.Errorf("%s: %+v", s.holder.UserID, b)
			}
		})
	})
	t.Run("cancel", func(t *testing.T) {
		t.Parallel()
		eachAnswerLost(t, nothing, func(t *testing.T, s sitting) error { return s.Diary.Cancel(t.Context(), s.id, now) }, func(t *testing.T, s sitting) {
			s.stands(t, proofing.Choose, "appointment-cancelled")
			if n := slots(t, s.World); n != 0 {
				t.Errorf("%s: %d slots are held", s.holder.UserID, n)
			}
		})
	})
	t.Run("claim", func(t *testing.T) {
		t.Parallel()
		words := map[string]string{}
		eachAnswerLost(t, nothing, func(t *testing.T, s sitting) error {
			got, err := s.Diary.Claim(t.Context(), s.with, agent1, s.at)
			words[s.with] = got.VerificationWord
			return err
		}, func(t *testing.T, s sitting) {
			s.stands(t, proofing.Booked, "appointment-claimed")
			if shown, err := s.Diary.View(t.Context(), s.Find(t, s.id), s.at); err != nil || shown.VerificationWord != words[s.with] {
				t.Errorf("%s: the agent says %q, the holder sees %+v", s.holder.UserID, words[s.with], shown)
			}
		})
	})
	t.Run("conclude", func(t *testing.T) {
		t.Parallel()
		var got appointment.Concluded
		eachAnswerLost(t, claims, func(t *testing.T, s sitting) (err error) {
			got, err = s.Diary.Conclude(t.Context(), s.with, agent1, appointment.Conclusion{Outcome: "passed", Reason: "as seen", Checklist: appointmenttest.Checklist()}, s.at)
			return err
		}, func(t *testing.T, s sitting) {
			s.stands(t, proofing.Ready, "appointment-concluded")
			if c, err := s.Diary.Desk.Activate(t.Context(), s.Limits, s.holder.ID, s.id, got.Code, s.at); err != nil || c.State != proofing.Passed {
				t.Errorf("%s: the code that was read out: %s, %v", s.holder.UserID, c.State, err)
			}
		})
	})
	t.Run("decide", func(t *testing.T) {
		t.Parallel()
		eachAnswerLost(t, func(t *testing.T, s sitting) {
			claims(t, s)
			if _, err := s.Diary.Conclude(t.Context(), s.with, agent1, appointment.Conclusion{Outcome: "passed", Reason: "as seen", Checklist: review()}, s.at); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, s sitting) error {
			_, err := s.Diary.Decide(t.Context(), s.id, agent2, appointment.Decision{Approve: true, Reason: "compared"}, s.at)
			return err
		}, func(t *testing.T, s sitting) { s.stands(t, proofing.Ready, "proofing-code-given") })
	})
}
