package proofing

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"phoneotp/shared/bureau"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/limit"
	"phoneotp/shared/secret"
)

// product.md 4: asking again replaces the quiz and counts once.
func TestAskingAgainReplacesTheQuiz(t *testing.T) {
	t.Parallel()
	r := sit(t)
	first := r.asked(noon)
	second := r.asked(noon.Add(time.Minute))
	if second.ID == first.ID || second.Questions[0].ID == first.Questions[0].ID || !second.ExpiresAt.Equal(noon.Add(time.Minute+QuizLife)) {
		t.Errorf("%+v", second)
	}
	if _, err := r.say(first, true, noon.Add(time.Minute)); !errors.Is(err, ErrQuizExpired) || len(r.bureau.choices) != 0 {
		t.Errorf("the first one: %v", err)
	}
	if quizzes, _ := r.person(noon.Add(time.Minute)); quizzes != 1 {
		t.Errorf("the person has %d quizzes", quizzes)
	}
	if sat, err := r.say(second, true, noon.Add(time.Minute)); err != nil || sat.Case.State != Passed || sat.Case.Quizzes != 1 {
		t.Errorf("%+v, %v", sat, err)
	}
}

// Nobody gets rid of questions that were shown by asking for others in vain: they stand again, with their deadline.
func TestAskingInVainKeepsTheQuizThatWasShown(t *testing.T) {
	t.Parallel()
	for _, why := range []error{bureau.ErrUnavailable, bureau.ErrUnwritable} {
		r := sit(t)
		first := r.asked(noon)
		r.bureau.start = func(int) (bureau.Step, error) { return bureau.Step{}, why }
		for _, last4 := range []secret.Text{"1234", "9999"} { // also as somebody else
			s := r.sitting(noon.Add(time.Minute))
			s.Last4 = last4
			if _, err := r.Start(t.Context(), r.c.ID, s); err == nil {
				t.Error("a quiz came")
			}
		}
		r.expect(why.Error(), InQuiz, 0, 1)
		if quizzes, _ := r.person(noon); quizzes != 1 {
			t.Errorf("the person has %d quizzes", quizzes)
		}
		if c := r.stands(); !c.Quiz.Deadline.Equal(first.ExpiresAt) {
			t.Errorf("deadline %s, want %s", c.Quiz.Deadline, first.ExpiresAt)
		}
		if _, err := r.say(first, false, noon.Add(2*time.Minute)); err != nil {
			t.Errorf("the first one: %v", err)
		}
		r.expect("after it", Choose, 1, 1)
	}
}

// A quiz that is asked for as somebody whose quizzes are used up is left, and counts.
func TestAQuizIsNotLeftForAnotherPersons(t *testing.T) {
	t.Parallel()
	r := sit(t)
	for range 2 {
		if _, err := r.say(r.asked(noon), false, noon); err != nil {
			t.Fatal(err)
		}
	}
	other := r.beside("other")
	s := other.sitting(noon)
	s.Last4 = "9999"
	if _, err := other.Start(t.Context(), other.c.ID, s); err != nil {
		t.Fatal(err)
	}
	if _, err := other.ask(noon); !errors.Is(err, ErrAttemptsUsed) {
		t.Errorf("%v", err)
	}
	other.expect("left", VideoOnly, 1, 1)
}

// A crash between the count and the questions: five minutes later it was no quiz, for the person neither.
func TestACrashBeforeTheQuestionsCountsNothing(t *testing.T) {
	t.Parallel()
	r := sit(t)
	r.bureau.during = func() { r.Faults.FromCall(0, dynamotest.CutRequest) }
	if _, err := r.ask(noon); err == nil {
		t.Fatal("the crash is not felt")
	}
	r.Faults.Clear()
	r.bureau.during = nil
	r.expect("meanwhile", InQuiz, 0, 1)
	if _, err := r.Look(t.Context(), r.c.ID, 1, noon.Add(QuizLife)); err != nil {
		t.Fatal(err)
	}
	r.expect("given back", Choose, 0, 0)
	if quizzes, failures := r.person(noon); quizzes != 0 || failures != 0 {
		t.Errorf("the person has %d quizzes and %d failures", quizzes, failures)
	}
	shown := r.asked(noon.Add(time.Hour)) // but one that took the place of questions that were shown stays counted
	r.bureau.during = func() { r.Faults.FromCall(0, dynamotest.CutRequest) }
	_, _ = r.ask(noon.Add(time.Hour))
	r.Faults.Clear()
	if _, err := r.say(shown, true, noon.Add(time.Hour)); !errors.Is(err, ErrQuizExpired) {
		t.Errorf("%v", err)
	}
	if _, err := r.Look(t.Context(), r.c.ID, 1, noon.Add(time.Hour+QuizLife)); err != nil {
		t.Fatal(err)
	}
	r.expect("replaced and lost", Choose, 0, 1)
}

