package proofing

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/bureau"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
)

// P-01, P-02, P-10: only a pass passes; every other verdict is one failure, one quiz and one word, whether it comes at once or after
// answers.
func TestP01EveryVerdict(t *testing.T) {
	t.Parallel()
	for _, v := range []bureau.Verdict{bureau.Failed, bureau.NoMatch, bureau.ThinFile, bureau.Locked, bureau.Deceased, bureau.Undecided, bureau.Expired, bureau.Passed} {
		for _, atOnce := range []bool{true, false} {
			r := sit(t)
			r.bureau.answer = func(int) (bureau.Step, error) { return verdict(v), nil }
			if atOnce {
				r.bureau.start = r.bureau.answer
			}
			sat, err := r.ask(noon)
			if v == bureau.Passed && atOnce { // nobody has answered anything
				if !errors.Is(err, bureau.ErrUnavailable) {
					t.Errorf("passed at once: %+v, %v", sat, err)
				}
				r.expect("passed at once", Choose, 0, 0)
				continue
			}
			if err == nil && !atOnce {
				sat, err = r.say(*sat.Quiz, true, noon)
			}
			name := fmt.Sprintf("%s, at once %t", v, atOnce)
			if err != nil || sat.Quiz != nil || r.stands().Reference != "ref "+string(v) || r.stands().Flagged != (v == bureau.Deceased) {
				t.Errorf("%s: %+v, %v", name, sat, err)
			}
			if v == bureau.Passed {
				r.expect(name, Passed, 0, 1)
				if sat.Case.Outcome() != "passed" || sat.Case.Method != ByQuiz || sat.Case.Next() != "register-phone" {
					t.Errorf("%s: %+v", name, sat.Case)
				}
				continue
			}
			r.expect(name, Choose, 1, 1)
			if sat.Case.Outcome() != "not-verified" || sat.Case.Next() != "choose-method" || sat.Case.AttemptsLeft() != 2 || sat.Case.ViewState() != "choose" {
				t.Errorf("%s is told apart: %+v", name, sat.Case)
			}
			if quizzes, failures := r.person(noon); quizzes != 1 || failures != 1 {
				t.Errorf("%s: the person has %d quizzes and %d failures", name, quizzes, failures)
			}
		}
	}
}

