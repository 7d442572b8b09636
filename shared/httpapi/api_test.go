package httpapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
)

var (
	noon    = time.Date(2026, 1, 2, 12, 0, 0, 500_000_000, time.UTC)
	errWait = fault.New(fault.Throttled, "test-wait", "Please wait")
)

func api(h httpapi.Handler) *httpapi.API {
	return &httpapi.API{Routes: httpapi.Routes{"POST /x": h, "GET /x": h}, Origin: "https://otp.example.org", Now: func() time.Time { return noon }}
}

func ok(context.Context, httpapi.Request) (httpapi.Response, error) {
	return httpapi.JSON(200, map[string]string{"a": "b"})
}

func post(body string, headers map[string]string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{RouteKey: "POST /x", RawPath: "/x", Body: body, Headers: headers}
	e.RequestContext.HTTP.Method, e.RequestContext.RequestID = "POST", "r-1"
	return e
}

func call(t *testing.T, a *httpapi.API, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, map[string]any) {
	t.Helper()
	res, err := a.Handle(t.Context(), e)
	if err != nil {
		t.Fatalf("handle: %v", err)
	}
	var doc map[string]any
	_ = json.Unmarshal([]byte(res.Body), &doc)
	return res, doc
}

var jsonType = map[string]string{"content-type": "application/json"}

func TestAdmission(t *testing.T) {
	for name, tt := range map[string]struct {
		body    string
		headers map[string]string
		status  int
		code    string
	}{
		"plain":                   {`{}`, jsonType, 200, ""},
		"charset":                 {`{}`, map[string]string{"Content-Type": "application/json; charset=utf-8"}, 200, ""},
		"no body needs no type":   {``, nil, 200, ""},
		"form":                    {`a=b`, map[string]string{"content-type": "application/x-www-form-urlencoded"}, 415, "not-json"},
		"no type":                 {`{}`, nil, 415, "not-json"},
		"huge":                    {strings.Repeat("x", 64<<10+1), nil, 413, "too-large"},
		"own origin":              {`{}`, map[string]string{"content-type": "application/json", "origin": "https://otp.example.org", "sec-fetch-site": "same-origin"}, 200, ""},
		"foreign origin":          {`{}`, map[string]string{"content-type": "application/json", "origin": "https://evil.example"}, 403, "foreign-origin"},
		"null origin":             {`{}`, map[string]string{"content-type": "application/json", "origin": "null"}, 403, "foreign-origin"},
		"foreign site":            {`{}`, map[string]string{"content-type": "application/json", "sec-fetch-site": "cross-site"}, 403, "foreign-origin"},
		"sibling site":            {`{}`, map[string]string{"content-type": "application/json", "sec-fetch-site": "same-site"}, 403, "foreign-origin"},
		"415 comes before origin": {`a`, map[string]string{"content-type": "text/plain", "origin": "https://evil.example"}, 415, "not-json"},
	} {
		t.Run(name, func(t *testing.T) {
			res, doc := call(t, api(ok), post(tt.body, tt.headers))
			if res.StatusCode != tt.status || tt.code != "" && doc["code"] != tt.code {
				t.Errorf("got %d %v, want %d %s", res.StatusCode, doc["code"], tt.status, tt.code)
			}
			if res.Headers["cache-control"] != "no-store" || res.Headers["x-request-id"] != "r-1" {
				t.Errorf("headers = %v", res.Headers)
			}
		})
	}
}

func TestAProblemDocumentSaysWhatToDo(t *testing.T) {
	a := api(func(context.Context, httpapi.Request) (httpapi.Response, error) {
		return httpapi.Response{}, fmt.Errorf("room: %w", errWait.Because("Two more minutes.").RetryingAt(noon.Add(2*time.Minute)).Then("wait").With("tries_left", 3).At("/code", "was wrong"))
	})
	res, doc := call(t, a, post(`{}`, jsonType))
	if res.StatusCode != 429 || res.Headers["content-type"] != "application/problem+json" || res.Headers["retry-after"] != "120" {
		t.Errorf("answer = %d %v", res.StatusCode, res.Headers)
	}
	want := `{"code":"test-wait","detail":"Two more minutes.","errors":[{"pointer":"/code","detail":"was wrong"}],"instance":"urn:request:r-1","next":"wait","retry_at":"2026-01-02T12:02:01Z","status":429,"title":"Please wait","tries_left":3,"type":"/problems/test-wait"}`
	if res.Body != want {
		t.Errorf("document\n got %s\nwant %s", res.Body, want)
	}
	_ = doc
}

func TestAnUndeclaredFailureSaysNothing(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })
	for _, h := range []httpapi.Handler{
		func(context.Context, httpapi.Request) (httpapi.Response, error) {
			return httpapi.Response{}, errors.New("inner words")
		},
		func(context.Context, httpapi.Request) (httpapi.Response, error) { panic("inner words") },
	} {
		res, doc := call(t, api(h), post(`{}`, jsonType))
		if res.StatusCode != 500 || doc["code"] != "unexpected" || strings.Contains(res.Body, "inner") {
			t.Errorf("answer = %d %s", res.StatusCode, res.Body)
		}
	}
	if n := strings.Count(log.String(), `"msg":"request"`); n != 2 || strings.Count(log.String(), "inner words") < 2 || !strings.Contains(log.String(), `"blame":"us"`) {
		t.Errorf("log = %s", log.String())
	}
}

