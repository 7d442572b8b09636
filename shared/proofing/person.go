package proofing

import "time"

// person is what is known of somebody across accounts: when quizzes were begun and failures counted, for 30 days.
type person struct {
	digest   []byte
	version  int64
	quizzes  []time.Time
	failures []time.Time
}

// maySit tells whether the person may be asked another quiz.
func (p person) maySit() bool { return len(p.quizzes) < MaxQuizzes && len(p.failures) < MaxFailures }
