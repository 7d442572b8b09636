package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// deadLetters is the queues of one stack.
type deadLetters struct {
	queues *sqs.Client
	stacks *cloudformation.Client

	urls map[string]string // logical id -> address of the queue
}

// find learns the addresses of the stack's queues.
func (d *deadLetters) find(ctx context.Context, stack string) error {
	out, err := d.stacks.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: &stack})
	if err != nil {
		return fmt.Errorf("look at stack %s: %w", stack, err)
	}
	d.urls = map[string]string{}
	for _, r := range out.StackResources {
		if *r.ResourceType == "AWS::SQS::Queue" && r.PhysicalResourceId != nil {
			d.urls[*r.LogicalResourceId] = *r.PhysicalResourceId
		}
	}
	return nil
}

// print writes a line for every dead-letter queue: how many letters, which queue.
func (d *deadLetters) print(ctx context.Context, out io.Writer) error {
	for _, name := range slices.Sorted(maps.Keys(d.urls)) {
		if !strings.HasSuffix(name, "DeadLetters") {
			continue
		}
		n, err := d.count(ctx, d.urls[name])
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(out, "%6d  %s\n", n, name)
	}
	return nil
}

// count is how many messages a queue holds, those that somebody has just received included.
func (d *deadLetters) count(ctx context.Context, url string) (int, error) {
	visible, hidden := types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	out, err := d.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{visible, hidden}})
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", url, err)
	}
	total := 0
	for _, name := range []types.QueueAttributeName{visible, hidden} {
		n, err := strconv.Atoi(out.Attributes[string(name)])
		if err != nil {
			return 0, fmt.Errorf("count %s: %w", url, err)
		}
		total += n
	}
	return total, nil
}

// replay moves every message of one queue to another: sent first, deleted then, so that a stop in between
// leaves one too many and none too few. What arrives twice has no effect twice.
func (d *deadLetters) replay(ctx context.Context, from, to string) (int, error) {
	source, target := d.urls[from], d.urls[to]
	if source == "" || target == "" {
		return 0, fmt.Errorf("the stack has no queues %s and %s", from, to)
	}
	moved := 0
	for {
		got, err := d.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &source, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			return moved, fmt.Errorf("receive from %s: %w", from, err)
		}
		if len(got.Messages) == 0 {
			return moved, nil
		}
		for _, m := range got.Messages {
			if _, err := d.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &target, MessageBody: m.Body}); err != nil {
				return moved, fmt.Errorf("send to %s: %w", to, err)
			}
			if _, err := d.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &source, ReceiptHandle: m.ReceiptHandle}); err != nil {
				return moved, fmt.Errorf("delete from %s: %w", from, err)
			}
			moved++
		}
	}
}
