package statemachines_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/proofing"
	"phoneotp/shared/secret"
)

// bench follows executions of the lab and keeps what they have covered.
type bench struct {
	*lab
	m       machine
	mu      sync.Mutex
	covered map[string]bool
}

// until waits for an execution to come to something.
func (b *bench) until(t *testing.T, machine, name, what string, is func(trace) bool) trace {
	t.Helper()
	var tr trace
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if tr = b.follow(t, b.m, machine, name); is(tr) {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, exit := range tr.exits {
				b.covered[exit] = true
			}
			return tr
		}
	}
	t.Fatalf("%s does not come to %s: %s, %v", name, what, tr.status, tr.states)
	return tr
}

func (b *bench) ends(t *testing.T, machine, name, state string) {
	t.Helper()
	tr := b.until(t, machine, name, "an end", func(tr trace) bool { return tr.status != "" && tr.status != sfntypes.ExecutionStatusRunning })
	if tr.at() != state {
		t.Errorf("%s ends %s in %v", name, tr.status, tr.states)
	}
}

// comesTo waits until an execution stands in a state, entered this many times.
func (b *bench) comesTo(t *testing.T, name, state string, times int) {
	t.Helper()
	b.until(t, b.name, name, state, func(tr trace) bool {
		n := 0
		for _, s := range tr.states {
			if s == state {
				n++
			}
		}
		return n >= times
	})
}

// begun opens a case in a state, starts its workflow and waits until that waits there.
func (b *bench) begun(t *testing.T, holder, state string, bring proofing.Decide) proofing.ID {
	t.Helper()
	id := b.opened(t, holder, time.Now(), bring)
	b.deliver(t, "case-start", id, 1)
	b.comesTo(t, proofing.ExecutionName(id, 1), state, 1)
	return id
}

// token is the task token that lies on a case, when it does.
func (b *bench) token(t *testing.T, id proofing.ID) secret.Text {
	t.Helper()
	key, err := accounttest.Ring(t).Key("proofing token")
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		item, err := b.DB.Get(t.Context(), b.Table("CASES_TABLE"), dynamo.Item{"p": dynamo.S("c#" + string(id))})
		if err != nil {
			t.Fatal(err)
		}
		f := dynamo.Read(item)
		if sealed := f.MayBytes("tk"); sealed != nil {
			plain, err := key.Open(sealed, []byte(proofing.ExecutionName(id, f.Int("tg"))))
			if err != nil {
				t.Fatal(err)
			}
			return secret.Text(plain)
		}
	}
	t.Fatal("no token is stored")
	return ""
}

// place is a state in which the workflow waits, how a case comes to stand there and where it ends.
type place struct {
	state, end string
	bring      proofing.Decide
	leave      proofing.State
}

func (b *bench) places() []place {
	return []place{
		{"ChooseMethod", "Passed", nil, proofing.Passed},
		{"Quiz", "Failed", inQuiz, proofing.Failed},
		{"BookVideo", "Expired", plain(func(c *proofing.Case) { c.State, c.Quizzes = proofing.VideoOnly, 2 }), proofing.Expired},
		{"Appointment", "Cancelled", booked(time.Hour, 2), proofing.Cancelled},
		{"SecondApproval", "Failed", reviewed(proofing.Approval), proofing.Failed},
		{"FraudHold", "Failed", reviewed(proofing.Fraud), proofing.Failed},
		{"ReadyToActivate", "Passed", b.ready, proofing.Passed},
	}
}

// plain is a change with nothing around it.
func plain(how func(*proofing.Case)) proofing.Decide {
	return func(c *proofing.Case) ([]dynamo.Write, error) {
		how(c)
		return nil, nil
	}
}

var inQuiz = plain(func(c *proofing.Case) {
	c.State, c.Quizzes, c.Quiz = proofing.InQuiz, 1, &proofing.Quiz{ID: "a quiz", Deadline: time.Now().Add(5 * time.Minute)}
})

