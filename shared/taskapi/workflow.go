package taskapi

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"phoneotp/shared/awsx"
	"phoneotp/shared/secret"
)

// Workflow is one state machine. It is safe for concurrent use.
type Workflow struct {
	api     *sfn.Client
	machine string
}

// NewWorkflow takes the state machine's ARN.
func NewWorkflow(ctx context.Context, account *awsx.Account, machine string) *Workflow {
	endpoint := account.Endpoint("SFN")
	if endpoint == nil {
		account.Warm(ctx, "states")
	}
	return &Workflow{machine: machine, api: sfn.New(sfn.Options{
		Region: account.Region, Credentials: account.Credentials(), HTTPClient: account.HTTP, Retryer: account.Retryer(), BaseEndpoint: endpoint,
	})}
}

// Start starts an execution with a JSON input, unless one of that name was ever started.
func (w *Workflow) Start(ctx context.Context, name, input string) error {
	_, err := w.api.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &w.machine, Name: &name, Input: &input})
	if _, started := errors.AsType[*types.ExecutionAlreadyExists](err); started || err == nil {
		return nil
	}
	return fmt.Errorf("taskapi: start %s: %w", name, err)
}

// Complete completes the task that waits with a token. Its output is an empty object: what happened is asked
// elsewhere.
func (w *Workflow) Complete(ctx context.Context, token secret.Text) error {
	_, err := w.api.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String(token.Reveal()), Output: aws.String("{}")})
	if err == nil || spent(err) {
		return nil
	}
	return fmt.Errorf("taskapi: complete: %w", err)
}

func spent(err error) bool {
	_, gone := errors.AsType[*types.TaskDoesNotExist](err)
	_, late := errors.AsType[*types.TaskTimedOut](err)
	_, junk := errors.AsType[*types.InvalidToken](err)
	return gone || late || junk
}

// Stop ends an execution that may be running. One that has ended already is as well: the service may refuse it, so
// that it is asked whether it lives.
func (w *Workflow) Stop(ctx context.Context, name, cause string) error {
	_, err := w.api.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: aws.String(w.execution(name)), Cause: &cause})
	if _, none := errors.AsType[*types.ExecutionDoesNotExist](err); none || err == nil {
		return nil
	}
	if _, ended := errors.AsType[*types.ValidationException](err); ended {
		if lives, asked := w.Lives(ctx, name); asked == nil && !lives {
			return nil
		}
	}
	return fmt.Errorf("taskapi: stop %s: %w", name, err)
}

// Lives tells whether an execution is running.
func (w *Workflow) Lives(ctx context.Context, name string) (bool, error) {
	out, err := w.api.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(w.execution(name))})
	if _, none := errors.AsType[*types.ExecutionDoesNotExist](err); none {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("taskapi: look at %s: %w", name, err)
	}
	return out.Status == types.ExecutionStatusRunning, nil
}

// execution is the ARN of an execution of this machine.
func (w *Workflow) execution(name string) string {
	return strings.Replace(w.machine, ":stateMachine:", ":execution:", 1) + ":" + name
}
