package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/metric"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/secret"
)

type handler struct {
	desk  proofing.Desk
	count metric.Counter
	now   func() time.Time
}

// event is what calls this function: a step of the workflow, messages of the case queue, or the schedule.
type event struct {
	Step       string      `json:"step"`
	Case       proofing.ID `json:"case"`
	Generation int64       `json:"generation"`
	Version    int64       `json:"version"`
	Token      secret.Text `json:"token"`

	Records []events.SQSMessage `json:"Records"`
	Sweep   string              `json:"sweep"`
}

func (h *handler) handle(ctx context.Context, e event) (any, error) {
	switch {
	case e.Sweep == "cases":
		swept, err := h.desk.Sweep(ctx, h.now())
		slog.Info("swept", "cases", swept.Cases)
		h.count.Count(h.now(), proofing.MetricOverdue, swept.Overdue)
		return nil, err
	case len(e.Records) > 0:
		return h.queue(ctx, e.Records), nil
	case e.Step == "look":
		return h.desk.Look(ctx, e.Case, e.Generation, h.now())
	case e.Step == "remind":
		return h.desk.Remind(ctx, e.Case, e.Generation, h.now())
	case e.Step == "wait":
		return nil, h.wait(ctx, e)
	}
	return nil, fmt.Errorf("neither a step, nor messages, nor a sweep of cases")
}

// wait stores the step's token. If the case has moved on, nobody will use it: the step completes itself.
func (h *handler) wait(ctx context.Context, e event) error {
	stored, err := h.desk.Wait(ctx, e.Case, e.Generation, e.Version, e.Token)
	if err != nil || stored {
		return err
	}
	return h.desk.Workflow.Complete(ctx, e.Token)
}

// queue starts and stops workflows. What fails goes back to the queue alone.
func (h *handler) queue(ctx context.Context, records []events.SQSMessage) events.SQSEventResponse {
	var failed events.SQSEventResponse
	for _, r := range records {
		var m notice.Message
		err := json.Unmarshal([]byte(r.Body), &m)
		if err == nil {
			err = h.work(ctx, m.ID)
		}
		switch {
		case err == nil, errors.Is(err, notice.ErrGone), errors.Is(err, notice.ErrTaken):
			slog.Info("case work", "id", m.ID)
			continue
		}
		slog.Error("case work not done", "message", r.MessageId, "id", m.ID, "error", err.Error())
		if !m.Sweep { // the next sweep brings it again
			failed.BatchItemFailures = append(failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
		}
	}
	return failed
}

// work does one piece of work and marks it. Doing it twice changes nothing.
func (h *handler) work(ctx context.Context, id string) error {
	kind, name, ok := notice.CaseWork(id)
	if !ok {
		return fmt.Errorf("%q is no work for cases", id)
	}
	c, generation, err := proofing.ParseExecution(name)
	if err != nil {
		return err
	}
	taken, err := h.desk.Outbox.Take(ctx, id, h.now())
	if err != nil {
		return err
	}
	if err = h.run(ctx, kind, c, generation); err != nil {
		return errors.Join(err, h.desk.Outbox.Release(ctx, taken))
	}
	return h.desk.Outbox.MarkSent(ctx, taken, h.now())
}

func (h *handler) run(ctx context.Context, kind notice.Kind, c proofing.ID, generation int64) error {
	name := proofing.ExecutionName(c, generation)
	if kind == notice.KindCaseStop {
		return h.desk.Workflow.Stop(ctx, name, "the case was cancelled")
	}
	if generation > 1 {
		if err := h.desk.Workflow.Stop(ctx, proofing.ExecutionName(c, generation-1), "the next generation begins"); err != nil {
			return err
		}
	}
	input, err := json.Marshal(struct {
		Case       proofing.ID `json:"case"`
		Generation int64       `json:"generation"`
	}{c, generation})
	if err != nil {
		return err
	}
	return h.desk.Workflow.Start(ctx, name, string(input))
}
