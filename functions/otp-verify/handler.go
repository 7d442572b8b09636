package main

import (
	"context"
	"net/http"

	"phoneotp/shared/credential"
	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/otp"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

type handler struct {
	raiser session.Raiser
	login  credential.Login
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{"POST /api/otp/verify": h.verify}
}

func (h *handler) verify(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.raiser.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		ChallengeID string      `json:"challenge_id"`
		Code        secret.Text `json:"code"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	check.Field(in.ChallengeID != "", "/challenge_id", "is required")
	check.Field(in.Code != "", "/code", "is required")
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	code, err := otp.ReadCode(in.Code)
	if err != nil {
		return httpapi.Response{}, err
	}
	id, err := otp.ParseID(in.ChallengeID)
	if err != nil {
		return httpapi.Response{}, err
	}
	next, c, err := h.login.Raise(ctx, s, credential.Attempt{Challenge: id, Code: code, From: req.Address, At: req.At})
	if err != nil {
		return httpapi.Response{}, err
	}
	res, err := httpapi.JSON(http.StatusOK, credential.ViewSession(next, c, req.At))
	if err != nil {
		return httpapi.Response{}, err
	}
	return res.WithSession(next.Token().Reveal()), nil
}
