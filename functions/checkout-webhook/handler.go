package main

import (
	"context"
	"log/slog"
	"net/http"

	"phoneotp/shared/httpapi"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

type handler struct {
	webhook   *payment.Webhook
	fulfiller order.Fulfiller
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{"POST /api/webhooks/stripe": h.take}
}

// take answers 2xx once the event has had its effect, also where it has none here. Anything else makes
// Stripe send it again: trouble of ours is a 5xx, a bad signature a 400 without a trace in the tables.
func (h *handler) take(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	e, err := h.webhook.Parse(req.Body, req.Header("stripe-signature"), req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	log := slog.With("request_id", req.ID, "event", e.ID, "type", e.Type)
	if e.ByOldSecret {
		log.Warn("payment event is signed with the secret that is being replaced")
	}
	out, err := h.fulfiller.Take(ctx, e, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	log = log.With("result", string(out.Result), "order", out.Order)
	if out.Alarming() {
		log.Error("payment needs a person", "why", out.Why)
	} else {
		log.Info("payment event")
	}
	return httpapi.Empty(http.StatusOK), nil
}
