package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/httpapi"
)

// reply is one answer of the fake API.
type reply struct {
	status int
	body   any
	cut    bool // no answer at all
	slow   time.Duration
}

// fixtures are the answers of the fake API by "METHOD /path"; the last one of a list repeats.
type fixtures map[string][]reply

// fakeSite serves the real portal handler and, under /api, fixtures.
type fakeSite struct {
	*httptest.Server
	mu    sync.Mutex
	asked []asked
}

type asked struct {
	what   string
	header http.Header
	body   string
}

func newFakeSite(tb testing.TB, fixed fixtures) *fakeSite {
	tb.Helper()
	s, err := newSite("http://localhost")
	if err != nil {
		tb.Fatal(err)
	}
	portal := &httpapi.API{Origin: "http://localhost", Now: time.Now, Routes: s.routes()}
	f := &fakeSite{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != "/api/openapi.json" {
			f.api(w, r, fixed)
			return
		}
		serveEvent(w, r, portal)
	}))
	f.URL = strings.Replace(f.URL, "127.0.0.1", "localhost", 1) // a secure context, as the local stack's
	tb.Cleanup(f.Close)
	return f
}

func (f *fakeSite) api(w http.ResponseWriter, r *http.Request, fixed fixtures) {
	body, _ := io.ReadAll(r.Body)
	what := r.Method + " " + r.URL.RequestURI()
	f.mu.Lock()
	before := 0
	for _, a := range f.asked {
		if a.what == what {
			before++
		}
	}
	f.asked = append(f.asked, asked{what: what, header: r.Header.Clone(), body: string(body)})
	f.mu.Unlock()
	list := fixed[what]
	if list == nil {
		list = fixed[r.Method+" "+r.URL.Path]
	}
	if list == nil {
		list = []reply{problem(404, "route-unknown", "There is nothing at this address")}
		if what == "GET /api/session" {
			list = []reply{problem(401, "signed-out", "Sign in first")}
		}
	}
	answer := list[min(before, len(list)-1)]
	time.Sleep(answer.slow)
	if answer.cut {
		panic(http.ErrAbortHandler)
	}
	kind := "application/json"
	if answer.status >= 400 {
		kind = "application/problem+json"
	}
	w.Header().Set("content-type", kind)
	w.Header().Set("cache-control", "no-store")
	w.WriteHeader(answer.status)
	if answer.body != nil {
		json.NewEncoder(w).Encode(answer.body)
	}
}

// bodies are what was sent with this request, in order.
func (f *fakeSite) bodies(what string) []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.asked), func(a asked) bool { return a.what != what })
}

// serveEvent asks the portal as the gateway would.
func serveEvent(w http.ResponseWriter, r *http.Request, api *httpapi.API) {
	event := events.APIGatewayV2HTTPRequest{RouteKey: "$default", RawPath: r.URL.Path, Headers: map[string]string{}}
	if r.Method == "GET" && r.URL.Path == "/api/openapi.json" {
		event.RouteKey = "GET /api/openapi.json"
	}
	event.RequestContext.HTTP.Method, event.RequestContext.RequestID = r.Method, "test"
	for name, values := range r.Header {
		event.Headers[name] = strings.Join(values, ",")
	}
	res, err := api.Handle(r.Context(), event)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	for name, value := range res.Headers {
		w.Header().Set(name, value)
	}
	body := decoded(res)
	w.WriteHeader(res.StatusCode)
	w.Write(body)
}

func problem(status int, code, title string, more ...any) reply {
	doc := map[string]any{"type": "/problems/" + code, "title": title, "status": status, "code": code, "instance": "urn:request:test"}
	for i := 0; i < len(more); i += 2 {
		doc[more[i].(string)] = more[i+1]
	}
	return reply{status: status, body: doc}
}

func ok(body any) []reply { return []reply{{status: 200, body: body}} }

type m = map[string]any

func in(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }

const day = 24 * time.Hour

func credential(state string, expires time.Duration) m {
	return m{"state": state, "product": "us", "proofed": false, "proofing_method": nil, "purchased_at": in(expires - 365*day), "expires_at": in(expires), "renewable": state == "active"}
}

func phones(n int) []m {
	all := []m{
		{"id": "p1", "ending": "0101", "channel": "sms", "country": "US", "added_at": in(-40 * day)},
		{"id": "p2", "ending": "0102", "channel": "voice", "country": "US", "added_at": in(-30 * day)},
		{"id": "p3", "ending": "0103", "channel": "sms", "country": "US", "added_at": in(-20 * day)},
	}
	return all[:n]
}

// sessionOf is a session view; changes replace its members.
func sessionOf(changes m) m {
	s := m{"user_id": "grace", "name": "Grace Hopper", "roles": []string{}, "strength": "password", "level": 1, "expires_at": in(8 * time.Hour), "idle_expires_at": in(15 * time.Minute),
		"credential": nil, "phones": []m{}, "challenge": nil, "next": "redeem"}
	for name, value := range changes {
		s[name] = value
	}
	return s
}

func challenge(changes m) m {
	c := m{"challenge_id": "c1", "tag": "KM", "phone": m{"ending": "0101", "channel": "sms"}, "expires_at": in(2 * time.Minute), "tries_left": 5, "next_try_at": in(0), "next_sms_at": in(30 * time.Second), "next_voice_at": in(30 * time.Second), "delivery": "sent"}
	for name, value := range changes {
		c[name] = value
	}
	return c
}

func usd(amount int) m { return m{"amount": amount, "currency": "USD"} }

func catalog() m {
	return m{"partners": []m{{"id": "all", "name": "All credentials and subscriptions"}, {"id": "aero", "name": "Aero Works"}}, "products": []m{
		{"code": "us-proofed", "name": "Phone Based OTP - 1 Year (US Phone Service Only) with Proofing", "region": "us", "proofing": true, "price": usd(5900)},
		{"code": "us", "name": "Phone Based OTP - 1 Year (US Phone Service Only) without Proofing", "region": "us", "proofing": false, "price": usd(3400)},
		{"code": "intl-proofed", "name": "International Phone Based OTP - 1 Year (Non-US Phone Service Only) with Proofing", "region": "intl", "proofing": true, "price": usd(9600)},
		{"code": "intl", "name": "International Phone Based OTP - 1 Year (Non-US Phone Service Only) without Proofing", "region": "intl", "proofing": false, "price": usd(7100)},
	}}
}

func billing() m {
	return m{"name": "Grace Hopper", "line1": "1 Navy Way", "city": "Arlington", "region": "VA", "postal_code": "22201", "country": "US"}
}

func account(bill any) m {
	return m{"user_id": "grace", "email": "grace@example.test", "given_name": "Grace", "family_name": "Hopper", "country": "US", "billing": bill}
}

func order(state string, changes m) m {
	o := m{"number": "SO-7Q2MB9XK", "state": state, "placed_at": in(-5 * time.Minute), "lines": []m{{"product": "us", "quantity": 1, "price": usd(3400)}}, "total": usd(3400), "payment": "card", "keys": []m{}}
	for name, value := range changes {
		o[name] = value
	}
	return o
}

func applications(available int) m {
	list := []m{{"id": "directory", "name": "Partner Directory", "level": 1, "available": true}, {"id": "drawings", "name": "Drawing Exchange", "level": 2, "available": true}, {"id": "vault", "name": "Program Vault", "level": 3, "available": true}}
	for i := available; i < 3; i++ {
		list[i]["available"], list[i]["missing"] = false, "elevate"
	}
	return m{"applications": list}
}
