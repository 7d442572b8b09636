package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// replay replays one queue, if it holds anything and can be replayed.
func (d *deadLetters) replay(ctx context.Context, name string, out io.Writer) error {
	k, known := kinds()[name]
	if !known || d.names[name] == "" {
		return fmt.Errorf("the stack has no queue %s that is known", name)
	}
	n, err := d.count(ctx, d.names[name])
	if err != nil || n == 0 || k.replay == nil {
		return err
	}
	done, err := k.replay(d, ctx, name)
	_, _ = fmt.Fprintf(out, "%s: %d letters replayed\n", name, done)
	if done == 0 && err == nil {
		err = fmt.Errorf("%s: its letters are out of sight for up to two minutes after a replay that failed", name)
	}
	return err
}

// drop deletes a queue's letters, whatever they are.
func (d *deadLetters) drop(ctx context.Context, name string, out io.Writer) error {
	if _, known := kinds()[name]; !known || d.names[name] == "" {
		return fmt.Errorf("the stack has no queue %s that is known", name)
	}
	n, err := d.each(ctx, name, func(types.Message) error { return nil })
	_, _ = fmt.Fprintf(out, "%s: %d letters dropped\n", name, n)
	return err
}

// hide is how long a letter is out of others' sight while it is replayed, in seconds.
const hide = 120

// each hands every letter to do and deletes it then. One that do refuses stays and is told at the end; it comes
// into sight again after hide.
func (d *deadLetters) each(ctx context.Context, name string, do func(types.Message) error) (done int, err error) {
	url := d.names[name]
	var refused []error
	for {
		got, err := d.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: hide})
		if err != nil {
			return done, fmt.Errorf("receive from %s: %w", name, err)
		}
		if len(got.Messages) == 0 {
			return done, errors.Join(refused...)
		}
		for _, m := range got.Messages {
			if err := do(m); err != nil {
				refused = append(refused, fmt.Errorf("%s: %w", name, err))
				continue
			}
			if _, err := d.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				return done, fmt.Errorf("delete from %s: %w", name, err)
			}
			done++
		}
	}
}

// to puts letters back on the queue that they come from.
func to(queue string) func(*deadLetters, context.Context, string) (int, error) {
	return func(d *deadLetters, ctx context.Context, name string) (int, error) {
		url := d.names[queue]
		if url == "" {
			return 0, fmt.Errorf("the stack has no queue %s", queue)
		}
		return d.each(ctx, name, func(m types.Message) error {
			_, err := d.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: m.Body})
			return err
		})
	}
}

// sweep asks a function once for the sweep that does what all letters stand for. It is not waited for: one that
// fails leaves a letter again.
func sweep(function, input string) func(*deadLetters, context.Context, string) (int, error) {
	return func(d *deadLetters, ctx context.Context, name string) (int, error) {
		id, err := d.function(function)
		if err != nil {
			return 0, err
		}
		if _, err := d.functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: &id, InvocationType: lambdatypes.InvocationTypeEvent, Payload: []byte(input)}); err != nil {
			return 0, fmt.Errorf("invoke %s: %w", function, err)
		}
		return d.each(ctx, name, func(types.Message) error { return nil })
	}
}

func (d *deadLetters) function(logical string) (string, error) {
	if d.names[logical] == "" {
		return "", fmt.Errorf("the stack has no %s", logical)
	}
	return d.names[logical], nil
}
