package statemachines_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"phoneotp/statemachines"
)

type catcher struct {
	ErrorEquals []string
	Next        string
	Output      any
}

type state struct {
	Type, Resource, Next, Default, Timestamp string
	TimeoutSeconds                           json.Number
	Arguments                                struct {
		FunctionName string
		Payload      map[string]string
	}
	Output  any
	Catch   []catcher
	Choices []struct{ Condition, Next string }
}

type machine struct {
	QueryLanguage, StartAt string
	States                 map[string]state
}

func load(t *testing.T) machine {
	t.Helper()
	var m machine
	if err := json.Unmarshal(statemachines.Proofing, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// exits lists where a state may lead, with the reason.
func (s state) exits() map[string]string {
	out := map[string]string{}
	if s.Next != "" {
		out["next"] = s.Next
	}
	if s.Default != "" {
		out["default"] = s.Default
	}
	for _, c := range s.Choices {
		out[c.Condition] = c.Next
	}
	for _, c := range s.Catch {
		out["catch "+strings.Join(c.ErrorEquals, " ")] = c.Next
	}
	return out
}

var (
	whole  = regexp.MustCompile(`^[1-9][0-9]*$`)
	chosen = regexp.MustCompile(`^{% \$states\.input\.next = '([a-z]+)' %}$`)
	input  = regexp.MustCompile(`^{% \$states\.input\.([a-z]+) %}$`)
)

// W-01 and W-09: every wait ends by itself, every task catches, every target exists, payloads hold ids alone.
func TestTheMachineIsSound(t *testing.T) {
	m := load(t)
	if m.QueryLanguage != "JSONata" || m.States[m.StartAt].Type == "" {
		t.Fatalf("language %q, start %q", m.QueryLanguage, m.StartAt)
	}
	ids := []string{"step", "case", "generation", "version", "token"}
	for name, s := range m.States {
		for why, next := range s.exits() {
			if m.States[next].Type == "" {
				t.Errorf("%s leads by %s to %q, which is not there", name, why, next)
			}
		}
		if s.Type != "Task" {
			continue
		}
		if !whole.MatchString(s.TimeoutSeconds.String()) {
			t.Errorf("%s: timeout %q", name, s.TimeoutSeconds)
		}
		if last := s.Catch[len(s.Catch)-1]; !slices.Contains(last.ErrorEquals, "States.ALL") {
			t.Errorf("%s does not catch everything", name)
		}
		waits := strings.HasSuffix(s.Resource, ".waitForTaskToken")
		if waits != (s.Arguments.Payload["step"] == "wait") || waits != (s.Arguments.Payload["token"] != "") {
			t.Errorf("%s: doing and waiting are mixed", name)
		}
		for field := range s.Arguments.Payload {
			if !slices.Contains(ids, field) {
				t.Errorf("%s: the payload holds %s", name, field)
			}
		}
	}
}

// walker executes the machine with answers of the test's in the place of the function.
type walker struct {
	t       *testing.T
	m       machine
	covered map[string]bool
	visits  int
}

// eval knows the few expressions that the machine uses, and nothing else.
func (w *walker) eval(expression any, in, result map[string]any) any {
	if object, ok := expression.(map[string]any); ok {
		out := map[string]any{}
		for k, v := range object {
			out[k] = w.eval(v, in, result)
		}
		return out
	}
	text := expression.(string)
	switch {
	case text == "{% $states.result.Payload %}":
		return result
	case text == "{% $states.context.Task.Token %}":
		return "a token"
	case input.MatchString(text):
		v, ok := in[input.FindStringSubmatch(text)[1]]
		if !ok {
			w.t.Fatalf("%s is not in the input %v", text, in)
		}
		return v
	case strings.HasPrefix(text, "{%"):
		w.t.Fatalf("the walker does not know %s", text)
	}
	return text
}

// walk goes from the start to an end. say answers a task: its payload, or an error's name.
func (w *walker) walk(say func(state string, payload map[string]any) (map[string]any, string)) string {
	at, in := w.m.StartAt, map[string]any{"case": "c", "generation": 1.0}
	for range 1000 {
		s := w.m.States[at]
		w.visits++
		take := func(exit string) {
			w.covered[at+" / "+exit] = true
			at = s.exits()[exit]
		}
		switch s.Type {
		case "Succeed", "Fail":
			w.covered[at+" / end"] = true
			return at
		case "Choice":
			exit := "default"
			for _, c := range s.Choices {
				if in["next"] == chosen.FindStringSubmatch(c.Condition)[1] {
					exit = c.Condition
				}
			}
			take(exit)
		case "Wait":
			w.eval(s.Timestamp, in, nil)
			in = w.eval(s.Output, in, nil).(map[string]any)
			take("next")
		case "Task":
			payload := map[string]any{}
			for k, v := range s.Arguments.Payload {
				payload[k] = w.eval(v, in, nil)
			}
			result, failure := say(at, payload)
			if failure == "" {
				in = w.eval(s.Output, in, result).(map[string]any)
				take("next")
				continue
			}
			for _, c := range s.Catch {
				if slices.Contains(c.ErrorEquals, failure) || slices.Contains(c.ErrorEquals, "States.ALL") {
					if c.Output != nil {
						in = w.eval(c.Output, in, nil).(map[string]any)
					}
					take("catch " + strings.Join(c.ErrorEquals, " "))
					break
				}
			}
		}
	}
	w.t.Fatal("the machine does not end")
	return ""
}

// looks answers Look and Remind with a row of words, then "passed"; waits succeed, or fail by name once.
func (w *walker) looks(words []string, failing map[string]string) string {
	failed := map[string]bool{}
	return w.walk(func(at string, payload map[string]any) (map[string]any, string) {
		if why := failing[at]; why != "" && !failed[at] {
			failed[at] = true
			return nil, why
		}
		if payload["step"] == "wait" {
			return map[string]any{}, ""
		}
		next := "passed"
		if len(words) > 0 {
			next, words = words[0], words[1:]
		}
		return map[string]any{"case": payload["case"], "generation": payload["generation"], "version": 7.0, "next": next, "until": "2026-12-01T10:00:00Z"}, ""
	})
}

// walkAll goes every way of the machine with answers of its own.
func walkAll(t *testing.T) *walker {
	t.Helper()
	w := &walker{t: t, m: load(t), covered: map[string]bool{}}
	waits := map[string]string{
		"choose": "ChooseMethod", "quiz": "Quiz", "video": "BookVideo", "booked": "Appointment", "approval": "SecondApproval", "fraud": "FraudHold", "ready": "ReadyToActivate",
	}
	for _, end := range []struct{ word, state string }{{"passed", "Passed"}, {"failed", "Failed"}, {"expired", "Expired"}, {"cancelled", "Cancelled"}, {"superseded", "Superseded"}, {"unheard", "Broken"}} {
		if got := w.looks([]string{end.word}, nil); got != end.state {
			t.Errorf("%s ends in %s", end.word, got)
		}
	}
	for word, name := range waits {
		for failure, end := range map[string]string{"": "Passed", "States.Timeout": "Passed", "Lambda.Unknown": "Broken"} {
			if got := w.looks([]string{word}, map[string]string{name: failure}); got != end {
				t.Errorf("%s with %q ends in %s", name, failure, got)
			}
		}
	}
	for _, name := range []string{"Look", "Remind"} {
		if got := w.looks([]string{"remind"}, map[string]string{name: "States.Timeout"}); got != "Broken" {
			t.Errorf("%s that fails ends in %s", name, got)
		}
	}
	w.visits = 0
	if got := w.looks([]string{"choose", "quiz", "choose", "quiz", "video", "pause", "remind", "pause", "remind", "booked", "approval", "ready"}, nil); got != "Passed" {
		t.Errorf("the longest way ends in %s", got)
	}
	t.Logf("the longest way makes %d transitions: %.5f USD at 0.025 USD a thousand", w.visits, float64(w.visits)*0.025/1000)
	return w
}
