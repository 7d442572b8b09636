package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"phoneotp/shared/awsx"
	"phoneotp/shared/notice"
)

// queue is the notice queue.
type queue struct {
	api *sqs.Client
	url string
}

func newQueue(ctx context.Context, account *awsx.Account, url string) *queue {
	endpoint := account.Endpoint("SQS")
	if endpoint == nil {
		account.Warm(ctx, "sqs")
	}
	return &queue{url: url, api: sqs.New(sqs.Options{
		Region: account.Region, Credentials: account.Credentials(), HTTPClient: account.HTTP, Retryer: account.Retryer(), BaseEndpoint: endpoint,
	})}
}

// send is notice.Enqueue.
func (q *queue) send(ctx context.Context, messages []notice.Message) error {
	entries := make([]types.SendMessageBatchRequestEntry, len(messages))
	for i, m := range messages {
		body, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("enqueue: %w", err)
		}
		entries[i] = types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(body))}
	}
	out, err := q.api.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: entries})
	if err != nil {
		return fmt.Errorf("enqueue: %w", err)
	}
	if len(out.Failed) > 0 {
		return fmt.Errorf("enqueue: %d of %d refused: %s", len(out.Failed), len(messages), aws.ToString(out.Failed[0].Code))
	}
	return nil
}
