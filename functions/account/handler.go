package main

import (
	"context"
	"net/http"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

type handler struct {
	accounts  account.Accounts
	registrar account.Registrar
	profiles  account.Profiles
	passwords account.Passwords
	sessions  session.Sessions
	trail     audit.Reader
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"POST /api/accounts":              h.register,
		"POST /api/accounts/confirm":      h.confirm,
		"POST /api/accounts/confirmation": h.resend,
		"GET /api/account":                h.view,
		"PATCH /api/account":              h.change,
		"GET /api/account/history":        h.history,
		"POST /api/password":              h.changePassword,
		"POST /api/password/forgot":       h.forgot,
		"POST /api/password/reset":        h.reset,
	}
}

// profile is an account as its owner sees it (api.md, Account and session).
type profile struct {
	UserID     string           `json:"user_id"`
	Email      string           `json:"email"`
	GivenName  string           `json:"given_name"`
	FamilyName string           `json:"family_name"`
	Country    string           `json:"country"`
	Billing    *account.Billing `json:"billing"`
}

func show(a account.Account) (httpapi.Response, error) {
	return httpapi.JSON(http.StatusOK, profile{a.UserID, a.Email, a.GivenName, a.FamilyName, a.Country, a.Billing})
}

func (h *handler) register(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		UserID     string      `json:"user_id"`
		Email      string      `json:"email"`
		GivenName  string      `json:"given_name"`
		FamilyName string      `json:"family_name"`
		Country    string      `json:"country"`
		Password   secret.Text `json:"password"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	made, err := h.registrar.Register(ctx, account.Registration{
		UserID: in.UserID, Email: in.Email, GivenName: in.GivenName, FamilyName: in.FamilyName, Country: in.Country,
		Password: in.Password, From: req.Address,
	}, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusCreated, struct {
		UserID string `json:"user_id"`
	}{made.UserID})
}

func (h *handler) confirm(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		Token secret.Text `json:"token"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusNoContent), h.registrar.Confirm(ctx, in.Token, req.Address, req.At)
}

// email reads the body of the two routes that take an address and always answer 202.
func email(req httpapi.Request) (string, error) {
	var in struct {
		Email string `json:"email"`
	}
	err := httpapi.Body(req, &in)
	return in.Email, err
}

func (h *handler) resend(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	address, err := email(req)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusAccepted), h.registrar.Resend(ctx, address, req.Address, req.At)
}

func (h *handler) forgot(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	address, err := email(req)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusAccepted), h.passwords.Forgot(ctx, address, req.Address, req.At)
}

func (h *handler) reset(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		Token    secret.Text `json:"token"`
		Password secret.Text `json:"password"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusNoContent), h.passwords.Reset(ctx, in.Token, in.Password, req.Address, req.At)
}

func (h *handler) view(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	found, err := h.accounts.ByID(ctx, s.Account, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return show(found)
}

func (h *handler) change(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		GivenName  *string          `json:"given_name"`
		FamilyName *string          `json:"family_name"`
		Country    *string          `json:"country"`
		Billing    *account.Billing `json:"billing"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	patch := account.Patch{GivenName: in.GivenName, FamilyName: in.FamilyName, Country: in.Country, Billing: in.Billing}
	var more []dynamo.Write
	if given, family := patch.Named(s.GivenName, s.FamilyName); given != s.GivenName || family != s.FamilyName {
		more = append(more, h.sessions.Renamed(s, given, family))
	}
	found, err := h.profiles.Change(ctx, s.Account, patch, req.Address, req.At, more...)
	if err != nil {
		return httpapi.Response{}, err
	}
	return show(found)
}

func (h *handler) changePassword(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		Current secret.Text `json:"current"`
		New     secret.Text `json:"new"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusNoContent), h.passwords.Change(ctx, s.Account, s.ID, in.Current, in.New, req.Address, req.At)
}
