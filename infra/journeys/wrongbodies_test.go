package journeys_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// wrong is one request that must be refused.
type wrong struct {
	what    string
	body    []byte
	header  map[string]string // besides content-type, which is JSON unless it is here
	status  int
	code    string
	pointer string // that the problem's errors must name, if any
	nobody  bool   // without a session
}

const (
	bodyLimit    = 64 << 10
	webhookLimit = 256 << 10
)

// TestWrongBodies drives every route of the OpenAPI file with requests that are wrong in every general way,
// and holds each answer against the file. Nothing of the caller's may have changed afterwards.
func TestWrongBodies(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	p := newPerson(t)
	p.signUp("US")
	agent, support := staff(t, "agent1", "2025550111"), staff(t, "support1", "2025550121")
	before := p.state()
	operations := c.operations()
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		op := operations[name]
		t.Run(name, func(t *testing.T) {
			for _, w := range wrongRequests(t, name, op) {
				reviewer(op, p, agent, support).try(t, c, name, w)
			}
		})
	}
	if after := p.state(); after != before {
		t.Errorf("refused requests changed something:\n%s\nbefore:\n%s", after, before)
	}
}

// state is everything that the person's requests could have changed.
func (p *person) state() string {
	p.t.Helper()
	var all strings.Builder
	for _, path := range []string{"/api/account", "/api/orders", "/api/phones", "/api/sessions"} {
		view := p.want(200, "GET", path, nil).json
		if list, ok := view["sessions"].([]any); ok {
			for _, s := range list {
				delete(s.(map[string]any), "last_used_at") // the idle clock moves
			}
		}
		b, err := json.Marshal(view)
		if err != nil {
			p.t.Fatal(err)
		}
		all.Write(append(b, '\n'))
	}
	return all.String()
}

// wrongRequests are the requests that an operation must refuse.
func wrongRequests(t *testing.T, name string, op *openapi3.Operation) []wrong {
	t.Helper()
	method, _, _ := strings.Cut(name, " ")
	var all []wrong
	if op.Security != nil && len(*op.Security) > 0 {
		all = append(all, wrong{what: "not signed in", body: example(op), status: 401, code: "not-signed-in", nobody: true})
	}
	if name == "POST /api/webhooks/stripe" {
		return append(all,
			wrong{what: "no signature", body: []byte(`{"id":"evt_1"}`), status: 400, code: "bad-signature"},
			wrong{what: "a false signature", body: []byte(`{"id":"evt_1"}`), header: map[string]string{"stripe-signature": "t=1,v1=" + strings.Repeat("0", 64)}, status: 400, code: "bad-signature"},
			wrong{what: "huge", body: bytes.Repeat([]byte(" "), webhookLimit+1), status: 413, code: "too-large"},
		)
	}
	if method == http.MethodGet {
		return all
	}
	all = append(all,
		wrong{what: "another site's origin", body: example(op), header: map[string]string{"origin": "https://elsewhere.example.net"}, status: 403, code: "foreign-origin"},
		wrong{what: "a cross-site request", body: example(op), header: map[string]string{"sec-fetch-site": "cross-site"}, status: 403, code: "foreign-origin"},
		wrong{what: "a sister site's request", body: example(op), header: map[string]string{"sec-fetch-site": "same-site"}, status: 403, code: "foreign-origin"},
	)
	if op.RequestBody == nil {
		return all
	}
	all = append(all,
		wrong{what: "huge", body: append(bytes.Repeat([]byte(" "), bodyLimit), example(op)...), status: 413, code: "too-large"},
		wrong{what: "a form", body: []byte("a=b"), header: map[string]string{"content-type": "application/x-www-form-urlencoded"}, status: 415, code: "not-json"},
		wrong{what: "JSON sent as text", body: example(op), header: map[string]string{"content-type": "text/plain"}, status: 415, code: "not-json"},
		wrong{what: "no content type", body: example(op), header: map[string]string{"content-type": ""}, status: 415, code: "not-json"},
		wrong{what: "broken JSON", body: example(op)[:len(example(op))-1], status: 400, code: "malformed"},
		wrong{what: "not JSON", body: []byte("hello"), status: 400, code: "malformed"},
		wrong{what: "a list", body: []byte("[]"), status: 400, code: "malformed"},
		wrong{what: "two documents", body: append(example(op), "{}"...), status: 400, code: "malformed"},
		wrong{what: "an unknown member", body: with(example(op), "surprise", 1), status: 400, code: "malformed"},
	)
	if op.RequestBody.Value.Required {
		all = append(all, wrong{what: "no body", status: 400, code: "malformed"})
	}
	return append(all, wrongMembers(schemaOf(op), example(op), "")...)
}

