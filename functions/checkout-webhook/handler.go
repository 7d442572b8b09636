package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"phoneotp/shared/httpapi"
	"phoneotp/shared/metric"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

// What events are counted as.
const (
	metricPerson  = "PaymentNeedsPerson"  // an alarm of template.yaml stands on it
	metricUnknown = "PaymentEventUnknown" // of a type that is not handled: dropped
	metricOld     = "WebhookSecretOld"    // signed with the secret that is being replaced
	metricForged  = "WebhookRefused"      // the signature does not fit: another secret, or somebody tries
)

type handler struct {
	webhook   *payment.Webhook
	fulfiller order.Fulfiller
	metrics   metric.Counter
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{"POST /api/webhooks/stripe": h.take}
}

// take answers 2xx once the event has had its effect, also where it has none here. Anything else makes
// Stripe send it again: trouble of ours is a 5xx, a bad signature a 400 without a trace in the tables.
func (h *handler) take(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	e, err := h.webhook.Parse(req.Body, req.Header("stripe-signature"), req.At)
	if errors.Is(err, payment.ErrBadSignature) {
		h.metrics.Count(req.At, metricForged, 1)
	}
	if err != nil {
		return httpapi.Response{}, err
	}
	log := slog.With("request_id", req.ID, "event", e.ID, "type", e.Type)
	if e.ByOldSecret {
		log.Warn("payment event is signed with the secret that is being replaced")
		h.metrics.Count(req.At, metricOld, 1)
	}
	out, err := h.fulfiller.Take(ctx, e, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	log = log.With("result", string(out.Result), "order", out.Order)
	switch {
	case out.Alarming():
		log.Error("payment needs a person", "why", out.Why)
		h.metrics.Count(req.At, metricPerson, 1)
	case out.Result == order.Unknown:
		log.Info("payment event is of a type that is not handled")
		h.metrics.Count(req.At, metricUnknown, 1)
	default:
		log.Info("payment event")
	}
	return httpapi.Empty(http.StatusOK), nil
}