// booked is an appointment that only the case knows, booked an hour ago.
func booked(in time.Duration, reminded int) proofing.Decide {
	return plain(func(c *proofing.Case) {
		start := time.Now().Add(in)
		c.State, c.TouchedAt, c.Booking = proofing.Booked, time.Now().Add(-time.Hour), &proofing.Booking{
			ID: "an appointment", Schedule: "agent", StartsAt: start, EndsAt: start.Add(30 * time.Minute), Zone: "America/Denver", Reminded: reminded,
		}
	})
}

func reviewed(to proofing.State) proofing.Decide {
	return plain(func(c *proofing.Case) {
		c.State, c.Review = to, &proofing.Review{Appointment: "an appointment", Agent: account.IDOf("agent1"), NameClass: "review", At: time.Now(), Why: "a test"}
	})
}

func (b *bench) ready(c *proofing.Case) ([]dynamo.Write, error) {
	c.State = proofing.Approval
	_, writes, err := b.Diary.Desk.Ready(c, account.IDOf("agent1"), time.Now())
	return writes, err
}

// end closes a case as somebody does who acts on it.
func (b *bench) end(t *testing.T, id proofing.ID, in proofing.State) {
	t.Helper()
	b.bring(t, b.desk, id, time.Now(), plain(func(c *proofing.Case) {
		c.State, c.Quiz, c.Booking, c.Review, c.Code, c.DecidedAt = in, nil, nil, nil, nil, time.Now()
	}))
}

// TestEveryStateAndTransition walks the machine with the own walker, executes it on the emulator over the real
// function, and prints which covered what.
func TestEveryStateAndTransition(t *testing.T) {
	w := walkAll(t)
	b := &bench{lab: newLab(t, dynamotest.Start(t)), m: load(t), covered: map[string]bool{}}
	t.Run("on the emulator", func(t *testing.T) {
		for i, p := range b.places() {
			holder := fmt.Sprintf("waits%d", i)
			t.Run(p.state+" wakes and ends", func(t *testing.T) { b.wakesAndEnds(t, holder, p.state, p.end, p.bring, p.leave) })
			t.Run(p.state+" breaks", func(t *testing.T) { b.breaks(t, holder+"b", p.state, p.bring) })
		}
		t.Run("Look breaks", b.lookBreaks)
		t.Run("Remind breaks", b.remindBreaks)
		t.Run("a word that nobody knows", b.unheard)
		t.Run("a wait is tried again", b.retried)
		t.Run("reminders", b.reminders)
		t.Run("superseded", b.superseded)
		t.Run("W-02 tokens", b.tokens)
		t.Run("W-03 the holder is faster", b.faster)
		t.Run("W-05 stopping fails three times", b.stoppingFails)
		t.Run("W-06 a new definition", b.redefined)
		t.Run("W-07 started twice", b.startedTwice)
		t.Run("W-08 an orphan", b.orphan)
		for i, p := range b.places() {
			t.Run("W-04 cancelled in "+p.state, func(t *testing.T) { b.cancelled(t, fmt.Sprintf("cancels%d", i), p.state, p.bring) })
		}
		t.Run("W-04 cancelled before a reminder", b.cancelledBooking)
	})
	table(t, b.m, w.covered, b.covered)
}

// wakesAndEnds lets a wait time out, which changes nothing but wakes it, and then somebody acts.
func (b *bench) wakesAndEnds(t *testing.T, holder, state, end string, bring proofing.Decide, leave proofing.State) {
	t.Parallel()
	id := b.begun(t, holder, state, bring)
	b.comesTo(t, proofing.ExecutionName(id, 1), state, 2)
	before := b.token(t, id)
	b.end(t, id, leave)
	b.ends(t, b.name, proofing.ExecutionName(id, 1), end)
	if err := b.desk.Workflow.Complete(t.Context(), before); err != nil { // W-02: stale
		t.Errorf("a stale token: %v", err)
	}
}

