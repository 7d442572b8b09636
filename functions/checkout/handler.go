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
	sessions    session.Sessions
	credentials *credential.Registry
	catalog     *catalog.Catalog
	placer      order.Placer
	cashier     order.Cashier
	canceller   order.Canceller
	resender    order.Resender
	reader      order.Reader
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"GET /api/catalog":                      h.shop,
		"POST /api/orders":                      h.place,
		"GET /api/orders":                       h.list,
		"GET /api/orders/{number}":              h.view,
		"POST /api/orders/{number}/checkout":    h.pay,
		"POST /api/orders/{number}/cancel":      h.cancel,
		"POST /api/orders/{number}/keys/resend": h.resend,
	}
}

// shop answers without a session (api.md, Store).
func (h *handler) shop(_ context.Context, req httpapi.Request) (httpapi.Response, error) {
	products, err := h.catalog.Store(req.Query["partner"])
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, shopView(h.catalog.Partners(), products))
}

func (h *handler) place(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in order.Request
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	o, err := h.placer.Place(ctx, in, order.By{Account: s.Account, Key: req.Header("idempotency-key"), From: req.Address, At: req.At})
	return h.answer(ctx, req, s, http.StatusCreated, o, err)
}

func (h *handler) list(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	found, err := h.reader.All(ctx, s.Account, h.mayShow(s, req), req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	out := struct {
		Orders []order.Shown `json:"orders"`
	}{[]order.Shown{}}
	for _, v := range found {
		out.Orders = append(out.Orders, v.Show(req.At))
	}
	return httpapi.JSON(http.StatusOK, out)
}

func (h *handler) view(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	v, err := h.reader.One(ctx, req.Params["number"], s.Account, h.mayShow(s, req), req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, v.Show(req.At))
}

func (h *handler) pay(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.act(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	o, err := h.cashier.Again(ctx, req.Params["number"], s.Account, req.At)
	return h.answer(ctx, req, s, http.StatusOK, o, err)
}

func (h *handler) cancel(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.act(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	o, err := h.canceller.Cancel(ctx, req.Params["number"], s.Account, req.Address, req.At)
	return h.answer(ctx, req, s, http.StatusOK, o, err)
}

func (h *handler) resend(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.act(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := h.resender.Resend(ctx, req.Params["number"], s.Account, req.Address, req.At); err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.Empty(http.StatusAccepted), nil
}

// act is the beginning of a request that carries everything in its path.
func (h *handler) act(ctx context.Context, req httpapi.Request) (session.Session, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return s, err
	}
	return s, httpapi.NoBody(req)
}

// answer shows the order that a request changed. One without keys costs no further call.
func (h *handler) answer(ctx context.Context, req httpapi.Request, s session.Session, status int, o order.Order, err error) (httpapi.Response, error) {
	if err != nil {
		return httpapi.Response{}, err
	}
	views, err := h.reader.Of(ctx, h.mayShow(s, req), req.At, o)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(status, views[0].Show(req.At))
}

// mayShow is the rule for keys in clear: Phone OTP strength, if the purchaser holds a live credential
// (product.md 2).
func (h *handler) mayShow(s session.Session, req httpapi.Request) order.MayShow {
	return func(ctx context.Context) (bool, error) {
		c, err := h.credentials.Find(ctx, s.Account)
		if err != nil {
			return false, err
		}
		return !c.Live(req.At) || credential.Level(s, c, req.At) >= credential.LevelOTP, nil
	}
}
