package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo/dynamotest"
)

const queuesOnly = `{"Resources":{
	"NoticeQueue":{"Type":"AWS::SQS::Queue"},
	"NoticeDeadLetters":{"Type":"AWS::SQS::Queue"},
	"VoiceDeadLetters":{"Type":"AWS::SQS::Queue"}}}`

// stack deploys a stack of queues alone and finds them.
func stack(t *testing.T) (*awsx.Account, string, *deadLetters) {
	t.Helper()
	f := dynamotest.Start(t)
	a := f.Account
	d := &deadLetters{
		queues: sqs.New(sqs.Options{Region: a.Region, Credentials: a.Credentials(), HTTPClient: a.HTTP, BaseEndpoint: a.Endpoint("SQS")}),
		stacks: cloudformation.New(cloudformation.Options{Region: a.Region, Credentials: a.Credentials(), HTTPClient: a.HTTP, BaseEndpoint: a.Endpoint("CLOUDFORMATION")}),
	}
	name := strings.ReplaceAll(f.Table("OUTBOX_TABLE"), "_", "-")
	if _, err := d.stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &name, TemplateBody: aws.String(queuesOnly)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Faults.Clear()
		_, _ = d.stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &name})
	})
	for range 100 {
		out, err := d.stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if out.Stacks[0].StackStatus == "CREATE_COMPLETE" {
			break
		}
	}
	if err := d.find(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	return a, name, d
}

func (d *deadLetters) put(t *testing.T, queue string, n int) {
	t.Helper()
	url := d.urls[queue]
	for i := range n {
		if _, err := d.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(fmt.Sprintf(`{"id":"n%d"}`, i))}); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *deadLetters) mustCount(t *testing.T, queue string) int {
	t.Helper()
	n, err := d.count(t.Context(), d.urls[queue])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCountNamesEveryDeadLetterQueue(t *testing.T) {
	account, name, d := stack(t)
	d.put(t, "NoticeDeadLetters", 3)
	var out bytes.Buffer
	if err := run(t.Context(), account, name, nil, &out); err != nil {
		t.Fatal(err)
	}
	if want := "     3  NoticeDeadLetters\n     0  VoiceDeadLetters\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	if n := d.mustCount(t, "NoticeDeadLetters"); n != 3 {
		t.Errorf("counting left %d of 3", n)
	}
}

func TestReplayPutsEveryNoticeBack(t *testing.T) {
	account, name, d := stack(t)
	d.put(t, "NoticeDeadLetters", 23)
	d.put(t, "VoiceDeadLetters", 1)
	var out bytes.Buffer
	if err := run(t.Context(), account, name, []string{"replay"}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "23 notices put back") {
		t.Errorf("printed %q", out.String())
	}
	if dead, live, calls := d.mustCount(t, "NoticeDeadLetters"), d.mustCount(t, "NoticeQueue"), d.mustCount(t, "VoiceDeadLetters"); dead != 0 || live != 23 || calls != 1 {
		t.Errorf("%d dead, %d on the queue, %d calls: a call is worth nothing later", dead, live, calls)
	}
}

func TestWrongUseIsRefused(t *testing.T) {
	account, name, _ := stack(t)
	if err := run(t.Context(), account, name, []string{"purge"}, &bytes.Buffer{}); err == nil {
		t.Error("an unknown word was taken")
	}
	if err := run(t.Context(), account, "no-such-stack", nil, &bytes.Buffer{}); err == nil {
		t.Error("a stack that does not exist was counted")
	}
}