// breaks fails a wait as a function does that cannot be called.
func (b *bench) breaks(t *testing.T, holder, state string, bring proofing.Decide) {
	t.Parallel()
	id := b.begun(t, holder, state, bring)
	for try := 0; ; try++ {
		token := b.token(t, id)
		_, err := b.runs.SendTaskFailure(t.Context(), &sfn.SendTaskFailureInput{TaskToken: aws.String(token.Reveal()), Error: aws.String("Lambda.Unknown")})
		if err == nil {
			break
		}
		if try == 20 { // it timed out in between
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	b.ends(t, b.name, proofing.ExecutionName(id, 1), "Broken")
}

func (b *bench) start(t *testing.T, machine string, id proofing.ID, generation int64) string {
	t.Helper()
	name := proofing.ExecutionName(id, generation)
	input := fmt.Sprintf(`{"case":%q,"generation":%d}`, id, generation)
	if _, err := b.runs.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN(machine)), Name: &name, Input: &input}); err != nil {
		t.Fatal(err)
	}
	return name
}

func (b *bench) lookBreaks(t *testing.T) {
	t.Parallel()
	b.ends(t, b.name, b.start(t, b.name, proofing.IDOf([]byte("nobody's license")), 1), "Broken")
}

// remindBreaks takes the outbox away from under a reminder.
func (b *bench) remindBreaks(t *testing.T) {
	t.Parallel()
	machine := b.name + "-mute"
	b.machine(t, machine, b.mute, nil)
	id := b.opened(t, "mute", time.Now().Add(-time.Hour), booked(14*time.Minute, 1))
	b.ends(t, machine, b.start(t, machine, id, 1), "Broken")
}

// unheard answers Route with a word that the function never says.
func (b *bench) unheard(t *testing.T) {
	t.Parallel()
	machine := b.name + "-unheard"
	b.machine(t, machine, b.step, func(states map[string]map[string]any) {
		states["Look"]["Output"] = map[string]any{"case": "{% $states.input.case %}", "generation": "{% $states.input.generation %}", "next": "unheard"}
	})
	b.ends(t, machine, b.start(t, machine, b.opened(t, "unheard", time.Now(), nil), 1), "Broken")
}

// reminders pauses until one is due, sends it and waits for the appointment.
func (b *bench) reminders(t *testing.T) {
	t.Parallel()
	id := b.opened(t, "reminds", time.Now().Add(-time.Hour), booked(15*time.Minute+3*time.Second, 1))
	b.deliver(t, "case-start", id, 1)
	name := proofing.ExecutionName(id, 1)
	b.comesTo(t, name, "Appointment", 1)
	if c := b.Find(t, id); c.Booking.Reminded != 2 {
		t.Errorf("%d reminders", c.Booking.Reminded)
	}
	b.end(t, id, proofing.Failed)
	b.ends(t, b.name, name, "Failed")
	tr := b.follow(t, b.m, b.name, name)
	if !slices.Contains(tr.states, "PauseUntilReminder") || !slices.Contains(tr.states, "Remind") {
		t.Errorf("%v", tr.states)
	}
}

func (b *bench) superseded(t *testing.T) {
	t.Parallel()
	id := b.opened(t, "superseded", time.Now(), plain(func(c *proofing.Case) { c.Generation++ }))
	b.ends(t, b.name, b.start(t, b.name, id, 1), "Superseded")
}

// table prints who covered what, and fails for what was not.
func table(t *testing.T, m machine, walked, emulated map[string]bool) {
	t.Helper()
	var rows []string
	count := map[string]int{}
	for name, s := range m.States {
		exits := s.exits()
		if len(exits) == 0 {
			exits = map[string]string{"end": "-"}
		}
		for exit, to := range exits {
			by := "MISSING"
			switch key := name + " / " + exit; {
			case walked[key] && emulated[key]:
				by = "both"
			case emulated[key]:
				by = "emulator"
			case walked[key]:
				by = "walker"
			}
			count[by]++
			rows = append(rows, fmt.Sprintf("%-18s | %-45s | %-18s | %s", name, exit, to, by))
		}
	}
	slices.Sort(rows)
	t.Logf("%d states, %d transitions and ends: %d by both, %d by the emulator alone, %d by the walker alone, %d missing\n%s", len(m.States), len(rows),
		count["both"], count["emulator"], count["walker"], count["MISSING"], strings.Join(rows, "\n"))
	if count["MISSING"] > 0 {
		t.Errorf("%d are not executed", count["MISSING"])
	}
}
