package statemachines_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"phoneotp/infra/local/build"
	"phoneotp/infra/local/emulator"
	"phoneotp/infra/local/pyenv"
	"phoneotp/shared/account"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment/appointmenttest"
	"phoneotp/shared/taskapi"
	"phoneotp/statemachines"
)

// waitSeconds is how long a wait of a deployed copy lasts.
const waitSeconds = 2

// lab has the workflow on the emulator: the machine of the file with short waits, over the real function
// proofing-step with tables of the test's own.
type lab struct {
	vault string // the secret's ARN, once made
	*appointmenttest.World
	desk    proofing.Desk // tells the workflow, as the functions do that people call
	first   account.Account
	name    string
	step    string // the function
	mute    string // the function with no outbox: what writes fails
	runs    *sfn.Client
	lambdas *lambda.Client
}

func newLab(t *testing.T, f *dynamotest.Fixture) *lab {
	t.Helper()
	l := &lab{World: appointmenttest.New(t, f, "agent1"), name: strings.TrimSuffix(f.Table("CASES_TABLE"), "-cases")}
	l.reach(t, f)
	l.first = l.Person(t, "grace", time.Now())
	l.step = l.function(t, "step", nil)
	l.mute = l.function(t, "mute", map[string]string{"OUTBOX_TABLE": "none"})
	l.machine(t, l.name, l.step, nil)
	return l
}

// reach makes the clients.
func (l *lab) reach(t *testing.T, f *dynamotest.Fixture) {
	t.Helper()
	l.runs = sfn.New(sfn.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), BaseEndpoint: f.Account.Endpoint("SFN")})
	l.lambdas = lambda.New(lambda.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), BaseEndpoint: f.Account.Endpoint("LAMBDA")})
	l.desk = l.Diary.Desk
	l.desk.Workflow = taskapi.NewWorkflow(t.Context(), f.Account, machineARN(l.name))
	f.Faults.Clear()
}

func machineARN(name string) string {
	return fmt.Sprintf("arn:aws:states:%s:%s:stateMachine:%s", emulator.Region, emulator.AccountID, name)
}

func executionARN(machine, name string) string {
	return strings.Replace(machineARN(machine), ":stateMachine:", ":execution:", 1) + ":" + name
}

var program = sync.OnceValues(func() ([]byte, error) {
	root, err := pyenv.Root("")
	if err != nil {
		return nil, err
	}
	built, err := build.Functions(context.Background(), root, runtime.GOARCH, "proofing-step")
	if err != nil {
		return nil, err
	}
	pack, err := built[0].Zip()
	return pack.Zip, err
})

// function deploys proofing-step with the variables of the template, some of them changed.
func (l *lab) function(t *testing.T, name string, changed map[string]string) string {
	t.Helper()
	code, err := program()
	if err != nil {
		t.Fatal(err)
	}
	vars := l.All()
	vars["VAULT_SECRET"], vars["WORKFLOW"], vars["AWS_CALL_TIMEOUT"] = l.secret(t), machineARN(l.name), "6s"
	vars["METRICS_NAMESPACE"] = "phoneotp/test"
	maps.Copy(vars, changed)
	made, err := l.lambdas.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String(l.name + "-" + name), Runtime: lambdatypes.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Role: aws.String("arn:aws:iam::" + emulator.AccountID + ":role/step"), Code: &lambdatypes.FunctionCode{ZipFile: code},
		Timeout: aws.Int32(30), Environment: &lambdatypes.Environment{Variables: vars},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = l.lambdas.DeleteFunction(context.Background(), &lambda.DeleteFunctionInput{FunctionName: made.FunctionName})
	})
	return aws.ToString(made.FunctionArn)
}

// secret is the vault's, made once.
func (l *lab) secret(t *testing.T) string {
	t.Helper()
	if l.vault == "" {
		l.vault = credentialtest.Secret(t, l.Fixture)
	}
	return l.vault
}

// definition is the file's with short waits and the function in its place; change may alter its states.
func definition(t *testing.T, step string, change func(states map[string]map[string]any)) string {
	t.Helper()
	var doc struct {
		QueryLanguage, StartAt string
		States                 map[string]map[string]any
	}
	text := strings.ReplaceAll(string(statemachines.Proofing), "${ProofingStepFunctionArn}", step)
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	for _, s := range doc.States {
		if resource, _ := s["Resource"].(string); strings.HasSuffix(resource, ".waitForTaskToken") {
			s["TimeoutSeconds"] = waitSeconds
		}
	}
	if change != nil {
		change(doc.States)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// machine deploys a copy.
func (l *lab) machine(t *testing.T, name, step string, change func(states map[string]map[string]any)) {
	t.Helper()
	text := definition(t, step, change)
	made, err := l.runs.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: &name, Definition: &text, RoleArn: aws.String("arn:aws:iam::" + emulator.AccountID + ":role/workflow"), Type: sfntypes.StateMachineTypeStandard,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = l.runs.DeleteStateMachine(context.Background(), &sfn.DeleteStateMachineInput{StateMachineArn: made.StateMachineArn})
	})
}

