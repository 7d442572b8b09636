package statemachines_test

import (
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"phoneotp/infra/local/emulator"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
)

// retried refuses a wait as Lambda does under load: the state is tried again and nothing breaks.
func (b *bench) retried(t *testing.T) {
	t.Parallel()
	id := b.begun(t, "retried", "ChooseMethod", nil)
	name := proofing.ExecutionName(id, 1)
	for try := 0; ; try++ {
		token := b.token(t, id)
		_, err := b.runs.SendTaskFailure(t.Context(), &sfn.SendTaskFailureInput{TaskToken: aws.String(token.Reveal()), Error: aws.String("Lambda.TooManyRequestsException")})
		if err == nil {
			break
		}
		if try == 20 { // it timed out in between
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	b.end(t, id, proofing.Passed)
	b.ends(t, b.name, name, "Passed")
}

// W-02: a token that was used, one that timed out, and junk change nothing and are no error.
func (b *bench) tokens(t *testing.T) {
	t.Parallel()
	id := b.begun(t, "tokens", "ChooseMethod", nil)
	name := proofing.ExecutionName(id, 1)
	old := b.token(t, id)
	b.comesTo(t, name, "ChooseMethod", 2) // it has timed out
	b.bring(t, b.desk, id, time.Now(), inQuiz)
	b.comesTo(t, name, "Quiz", 1)
	used := b.token(t, id)
	for range 2 {
		if err := b.desk.Wake(t.Context(), id); err != nil {
			t.Errorf("told again: %v", err)
		}
	}
	for what, err := range map[string]error{
		"expired": b.desk.Workflow.Complete(t.Context(), old), "junk": b.desk.Workflow.Complete(t.Context(), "junk"),
		"once": b.desk.Workflow.Complete(t.Context(), used), "twice": b.desk.Workflow.Complete(t.Context(), used),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	b.end(t, id, proofing.Passed)
	b.ends(t, b.name, name, "Passed")
	if c := b.Find(t, id); c.State != proofing.Passed {
		t.Errorf("the case is %s", c.State)
	}
}

// W-03: between Look and the wait the holder acts. The step must not wait for what has happened.
func (b *bench) faster(t *testing.T) {
	t.Parallel()
	machine := b.name + "-slow"
	b.machine(t, machine, b.step, func(states map[string]map[string]any) {
		next := states["Route"]["Choices"].([]any)[0].(map[string]any)
		states["Hold"] = map[string]any{"Type": "Wait", "Seconds": 4, "Next": next["Next"]}
		next["Next"] = "Hold"
		for _, s := range states {
			if s["TimeoutSeconds"] == waitSeconds {
				s["TimeoutSeconds"] = 600 // nothing but the step itself may end it
			}
		}
	})
	slow := &bench{lab: b.lab, m: b.m, covered: map[string]bool{}} // this copy has other transitions
	slow.m.States = maps.Clone(b.m.States)
	slow.m.States["Hold"] = state{Type: "Wait", Next: "ChooseMethod"}
	route := slow.m.States["Route"]
	route.Choices = append([]struct{ Condition, Next string }{{route.Choices[0].Condition, "Hold"}}, route.Choices[1:]...)
	slow.m.States["Route"] = route

	id := b.opened(t, "faster", time.Now(), nil)
	name := b.start(t, machine, id, 1)
	slow.until(t, machine, name, "the hold", func(tr trace) bool { return tr.at() == "Hold" })
	b.bring(t, b.desk, id, time.Now(), inQuiz)
	slow.until(t, machine, name, "the quiz", func(tr trace) bool { return tr.at() == "Quiz" })
	b.end(t, id, proofing.Passed)
	slow.ends(t, machine, name, "Passed")
}

// W-06: an execution ends on the definition that it began with; the next begins on the new one.
func (b *bench) redefined(t *testing.T) {
	t.Parallel()
	machine := b.name + "-release"
	b.machine(t, machine, b.step, nil)
	running := b.opened(t, "running", time.Now(), nil)
	name := b.start(t, machine, running, 1)
	b.until(t, machine, name, "the wait", func(tr trace) bool { return tr.at() == "ChooseMethod" })
	text := definition(t, b.step, func(states map[string]map[string]any) {
		delete(states, "Quiz")
		states["Route"] = map[string]any{"Type": "Choice", "Default": "Superseded", "Choices": []any{
			map[string]any{"Condition": "{% $states.input.next = 'choose' %}", "Next": "Expired"},
		}}
	})
	if _, err := b.runs.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: aws.String(machineARN(machine)), Definition: &text}); err != nil {
		t.Fatal(err)
	}
	b.bring(t, b.Diary.Desk, running, time.Now(), inQuiz) // nobody is told: the old definition's timeout wakes it
	b.until(t, machine, name, "the old quiz", func(tr trace) bool { return tr.at() == "Quiz" })
	b.end(t, running, proofing.Passed)
	b.ends(t, machine, name, "Passed")
	next := b.opened(t, "next", time.Now(), nil)
	b.ends(t, machine, b.start(t, machine, next, 1), "Expired")
}

// executions lists those of a case.
func (b *bench) executions(t *testing.T, id proofing.ID) []sfntypes.ExecutionListItem {
	t.Helper()
	var found []sfntypes.ExecutionListItem
	p := sfn.NewListExecutionsPaginator(b.runs, &sfn.ListExecutionsInput{StateMachineArn: aws.String(machineARN(b.name))})
	for p.HasMorePages() {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Executions {
			if strings.HasPrefix(*e.Name, string(id)) {
				found = append(found, e)
			}
		}
	}
	return found
}

// W-07: the same start, delivered twice one after the other and at once, is one execution.
func (b *bench) startedTwice(t *testing.T) {
	t.Parallel()
	id := b.opened(t, "twice", time.Now(), nil)
	name := proofing.ExecutionName(id, 1)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := b.desk.Workflow.Start(t.Context(), name, `{"case":"`+string(id)+`","generation":1}`); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b.deliver(t, "case-start", id, 1)
	b.deliver(t, "case-start", id, 1)
	b.comesTo(t, name, "ChooseMethod", 1)
	if all := b.executions(t, id); len(all) != 1 {
		t.Errorf("%d executions", len(all))
	}
	b.end(t, id, proofing.Passed)
	b.ends(t, b.name, name, "Passed")
}

// W-08: a case whose execution is gone gets the next one by the sweep.
func (b *bench) orphan(t *testing.T) {
	t.Parallel()
	id := b.opened(t, "orphan", time.Now().Add(-time.Hour), nil) // the sweep is due
	b.deliver(t, "case-start", id, 1)
	name := proofing.ExecutionName(id, 1)
	b.comesTo(t, name, "ChooseMethod", 1)
	arn := executionARN(b.name, name)
	if _, err := b.runs.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &arn}); err != nil {
		t.Fatal(err)
	}
	b.call(t, b.step, map[string]string{"sweep": "cases"})
	if c := b.Find(t, id); c.Generation != 2 {
		t.Fatalf("generation %d", c.Generation)
	}
	b.deliver(t, "case-start", id, 2)
	name = proofing.ExecutionName(id, 2)
	b.comesTo(t, name, "ChooseMethod", 1)
	b.end(t, id, proofing.Passed)
	b.ends(t, b.name, name, "Passed")
}

