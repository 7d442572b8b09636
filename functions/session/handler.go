package main

import (
	"context"
	"net/http"

	"phoneotp/shared/credential"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

type handler struct {
	sessions    session.Sessions
	signIn      session.SignIn
	ender       session.Ender
	credentials *credential.Registry
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"POST /api/session":         h.start,
		"GET /api/session":          h.view,
		"DELETE /api/session":       h.signOut,
		"GET /api/sessions":         h.list,
		"DELETE /api/sessions/{id}": h.end,
	}
}

// show is the session view (api.md, Session view). One call, for the credential.
func (h *handler) show(ctx context.Context, s session.Session, req httpapi.Request) (httpapi.Response, error) {
	c, err := h.credentials.Find(ctx, s.Account)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, credential.ViewSession(s, c, req.At))
}

func (h *handler) start(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		UserID   string      `json:"user_id"`
		Password secret.Text `json:"password"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	s, err := h.signIn.SignIn(ctx, session.Attempt{
		Identifier: in.UserID, Password: in.Password, From: req.Address, Replaces: session.Present(req),
	}, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	req.By(s.Account.String())
	res, err := h.show(ctx, s, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	return res.WithSession(s.Token().Reveal()), nil
}

func (h *handler) view(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	return h.show(ctx, s, req)
}

func (h *handler) signOut(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := httpapi.NoBody(req); err != nil {
		return httpapi.Response{}, err
	}
	if err := h.ender.SignOut(ctx, s, req.Address, req.At); err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusNoContent).WithoutSession(), nil
}

// entry is one of a person's live sessions in the list.
type entry struct {
	ID         string `json:"id"`
	SignedInAt string `json:"signed_in_at"`
	LastUsedAt string `json:"last_used_at"`
	ExpiresAt  string `json:"expires_at"`
	Strength   string `json:"strength"`
	Current    bool   `json:"current"`
}

func (h *handler) list(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	live, err := h.sessions.List(ctx, s.Account, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	out := struct {
		Sessions []entry `json:"sessions"`
	}{[]entry{}}
	for _, one := range live {
		out.Sessions = append(out.Sessions, entry{
			ID: one.ID, SignedInAt: httpapi.Instant(one.StartedAt), LastUsedAt: httpapi.Instant(one.SeenAt),
			ExpiresAt: httpapi.Instant(one.ExpiresAt()), Strength: string(one.Strength), Current: one.ID == s.ID,
		})
	}
	return httpapi.JSON(http.StatusOK, out)
}

func (h *handler) end(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := httpapi.NoBody(req); err != nil {
		return httpapi.Response{}, err
	}
	id := req.Params["id"]
	if err := h.ender.End(ctx, s, id, req.Address, req.At); err != nil {
		return httpapi.Response{}, err
	}
	res := httpapi.Empty(http.StatusNoContent)
	if id == s.ID {
		res = res.WithoutSession()
	}
	return res, nil
}
