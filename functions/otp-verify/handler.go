package main

import (
	"context"
	"net/http"

	"phoneotp/shared/credential"
	"phoneotp/shared/httpapi"
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
	a, err := credential.ReadAttempt(req)
	if err != nil {
		return httpapi.Response{}, err
	}
	next, c, err := h.login.Raise(ctx, s, a)
	if err != nil {
		return httpapi.Response{}, err
	}
	res, err := httpapi.JSON(http.StatusOK, credential.ViewSession(next, c, req.At))
	if err != nil {
		return httpapi.Response{}, err
	}
	return res.WithSession(next.Token().Reveal()), nil
}
