package proofing

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/bureau"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/metric"
	"phoneotp/shared/secret"
)

// quizzing is a bureau that follows a script. It notes what it was sent and asks four questions of four choices, with the
// right one in another place each.
type quizzing struct {
	mu      sync.Mutex
	starts  []string // references
	choices [][]int
	start   func(n int) (bureau.Step, error)
	answer  func(n int) (bureau.Step, error)
	during  func() // while it is asked
}

// right are the places of the right choices.
var right = []int{2, 0, 3, 1}

func sheetOf(questions, choices int) bureau.Step {
	step := bureau.Step{Session: "the bureau's session"}
	for i := range questions {
		q := bureau.Question{Text: secret.Text(fmt.Sprintf("canary question %d", i))}
		for j := range choices {
			text := fmt.Sprintf("canary choice %d", j)
			if j == right[i%len(right)] {
				text += " (right)"
			}
			q.Choices = append(q.Choices, secret.Text(text))
		}
		step.Questions = append(step.Questions, q)
	}
	return step
}

func verdict(v bureau.Verdict) bureau.Step {
	return bureau.Step{Outcome: &bureau.Outcome{Verdict: v, Reference: "ref " + string(v)}}
}

func (b *quizzing) Start(_ context.Context, _ bureau.Applicant, ref string, _ time.Time) (bureau.Step, error) {
	b.mu.Lock()
	n := len(b.starts)
	b.starts = append(b.starts, ref)
	start, during := b.start, b.during
	b.mu.Unlock()
	if during != nil {
		during()
	}
	if start != nil {
		return start(n)
	}
	return sheetOf(4, 4), nil
}

func (b *quizzing) Answer(_ context.Context, _ bureau.Session, choices []int, _ time.Time) (bureau.Step, error) {
	b.mu.Lock()
	n := len(b.choices)
	b.choices = append(b.choices, choices)
	answer, during := b.answer, b.during
	b.mu.Unlock()
	if during != nil {
		during()
	}
	if answer != nil {
		return answer(n)
	}
	for i, c := range choices {
		if c != right[i%len(right)] {
			return verdict(bureau.Failed), nil
		}
	}
	return verdict(bureau.Passed), nil
}

// room is one holder's case with the doers of quizzes.
type room struct {
	Quizzes
	*accounttest.World
	t      *testing.T
	bureau *quizzing
	c      Case
}

func sit(t *testing.T) *room {
	t.Helper()
	d, c, w := openCase(t)
	codes, err := CodeKey(accounttest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	d.Codes = codes
	b := &quizzing{}
	return &room{Quizzes: Quizzes{Desk: d, Bureau: b, Count: metric.Counter{Namespace: "test"}}, World: w, t: t, bureau: b, c: c}
}

// sitting is Grace Hopper's, in the state of New York.
func (r *room) sitting(at time.Time) Sitting {
	return Sitting{
		Holder: r.c.Account, Birth: "1906-12-09", Last4: "1234", Phone: "2025550101", From: "192.0.2.1", At: at,
		Address: bureau.Address{Line1: "1 Main St", City: "New York", Region: "NY", PostalCode: "10001", Country: "US"},
	}
}

func (r *room) ask(at time.Time) (Sat, error) {
	return r.Start(r.t.Context(), r.c.ID, r.sitting(at))
}

// asked is ask where a quiz must come.
func (r *room) asked(at time.Time) Shown {
	r.t.Helper()
	sat, err := r.ask(at)
	if err != nil || sat.Quiz == nil {
		r.t.Fatalf("no quiz: %+v, %v", sat, err)
	}
	return *sat.Quiz
}

// answers chooses the right choice of every question, or the first wrong one.
func answers(q Shown, good bool) []Answer {
	var out []Answer
	for i, question := range q.Questions {
		place := right[i%len(right)]
		if !good {
			place = (place + 1) % len(question.Choices)
		}
		out = append(out, Answer{question.ID, question.Choices[place].ID})
	}
	return out
}

func (r *room) say(q Shown, good bool, at time.Time) (Sat, error) {
	return r.Answer(r.t.Context(), r.c.ID, q.ID, answers(q, good), at)
}

func (r *room) stands() Case {
	r.t.Helper()
	c, err := r.Cases.Find(r.t.Context(), r.c.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// expect holds state and counts.
func (r *room) expect(what string, state State, failures, quizzes int) {
	r.t.Helper()
	if c := r.stands(); c.State != state || c.Failures != failures || c.Quizzes != quizzes {
		r.t.Errorf("%s: %s with %d failures and %d quizzes, want %s, %d and %d", what, c.State, c.Failures, c.Quizzes, state, failures, quizzes)
	}
}

// person is what is known of Grace Hopper across accounts.
func (r *room) person(at time.Time) (quizzes, failures int) {
	r.t.Helper()
	p, err := r.Cases.person(r.t.Context(), r.Cases.Keys.personOf("Grace", "Hopper", "1906-12-09", "1234"), at)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(p.quizzes), len(p.failures)
}

// beside is a second account of the same person, with a case of its own.
func (r *room) beside(userID string) *room {
	r.t.Helper()
	other := *r
	other.c = another(r.t, r.Desk, r.World, userID)
	return &other
}

// flat spells an item out, bytes as text.
func flat(v any) string {
	switch v := v.(type) {
	case dynamo.Item:
		out := ""
		for name, inner := range v {
			out += name + "=" + flat(inner) + " "
		}
		return out
	case *types.AttributeValueMemberB:
		return string(v.Value)
	case *types.AttributeValueMemberM:
		return flat(v.Value)
	case *types.AttributeValueMemberL:
		out := ""
		for _, inner := range v.Value {
			out += flat(inner) + " "
		}
		return out
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}
