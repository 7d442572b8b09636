package main

import (
	"context"
	"net/http"

	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/order"
	"phoneotp/shared/session"
)

type handler struct {
	sessions session.Sessions
	renewer  order.Renewer
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"GET /api/renewal":         h.standing,
		"POST /api/renewal/orders": h.order,
	}
}

// renewalView is how a renewal stands (api.md, Renewal).
type renewalView struct {
	Eligible  bool                   `json:"eligible"`
	Reason    credential.Eligibility `json:"reason"`
	OpensAt   *string                `json:"opens_at"`
	ClosesAt  *string                `json:"closes_at"`
	ExpiresAt *string                `json:"expires_at"`
	Products  []productView          `json:"products"`
	OpenOrder *order.Shown           `json:"open_order,omitempty"`
}

type productView struct {
	Code     string         `json:"code"`
	Name     string         `json:"name"`
	Region   catalog.Region `json:"region"`
	Proofing bool           `json:"proofing"`
	Price    catalog.Money  `json:"price"`
}

// standing answers at password strength, which is enough to renew (product.md 8).
func (h *handler) standing(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	r, err := h.renewer.Standing(ctx, s.Account, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	v := renewalView{Eligible: r.Eligibility == credential.Eligible, Reason: r.Eligibility, Products: []productView{}}
	if c := r.Credential; c != nil {
		opens, closes, expires := httpapi.Instant(c.OpensAt()), httpapi.Instant(c.ClosesAt(h.renewer.Grace)), httpapi.Instant(c.ExpiresAt)
		v.OpensAt, v.ClosesAt, v.ExpiresAt = &opens, &closes, &expires
	}
	if p := r.Twin; p != nil {
		v.Products = append(v.Products, productView{p.Code, p.Name, p.Region, p.Proofing, p.Price})
	}
	if r.Open != nil {
		shown := order.View{Order: *r.Open}.Show(req.At)
		v.OpenOrder = &shown
	}
	return httpapi.JSON(http.StatusOK, v)
}

func (h *handler) order(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in order.RenewalRequest
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	o, made, err := h.renewer.Order(ctx, in, order.By{Account: s.Account, Key: req.Header("idempotency-key"), From: req.Address, At: req.At})
	if err != nil {
		return httpapi.Response{}, err
	}
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	return httpapi.JSON(status, order.View{Order: o}.Show(req.At))
}
