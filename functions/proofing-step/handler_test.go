package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/account"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment/appointmenttest"
)

var now = appointmenttest.Monday

// states stands in for Step Functions: it notes what it is asked, and refuses as many calls as it is told to.
type states struct {
	mu     sync.Mutex
	asked  []string // "StartExecution <name>"
	refuse int
	lives  bool
}

func (s *states) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in struct {
		Name         string `json:"name"`
		ExecutionArn string `json:"executionArn"`
		TaskToken    string `json:"taskToken"`
	}
	_ = json.Unmarshal(body, &in)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	name := in.Name + in.TaskToken + in.ExecutionArn[strings.LastIndex(in.ExecutionArn, ":")+1:]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, operation+" "+name)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if s.refuse > 0 {
		s.refuse--
		w.WriteHeader(http.StatusBadRequest) // the SDK does not repeat it
		_, _ = io.WriteString(w, `{"__type":"AccessDeniedException","message":"no"}`)
		return
	}
	status := "SUCCEEDED"
	if s.lives {
		status = "RUNNING"
	}
	_, _ = fmt.Fprintf(w, `{"status":%q}`, status)
}

func (s *states) took() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked = nil
	return out
}

type fixture struct {
	*appointmenttest.World
	*handler
	states *states
	holder account.Account
	id     proofing.ID
}

// start is the function as it is wired, with a holder whose case is open.
func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: appointmenttest.New(t, dynamotest.Start(t), "agent1"), states: &states{}}
	server := httptest.NewServer(f.states)
	t.Cleanup(server.Close)
	var err error
	f.handler, err = wire(t.Context(), f.Vars(map[string]string{
		"AWS_ENDPOINT_URL_SFN": server.URL, "VAULT_SECRET": credentialtest.Secret(t, f.Fixture), "METRICS_NAMESPACE": "phoneotp/test",
		"WORKFLOW": "arn:aws:states:us-east-1:000000000000:stateMachine:test-proofing",
	}))
	if err != nil {
		t.Fatal(err)
	}
	f.handler.now = func() time.Time { return now }
	f.holder, f.id = f.Holder(t, "grace", now)
	return f
}

// work hands messages over as the queue does, and returns those that come back.
func (f *fixture) work(t *testing.T, sweep bool, ids ...string) []string {
	t.Helper()
	var e event
	for i, id := range ids {
		body, err := json.Marshal(notice.Message{ID: id, Sweep: sweep})
		if err != nil {
			t.Fatal(err)
		}
		e.Records = append(e.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: string(body)})
	}
	said, err := f.handle(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	var back []string
	for _, r := range said.(events.SQSEventResponse).BatchItemFailures {
		back = append(back, r.ItemIdentifier)
	}
	return back
}

// sent tells whether a piece of work is marked done.
func (f *fixture) sent(t *testing.T, id string) bool {
	t.Helper()
	for _, item := range f.Scan(t, "OUTBOX_TABLE") {
		if r := dynamo.Read(item); r.Text("p") == id {
			return r.Has("s")
		}
	}
	t.Fatalf("%s is not in the outbox", id)
	return false
}

// W-07: the start is made once, however often the message comes; the next generation stops the one before.
func TestW07WorkIsDoneOnce(t *testing.T) {
	t.Parallel()
	f := start(t)
	first := string(notice.KindCaseStart) + "#" + proofing.ExecutionName(f.id, 1)
	for range 3 {
		if back := f.work(t, false, first); len(back) != 0 {
			t.Errorf("came back: %v", back)
		}
	}
	if asked := f.states.took(); !slices.Equal(asked, []string{"StartExecution " + proofing.ExecutionName(f.id, 1)}) || !f.sent(t, first) {
		t.Errorf("asked %v", asked)
	}
	f.Booked(t, f.holder, f.id, now.Add(10*time.Hour), now)
	f.work(t, false, string(notice.KindCaseStart)+"#"+proofing.ExecutionName(f.id, 2))
	if asked := f.states.took(); !slices.Equal(asked, []string{"StopExecution " + proofing.ExecutionName(f.id, 1), "StartExecution " + proofing.ExecutionName(f.id, 2)}) {
		t.Errorf("asked %v", asked)
	}
}

// W-05: a stop that fails comes back alone each time, so that the queue gives it up to the dead letters; nothing is marked
// done meanwhile, a later try works, and what the sweep put there does not come back by itself.
func TestW05AStopThatFails(t *testing.T) {
	t.Parallel()
	f := start(t)
	if _, err := f.desk.Cancel(t.Context(), f.id, "", "refunded", now); err != nil {
		t.Fatal(err)
	}
	stop, begin := string(notice.KindCaseStop)+"#"+proofing.ExecutionName(f.id, 1), string(notice.KindCaseStart)+"#"+proofing.ExecutionName(f.id, 1)
	for range 3 {
		f.states.refuse = 1
		if back := f.work(t, false, stop, begin); !slices.Equal(back, []string{"0"}) || f.sent(t, stop) {
			t.Errorf("came back: %v", back)
		}
	}
	f.states.refuse = 1
	if back := f.work(t, true, stop); len(back) != 0 || f.sent(t, stop) {
		t.Errorf("from the sweep: %v", back)
	}
	f.states.took()
	if back := f.work(t, false, stop); len(back) != 0 || !f.sent(t, stop) {
		t.Errorf("at last: %v", back)
	}
	if asked := f.states.took(); !slices.Equal(asked, []string{"StopExecution " + proofing.ExecutionName(f.id, 1)}) {
		t.Errorf("asked %v", asked)
	}
}

