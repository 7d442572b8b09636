package main

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/account"
	"phoneotp/shared/directory"
)

type handler struct{ writer directory.Writer }

// handle indexes anew whose family name or numbers a batch changes, each person once. From the first that fails
// the stream starts again.
func (h *handler) handle(ctx context.Context, e events.DynamoDBEvent, now time.Time) (events.DynamoDBEventResponse, error) {
	done := map[account.ID]bool{}
	for _, r := range e.Records {
		id, changed, err := whose(r)
		if err == nil && changed && !done[id] {
			err = h.writer.Reindex(ctx, id, now)
			done[id] = true
		}
		if err != nil {
			slog.Error("directory", "event", r.EventID, "error", err.Error())
			return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: r.Change.SequenceNumber}}}, nil
		}
	}
	if len(done) > 0 {
		slog.Info("directory", "records", len(e.Records), "indexed", len(done))
	}
	return events.DynamoDBEventResponse{}, nil
}

// whose tells who changed, and whether it matters here: a code that was sent or tried does not.
func whose(r events.DynamoDBEventRecord) (id account.ID, changed bool, err error) {
	before, after := r.Change.OldImage, r.Change.NewImage
	switch key := r.Change.Keys["p"]; key.DataType() {
	case events.DataTypeBinary: // a credential
		id, err = account.IDFromBytes(key.Binary())
		return id, !reflect.DeepEqual(before["ph"], after["ph"]), err
	case events.DataTypeString:
		text, isAccount := strings.CutPrefix(key.String(), "a#")
		if !isAccount { // an email's reservation, a mail token
			return id, false, nil
		}
		id, err = account.ParseID(text)
		return id, !reflect.DeepEqual(before["fn"], after["fn"]), err
	}
	return id, false, fmt.Errorf("event %s has no key that is known", r.EventID)
}
