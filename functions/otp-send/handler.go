package main

import (
	"bytes"
	"context"
	"net/http"

	"phoneotp/shared/credential"
	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/session"
)

type handler struct {
	sessions session.Sessions
	sender   *credential.Sender
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"POST /api/otp/send":                   h.send,
		"POST /api/otp/challenges/{id}/resend": h.resend,
		"GET /api/otp/challenges/{id}":         h.view,
	}
}

// checkChannel is for a member that may be left out.
func checkChannel(check *fault.Check, c *phone.Channel) (channel phone.Channel) {
	if c == nil {
		return ""
	}
	check.Field(c.Known(), "/channel", "must be sms or voice")
	return *c
}

func asker(s session.Session, req httpapi.Request) credential.Asker {
	return credential.Asker{Holder: s.Account, Session: s.ID, From: req.Address}
}

func (h *handler) send(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		PhoneID string         `json:"phone_id"`
		Channel *phone.Channel `json:"channel"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	check.Field(in.PhoneID != "", "/phone_id", "is required")
	channel := checkChannel(&check, in.Channel)
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	ch, err := h.sender.Send(ctx, asker(s, req), in.PhoneID, channel, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusAccepted, ch)
}

func (h *handler) resend(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		Channel *phone.Channel `json:"channel"`
	}
	if len(bytes.TrimSpace(req.Body)) > 0 { // a POST without a body needs none
		if err := httpapi.Body(req, &in); err != nil {
			return httpapi.Response{}, err
		}
	}
	var check fault.Check
	channel := checkChannel(&check, in.Channel)
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	id, err := otp.ParseID(req.Params["id"])
	if err != nil {
		return httpapi.Response{}, err
	}
	ch, err := h.sender.Resend(ctx, asker(s, req), id, channel, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusAccepted, ch)
}

func (h *handler) view(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	id, err := otp.ParseID(req.Params["id"])
	if err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.sender.Registry.Find(ctx, s.Account)
	if err != nil {
		return httpapi.Response{}, err
	}
	ch, err := c.Challenge(asker(s, req), id, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, ch)
}