// A message that is no work, or of a case that is not there, does not take the others with it.
func TestMessagesThatAreNoWork(t *testing.T) {
	t.Parallel()
	f := start(t)
	begin := string(notice.KindCaseStart) + "#" + proofing.ExecutionName(f.id, 1)
	back := f.work(t, false, "nonsense", string(notice.KindCaseStart)+"#nonsense", string(notice.KindCaseStart)+"#"+proofing.ExecutionName(f.id, 7), begin)
	if !slices.Equal(back, []string{"0", "1"}) || !f.sent(t, begin) { // the third was never written: gone
		t.Errorf("came back: %v", back)
	}
	said, err := f.handle(t.Context(), event{Records: []events.SQSMessage{{MessageId: "x", Body: "{"}}})
	if err != nil || len(said.(events.SQSEventResponse).BatchItemFailures) != 1 {
		t.Errorf("%v, %v", said, err)
	}
	for _, e := range []event{{}, {Step: "leap", Case: f.id}, {Sweep: "orders"}} {
		if _, err := f.handle(t.Context(), e); err == nil {
			t.Errorf("%+v is taken", e)
		}
	}
}

// W-02, W-03: a step stores its token while the case stands as it saw it; else it completes itself at once.
func TestW03AStepWhoseCaseHasMovedOn(t *testing.T) {
	t.Parallel()
	f := start(t)
	look := event{Step: "look", Case: f.id, Generation: 1}
	said, err := f.handle(t.Context(), look)
	if err != nil || said.(proofing.Step).Next != string(proofing.Choose) {
		t.Fatal(said, err)
	}
	wait := event{Step: "wait", Case: f.id, Generation: 1, Version: said.(proofing.Step).Version, Token: "one"}
	if _, err := f.handle(t.Context(), wait); err != nil || len(f.states.took()) != 0 {
		t.Errorf("stored: %v", err)
	}
	if _, err := f.desk.Change(t.Context(), f.id, now, func(c *proofing.Case) ([]dynamo.Write, error) { c.State = proofing.VideoOnly; return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if asked := f.states.took(); !slices.Equal(asked, []string{"SendTaskSuccess one"}) {
		t.Errorf("woken: %v", asked)
	}
	wait.Token = "two"
	if _, err := f.handle(t.Context(), wait); err != nil {
		t.Errorf("late: %v", err)
	}
	if asked := f.states.took(); !slices.Equal(asked, []string{"SendTaskSuccess two"}) {
		t.Errorf("late: %v", asked)
	}
	if _, err := f.handle(t.Context(), event{Step: "look", Case: "nobody's", Generation: 1}); err == nil {
		t.Error("a case that is not there")
	}
}

// W-08: the sweep gives a case whose execution does not live the next one, and wakes one that was not told.
func TestW08TheSweepFindsWhatIsStuck(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.handler.now = func() time.Time { return now.Add(time.Hour) }
	f.states.lives = true
	if _, err := f.handle(t.Context(), event{Sweep: "cases"}); err != nil || f.Find(t, f.id).Generation != 1 {
		t.Errorf("alive: %v, %+v", err, f.Find(t, f.id))
	}
	f.handler.now = func() time.Time { return now.Add(2 * time.Hour) }
	f.states.lives = false
	if _, err := f.handle(t.Context(), event{Sweep: "cases"}); err != nil || f.Find(t, f.id).Generation != 2 {
		t.Errorf("dead: %v, %+v", err, f.Find(t, f.id))
	}
	f.states.refuse = 1
	f.handler.now = func() time.Time { return now.Add(3 * time.Hour) }
	if _, err := f.handle(t.Context(), event{Sweep: "cases"}); err == nil {
		t.Error("a sweep that cannot look says nothing")
	}
}

// A review that waits for more than 72 hours is a metric of every sweep that finds it; none is said as well.
func TestAnOverdueReviewIsCounted(t *testing.T) { // not parallel: it reads the log
	f := start(t)
	f.states.lives = true
	if _, err := f.desk.Change(t.Context(), f.id, now, func(c *proofing.Case) ([]dynamo.Write, error) {
		c.State, c.Review = proofing.Approval, &proofing.Review{Appointment: "a", NameClass: "review", At: now, Why: "a test"}
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Duration]string{proofing.ReviewSoon - time.Hour: `"ReviewOverdue":0`, proofing.ReviewSoon + time.Hour: `"ReviewOverdue":1`} {
		var log bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
		f.handler.now = func() time.Time { return now.Add(at) }
		if _, err := f.desk.Change(t.Context(), f.id, now, func(c *proofing.Case) ([]dynamo.Write, error) { c.Flagged = !c.Flagged; return nil, nil }); err != nil { // due again
			t.Error(err)
		}
		_, err := f.handle(t.Context(), event{Sweep: "cases"})
		slog.SetDefault(before)
		if err != nil || !strings.Contains(log.String(), want) {
			t.Errorf("after %s: %v, %s", at, err, &log)
		}
	}
}