// trouble lets one fault happen to the n-th call from now; conflicts are of transactions alone.
func (r *room) trouble(n int, fault dynamotest.Fault) {
	r.Faults.Script(func(i int, c dynamotest.Call) dynamotest.Fault {
		if i == n && (fault != dynamotest.Conflict || c.Operation == "TransactWriteItems") {
			return fault
		}
		return dynamotest.None
	})
}

// Every answer of the database may be lost on the way: one quiz, one count, one verdict.
func TestAQuizSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	for _, fault := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.Conflict, dynamotest.ServerFail} {
		for n := range 6 {
			r := sit(t)
			name := fmt.Sprintf("fault %d at call %d", fault, n)
			r.trouble(n, fault)
			sat, err := r.ask(noon)
			if err != nil || sat.Quiz == nil {
				t.Fatalf("%s: %v", name, err)
			}
			r.Faults.Clear()
			r.expect(name, InQuiz, 0, 1)
			r.trouble(n, fault)
			if end, err := r.say(*sat.Quiz, false, noon); err != nil || end.Case.State != Choose {
				t.Errorf("%s: %+v, %v", name, end, err)
			}
			r.Faults.Clear()
			r.expect(name, Choose, 1, 1)
			if quizzes, failures := r.person(noon); quizzes != 1 || failures != 1 || len(r.bureau.starts) != 1 || len(r.bureau.choices) != 1 {
				t.Errorf("%s: %d quizzes, %d failures, asked %d and %d times", name, quizzes, failures, len(r.bureau.starts), len(r.bureau.choices))
			}
		}
	}
}

// P-05: wherever answering breaks off, the answers are sent at most once, and the case goes on.
func TestP05ACrashWhileAnswering(t *testing.T) {
	t.Parallel()
	for n := range 6 {
		r := sit(t)
		q := r.asked(noon)
		r.Faults.FromCall(n, dynamotest.CutRequest)
		_, first := r.say(q, true, noon)
		r.Faults.Clear()
		_, second := r.say(q, true, noon)
		if len(r.bureau.choices) > 1 {
			t.Errorf("call %d: sent %d times, %v, %v", n, len(r.bureau.choices), first, second)
		}
		if _, err := r.Look(t.Context(), r.c.ID, 1, q.ExpiresAt.Add(JudgeTime)); err != nil {
			t.Fatal(err)
		}
		if c := r.stands(); c.State != Passed && (c.State != Choose || c.Quizzes != 1 || c.Failures != 0) {
			t.Errorf("call %d: %+v after %v, %v", n, c, first, second)
		}
	}
}

// Answers that came in time are judged, though their deadline passes while the bureau is asked and somebody looks.
func TestAVerdictMayTakeAMoment(t *testing.T) {
	t.Parallel()
	r := sit(t)
	q := r.asked(noon)
	r.bureau.during = func() { _, _ = r.Look(t.Context(), r.c.ID, 1, q.ExpiresAt.Add(JudgeTime-time.Millisecond)) }
	if sat, err := r.say(q, true, q.ExpiresAt.Add(-time.Millisecond)); err != nil || sat.Case.State != Passed {
		t.Errorf("%+v, %v", sat, err)
	}
}

// What the bureau says comes too late: the case was cancelled, or its deadline written down, while it was asked.
func TestAVerdictForACaseThatHasMovedOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		during func(*room)
		want   State
	}{
		"cancelled": {func(r *room) { _, _ = r.Cancel(t.Context(), r.c.ID, "", "refunded", noon) }, Cancelled},
		"settled":   {func(r *room) { _, _ = r.Look(t.Context(), r.c.ID, 1, noon.Add(time.Hour)) }, Choose},
	} {
		for _, answering := range []bool{false, true} {
			r := sit(t)
			var q Shown
			if answering {
				q = r.asked(noon)
			}
			r.bureau.during = func() { c.during(r) }
			var err error
			if answering {
				_, err = r.say(q, true, noon)
			} else {
				_, err = r.ask(noon)
			}
			if !errors.Is(err, ErrQuizExpired) || r.stands().State != c.want {
				t.Errorf("%s, answering %t: %v, %s", name, answering, err, r.stands().State)
			}
		}
	}
}

// leave is what booking does to an open quiz.
func (r *room) leave(at time.Time) error {
	_, err := r.Change(r.t.Context(), r.c.ID, at, func(c *Case) ([]dynamo.Write, error) { return r.Leave(r.t.Context(), c, at) })
	return err
}