func TestRequestsReadAlikeFromEveryGateway(t *testing.T) {
	var got httpapi.Request
	a := api(func(_ context.Context, r httpapi.Request) (httpapi.Response, error) {
		got = r
		return httpapi.Empty(204), nil
	})
	for name, e := range map[string]events.APIGatewayV2HTTPRequest{
		"aws":       {Cookies: []string{"a=1", "__Host-session=tok"}},
		"emulator":  {Headers: map[string]string{"cookie": "a=1; __Host-session=tok"}},
		"sam local": {Headers: map[string]string{"Cookie": "a=1; __Host-session=tok"}, Cookies: []string{"a=1", "__Host-session=tok"}},
	} {
		e.RouteKey, e.Body, e.IsBase64Encoded = "POST /x", base64.StdEncoding.EncodeToString([]byte(`{"n":1}`)), true
		if e.Headers == nil {
			e.Headers = map[string]string{}
		}
		e.Headers["Content-Type"] = "application/json"
		e.RequestContext.HTTP.SourceIP = "192.0.2.1"
		e.RequestContext.HTTP.Method = http.MethodPost
		e.Headers["X-Forwarded-For"] = "203.0.113.9"
		if res, _ := call(t, a, e); res.StatusCode != 204 {
			t.Fatalf("%s: status %d", name, res.StatusCode)
		}
		if got.Cookie(httpapi.SessionCookie) != "tok" || got.Cookie("a") != "1" || got.Cookie("b") != "" {
			t.Errorf("%s: cookies are lost", name)
		}
		if string(got.Body) != `{"n":1}` || got.Address != "192.0.2.1" || !got.At.Equal(noon) {
			t.Errorf("%s: request = %+v", name, got)
		}
	}
	if res, doc := call(t, a, events.APIGatewayV2HTTPRequest{RouteKey: "POST /x", Body: "%%%", IsBase64Encoded: true}); res.StatusCode != 400 || doc["code"] != "malformed" {
		t.Errorf("bad base64: %d %v", res.StatusCode, doc)
	}
	if res, doc := call(t, a, events.APIGatewayV2HTTPRequest{RouteKey: "PUT /y"}); res.StatusCode != 404 || doc["code"] != "route-unknown" {
		t.Errorf("unknown route: %d %v", res.StatusCode, doc)
	}
}

func TestBodiesAreReadStrictly(t *testing.T) {
	type in struct {
		Name  string `json:"name"`
		Lines []struct {
			Quantity int `json:"quantity"`
		} `json:"lines"`
	}
	for body, want := range map[string]string{
		`{"name":"x","lines":[{"quantity":2}]}`: "",
		`{}`:                                    "",
		``:                                      "malformed",
		`null`:                                  "malformed",
		`[]`:                                    "malformed",
		`"x"`:                                   "malformed",
		`{"name":"x"`:                           "malformed",
		`{"name":"x"} {}`:                       "malformed",
		`{"name":1}`:                            "malformed",
		`{"name":"x","more":1}`:                 "malformed",
		`{"lines":[{"quantity":1.5}]}`:          "malformed",
		`{"lines":{}}`:                          "malformed",
	} {
		var v in
		err := httpapi.Body(httpapi.NewRequest(noon, "POST /x", nil, []byte(body)), &v)
		f, _ := fault.Of(err)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", body, err)
		case want != "" && (f == nil || f.Code != want || f.Kind != fault.Malformed):
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
	for body, fine := range map[string]bool{``: true, `{}`: true, ` {} `: true, `{"a":1}`: false, `x`: false} {
		if err := httpapi.NoBody(httpapi.NewRequest(noon, "POST /x", nil, []byte(body))); (err == nil) != fine {
			t.Errorf("no body, %q: %v", body, err)
		}
	}
}

func TestCookiesAndInstants(t *testing.T) {
	res := httpapi.Empty(204).WithSession("tok")
	if want := "__Host-session=tok; Path=/; Secure; HttpOnly; SameSite=Strict"; res.Cookies[0] != want {
		t.Errorf("cookie = %s", res.Cookies[0])
	}
	if c := httpapi.Empty(204).WithoutSession().Cookies[0]; !strings.HasPrefix(c, "__Host-session=;") || !strings.Contains(c, "Max-Age=0") {
		t.Errorf("cookie = %s", c)
	}
	if got := httpapi.Instant(noon); got != "2026-01-02T12:00:00Z" {
		t.Errorf("instant = %s", got)
	}
	if got := httpapi.InstantUp(noon); got != "2026-01-02T12:00:01Z" {
		t.Errorf("rounded up = %s", got)
	}
	if got := httpapi.InstantUp(noon.Truncate(time.Second)); got != "2026-01-02T12:00:00Z" {
		t.Errorf("whole second = %s", got)
	}
}
