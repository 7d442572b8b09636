package httpapi

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"mime"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/fault"
)

// Handler answers one route.
type Handler func(context.Context, Request) (Response, error)

// Routes are a function's handlers by the gateway's route key, as "GET /api/orders/{number}" or "$default".
type Routes map[string]Handler

// API is one function's edge.
type API struct {
	Routes Routes
	Origin string           // our own origin, as "https://otp.example.org": what is not foreign
	Now    func() time.Time // set in wiring
	// Raw marks a route that servers call, not browsers (the payment webhook): any content type, no
	// origin check, and bodies up to 256 KiB.
	Raw bool

	warm atomic.Bool
}

const (
	bodyLimit    = 64 << 10
	rawBodyLimit = 256 << 10
)

// Start sends logs to standard output as JSON and serves the Lambda runtime, with what a function's wiring made,
// until the environment ends. Where the wiring failed the environment ends at once.
func Start(a *API, err error) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	if err != nil {
		slog.Error("cold start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(a.Handle)
}

// Handle answers one event. It never returns an error: whatever happens, the caller has a document.
func (a *API) Handle(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	start := a.Now()
	cold := !a.warm.Swap(true)
	req, err := read(&e, start)
	var res Response
	if err == nil {
		res, err = a.answer(ctx, req)
	}
	var f *fault.Error
	if err != nil {
		own := res.Header // a refusal may carry a header of its own, as Allow
		res, f = problem(err, req)
		maps.Copy(res.Header, own)
	}
	a.log(ctx, req, res.Status, f, err, a.Now().Sub(start), cold)
	return a.finish(req, res), nil
}

func (a *API) answer(ctx context.Context, req Request) (res Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	handler := a.Routes[req.Route]
	if handler == nil {
		return Response{}, ErrNoRoute
	}
	if err := a.admit(req); err != nil {
		return Response{}, err
	}
	return handler(ctx, req)
}

// admit makes the checks that need no session: size, content type, origin.
func (a *API) admit(req Request) error {
	limit := bodyLimit
	if a.Raw {
		limit = rawBodyLimit
	}
	if len(req.Body) > limit {
		return ErrTooLarge.Because(fmt.Sprintf("A body may have at most %d KiB.", limit>>10))
	}
	if a.Raw || req.Method == "GET" || req.Method == "HEAD" || req.Route == "$default" {
		return nil
	}
	if len(req.Body) > 0 {
		if t, _, err := mime.ParseMediaType(req.Header("content-type")); err != nil || t != "application/json" {
			return ErrNotJSON.Because("Send content-type: application/json.")
		}
	}
	if site := req.Header("sec-fetch-site"); site != "" && site != "same-origin" && site != "none" {
		return ErrForeignOrigin
	}
	if origin := req.Header("origin"); origin != "" && origin != a.Origin {
		return ErrForeignOrigin
	}
	return nil
}

// finish adds the headers that every answer carries.
func (a *API) finish(req Request, res Response) events.APIGatewayV2HTTPResponse {
	header := map[string]string{
		"cache-control": "no-store", "x-request-id": req.ID, "x-content-type-options": "nosniff",
		"referrer-policy": "no-referrer", "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
	}
	if strings.HasPrefix(a.Origin, "https:") {
		header["strict-transport-security"] = "max-age=63072000; includeSubDomains"
	}
	for name, value := range res.Header {
		header[name] = value
	}
	body := string(res.Body)
	if res.Binary {
		body = base64.StdEncoding.EncodeToString(res.Body)
	}
	return events.APIGatewayV2HTTPResponse{StatusCode: res.Status, Headers: header, Cookies: res.Cookies, Body: body, IsBase64Encoded: res.Binary}
}

// log writes the request's line. An error's text is for us: rooms keep secrets out of it by type.
func (a *API) log(ctx context.Context, req Request, status int, f *fault.Error, err error, took time.Duration, cold bool) {
	level, blame := slog.LevelInfo, "caller"
	switch {
	case err == nil:
		blame = ""
	case f.Kind == fault.Unavailable:
		level, blame = slog.LevelError, "supplier"
	case status >= 500:
		level, blame = slog.LevelError, "us"
	}
	attrs := []slog.Attr{
		slog.String("request_id", req.ID), slog.String("route", req.Route), slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.Bool("cold", cold),
	}
	if req.line != nil && req.line.holder != "" {
		attrs = append(attrs, slog.String("holder", req.line.holder))
	}
	if err != nil {
		attrs = append(attrs, slog.String("code", f.Code), slog.String("error", err.Error()), slog.String("blame", blame))
	}
	slog.LogAttrs(ctx, level, "request", attrs...)
}