// wrongMembers are bodies with one member of the wrong type, or without one that is required, at any depth.
func wrongMembers(schema *openapi3.Schema, whole []byte, at string) []wrong {
	var all []wrong
	for name, ref := range schema.Properties {
		pointer := at + "/" + name
		all = append(all, wrong{what: pointer + " of a wrong type", body: set(whole, pointer, misfit(ref.Value)), status: 400, code: "malformed"})
		if slices.Contains(schema.Required, name) {
			all = append(all,
				wrong{what: pointer + " missing", body: set(whole, pointer, nil), status: 422, code: "invalid", pointer: pointer},
				wrong{what: pointer + " null", body: set(whole, pointer, json.RawMessage("null")), status: 422, code: "invalid", pointer: pointer},
			)
		}
		switch {
		case ref.Value.Type.Is("object"):
			all = append(all, wrong{what: pointer + " with an unknown member", body: set(whole, pointer+"/surprise", 1), status: 400, code: "malformed"})
			all = append(all, wrongMembers(ref.Value, whole, pointer)...)
		case ref.Value.Type.Is("array") && ref.Value.Items.Value.Type.Is("object"):
			all = append(all, wrong{what: pointer + " empty", body: set(whole, pointer, []any{}), status: 422, code: "invalid", pointer: pointer})
			all = append(all, wrongMembers(ref.Value.Items.Value, whole, pointer+"/0")...)
		}
	}
	return all
}

// misfit is a value that cannot be of the schema's type.
func misfit(s *openapi3.Schema) any {
	if s.Type.Is("string") {
		return 7
	}
	return "seven"
}

// try sends a wrong request and looks at the answer.
func (p *person) try(t *testing.T, c *contract, name string, w wrong) {
	t.Helper()
	method, path, _ := strings.Cut(name, " ")
	path = strings.NewReplacer("{id}", "nothing", "{number}", "SO-00000000").Replace(path)
	var body io.Reader
	if w.body != nil {
		body = bytes.NewReader(w.body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if w.body != nil {
		req.Header.Set("content-type", "application/json")
	}
	if name == "POST /api/orders" || name == "POST /api/renewal/orders" {
		req.Header.Set("idempotency-key", random(16))
	}
	for k, v := range w.header {
		req.Header.Del(k)
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	client := p.http
	if w.nobody {
		client = newPerson(t).http
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", w.what, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s: %v", w.what, err)
	}
	c.check(t, req, res.StatusCode, res.Header, raw)
	var got problem
	_ = json.Unmarshal(raw, &got)
	if res.StatusCode != w.status || got.Code != w.code {
		t.Errorf("%s: %d %s, want %d %s\n%.300s", w.what, res.StatusCode, got.Code, w.status, w.code, raw)
		return
	}
	if w.pointer != "" && !slices.ContainsFunc(got.Errors, func(e struct{ Pointer, Detail string }) bool {
		return strings.HasPrefix(e.Pointer, w.pointer) && e.Detail != ""
	}) {
		t.Errorf("%s: the errors do not point there: %v", w.what, got.Errors)
	}
	for _, secret := range []string{p.password, "violet"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%s: the answer repeats a value", w.what)
		}
	}
}

// Requirement: 404 and 405 are problem documents too, and nothing else is told (api.md, Conventions).
func TestWrongAddresses(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	for _, tt := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/api", 404, "route-unknown"},
		{"GET", "/api/nothing", 404, "route-unknown"},
		{"POST", "/api/orders/SO-00000000/refund", 404, "route-unknown"},
		{"GET", "/api/accounts/..%2f..%2fsecret", 404, "route-unknown"},
		{"PUT", "/api/account", 405, "method-not-allowed"},
		{"DELETE", "/api/orders", 405, "method-not-allowed"},
		{"GET", "/api/otp/verify", 405, "method-not-allowed"},
	} {
		a := p.call(tt.method, tt.path, nil)
		if a.status != tt.status || a.text("code") != tt.code || a.header.Get("content-type") != "application/problem+json" || a.header.Get("cache-control") != "no-store" || a.header.Get("x-request-id") == "" {
			t.Errorf("%s %s: %v", tt.method, tt.path, a)
		}
	}
}
