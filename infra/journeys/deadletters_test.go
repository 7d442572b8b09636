package journeys_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// An operator replays dead letters by one command, against the deployed functions: an index of people that was lost is
// whole again, entries are given to the sealer, sweeps are asked for, and the letters are gone.
func TestDeadLettersAreReplayedByOneCommand(t *testing.T) {
	tellStory(t)
	cloud := local.Cloud.Config()
	tables, queues := dynamodb.NewFromConfig(cloud), sqs.NewFromConfig(cloud)
	directory := named(t, "DirectoryTable")
	indexed := func() []map[string]types.AttributeValue {
		t.Helper()
		out, err := tables.Scan(t.Context(), &dynamodb.ScanInput{TableName: &directory})
		if err != nil {
			t.Fatal(err)
		}
		return out.Items
	}
	until(t, "somebody is indexed", func() bool { return len(indexed()) > 0 })
	before := len(indexed())
	for _, item := range indexed() {
		if _, err := tables.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &directory, Key: map[string]types.AttributeValue{"p": item["p"], "s": item["s"]}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"DirectoryDeadLetters", "AuditDeadLetters", "SweepDeadLetters", "RelayDeadLetters"} {
		address := named(t, name)
		body := `{"requestContext":{"condition":"RetryAttemptsExhausted"}}`
		if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &address, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
	if out := deadLetters(t, "replay"); strings.Count(out, ": 1 letters replayed") != 4 {
		t.Errorf("replay said %s", out)
	}
	if after := len(indexed()); after < before {
		t.Errorf("%d items of the index, %d before it was lost", after, before)
	}
}
