package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// codes makes three changes of one item and says where they are in the stream.
func (f *fixture) codes(t *testing.T) (streamRange, []json.RawMessage) {
	t.Helper()
	for _, n := range []string{"1", "2", "3"} {
		f.store(t, "CredentialsTable", map[string]types.AttributeValue{"p": text("holder"), "n": &types.AttributeValueMemberN{Value: n}})
	}
	name := f.names["CredentialsTable"]
	table, err := f.tables.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		t.Fatal(err)
	}
	r := streamRange{ARN: aws.ToString(table.Table.LatestStreamArn)}
	var described struct {
		StreamDescription struct{ Shards []struct{ ShardId string } }
	}
	var at struct{ ShardIterator string }
	var page struct{ Records []json.RawMessage }
	for _, call := range []func() error{
		func() error {
			return f.ask(t.Context(), "DescribeStream", map[string]string{"StreamArn": r.ARN}, &described)
		},
		func() error {
			r.Shard = described.StreamDescription.Shards[0].ShardId
			return f.ask(t.Context(), "GetShardIterator", map[string]string{"StreamArn": r.ARN, "ShardId": r.Shard, "ShardIteratorType": "TRIM_HORIZON"}, &at)
		},
		func() error {
			return f.ask(t.Context(), "GetRecords", map[string]string{"ShardIterator": at.ShardIterator}, &page)
		},
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	if len(page.Records) != 3 {
		t.Fatalf("the stream has %d records", len(page.Records))
	}
	return r, page.Records
}

func TestCodesAreReadFromTheStreamAgain(t *testing.T) {
	f := start(t)
	r, records := f.codes(t)
	number := func(n int) string {
		var record struct {
			DynamoDB struct{ SequenceNumber string } `json:"dynamodb"`
		}
		if err := json.Unmarshal(records[n], &record); err != nil {
			t.Fatal(err)
		}
		return record.DynamoDB.SequenceNumber
	}
	r.First, r.Last = number(1), number(2)
	body, err := json.Marshal(map[string]any{"DDBStreamBatchInfo": r})
	if err != nil {
		t.Fatal(err)
	}
	gone := r
	gone.ARN += "gone"
	old, err := json.Marshal(map[string]any{"DDBStreamBatchInfo": gone})
	if err != nil {
		t.Fatal(err)
	}
	f.put(t, "CredentialDeadLetters", string(body), string(old))
	if err := f.replay(t.Context(), "CredentialDeadLetters", &f.out); err == nil || !strings.Contains(err.Error(), errForgotten.Error()) {
		t.Errorf("what the stream has forgotten: %v", err)
	}
	fed := f.fed(t, "CredentialStreamFunction")
	if len(fed) != 2 || !strings.Contains(fed[0]+fed[1], number(1)) || !strings.Contains(fed[0]+fed[1], number(2)) {
		t.Errorf("fed %q", fed)
	}
	f.holds(t, "CredentialDeadLetters", 1)
	if err := f.drop(t.Context(), "VoiceDeadLetters", &f.out); err != nil {
		t.Error(err)
	}
}