// stopped holds that a cancelled case's execution ends, and that it is cancelled once.
func (b *bench) stopped(t *testing.T, id proofing.ID, generation int64) {
	t.Helper()
	if _, err := b.desk.Cancel(t.Context(), id, "", "refunded", time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.desk.Cancel(t.Context(), id, "", "refunded", time.Now()); err == nil {
		t.Error("cancelled twice")
	}
	b.deliver(t, "case-stop", id, generation)
	b.deliver(t, "case-stop", id, generation)
	name := proofing.ExecutionName(id, generation)
	tr := b.until(t, b.name, name, "an end", func(tr trace) bool { return tr.status != sfntypes.ExecutionStatusRunning })
	if tr.status != sfntypes.ExecutionStatusAborted && tr.at() != "Cancelled" { // it may have looked just then
		t.Errorf("%s in %v", tr.status, tr.states)
	}
	ended := 0
	for _, item := range b.Scan(t, "OUTBOX_TABLE") {
		if strings.HasPrefix(dynamo.Read(item).Text("p"), "case-stop#"+string(id)) {
			ended++
		}
	}
	if c := b.Find(t, id); c.State != proofing.Cancelled || ended != 1 {
		t.Errorf("the case is %s, stopped %d times", c.State, ended)
	}
}

// W-05: what a cancellation gives back is one transaction with it; the stop alone comes after, by the queue. It fails
// three times, stays there (the queue's dead letters have an alarm, infra/policy), and is done when it is brought again.
func (b *bench) stoppingFails(t *testing.T) {
	t.Parallel()
	id := b.begun(t, "stopping", "ChooseMethod", nil)
	if _, err := b.desk.Cancel(t.Context(), id, "", "refunded", time.Now()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if answer, done := b.delivers(t, b.mute, "case-stop", id, 1); done {
			t.Errorf("done without an outbox: %s", answer)
		}
	}
	b.deliver(t, "case-stop", id, 1)
	tr := b.until(t, b.name, proofing.ExecutionName(id, 1), "an end", func(tr trace) bool { return tr.status != sfntypes.ExecutionStatusRunning })
	if tr.status != sfntypes.ExecutionStatusAborted && tr.at() != "Cancelled" {
		t.Errorf("%s in %v", tr.status, tr.states)
	}
}

// W-04: from each state, with an appointment that the diary has.
func (b *bench) cancelled(t *testing.T, holder, state string, bring proofing.Decide) {
	t.Parallel()
	if state != "Appointment" {
		b.stopped(t, b.begun(t, holder, state, bring), 1)
		return
	}
	id := b.book(t, holder)
	b.bring(t, b.Diary.Desk, id, time.Now(), plain(func(c *proofing.Case) { c.Booking.Reminded = 2 }))
	b.deliver(t, "case-start", id, 2)
	b.comesTo(t, proofing.ExecutionName(id, 2), state, 1)
	b.stopped(t, id, 2)
	b.gaveBack(t, id)
}

// cancelledBooking cancels while the workflow pauses before a reminder.
func (b *bench) cancelledBooking(t *testing.T) {
	t.Parallel()
	id := b.book(t, "paused")
	b.deliver(t, "case-start", id, 2)
	b.comesTo(t, proofing.ExecutionName(id, 2), "PauseUntilReminder", 1)
	b.stopped(t, id, 2)
	b.gaveBack(t, id)
}

// book books the last free half hour of the next ten days.
func (b *bench) book(t *testing.T, holder string) proofing.ID {
	t.Helper()
	id, now := b.opened(t, holder, time.Now(), nil), time.Now()
	free, err := b.Diary.Free(t.Context(), b.first.ID, now, now.AddDate(0, 0, 10), time.UTC, now)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, free[len(free)-1].StartsAt)
	if err != nil {
		t.Fatal(err)
	}
	for ; ; at = at.Add(-30 * time.Minute) { // another test may have taken it
		_, err := b.Diary.Book(t.Context(), id, appointment.Wish{Holder: b.Find(t, id).Account, StartsAt: at, Zone: "America/Denver", From: "192.0.2.1", At: time.Now()})
		if err == nil {
			return id
		}
		if at.Before(now) {
			t.Fatal(err)
		}
	}
}

