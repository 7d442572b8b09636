package main

import (
	"context"
	"net/http"

	"phoneotp/shared/applications"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/session"
)

type handler struct {
	register    *applications.Register
	sessions    session.Sessions
	credentials *credential.Registry
	db          *dynamo.DB
	log         audit.Log
	origin      string
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"GET /api/applications":              h.list,
		"GET /api/applications/{id}":         h.open,
		"POST /api/applications/{id}/launch": h.launch,
	}
}

// launched is what the audit trail says of an application that was opened from the dashboard.
const launched audit.Event = "application-launched"

// entry is one application in the list (api.md, Applications).
type entry struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Level     int    `json:"level"`
	Available bool   `json:"available"`
	Missing   string `json:"missing,omitempty"`
}

func (h *handler) list(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.credentials.Find(ctx, s.Account)
	if err != nil {
		return httpapi.Response{}, err
	}
	out := struct {
		Applications []entry `json:"applications"`
	}{[]entry{}}
	for _, a := range h.register.All() {
		step := a.Missing(s, c, req.At)
		out.Applications = append(out.Applications, entry{
			ID: a.ID, Name: a.Name, Level: a.Level, Available: step == applications.None, Missing: string(step),
		})
	}
	return httpapi.JSON(http.StatusOK, out)
}

// admit finds the application of a request and decides whether it opens to the session.
func (h *handler) admit(ctx context.Context, req httpapi.Request, s session.Session) (applications.Application, error) {
	a, err := h.register.Find(req.Params["id"])
	if err != nil {
		return applications.Application{}, err
	}
	c, err := h.credentials.Find(ctx, s.Account)
	if err != nil {
		return applications.Application{}, err
	}
	return a, a.Open(s, c, req.At)
}

func (h *handler) open(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	a, err := h.admit(ctx, req, s)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Content string `json:"content"`
	}{a.ID, a.Name, a.Content})
}

// launch gives the address to open the application at. The page there asks open again: the address alone opens
// nothing.
func (h *handler) launch(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := httpapi.NoBody(req); err != nil {
		return httpapi.Response{}, err
	}
	a, err := h.admit(ctx, req, s)
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.db.Commit(ctx, h.log.Write(audit.Entry{
		Subject: audit.Account(s.Account.String()), What: launched, At: req.At, From: req.Address, Ref: a.ID,
	}))
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, struct {
		URL string `json:"url"`
	}{h.origin + "/applications/" + a.ID})
}
