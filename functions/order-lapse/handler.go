package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"phoneotp/shared/order"
)

type handler struct {
	lapser order.Lapser
	now    func() time.Time
}

// event is the schedule's input.
type event struct {
	Sweep string `json:"sweep"`
}

func (h *handler) handle(ctx context.Context, e event) error {
	if e.Sweep != "orders" {
		return fmt.Errorf("not a sweep of orders")
	}
	out, err := h.lapser.Sweep(ctx, h.now())
	slog.Info("swept", "cancelled", out.Cancelled, "settled", out.Settled, "failed", out.Failed)
	if err != nil {
		return fmt.Errorf("sweep of orders: %w", err)
	}
	return nil
}
