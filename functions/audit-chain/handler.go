package main

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/metric"
)

// entryAltered counts entries that were changed or removed after they were written, and chains that somebody moved:
// the alarm of that name rings at the first (infra/runbooks/audit.md).
const entryAltered = "AuditEntryAltered"

type handler struct {
	sealer *chain.Sealer
	count  metric.Counter
}

// handle seals the new entries of a batch. If that fails the stream brings the whole batch again, which adds nothing
// twice.
func (h *handler) handle(ctx context.Context, e events.DynamoDBEvent, now time.Time) (events.DynamoDBEventResponse, error) {
	if len(e.Records) == 0 {
		return events.DynamoDBEventResponse{}, nil
	}
	entries, altered, err := read(e.Records)
	var sealed chain.Sealed
	if err == nil {
		sealed, err = h.sealer.Seal(ctx, entries, now)
	}
	for _, done := range sealed.Done {
		// The anchor: logs are kept where nobody writes who writes tables.
		slog.Info("audit sealed", "entries", done.Entries, "checkpoint", done.Anchor.N, "hash", done.Anchor.Hash.String())
	}
	for _, where := range altered {
		slog.Error("audit entry altered", "entry", where)
	}
	for _, subject := range sealed.Strays {
		slog.Error("audit chain altered", "subject", subject)
	}
	if n := len(altered) + len(sealed.Strays); n > 0 {
		h.count.Count(now, entryAltered, n)
	}
	if err != nil {
		slog.Error("audit chain", "event", e.Records[0].EventID, "error", err.Error())
		first := e.Records[0].Change.SequenceNumber
		return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: first}}}, nil
	}
	return events.DynamoDBEventResponse{}, nil
}

// read tells new entries from those that were changed or removed, which no function may do. An entry that was
// written once more as it stood is neither.
func read(records []events.DynamoDBEventRecord) (entries []chain.Entry, altered []string, err error) {
	for _, r := range records {
		before, after := r.Change.OldImage, r.Change.NewImage
		switch {
		case r.EventName == string(events.DynamoDBOperationTypeInsert):
			entry, err := item(after)
			if err != nil {
				return nil, nil, err
			}
			_, stream, _ := strings.Cut(r.EventSourceArn, "/stream/")
			entries = append(entries, chain.Entry{Stream: stream, Number: r.Change.SequenceNumber, Item: entry})
		case len(after) > 0 && reflect.DeepEqual(before, after):
		default:
			altered = append(altered, r.Change.Keys["p"].String()+" "+r.Change.Keys["s"].String())
		}
	}
	return entries, altered, nil
}

// item is the stream's image as the table's item. Entries hold texts, numbers, and maps of texts.
func item(image map[string]events.DynamoDBAttributeValue) (dynamo.Item, error) {
	out := make(dynamo.Item, len(image))
	for name, v := range image {
		switch v.DataType() {
		case events.DataTypeString:
			out[name] = dynamo.S(v.String())
		case events.DataTypeNumber:
			n, err := v.Integer()
			if err != nil {
				return nil, fmt.Errorf("%s of an entry: %w", name, err)
			}
			out[name] = dynamo.N(n)
		case events.DataTypeMap:
			m, err := item(v.Map())
			if err != nil {
				return nil, err
			}
			out[name] = dynamo.M(m)
		default:
			return nil, fmt.Errorf("%s of an entry has a type that entries do not have", name)
		}
	}
	return out, nil
}
