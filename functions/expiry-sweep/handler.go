package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/metric"
	"phoneotp/shared/order"
	"phoneotp/shared/sweep"
)

type handler struct {
	reminders credential.Reminding
	keys      order.Expirer
	metrics   metric.Counter
	now       func() time.Time
}

// event is the schedule's input.
type event struct {
	Sweep string `json:"sweep"`
}

// The metrics. ExpirySwept is the heartbeat: every sweep that ends says it, also of none. ExpiryLeft is what it had to
// leave to the next: by an error, or because its time was over, which counts as one.
const (
	metricSwept = "ExpirySwept"
	metricLeft  = "ExpiryLeft"
)

// handle runs both sweeps, one after the other in the same time. Whatever was left is an error: the repeat finds it,
// and else the next hour.
func (h *handler) handle(ctx context.Context, e event) error {
	if e.Sweep != "expiry" {
		return fmt.Errorf("not a sweep of expiries")
	}
	now := h.now()
	reminders, errReminders := h.reminders.Sweep(ctx, now)
	keys, errKeys := h.keys.Sweep(ctx, now)
	slog.Info("swept", "credentials", reminders.Handled, "orders", keys.Handled,
		"failed", reminders.Failed+keys.Failed, "stopped", reminders.Stopped || keys.Stopped)
	h.metrics.Count(now, metricSwept, reminders.Handled+keys.Handled)
	h.metrics.Count(now, metricLeft, left(reminders)+left(keys))
	if err := errors.Join(errReminders, errKeys); err != nil {
		return fmt.Errorf("sweep of expiries: %w", err)
	}
	return nil
}

func left(r sweep.Result) int {
	if r.Stopped {
		return r.Failed + 1
	}
	return r.Failed
}
