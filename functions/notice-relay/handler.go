package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/metric"
	"phoneotp/shared/notice"
)

// metricSwept is the heartbeat of the sweep, and how many notices it found unsent.
const metricSwept = "NoticesSwept"

type handler struct {
	metrics metric.Counter
	sweeper *notice.Sweeper
	queue   *queue
	cases   *queue // work for the workflows of cases
	now     func() time.Time
}

// event is what calls this function: records of the outbox's stream, or the schedule's input.
type event struct {
	Records []events.DynamoDBEventRecord `json:"Records"`
	Sweep   string                       `json:"sweep"`
}

func (h *handler) handle(ctx context.Context, e event) (events.DynamoDBEventResponse, error) {
	switch {
	case e.Sweep == "notices":
		n, err := h.sweeper.Sweep(ctx, h.send, h.now())
		if err != nil {
			return events.DynamoDBEventResponse{}, fmt.Errorf("sweep, after %d: %w", n, err)
		}
		slog.Info("swept", "notices", n)
		h.metrics.Count(h.now(), metricSwept, n)
		return events.DynamoDBEventResponse{}, nil
	case len(e.Records) > 0:
		return h.relay(ctx, e.Records), nil
	}
	return events.DynamoDBEventResponse{}, fmt.Errorf("neither stream records nor a sweep of notices")
}

// relay enqueues new notices in order. From the first that it cannot enqueue the stream starts again: what was
// enqueued twice is taken once.
func (h *handler) relay(ctx context.Context, records []events.DynamoDBEventRecord) events.DynamoDBEventResponse {
	for start := 0; start < len(records); start += notice.BatchSize {
		batch := records[start:min(start+notice.BatchSize, len(records))]
		var messages []notice.Message
		for _, r := range batch {
			if r.EventName == string(events.DynamoDBOperationTypeInsert) {
				messages = append(messages, notice.Message{ID: r.Change.Keys["p"].String()})
			}
		}
		if len(messages) == 0 {
			continue
		}
		if err := h.send(ctx, messages); err != nil {
			slog.Error("relay", "enqueued", start, "of", len(records), "error", err.Error())
			return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: batch[0].Change.SequenceNumber}}}
		}
	}
	slog.Info("relayed", "records", len(records))
	return events.DynamoDBEventResponse{}
}

// send puts each message on its queue, by its id.
func (h *handler) send(ctx context.Context, messages []notice.Message) error {
	var notices, work []notice.Message
	for _, m := range messages {
		if _, _, ok := notice.CaseWork(m.ID); ok {
			work = append(work, m)
		} else {
			notices = append(notices, m)
		}
	}
	if len(notices) > 0 {
		if err := h.queue.send(ctx, notices); err != nil {
			return err
		}
	}
	if len(work) > 0 {
		return h.cases.send(ctx, work)
	}
	return nil
}
