package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"phoneotp/shared/awsx"
)

// deadLetters is the queues of one stack.
type deadLetters struct {
	account   *awsx.Account
	queues    *sqs.Client
	functions *lambda.Client
	tables    *dynamodb.Client
	now       func() time.Time

	names map[string]string // logical id -> name of the resource; of a queue its address
}

// all are the stack's dead-letter queues, in order.
func (d *deadLetters) all() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(d.names)), func(name string) bool { return !strings.HasSuffix(name, "DeadLetters") })
}

// print writes a line for every dead-letter queue: how many letters, the age of the oldest that it saw, what they
// are, and the gist of one.
func (d *deadLetters) print(ctx context.Context, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "LETTERS\tQUEUE\tOLDEST\tWHAT\tTO DO\tONE OF THEM")
	for _, name := range d.all() {
		n, err := d.count(ctx, d.names[name])
		if err != nil {
			return err
		}
		age, gist, do := "-", "", ""
		k := kinds()[name]
		if n > 0 {
			if age, gist, err = d.peek(ctx, name); err != nil {
				return err
			}
			if do = k.then; k.replay != nil {
				do = strings.TrimSpace("replay " + do)
			}
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n", n, name, age, k.what, do, gist)
	}
	return table.Flush()
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

// peek looks at up to ten letters and leaves them where they are. SQS does not say which is the oldest: of a long
// queue this is the oldest of ten, and the alarm on age (runbooks/queues.md) knows the rest.
func (d *deadLetters) peek(ctx context.Context, name string) (age, gist string, err error) {
	url := d.names[name]
	got, err := d.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10, VisibilityTimeout: 5,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
	})
	if err != nil {
		return "", "", fmt.Errorf("look into %s: %w", name, err)
	}
	oldest := d.now()
	for _, m := range got.Messages {
		if _, err := d.queues.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0}); err != nil {
			return "", "", fmt.Errorf("give back to %s: %w", name, err)
		}
		at, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
		if err != nil {
			return "", "", fmt.Errorf("look into %s: %w", name, err)
		}
		if sent := time.UnixMilli(at); sent.Before(oldest) {
			oldest, gist = sent, gistOf(*m.Body)
		} else if gist == "" {
			gist = gistOf(*m.Body)
		}
	}
	return d.now().Sub(oldest).Round(time.Second).String(), gist, nil
}

// letter is what is common to the letters of streams and of functions that failed, and of notices.
type letter struct {
	ID             string `json:"id"`
	RequestContext struct {
		Condition string `json:"condition"`
	} `json:"requestContext"`
	Stream streamRange `json:"DDBStreamBatchInfo"`
}

// gistOf is a letter in a few words. What it does not know, as a call's sealed order, it does not show.
func gistOf(body string) string {
	var l letter
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		return ""
	}
	switch {
	case l.ID != "":
		return l.ID
	case l.Stream.ARN != "":
		return fmt.Sprintf("%d records of %s, %s", l.Stream.Size, l.Stream.Since, l.RequestContext.Condition)
	}
	return l.RequestContext.Condition
}
