package main

import (
	"net/http"
	"strings"
	"testing"

	"phoneotp/infra/bench/figures"
)

// cost counts the calls since the last Clear, and the write units that they took.
func (f *fixture) cost() (calls, writes float64) {
	for _, c := range f.Faults.Calls() {
		if c.Repeat {
			continue
		}
		calls++
		if strings.HasPrefix(c.Operation, "Transact") || c.Operation == "UpdateItem" || c.Operation == "PutItem" {
			writes += c.Units
		}
	}
	return calls, writes
}

// The quiz path: what asking, failing and passing cost of AWS. The bureau's own calls are not counted.
func TestTheQuizPathInFigures(t *testing.T) {
	t.Parallel()
	f := start(t)
	step := func(what string, calls, most float64, path, body string) answer {
		t.Helper()
		f.Faults.Clear()
		f.Faults.Meter()
		a := f.mine(t, "POST", path, body)
		got, units := f.cost()
		figures.Exactly(t, 1, "AWS calls, "+what, got, calls)
		figures.AtMost(t, 2, "write units, "+what, units, most)
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", what, a.status, a.raw)
		}
		return a
	}
	quiz := step("a quiz asked", 9, 12, "/api/proofing/instant", `{`+agreed+`,`+who+`}`)
	step("a quiz failed", 8, 8, "/api/proofing/instant/answers", choose(t, quiz, 1))
	quiz = f.mine(t, "POST", "/api/proofing/instant", `{`+agreed+`,`+who+`}`)
	step("a quiz passed", 7, 12, "/api/proofing/instant/answers", choose(t, quiz, 0))
}
