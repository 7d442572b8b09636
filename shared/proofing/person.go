package proofing

import (
	"context"
	"time"

	"phoneotp/shared/dynamo"
)

// person is what is known of somebody across accounts: when quizzes were begun and failures counted, for 30 days.
type person struct {
	digest   []byte
	version  int64
	quizzes  []time.Time
	failures []time.Time
}

// maySit tells whether the person may be asked another quiz.
func (p person) maySit() bool { return len(p.quizzes) < MaxQuizzes && len(p.failures) < MaxFailures }

// exhausted tells whether one more failure, by case or by person, is the last.
func (p person) exhausted(c Case) bool { return max(c.Failures, len(p.failures))+1 >= MaxFailures }

// forget gives a quiz back to a person: it was none.
func (p *person) forget() bool {
	if len(p.quizzes) == 0 {
		return false
	}
	p.quizzes = p.quizzes[:len(p.quizzes)-1]
	return true
}

// unsit is the write that gives a quiz back to the person of a case.
func (d Desk) unsit(ctx context.Context, digest []byte, now time.Time) ([]dynamo.Write, error) {
	p, err := d.Cases.person(ctx, digest, now)
	if err != nil || !p.forget() {
		return nil, err
	}
	return []dynamo.Write{d.Cases.savePerson(p, now)}, nil
}