// gaveBack holds that no half hour is held for a case any more.
func (b *bench) gaveBack(t *testing.T, id proofing.ID) {
	t.Helper()
	held := map[string]bool{}
	for _, item := range b.Scan(t, "SLOTS_TABLE") {
		if f := dynamo.Read(item); strings.HasPrefix(f.Text("p"), "a#") && f.MayText("c") == string(id) {
			held[strings.TrimPrefix(f.Text("p"), "a#")] = true
		}
	}
	for _, item := range b.Scan(t, "SLOTS_TABLE") {
		if f := dynamo.Read(item); strings.HasPrefix(f.Text("p"), "s#") && held[f.MayText("i")] {
			t.Errorf("%s is still taken", f.Text("p"))
		}
	}
	if len(held) != 1 {
		t.Errorf("%d appointments", len(held))
	}
}

// The emulator stops in the middle of a case and starts again with its state: executions are lost, the case is
// not. The holder acts meanwhile, the sweep starts the next generation, and that ends as the case does.
func TestStoppedInTheMiddleOfACase(t *testing.T) {
	o := emulator.Options{StateDir: t.TempDir(), Port: port(t)}
	first, err := emulator.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Stop()
	b := &bench{lab: newLab(t, dynamotest.At(t, first.Endpoint())), m: load(t), covered: map[string]bool{}}
	id := b.opened(t, "stopped", time.Now().Add(-time.Hour), nil)
	b.deliver(t, "case-start", id, 1)
	b.comesTo(t, proofing.ExecutionName(id, 1), "ChooseMethod", 1)
	token := b.token(t, id)
	first.Stop()

	second, err := emulator.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Stop()
	b.until(t, b.name, proofing.ExecutionName(id, 1), "its loss", func(tr trace) bool { return tr.status == sfntypes.ExecutionStatusFailed })
	if err := b.desk.Workflow.Complete(t.Context(), token); err != nil {
		t.Errorf("the token of an execution that is lost: %v", err)
	}
	b.bring(t, b.desk, id, time.Now().Add(-time.Hour), inQuiz)
	b.call(t, b.step, map[string]string{"sweep": "cases"})
	if c := b.Find(t, id); c.Generation != 2 {
		t.Fatalf("generation %d", c.Generation)
	}
	b.deliver(t, "case-start", id, 2)
	name := proofing.ExecutionName(id, 2)
	b.comesTo(t, name, "Quiz", 1)
	b.end(t, id, proofing.Passed)
	b.ends(t, b.name, name, "Passed")
}

func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
