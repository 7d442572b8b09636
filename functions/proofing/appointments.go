package main

import (
	"context"
	"net/http"
	"time"

	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/proofing/agenda"
	"phoneotp/shared/proofing/appointment"
)

const (
	textZone    = "must be the name of a time zone, as America/New_York"
	textInstant = "must be an instant in UTC, as 2026-01-31T17:30:00Z"
	textOrder   = "must not be before the first date"
)

// instant reads a start. What is no whole second is no slot.
func instant(c *fault.Check, text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	c.Field(err == nil, "/starts_at", textInstant)
	return at.UTC()
}

func (h *handler) slots(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	from, errFrom := time.Parse(time.DateOnly, req.Query["from"])
	to, errTo := time.Parse(time.DateOnly, req.Query["to"])
	zone, errZone := agenda.Zone(req.Query["zone"])
	check.Field(errFrom == nil, "/from", textDate)
	check.Field(errTo == nil, "/to", textDate)
	check.Field(errFrom != nil || errTo != nil || !to.Before(from), "/to", textOrder)
	check.Field(errZone == nil, "/zone", textZone)
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	if _, err := h.current(ctx, s, req.At); err != nil {
		return httpapi.Response{}, err
	}
	free, err := h.diary.Free(ctx, s.Account, from, to, zone, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, struct {
		Slots []appointment.Free `json:"slots"`
	}{free})
}

func (h *handler) book(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		agreement
		StartsAt string `json:"starts_at"`
		Zone     string `json:"zone"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	at := instant(&check, in.StartsAt)
	_, err = agenda.Zone(in.Zone)
	check.Field(err == nil, "/zone", textZone)
	in.check(&check)
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	if err := in.given(); err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.current(ctx, s, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	booked, err := h.diary.Book(ctx, c.ID, appointment.Wish{Holder: s.Account, StartsAt: at, Zone: in.Zone, From: req.Address, At: req.At})
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusCreated, booked)
}

func (h *handler) move(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		StartsAt string `json:"starts_at"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	at := instant(&check, in.StartsAt)
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.current(ctx, s, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	moved, err := h.diary.Move(ctx, c.ID, s.Account, at, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, moved)
}

func (h *handler) cancel(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := httpapi.NoBody(req); err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.current(ctx, s, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := h.diary.Cancel(ctx, c.ID, req.At); err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusNoContent), nil
}