// P-03: what does not fit changes nothing and reaches no bureau; what is late, answered or another's is over.
func TestP03AnswersThatDoNotFit(t *testing.T) {
	t.Parallel()
	r := sit(t)
	q := r.asked(noon)
	good := answers(q, true)
	for name, wrong := range map[string][]Answer{
		"none":             nil,
		"too few":          good[:3],
		"too many":         append(slices.Clone(good), good[0]),
		"one twice":        {good[0], good[0], good[1], good[2]},
		"unknown question": {good[0], good[1], good[2], {"nobody's", good[3].Choice}},
		"unknown choice":   {good[0], good[1], good[2], {good[3].Question, "nobody's"}},
		"another's choice": {good[0], good[1], good[2], {good[3].Question, good[0].Choice}},
	} {
		if _, err := r.Answer(t.Context(), r.c.ID, q.ID, wrong, noon); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := r.beside("other")
	for name, c := range map[string]struct {
		id   ID
		quiz string
	}{"another's case": {other.c.ID, q.ID}, "an unknown quiz": {r.c.ID, "nobody's"}} {
		if _, err := r.Answer(t.Context(), c.id, c.quiz, good, noon); !errors.Is(err, ErrQuizExpired) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.bureau.choices) != 0 {
		t.Fatalf("the bureau was told %v", r.bureau.choices)
	}
	r.expect("still open", InQuiz, 0, 1)
	if sat, err := r.say(q, true, q.ExpiresAt.Add(-time.Millisecond)); err != nil || sat.Case.State != Passed {
		t.Errorf("in the last millisecond: %+v, %v", sat, err)
	}
	if _, err := r.say(q, true, noon); !errors.Is(err, ErrQuizExpired) || len(r.bureau.choices) != 1 {
		t.Errorf("twice: %v, asked %d times", err, len(r.bureau.choices))
	}
}

// P-03, P-08: at the deadline nothing is sent any more; an abandoned quiz is a failure, by account and by person.
func TestP08ALateOrAbandonedQuizIsAFailure(t *testing.T) {
	t.Parallel()
	r := sit(t)
	q := r.asked(noon)
	if _, err := r.say(q, true, q.ExpiresAt); !errors.Is(err, ErrQuizExpired) || len(r.bureau.choices) != 0 {
		t.Errorf("late: %v, sent %d times", err, len(r.bureau.choices))
	}
	r.expect("late", Choose, 1, 1)
	again := r.asked(noon.Add(time.Hour))
	if s, err := r.Look(t.Context(), r.c.ID, 1, again.ExpiresAt.Add(time.Hour)); err != nil || s.Next != string(VideoOnly) {
		t.Errorf("abandoned: %+v, %v", s, err)
	}
	r.expect("abandoned", VideoOnly, 2, 2)
	if quizzes, failures := r.person(noon.Add(2 * time.Hour)); quizzes != 2 || failures != 2 {
		t.Errorf("the person has %d quizzes and %d failures", quizzes, failures)
	}
}

// P-14: the bureau gets places from 0 in its own order, whatever order the answers come in, and no id of ours.
func TestP14ChoicesComeBackInTheBureausOrder(t *testing.T) {
	t.Parallel()
	r := sit(t)
	q := r.asked(noon)
	seen := map[string]bool{}
	for _, question := range q.Questions {
		for _, c := range question.Choices {
			if seen[c.ID] || seen[question.ID] {
				t.Errorf("an id twice")
			}
			seen[c.ID] = true
		}
		seen[question.ID] = true
	}
	shuffled := answers(q, true)
	slices.Reverse(shuffled)
	if _, err := r.Answer(t.Context(), r.c.ID, q.ID, shuffled, noon); err != nil || !slices.Equal(r.bureau.choices[0], right) {
		t.Errorf("%v, sent %v, want %v", err, r.bureau.choices, right)
	}
}

// P-04: further questions are a step of their own with their own deadline; the batch before is dead.
func TestP04FurtherQuestions(t *testing.T) {
	t.Parallel()
	r := sit(t)
	r.bureau.answer = func(n int) (bureau.Step, error) {
		if n == 0 {
			return sheetOf(1, 4), nil // fewer may follow
		}
		return verdict(bureau.Passed), nil
	}
	first := r.asked(noon)
	later := noon.Add(4 * time.Minute)
	sat, err := r.say(first, true, later)
	if err != nil || sat.Quiz == nil || sat.Quiz.ID == first.ID || !sat.Quiz.ExpiresAt.Equal(later.Add(QuizLife)) || len(sat.Quiz.Questions) != 1 {
		t.Fatalf("%+v, %v", sat, err)
	}
	r.expect("between", InQuiz, 0, 1)
	if _, err := r.say(first, true, later); !errors.Is(err, ErrQuizExpired) || len(r.bureau.choices) != 1 {
		t.Errorf("the first batch again: %v", err)
	}
	if end, err := r.say(*sat.Quiz, true, later.Add(QuizLife-time.Millisecond)); err != nil || end.Case.State != Passed {
		t.Errorf("%+v, %v", end, err)
	}
}

// P-05: answers whose verdict never comes are sent once, count nothing, and video is offered.
func TestP05AnswersAreNeverSentAgain(t *testing.T) {
	t.Parallel()
	r := sit(t)
	r.bureau.answer = func(int) (bureau.Step, error) { return bureau.Step{}, bureau.ErrUnavailable }
	q := r.asked(noon)
	_, err := r.say(q, true, noon)
	if f, ok := fault.Of(err); !ok || !errors.Is(err, bureau.ErrUnavailable) || f.Next != "video" {
		t.Errorf("%v", err)
	}
	if _, err := r.say(q, true, noon); !errors.Is(err, ErrQuizExpired) || len(r.bureau.choices) != 1 {
		t.Errorf("again: %v, sent %d times", err, len(r.bureau.choices))
	}
	r.expect("unknown", Choose, 0, 1)
	if _, failures := r.person(noon); failures != 0 {
		t.Errorf("%d failures of the person", failures)
	}
}

// P-06, P-15: a bureau that asks too little, refuses us or is down: nothing is counted, and the first two are metrics.
func TestP15WhatAnOperatorMustSee(t *testing.T) { // not parallel: it reads the log
	for _, c := range []struct {
		err    error
		metric string
	}{
		{errors.Join(bureau.ErrUnavailable, bureau.ErrUnfit), MetricUnfit},
		{errors.Join(bureau.ErrUnavailable, bureau.ErrMisconfigured), MetricRefused},
		{bureau.ErrUnavailable, ""},
	} {
		var log bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
		r := sit(t)
		r.bureau.start = func(int) (bureau.Step, error) { return bureau.Step{}, c.err }
		_, err := r.ask(noon)
		slog.SetDefault(before)
		if !errors.Is(err, bureau.ErrUnavailable) || strings.Contains(log.String(), "_aws") != (c.metric != "") || !strings.Contains(log.String(), c.metric) {
			t.Errorf("%v: %v, %s", c.err, err, &log)
		}
		r.expect("nothing counted", Choose, 0, 0)
		if quizzes, _ := r.person(noon); quizzes != 0 {
			t.Errorf("%v: the person has %d quizzes", c.err, quizzes)
		}
	}
}

// P-09: where questions are not offered no bureau is called and nothing counted.
func TestP09WhereQuestionsAreNotOffered(t *testing.T) {
	t.Parallel()
	r := sit(t)
	try := func(name string, change func(*Sitting)) {
		t.Helper()
		s := r.sitting(noon)
		change(&s)
		if _, err := r.Start(t.Context(), r.c.ID, s); !errors.Is(err, ErrInstantNotOffered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, region := range []string{"PR", "GU", "VI", "AS", "MP", "AA", "AE", "AP", "ON", ""} {
		try(region, func(s *Sitting) { s.Address.Region = region })
	}
	try("another country", func(s *Sitting) { s.Address.Country = "CA" })
	try("a box", func(s *Sitting) { s.Address.Line1 = "P.O. Box 12" })
	try("no code", func(s *Sitting) { s.Address.PostalCode = "1000" })
	if len(r.bureau.starts) != 0 {
		t.Errorf("the bureau was asked %d times", len(r.bureau.starts))
	}
	r.bureau.start = func(int) (bureau.Step, error) { return bureau.Step{}, bureau.ErrUnwritable }
	try("what the bureau cannot write", func(*Sitting) {})
	r.expect("nothing counted", Choose, 0, 0)
	r.bureau.start = nil
	s := r.sitting(noon)
	s.Last4 = ""
	if sat, err := r.Start(t.Context(), r.c.ID, s); err != nil || sat.Quiz == nil {
		t.Errorf("no digits: %v", err)
	}
}

// P-07: two quizzes a person in 30 days, whatever the account; the third failure of a person voids the key at hand.
func TestP07ASecondAccountDoesNotHelp(t *testing.T) {
	t.Parallel()
	r := sit(t)
	for n := range 2 {
		if sat, err := r.say(r.asked(noon), false, noon); err != nil || sat.Case.AttemptsLeft() != 2-n {
			t.Fatal(sat, err)
		}
	}
	if _, err := r.ask(noon); !errors.Is(err, ErrAttemptsUsed) {
		t.Errorf("a third: %v", err)
	}
	other := r.beside("other")
	if _, err := other.ask(noon); !errors.Is(err, ErrAttemptsUsed) {
		t.Errorf("another account: %v", err)
	}
	other.expect("another account", VideoOnly, 0, 0)
	if len(r.bureau.starts) != 2 {
		t.Errorf("the bureau was asked %d times", len(r.bureau.starts))
	}
	if _, err := fail(t, r.Desk, other.c.ID, noon); err != nil {
		t.Fatal(err)
	}
	held, err := r.Credentials.Find(t.Context(), other.c.Account)
	l, lost := r.Licenses.Find(t.Context(), other.c.License)
	if errors.Join(err, lost) != nil || other.stands().State != Failed || held.State != credential.Revoked || l[0].State != license.Void || l[0].VoidBecause != license.ByProofing {
		t.Errorf("the person's third failure: case %s, credential %+v, license %+v", other.stands().State, held, l)
	}
	r.expect("the first account's case stands", VideoOnly, 2, 2)
}

// The person's counts are 30 days old at most, half-open.
func TestAPersonIsForgottenAfterThirtyDays(t *testing.T) {
	t.Parallel()
	r := sit(t)
	for range 2 {
		if _, err := r.say(r.asked(noon), false, noon); err != nil {
			t.Fatal(err)
		}
	}
	other := r.beside("other")
	if quizzes, failures := r.person(noon.Add(PersonLife - time.Millisecond)); quizzes != 2 || failures != 2 {
		t.Errorf("before: %d and %d", quizzes, failures)
	}
	if quizzes, failures := r.person(noon.Add(PersonLife)); quizzes != 0 || failures != 0 {
		t.Errorf("after: %d and %d", quizzes, failures)
	}
	if _, err := r.Change(t.Context(), other.c.ID, noon.Add(time.Hour), func(c *Case) ([]dynamo.Write, error) { c.touch(noon.Add(time.Hour)); return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if sat, err := other.ask(noon.Add(PersonLife)); err != nil || sat.Quiz == nil {
		t.Errorf("another account 30 days later: %+v, %v", sat, err)
	}
}

// Two accounts of one person ask at the same moment, again and again: never more than two quizzes.
func TestP07TwoAccountsAtOnce(t *testing.T) {
	t.Parallel()
	r := sit(t)
	rooms := []*room{r, r.beside("two"), r.beside("three"), r.beside("four")}
	var wg sync.WaitGroup
	shown := make([]bool, len(rooms))
	for i, one := range rooms {
		wg.Go(func() {
			sat, err := one.ask(noon)
			shown[i] = err == nil && sat.Quiz != nil
			if err != nil && !errors.Is(err, ErrAttemptsUsed) && !errors.Is(err, dynamo.ErrBusy) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := 0
	for _, s := range shown {
		if s {
			got++
		}
	}
	if quizzes, _ := r.person(noon); quizzes != got || got == 0 || got > MaxQuizzes {
		t.Errorf("%d quizzes were shown, %d are counted", got, quizzes)
	}
}

// P-12, P-16: nothing of the quiz lies anywhere; what lies there says "kbv" and nothing stronger.
func TestP12NothingOfAQuizIsKept(t *testing.T) {
	t.Parallel()
	r := sit(t)
	q := r.asked(noon)
	look := func(when string) {
		t.Helper()
		for _, table := range []string{"CASES_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "CREDENTIALS_TABLE", "LICENSES_TABLE", "LIMITS_TABLE"} {
			for _, item := range r.Scan(t, table) {
				text := fmt.Sprintf("%s %+v", table, flat(item))
				for _, canary := range []string{"canary", "1906", "(right)", "the bureau's session", "Main St", "IAL2", "ial2"} {
					if strings.Contains(text, canary) {
						t.Errorf("%s: %q is in %s", when, canary, table)
					}
				}
			}
		}
	}
	look("while it is open")
	if _, err := r.say(q, true, noon); err != nil {
		t.Fatal(err)
	}
	look("after it")
	held, err := r.Credentials.Find(t.Context(), r.c.Account)
	if err != nil || held.Method != ByQuiz || *held.View(noon).ProofingMethod != "kbv" || !slices.Contains(r.Events(t, audit.Account(r.c.Account.String())), EventPassed) {
		t.Errorf("%+v, %v", held, err)
	}
	if mails := r.Mails(t, notice.KindProofingPassed, noon); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
}
