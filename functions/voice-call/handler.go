package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/credential"
	"phoneotp/shared/otp"
	"phoneotp/shared/telephony"
	"phoneotp/shared/telephony/voice"
)

type handler struct {
	claimer *credential.Claimer
	caller  *voice.Caller
	wording otp.Wording
	now     func() time.Time
}

// handle places the calls of a batch. A message fails, and comes again, only before its call was claimed: an
// order that cannot be read goes to the dead letters that way, a claimed call is never placed twice.
func (h *handler) handle(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	var res events.SQSEventResponse
	for _, m := range e.Records {
		if err := h.place(ctx, m.Body); err != nil {
			slog.Error("call", "message", m.MessageId, "error", err.Error())
			res.BatchItemFailures = append(res.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return res, nil
}

func (h *handler) place(ctx context.Context, message string) error {
	order, err := telephony.ReadCallOrder(message)
	if err != nil {
		return err
	}
	now := h.now()
	challenge := otp.ID(order.Challenge).String()
	claimed, err := h.claimer.Claim(ctx, order, now)
	if errors.Is(err, credential.ErrStale) {
		slog.Info("call", "challenge", challenge, "outcome", "not wanted any more", "age_ms", now.Sub(order.Requested).Milliseconds())
		return nil
	}
	if err != nil {
		return err
	}
	outcome := h.caller.Place(ctx, claimed.To, h.wording.Speech(claimed.Code, claimed.Tag), claimed.TimeToLive)
	if outcome != telephony.Accepted {
		h.claimer.Ended(ctx, order, outcome)
	}
	slog.Info("call", "challenge", challenge, "outcome", string(outcome), "age_ms", now.Sub(order.Requested).Milliseconds())
	return nil
}
