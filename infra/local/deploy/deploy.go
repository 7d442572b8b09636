package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"phoneotp/infra/local/build"
)

// The names on the emulator.
const (
	StackName = "phoneotp"
	bucket    = "phoneotp-code"
)

// Options say what to deploy.
type Options struct {
	Root       string            // of the repository
	Programs   []build.Program   // for this machine's architecture
	Parameters map[string]string // of template.yaml
}

// Deploy brings the stack on the emulator to what template.yaml says, code included. It can be repeated.
func (c *Cloud) Deploy(ctx context.Context, o Options) (*Stack, error) {
	text, err := os.ReadFile(filepath.Join(o.Root, "template.yaml"))
	if err != nil {
		return nil, err
	}
	code, err := c.upload(ctx, o.Programs)
	if err != nil {
		return nil, fmt.Errorf("uploading code: %w", err)
	}
	placed, err := place(string(text), code)
	if err != nil {
		return nil, err
	}
	if placed, err = c.workflows(ctx, o.Root, placed); err != nil {
		return nil, fmt.Errorf("uploading workflows: %w", err)
	}
	if err := c.apply(ctx, placed, o.Parameters); err != nil {
		return nil, fmt.Errorf("deploying template.yaml: %w", err)
	}
	stack, err := c.describe(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.fillGaps(ctx, stack); err != nil {
		return nil, fmt.Errorf("adding what the emulator ignores: %w", err)
	}
	return stack, nil
}

// upload puts each program into the bucket, where it is not yet, and returns its address by name.
func (c *Cloud) upload(ctx context.Context, programs []build.Program) (map[string]string, error) {
	_, err := c.files.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)})
	if _, owned := errors.AsType[*s3types.BucketAlreadyOwnedByYou](err); err != nil && !owned {
		return nil, err
	}
	code := make(map[string]string, len(programs))
	keys := make([]string, len(programs))
	var g errgroup.Group
	for i, p := range programs {
		g.Go(func() error {
			pack, err := p.Zip()
			if err != nil {
				return err
			}
			keys[i] = p.Name + "-" + pack.Digest + ".zip"
			return c.put(ctx, keys[i], pack.Zip)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i, p := range programs {
		code[p.Name] = "s3://" + bucket + "/" + keys[i]
	}
	return code, nil
}

func (c *Cloud) put(ctx context.Context, key string, body []byte) error {
	_, err := c.files.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(body),
	})
	return err
}

// apply creates or updates the stack and waits for the end.
func (c *Cloud) apply(ctx context.Context, template string, parameters map[string]string) error {
	// By address: the text is near the limit of what may stand in the call itself.
	if err := c.put(ctx, "template.yaml", []byte(template)); err != nil {
		return err
	}
	address := aws.String(c.Endpoint + "/" + bucket + "/template.yaml")
	capabilities := []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityAutoExpand}
	list := make([]types.Parameter, 0, len(parameters))
	for name, value := range parameters {
		list = append(list, types.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(value)})
	}
	_, err := c.stacks.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: aws.String(StackName), TemplateURL: address, Parameters: list, Capabilities: capabilities,
		OnFailure: types.OnFailureDoNothing,
	})
	if _, exists := errors.AsType[*types.AlreadyExistsException](err); exists {
		_, err = c.stacks.UpdateStack(ctx, &cloudformation.UpdateStackInput{
			StackName: aws.String(StackName), TemplateURL: address, Parameters: list, Capabilities: capabilities,
		})
		if api, ok := errors.AsType[smithy.APIError](err); ok && strings.Contains(api.ErrorMessage(), "No updates") {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return c.settle(ctx)
}

// settle waits until the stack is complete, or says which resource failed.
func (c *Cloud) settle(ctx context.Context) error {
	for {
		out, err := c.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(StackName)})
		if err != nil {
			return err
		}
		switch status := out.Stacks[0].StackStatus; status {
		case types.StackStatusCreateComplete, types.StackStatusUpdateComplete:
			return nil
		case types.StackStatusCreateInProgress, types.StackStatusUpdateInProgress, types.StackStatusUpdateCompleteCleanupInProgress:
		default:
			return fmt.Errorf("the stack is %s: %s", status, c.reason(ctx))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *Cloud) reason(ctx context.Context) string {
	out, err := c.stacks.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: aws.String(StackName)})
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, e := range out.StackEvents {
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
			lines = append(lines, fmt.Sprintf("%s: %s", aws.ToString(e.LogicalResourceId), aws.ToString(e.ResourceStatusReason)))
		}
	}
	return strings.Join(lines, "; ")
}
