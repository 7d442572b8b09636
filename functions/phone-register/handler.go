package main

import (
	"context"
	"net/http"

	"phoneotp/shared/credential"
	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/phone"
	"phoneotp/shared/phone/parsing"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

type handler struct {
	raiser     session.Raiser
	sender     *credential.Sender
	confirming credential.Confirming
	changing   credential.Changing
	countries  phone.Policy
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"GET /api/phones":                h.list,
		"POST /api/phones":               h.add,
		"POST /api/phones/verify":        h.verify,
		"DELETE /api/phones/{id}":        h.remove,
		"POST /api/phone-changes/reject": h.reject,
	}
}

func (h *handler) list(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.raiser.Sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.sender.Registry.Find(ctx, s.Account)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, struct {
		Phones      []credential.PhoneView `json:"phones"`
		Max         int                    `json:"max"`
		Recommended int                    `json:"recommended"`
	}{c.PhoneViews(), credential.MaxPhones, credential.Recommended})
}

// add judges in the order of api.md: the credential and the session, then the number, then what is registered
// already, then the limits of sends.
func (h *handler) add(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.raiser.Sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		Number   string        `json:"number"`
		Country  string        `json:"country"`
		Channel  phone.Channel `json:"channel"`
		Replaces *string       `json:"replaces"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	check.Field(in.Number != "", "/number", "is required")
	check.Field(in.Country != "", "/country", "is required")
	check.Field(in.Channel.Known(), "/channel", "must be sms or voice")
	replaces := ""
	if in.Replaces != nil {
		replaces = *in.Replaces
		check.Field(replaces != "", "/replaces", "must be the id of a number")
	}
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.sender.Registry.Find(ctx, s.Account)
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := c.MayRegister(s.CodeAt, req.At); err != nil {
		return httpapi.Response{}, err
	}
	found, err := parsing.Parse(in.Number, in.Country)
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := h.countries.Judge(found, phone.Wish{Service: c.Service, Country: in.Country, Channel: in.Channel}); err != nil {
		return httpapi.Response{}, err
	}
	ch, err := h.sender.Enrol(ctx, credential.Asker{Holder: s.Account, Session: s.ID, From: req.Address}, c, credential.Enrolment{
		Number: found.Number, Country: found.Region, Channel: in.Channel, Replaces: replaces, Door: s.Door,
	}, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusAccepted, ch)
}

func (h *handler) remove(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.raiser.Sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := h.changing.Remove(ctx, s, req.Params["id"], req.Address, req.At); err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusNoContent), nil
}

// reject needs no session: the link is what its holder has.
func (h *handler) reject(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		Token secret.Text `json:"token"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	check.Field(in.Token != "", "/token", "is required")
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	if err := h.changing.Reject(ctx, in.Token, req.Address, req.At); err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusNoContent), nil
}

func (h *handler) verify(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.raiser.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	a, err := credential.ReadAttempt(req)
	if err != nil {
		return httpapi.Response{}, err
	}
	next, c, p, err := h.confirming.Confirm(ctx, s, a)
	if err != nil {
		return httpapi.Response{}, err
	}
	res, err := httpapi.JSON(http.StatusCreated, struct {
		Phone   credential.PhoneView   `json:"phone"`
		Session credential.SessionView `json:"session"`
	}{p.View(), credential.ViewSession(next, c, req.At)})
	if err != nil {
		return httpapi.Response{}, err
	}
	return res.WithSession(next.Token().Reveal()), nil
}
