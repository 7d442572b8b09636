package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"phoneotp/infra/audit/trail"
)

// feed gives records to a function as its stream would, and waits for what it could not do.
func (d *deadLetters) feed(ctx context.Context, function string, records []json.RawMessage) error {
	if len(records) == 0 {
		return nil
	}
	payload, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		return err
	}
	id, err := d.function(function)
	if err != nil {
		return err
	}
	got, err := d.functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: &id, Payload: payload})
	if err != nil {
		return fmt.Errorf("invoke %s: %w", function, err)
	}
	var answer struct {
		BatchItemFailures []struct{} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(got.Payload, &answer); err != nil || got.FunctionError != nil || len(answer.BatchItemFailures) > 0 {
		return fmt.Errorf("%s fails still: its log says why", function)
	}
	return nil
}

// seal links the entries that the stream has lost, as `infra/audit seal` does. What it may still bring is left to it.
func (d *deadLetters) seal(ctx context.Context, name string) (int, error) {
	found, err := trail.In(ctx, d.account, d.names)
	if err == nil {
		_, err = found.Seal(ctx, d.now())
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return d.each(ctx, name, func(sqstypes.Message) error { return nil })
}

// reindex has everybody indexed anew: an index that is right stays as it is. The accounts' keys are enough.
func (d *deadLetters) reindex(ctx context.Context, name string) (int, error) {
	return d.walk(ctx, name, "DirectoryFunction", &dynamodb.ScanInput{
		TableName: aws.String(d.names["AccountsTable"]), FilterExpression: aws.String("begins_with(p, :a)"), ProjectionExpression: aws.String("p, fn"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":a": &types.AttributeValueMemberS{Value: "a#"}}, Limit: aws.Int32(100),
	})
}

// walk hands a table to a function page by page as if all of it were new, and then deletes the letters.
func (d *deadLetters) walk(ctx context.Context, name, function string, scan *dynamodb.ScanInput) (int, error) {
	pages := dynamodb.NewScanPaginator(d.tables, scan)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		records := make([]json.RawMessage, len(page.Items))
		for i, item := range page.Items {
			if records[i], err = inserted(item, i); err != nil {
				return 0, fmt.Errorf("%s: %w", name, err)
			}
		}
		if err := d.feed(ctx, function, records); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
	}
	return d.each(ctx, name, func(sqstypes.Message) error { return nil })
}

// inserted is a stream's record of a new item.
func inserted(item map[string]types.AttributeValue, n int) (json.RawMessage, error) {
	image, err := wire(item)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"eventID": "replay", "eventName": "INSERT", "dynamodb": map[string]any{
		"Keys": map[string]any{"p": image["p"]}, "NewImage": image, "SequenceNumber": strconv.Itoa(n),
	}})
}

// wire is an item of texts as streams write it.
func wire(item map[string]types.AttributeValue) (map[string]any, error) {
	out := make(map[string]any, len(item))
	for name, v := range item {
		text, ok := v.(*types.AttributeValueMemberS)
		if !ok {
			return nil, fmt.Errorf("attribute %s is a %T", name, v)
		}
		out[name] = map[string]any{"S": text.Value}
	}
	return out, nil
}

// streamRange is where in a table's stream the records of a letter lie.
type streamRange struct {
	Shard string `json:"shardId"`
	First string `json:"startSequenceNumber"`
	Last  string `json:"endSequenceNumber"`
	Since string `json:"approximateArrivalOfFirstRecord"`
	Size  int    `json:"batchSize"`
	ARN   string `json:"streamArn"`
}

var errForgotten = errors.New("the stream has forgotten these records: drop the letters")

// redrive reads the records of each letter from the stream and gives them to the function again.
func (d *deadLetters) redrive(ctx context.Context, name string) (int, error) {
	return d.each(ctx, name, func(m sqstypes.Message) error {
		var l letter
		if err := json.Unmarshal([]byte(*m.Body), &l); err != nil || l.Stream.ARN == "" {
			return errors.New("a letter names no records")
		}
		records, err := d.records(ctx, l.Stream)
		if err != nil {
			return err
		}
		return d.feed(ctx, "CredentialStreamFunction", records)
	})
}

// records reads a range of a stream. What the stream has no more is errForgotten.
func (d *deadLetters) records(ctx context.Context, r streamRange) ([]json.RawMessage, error) {
	var at struct{ ShardIterator string }
	err := d.ask(ctx, "GetShardIterator", map[string]string{
		"StreamArn": r.ARN, "ShardId": r.Shard, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": r.First,
	}, &at)
	var found []json.RawMessage
	for at.ShardIterator != "" && err == nil {
		var page struct {
			Records           []json.RawMessage
			NextShardIterator string
		}
		if err = d.ask(ctx, "GetRecords", map[string]any{"ShardIterator": at.ShardIterator, "Limit": 100}, &page); err != nil {
			break
		}
		for _, raw := range page.Records {
			var record struct {
				DynamoDB struct{ SequenceNumber string } `json:"dynamodb"`
			}
			if err := json.Unmarshal(raw, &record); err != nil {
				return nil, err
			}
			if later(record.DynamoDB.SequenceNumber, r.Last) {
				return found, nil
			}
			found = append(found, raw)
			if record.DynamoDB.SequenceNumber == r.Last {
				return found, nil
			}
		}
		if at.ShardIterator = page.NextShardIterator; len(page.Records) == 0 {
			break
		}
	}
	if err == nil && len(found) == 0 {
		err = errForgotten
	}
	return found, err
}

// later compares sequence numbers, which are whole numbers of any length.
func later(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// ask calls the streams of DynamoDB. Two calls of one command are not worth a client of their own.
func (d *deadLetters) ask(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	endpoint := "https://streams.dynamodb." + d.account.Region + ".amazonaws.com"
	if other := d.account.Endpoint("DYNAMODB_STREAMS"); other != nil {
		endpoint = *other
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "DynamoDBStreams_20120810."+operation)
	credentials, err := d.account.Credentials().Retrieve(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), "dynamodb", d.account.Region, d.now()); err != nil {
		return err
	}
	res, err := d.account.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if res.StatusCode != http.StatusOK {
		if bytes.Contains(answer, []byte("TrimmedDataAccessException")) || bytes.Contains(answer, []byte("ResourceNotFoundException")) {
			return errForgotten
		}
		return fmt.Errorf("%s: status %d: %.200s", operation, res.StatusCode, answer)
	}
	return json.Unmarshal(answer, out)
}