// opened makes a holder with an open case, brought to a state at an instant.
func (l *lab) opened(t *testing.T, holder string, at time.Time, bring proofing.Decide) proofing.ID {
	t.Helper()
	id := l.Case(t, l.Another(t, holder, l.first), at)
	if bring != nil {
		l.bring(t, l.Diary.Desk, id, at, bring)
	}
	return id
}

// bring changes a case; through l.desk the workflow is told.
func (l *lab) bring(t *testing.T, desk proofing.Desk, id proofing.ID, at time.Time, how proofing.Decide) proofing.Case {
	t.Helper()
	c, err := desk.Change(t.Context(), id, at, how)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// call invokes a function with an event.
func (l *lab) call(t *testing.T, function string, event any) string {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.lambdas.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &function, Payload: payload})
	if err != nil || out.FunctionError != nil {
		t.Fatalf("%v %s", err, out.Payload)
	}
	return string(out.Payload)
}

// deliver brings a piece of work to the function as the case queue does.
func (l *lab) deliver(t *testing.T, kind string, id proofing.ID, generation int64) {
	t.Helper()
	if answer, done := l.delivers(t, l.step, kind, id, generation); !done {
		t.Fatalf("%s of %s is not done: %s", kind, id, answer)
	}
}

// delivers tells whether the work was done; else the queue brings it again.
func (l *lab) delivers(t *testing.T, function, kind string, id proofing.ID, generation int64) (answer string, done bool) {
	t.Helper()
	body := fmt.Sprintf(`{"id":"%s#%s"}`, kind, proofing.ExecutionName(id, generation))
	answer = l.call(t, function, map[string]any{"Records": []map[string]string{{"messageId": "m", "body": body}}})
	return answer, !strings.Contains(answer, "itemIdentifier")
}

// trace is what an execution has done so far: the states that it entered, its transitions and how it stands.
type trace struct {
	states []string
	exits  []string // as "state / exit"
	status sfntypes.ExecutionStatus
}

func (tr trace) at() string { return tr.states[len(tr.states)-1] }

// follow reads an execution's history against the file.
func (l *lab) follow(t *testing.T, m machine, machine, name string) trace {
	t.Helper()
	arn := executionARN(machine, name)
	is, err := l.runs.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil {
		return trace{states: []string{"not started"}}
	}
	tr := trace{states: []string{"started"}, status: is.Status}
	failure := ""
	p := sfn.NewGetExecutionHistoryPaginator(l.runs, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: 1000})
	for p.HasMorePages() {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			switch {
			case e.StateEnteredEventDetails != nil:
				to := aws.ToString(e.StateEnteredEventDetails.Name)
				if from := tr.at(); from != "started" {
					exit := m.States[from].exit(failure, to)
					if m.States[from].exits()[exit] != to {
						t.Errorf("%s went by %q to %s", from, exit, to)
					}
					tr.exits = append(tr.exits, from+" / "+exit)
				}
				tr.states, failure = append(tr.states, to), ""
			case e.TaskFailedEventDetails != nil:
				failure = aws.ToString(e.TaskFailedEventDetails.Error)
			case e.TaskSucceededEventDetails != nil:
				failure = ""
			}
		}
	}
	if s := m.States[tr.at()]; (s.Type == "Succeed" || s.Type == "Fail") && tr.status != sfntypes.ExecutionStatusRunning {
		tr.exits = append(tr.exits, tr.at()+" / end")
	}
	return tr
}

// exit names the way on which a state was left for another.
func (s state) exit(failure, to string) string {
	switch {
	case s.Type == "Choice":
		for _, c := range s.Choices {
			if c.Next == to {
				return c.Condition
			}
		}
		return "default"
	case failure == "":
		return "next"
	}
	for _, c := range s.Catch {
		if slices.Contains(c.ErrorEquals, failure) || slices.Contains(c.ErrorEquals, "States.ALL") {
			return "catch " + strings.Join(c.ErrorEquals, " ")
		}
	}
	return "uncaught " + failure
}
