package statemachines_test

import (
	"fmt"
	"testing"

	"phoneotp/infra/bench/figures"
)

// perMillion is what one transition of each of a million cases costs, USD (research/aws.md 5: standard workflows, US East,
// 0.025 USD a thousand).
const perMillion = 25.0

// What the workflow of one case costs: every state that is entered is a transition. A booking stops the execution that
// waits for the choice and begins the next generation.
func TestWhatACaseCosts(t *testing.T) {
	w := &walker{t: t, m: load(t), covered: map[string]bool{}}
	for _, c := range []struct {
		what    string
		stopped int // transitions of the generation before, until it is stopped
		words   []string
		most    float64
	}{
		{"passed by a quiz", 0, []string{"choose", "quiz"}, 9},
		{"passed by video", 3, []string{"pause", "remind", "pause", "remind", "booked", "ready"}, 24},
		{"two quizzes, then video with a second agent", 15, []string{"pause", "remind", "pause", "remind", "booked", "approval", "ready"}, 40},
	} {
		w.visits = 0
		if end := w.looks(c.words, nil); end != "Passed" {
			t.Errorf("%s ends in %s", c.what, end)
		}
		n := float64(w.visits + c.stopped)
		figures.AtMost(t, 12, "workflow transitions, a case "+c.what, n, c.most)
		figures.AtMost(t, 12, fmt.Sprintf("workflow, USD a million cases %s", c.what), n*perMillion, c.most*perMillion)
	}
}
