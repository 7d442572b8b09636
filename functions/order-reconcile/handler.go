package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"phoneotp/shared/metric"
	"phoneotp/shared/order"
)

// What a run counts, each time, so that an alarm can also stand on its silence.
const (
	metricRepaired    = "OrderRepaired"        // by hand of the run: a webhook was lost
	metricPerson      = "PaymentNeedsPerson"   // told now
	metricWithoutKeys = "OrderPaidWithoutKeys" // how many there are, 15 minutes after payment
	metricFailed      = "ReconcileFailed"      // orders and events that stay for the next run
	metricMissed      = "PaymentEventMissed"   // given up, or gone from Stripe's list unseen
)

type handler struct {
	reconciler order.Reconciler
	metrics    metric.Counter
	now        func() time.Time
}

// event is the schedule's input.
type event struct {
	Sweep string `json:"sweep"`
}

func (h *handler) handle(ctx context.Context, e event) error {
	if e.Sweep != "orders" {
		return fmt.Errorf("not a sweep of orders")
	}
	now := h.now()
	out, err := h.reconciler.Run(ctx, now)
	for _, r := range out.Repairs {
		slog.Warn("order repaired", "order", r.Order, "result", string(r.Result))
	}
	for _, p := range out.People {
		slog.Error("payment needs a person", "order", p.Order, "result", string(p.Result), "why", p.Why)
	}
	for _, number := range out.WithoutKeys {
		slog.Error("order is paid and has no keys", "order", number)
	}
	missed := len(out.GivenUp)
	if out.Behind {
		slog.Error("events have gone that no run has seen")
		missed++
	}
	slog.Info("reconciled", "orders", out.Orders, "events", out.Events, "cancelled", out.Cancelled, "repaired", len(out.Repairs), "failed", out.Failed)
	failed := out.Failed
	if err != nil && failed == 0 {
		failed = 1 // it could not even look
	}
	h.metrics.Count(now, metricRepaired, len(out.Repairs))
	h.metrics.Count(now, metricPerson, len(out.People))
	h.metrics.Count(now, metricWithoutKeys, len(out.WithoutKeys))
	h.metrics.Count(now, metricFailed, failed)
	h.metrics.Count(now, metricMissed, missed)
	if err != nil {
		return fmt.Errorf("reconciliation of orders: %w", err)
	}
	return nil
}
