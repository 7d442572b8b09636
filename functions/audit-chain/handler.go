package main

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/metric"
)

// EntryAltered counts entries that were changed or removed after they were written: the alarm of that name rings
// at the first (infra/runbooks/audit.md).
const entryAltered = "AuditEntryAltered"

type handler struct {
	sealer *chain.Sealer
	count  metric.Counter
}

// handle seals the new entries of a batch under one checkpoint. If that fails the stream brings the whole batch
// again, which adds nothing twice.
func (h *handler) handle(ctx context.Context, e events.DynamoDBEvent, now time.Time) (events.DynamoDBEventResponse, error) {
	if len(e.Records) == 0 {
		return events.DynamoDBEventResponse{}, nil
	}
	entries, altered, err := read(e.Records)
	if err == nil {
		var sealed chain.Sealed
		sealed, err = h.sealer.Seal(ctx, entries, now)
		altered = append(altered, sealed.Altered...)
		if sealed.Entries > 0 {
			// The anchor: logs are kept where nobody writes who writes tables.
			slog.Info("audit sealed", "entries", sealed.Entries, "checkpoint", sealed.Anchor.N, "hash", sealed.Anchor.Hash.String())
		}
	}
	for _, where := range altered {
		slog.Error("audit entry altered", "entry", where)
	}
	if len(altered) > 0 {
		h.count.Count(now, entryAltered, len(altered))
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
func read(records []events.DynamoDBEventRecord) (entries []dynamo.Item, altered []string, err error) {
	for _, r := range records {
		before, after := r.Change.OldImage, r.Change.NewImage
		switch {
		case r.EventName == string(events.DynamoDBOperationTypeInsert):
			entry, err := item(after)
			if err != nil {
				return nil, nil, err
			}
			entries = append(entries, entry)
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
