package front

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"phoneotp/infra/local/messages"
)

// Payments is what can happen to an order's payment, by the contract's event names. It returns when the
// product has taken the event in. Its errors are told to the caller.
type Payments interface {
	Do(ctx context.Context, order, event string) error
	http.Handler // the hosted pages
}

// What Payments.Do can refuse.
var (
	ErrNoSuchEvent = errors.New("the payment sandbox knows no such event")
	ErrNoPayment   = errors.New("the order has no payment of that kind")
	ErrNotNow      = errors.New("the payment is not in a state for that")
)

// Age is what moves into the past.
type Age struct {
	By       time.Duration
	Sessions bool // the start and code-login instants of the sessions too
	Idle     bool // the idle clock of the sessions too
}

// ErrNoAccount means that no account has the user ID.
var ErrNoAccount = errors.New("no account has this user ID")

// ErrNoAppointment means that no booked appointment has the id.
var ErrNoAppointment = errors.New("no booked appointment has this id")

// Inside says where the parts of the stack are, for tests that look behind the product and for `make sam-local`.
type Inside struct {
	Origin    string            `json:"origin"`   // the stack's own address
	Endpoint  string            `json:"endpoint"` // of the emulator: any AWS client with access key "test"
	World     string            `json:"world"`    // of the stand-ins for SNS, SES and End User Messaging
	Region    string            `json:"region"`
	Resources map[string]string `json:"resources"` // physical names by the template's logical names
}

// Parts are what the front joins.
type Parts struct {
	Inside   Inside
	APIHost  string // host of the HTTP API on it
	Box      *messages.Box
	Payments Payments
	Sweep    func(context.Context) error              // runs every schedule once
	Age      func(context.Context, string, Age) error // moves an account into the past
	Begin    func(context.Context, string) error      // moves an appointment so that it starts now
	Meeting  func(context.Context, string) (Meeting, error)
	Outage   func(on bool) // of the suppliers
}

// Front is the handler of the port. Until Open it answers 503.
type Front struct {
	handler atomic.Pointer[http.Handler]
}

// Open lets requests in.
func (f *Front) Open(p Parts) error {
	api, err := url.Parse(p.Inside.Endpoint)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_local", p.page)
	mux.HandleFunc("GET /_local/newer", p.newer)
	mux.HandleFunc("GET /_local/messages", p.list)
	mux.HandleFunc("GET /_local/messages/{number}/source", p.source)
	mux.HandleFunc("GET /_local/page/", p.asset)
	mux.HandleFunc("POST /_local/payments/{order}", p.pay)
	mux.HandleFunc("POST /_local/sweep", p.sweep)
	mux.HandleFunc("POST /_local/accounts/{user}/age", p.age)
	mux.HandleFunc("POST /_local/appointments/{id}/now", p.begin)
	mux.HandleFunc("GET /_local/meetings/{room}", p.meeting)
	mux.HandleFunc("POST /_local/outage", p.outage)
	mux.HandleFunc("GET /_local/inside", p.inside)
	mux.Handle("/_local/stripe/", http.StripPrefix("/_local/stripe", p.Payments))
	mux.HandleFunc("/_local/", func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, "not-found", "The local stack has no such route.")
	})
	product := gateway(api, p.APIHost)
	// By hand, since a mux would tidy the product's paths and answer with a redirection.
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_local" || strings.HasPrefix(r.URL.Path, "/_local/") {
			mux.ServeHTTP(w, r)
			return
		}
		product.ServeHTTP(w, r)
	})
	f.handler.Store(&h)
	return nil
}

// ServeHTTP is http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := f.handler.Load()
	if h == nil {
		w.Header().Set("Retry-After", "2")
		problem(w, http.StatusServiceUnavailable, "starting", "The local stack is still starting.")
		return
	}
	(*h).ServeHTTP(w, r)
}

// gateway hands requests to the emulated HTTP API.
func gateway(api *url.URL, host string) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = api.Scheme, api.Host
			r.Out.Host = host
		},
		Transport:      &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second, DisableCompression: true},
		ModifyResponse: asGateway,
		ErrorLog:       slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				slog.Error("the emulator did not answer", "path", r.URL.Path, "cause", err)
			}
			failed(w.Header())
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, failedBody)
		},
	}
}

// failedBody is what API Gateway answers for a function that failed, timed out or answered nonsense.
const failedBody = `{"message":"Internal Server Error"}`

func failed(h http.Header) { h.Set("Content-Type", "application/json") }

// asGateway takes away what the emulator adds and AWS does not.
func asGateway(r *http.Response) error {
	for name := range r.Header {
		if strings.HasPrefix(name, "Access-Control-") || strings.HasPrefix(name, "X-Amz-") || name == "X-Amzn-Requestid" {
			r.Header.Del(name)
		}
	}
	if r.StatusCode != http.StatusBadGateway {
		return nil
	}
	said, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return err
	}
	_ = r.Body.Close()
	slog.Error("a function failed", "path", r.Request.URL.Path, "said", string(said))
	r.StatusCode, r.Status = http.StatusInternalServerError, ""
	r.Header = http.Header{}
	failed(r.Header)
	r.ContentLength = int64(len(failedBody))
	r.Header.Set("Content-Length", fmt.Sprint(len(failedBody)))
	r.Body = io.NopCloser(strings.NewReader(failedBody))
	return nil
}

// problem answers in the form of the product's own refusals.
func problem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "/problems/" + code, "title": http.StatusText(status), "status": status, "code": code, "detail": detail,
	})
}
