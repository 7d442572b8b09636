package main

import (
	"context"
	"errors"
	"net/http"

	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/order"
	"phoneotp/shared/proofing"
	"phoneotp/shared/session"
)

type handler struct {
	sessions    session.Sessions
	credentials *credential.Registry
	redeemer    license.Redeemer
	desk        proofing.Desk
	orders      order.Orders
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{"POST /api/licenses/redeem": h.redeem}
}

const textRequired = "is required"

// redeemed is the answer (api.md, License, phones, codes).
type redeemed struct {
	Credential credential.View `json:"credential"`
	Next       string          `json:"next"`
}

func (h *handler) redeem(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		LicenseKey string `json:"license_key"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var c fault.Check
	c.Field(in.LicenseKey != "", "/license_key", textRequired)
	if err := c.Err(); err != nil {
		return httpapi.Response{}, err
	}
	entered, err := h.redeemer.Redeem(ctx, license.Entry{Input: in.LicenseKey, Holder: s.Account, From: req.Address, At: req.At}, h.cases(req), h.renewal(req))
	if err != nil {
		return httpapi.Response{}, err
	}
	opened := entered.Opening.Credential()
	if entered.Resumed && !entered.Revived { // it may have moved on since
		if opened, err = h.credentials.Find(ctx, s.Account); err != nil {
			return httpapi.Response{}, err
		}
		if opened == nil {
			return httpapi.Response{}, errors.New("redeem: the holder of a license has no credential")
		}
	}
	return httpapi.JSON(http.StatusOK, redeemed{Credential: opened.View(req.At), Next: next(s, opened, req)})
}

// cases are the writes of a product with proofing: its case is opened in the same transaction.
func (h *handler) cases(req httpapi.Request) license.Extra {
	return func(o credential.Opening) []dynamo.Write {
		if !o.Proofing {
			return nil
		}
		return h.desk.Opening(o, req.At)
	}
}

// renewal closes the renewal order that was open for the credential before.
func (h *handler) renewal(req httpapi.Request) license.Extra {
	return func(o credential.Opening) []dynamo.Write {
		return []dynamo.Write{h.orders.Superseding(o.Holder, req.At)}
	}
}

// next is what follows an entered key: prove, register-phone or none. The code prompt belongs to sign-in.
func next(s session.Session, c *credential.Credential, req httpapi.Request) string {
	switch step := credential.ViewSession(s, c, req.At).Next; step {
	case "prove", "register-phone":
		return step
	}
	return "none"
}