// product.md 4: an abandoned quiz is a failure, also one that is left for video; but nobody loses the key by that.
func TestLeavingAQuiz(t *testing.T) {
	t.Parallel()
	r := sit(t)
	if err := r.leave(noon); err != nil {
		t.Fatal(err)
	}
	r.expect("nothing to leave", Choose, 0, 0)
	q := r.asked(noon)
	if err := r.leave(noon); err != nil {
		t.Fatal(err)
	}
	r.expect("left", Choose, 1, 1)
	if _, err := r.say(q, true, noon); !errors.Is(err, ErrQuizExpired) || len(r.bureau.choices) != 0 {
		t.Errorf("its answers: %v", err)
	}
	if _, err := fail(t, r.Desk, r.c.ID, noon); err != nil { // a video failed
		t.Fatal(err)
	}
	q = r.asked(noon)
	if err := r.leave(noon); !errors.Is(err, ErrBusy) {
		t.Errorf("the last try: %v", err)
	}
	r.expect("the last try", InQuiz, 2, 2)
	var during error
	r.bureau.during = func() { during = r.leave(noon) }
	if sat, err := r.say(q, true, noon); err != nil || sat.Case.State != Passed || !errors.Is(during, ErrBusy) {
		t.Errorf("while it is judged: %v; %+v, %v", during, sat, err)
	}
	unseen := sit(t)
	unseen.bureau.during = func() { during = unseen.leave(noon) }
	if _, err := unseen.ask(noon); !errors.Is(err, ErrQuizExpired) || during != nil {
		t.Errorf("before it is shown: %v, %v", err, during)
	}
	unseen.expect("before it is shown", Choose, 0, 0)
}

// given puts an activation code on a case: it passed by video.
func (r *room) given(at time.Time) secret.Text {
	r.t.Helper()
	var code secret.Text
	_, err := r.Change(r.t.Context(), r.c.ID, at, func(c *Case) ([]dynamo.Write, error) {
		c.State = Booked
		var writes []dynamo.Write
		var err error
		code, writes, err = r.Ready(c, r.c.Account, at)
		return writes, err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return code
}

func (r *room) enter(code secret.Text, at time.Time) error {
	_, err := r.Activate(r.t.Context(), limit.Counters{DB: r.DB, Table: r.Table("LIMITS_TABLE")}, r.c.Account, r.c.ID, code, at)
	return err
}

// product.md 4: 13 symbols and a check, 30 days, 5 tries an hour; a typing error costs none, the right one works again.
func TestActivationCodes(t *testing.T) {
	t.Parallel()
	r := sit(t)
	if err := r.enter(drawCode(), noon); !errors.Is(err, ErrCodeNotNeeded) {
		t.Errorf("without one: %v", err)
	}
	code := r.given(noon)
	for range 9 {
		if err := r.enter("nonsense", noon); !errors.Is(err, ErrCodeWrong) {
			t.Fatalf("a typing error: %v", err)
		}
	}
	for range 4 { // with the one above
		if err := r.enter(drawCode(), noon); !errors.Is(err, ErrCodeWrong) {
			t.Fatalf("a wrong one: %v", err)
		}
	}
	if err := r.enter(code, noon.Add(time.Hour-time.Millisecond)); !errors.Is(err, ErrCodeLocked) {
		t.Errorf("locked: %v", err)
	}
	r.expect("locked", Ready, 0, 0)
	for range 2 {
		if err := r.enter(code, noon.Add(time.Hour)); err != nil {
			t.Errorf("the right one: %v", err)
		}
	}
	if c := r.stands(); c.State != Passed || c.Method != ByVideo || c.Code != nil {
		t.Errorf("%+v", c)
	}
	for at, want := range map[time.Time]error{noon.Add(CodeLife - time.Millisecond): nil, noon.Add(CodeLife): ErrCodeNotNeeded} {
		r := sit(t)
		code := r.given(noon)
		if err := r.enter(code, at); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("at %s: %v, want %v", at, err, want)
		}
	}
	quiz := sit(t)
	if _, err := quiz.say(quiz.asked(noon), true, noon); err != nil {
		t.Fatal(err)
	}
	if err := quiz.enter(code, noon); !errors.Is(err, ErrCodeNotNeeded) {
		t.Errorf("passed by a quiz: %v", err)
	}
}

func TestAnActivationCodeSurvivesLostAnswersAndCrashes(t *testing.T) {
	t.Parallel()
	for _, fault := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.Conflict} {
		for n := range 4 {
			r := sit(t)
			code := r.given(noon)
			r.trouble(n, fault)
			if err := r.enter(code, noon); err != nil {
				t.Errorf("fault %d at call %d: %v", fault, n, err)
			}
			r.Faults.Clear()
			r.expect("entered", Passed, 0, 0)
		}
	}
	for n := range 4 {
		r := sit(t)
		code := r.given(noon)
		r.Faults.FromCall(n, dynamotest.CutRequest)
		_ = r.enter(code, noon)
		r.Faults.Clear()
		if err := r.enter(code, noon); err != nil || r.stands().State != Passed {
			t.Errorf("a crash at call %d: %v, %s", n, err, r.stands().State)
		}
	}
}
