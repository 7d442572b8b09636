package main

import (
	"context"
	"net/http"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
)

type handler struct {
	admission credential.Admission
	diary     *appointment.Diary
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"GET /api/agent/appointments":                h.list,
		"POST /api/agent/appointments/{id}/claim":    h.claim,
		"POST /api/agent/appointments/{id}/conclude": h.conclude,
		"POST /api/agent/cases/{id}/approve":         h.approve,
	}
}

// agent admits an agent, once read has read the request.
func (h *handler) agent(ctx context.Context, req httpapi.Request, read func() error) (account.ID, error) {
	s, err := h.admission.Staff(ctx, req, account.RoleAgent, appointment.ErrAgentsOnly, read)
	return s.Account, err
}

func (h *handler) list(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	if _, err := h.agent(ctx, req, func() error { return nil }); err != nil {
		return httpapi.Response{}, err
	}
	day, err := time.Parse(time.DateOnly, req.Query["day"])
	var check fault.Check
	check.Field(err == nil, "/day", "must be a date, as 2026-01-31")
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	all, err := h.diary.OfDay(ctx, day, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, struct {
		Appointments []appointment.Listed `json:"appointments"`
	}{all})
}

func (h *handler) claim(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	agent, err := h.agent(ctx, req, func() error { return httpapi.NoBody(req) })
	if err != nil {
		return httpapi.Response{}, err
	}
	got, err := h.diary.Claim(ctx, req.Params["id"], agent, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, got)
}

func (h *handler) conclude(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		Outcome   appointment.Outcome    `json:"outcome"`
		Reason    string                 `json:"reason"`
		Checklist *appointment.Checklist `json:"checklist"`
	}
	agent, err := h.agent(ctx, req, func() error { return httpapi.Body(req, &in) })
	if err != nil {
		return httpapi.Response{}, err
	}
	got, err := h.diary.Conclude(ctx, req.Params["id"], agent, appointment.Conclusion{Outcome: in.Outcome, Reason: in.Reason, Checklist: in.Checklist}, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	if got.Second {
		return httpapi.JSON(http.StatusAccepted, struct {
			State  string      `json:"state"`
			CaseID proofing.ID `json:"case_id"`
		}{got.State, got.Case})
	}
	return httpapi.JSON(http.StatusOK, struct {
		State          string `json:"state"`
		ActivationCode string `json:"activation_code,omitempty"`
	}{got.State, got.Code.Reveal()})
}

func (h *handler) approve(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		Approve *bool  `json:"approve"`
		Reason  string `json:"reason"`
	}
	agent, err := h.agent(ctx, req, func() error { return httpapi.Body(req, &in) })
	if err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	check.Field(in.Approve != nil, "/approve", "is required")
	check.Field(in.Reason != "", "/reason", "is required")
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	id, err := proofing.ParseID(req.Params["id"])
	if err != nil {
		return httpapi.Response{}, err
	}
	state, err := h.diary.Decide(ctx, id, agent, appointment.Decision{Approve: *in.Approve, Reason: in.Reason}, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, struct {
		State string `json:"state"`
	}{state})
}
