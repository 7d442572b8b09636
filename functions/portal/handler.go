package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"phoneotp/shared/httpapi"
	"phoneotp/shared/phone"
)

// contentPolicy is the Content-Security-Policy of every page: nothing inline, nothing from elsewhere, and
// no text that a script could turn into markup.
const contentPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'"

// permissions switches off what no page uses.
const permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"

// site is everything that the portal serves, ready at start; rendered pages are kept once made.
type site struct {
	assets    assets
	contract  contract
	problems  []problemPage
	countries []phone.Country
	rendered  sync.Map // page key -> *shell
}

func newSite(origin string) (*site, error) {
	tree, err := loadAssets()
	if err != nil {
		return nil, err
	}
	contract, err := loadContract()
	if err != nil {
		return nil, err
	}
	problems, err := loadProblems()
	if err != nil {
		return nil, err
	}
	countries, err := phone.LoadPolicy()
	if err != nil {
		return nil, err
	}
	if origin == "" {
		return nil, errors.New("portal: the site has no origin")
	}
	return &site{assets: tree, contract: contract, problems: problems, countries: countries}, nil
}

func (s *site) routes() httpapi.Routes {
	return httpapi.Routes{"GET /api/openapi.json": s.openapi, "$default": s.anything}
}

// openapi answers with the contract.
func (s *site) openapi(_ context.Context, req httpapi.Request) (httpapi.Response, error) {
	return s.contract.document(req), nil
}

// anything answers what the gateway has no route for: assets, pages, and refusals.
func (s *site) anything(_ context.Context, req httpapi.Request) (httpapi.Response, error) {
	if req.Path == "/api" || strings.HasPrefix(req.Path, "/api/") {
		return s.contract.refuse(req)
	}
	if rest, ok := strings.CutPrefix(req.Path, "/assets/"); ok {
		if res, found := s.assets.serve(req, rest); found {
			return res, nil
		}
	}
	if page, key, found := s.find(req.Path); found {
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			return s.page(req, http.StatusMethodNotAllowed, pagePosted, "posted")
		}
		return s.page(req, http.StatusOK, page, key)
	}
	return s.page(req, http.StatusNotFound, pageMissing, "missing")
}
