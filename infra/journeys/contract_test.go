package journeys_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"phoneotp/infra/local/pyenv"
)

// contract is the product's OpenAPI file, and which of its operations have been seen to succeed.
type contract struct {
	doc    *openapi3.T
	router routers.Router

	mu        sync.Mutex
	succeeded map[string]bool // "GET /api/session"
}

func loadContract(t *testing.T) *contract {
	t.Helper()
	root, err := pyenv.Root("")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "functions", "portal", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // wherever it runs
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{doc: doc, router: router, succeeded: map[string]bool{}}
}

// operations lists "GET /api/session" and so on, with what the file says of each.
func (c *contract) operations() map[string]*openapi3.Operation {
	all := map[string]*openapi3.Operation{}
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			all[method+" "+path] = op
		}
	}
	return all
}

// check holds an answer against the contract: status, headers and body must be as described there, and the
// code of a problem among those that the status lists.
func (c *contract) check(t testing.TB, req *http.Request, status int, header http.Header, body []byte) {
	t.Helper()
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		t.Errorf("%s %s is not in the contract: %v", req.Method, req.URL.Path, err)
		return
	}
	name := req.Method + " " + route.Path
	if route.Operation.Responses.Status(status) == nil {
		t.Errorf("%s answers %d, which the contract does not know: %.300s", name, status, body)
		return
	}
	err = openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 status, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		t.Errorf("%s answers %d against the contract: %v\n%.600s", name, status, err, body)
	}
	if header.Get("cache-control") != "no-store" || header.Get("x-request-id") == "" {
		t.Errorf("%s: cache-control %q, x-request-id %q", name, header.Get("cache-control"), header.Get("x-request-id"))
	}
	if status < http.StatusBadRequest {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.succeeded[name] = true
		return
	}
	c.checkProblem(t, name, route.Operation, status, header, body)
}

// checkProblem checks what the schema of a problem document cannot say.
func (c *contract) checkProblem(t testing.TB, name string, op *openapi3.Operation, status int, header http.Header, body []byte) {
	t.Helper()
	var p problem
	if err := json.Unmarshal(body, &p); err != nil || header.Get("content-type") != "application/problem+json" {
		t.Errorf("%s: %d is no problem document: %.300s", name, status, body)
		return
	}
	if p.Status != status || p.Type != "/problems/"+p.Code {
		t.Errorf("%s: status %d says %d, type %s, code %s", name, status, p.Status, p.Type, p.Code)
	}
	if codes, ok := op.Responses.Status(status).Value.Extensions["x-codes"].([]any); ok && !slices.Contains(codes, any(p.Code)) {
		t.Errorf("%s answers %d %s; the contract knows %v", name, status, p.Code, codes)
	}
	if status == http.StatusTooManyRequests && header.Get("retry-after") == "" {
		t.Errorf("%s: %s without retry-after", name, p.Code)
	}
}

// problem is a problem document as far as these tests look at it.
type problem struct {
	Type, Code, Title string
	Status            int
	Errors            []struct{ Pointer, Detail string }
}

// watched is a transport that holds every answer of the product against the contract.
type watched struct {
	t        testing.TB
	contract *contract
}

// RoundTrip is http.RoundTripper.
func (w watched) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || !strings.HasPrefix(req.URL.Path, "/api/") {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	w.contract.check(w.t, req, res.StatusCode, res.Header, body)
	return res, nil
}

// TestAnswersKeepTheContract walks through every operation with success, each answer held against its schema.
func TestAnswersKeepTheContract(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	p := newPerson(t)
	p.http.Transport = watched{t, c}

	p.want(200, "GET", "/api/openapi.json", nil)
	p.want(200, "GET", "/api/catalog", nil)
	p.signUp("US")
	p.want(202, "POST", "/api/accounts/confirmation", map[string]any{"email": p.email})
	p.want(200, "GET", "/api/session", nil)
	p.want(200, "GET", "/api/account", nil)
	p.want(200, "GET", "/api/account/history", nil)
	p.want(200, "PATCH", "/api/account", map[string]any{"given_name": "Grace Brewster", "billing": billing})
	p.changePasswords()

	number := p.placeAndCancel()
	p.want(200, "GET", "/api/orders/"+number, nil)
	number, keys := p.buy("us", 1)
	p.want(200, "GET", "/api/orders", nil)
	p.want(202, "POST", "/api/orders/"+number+"/keys/resend", nil)
	p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	phone := usNumber()
	p.registerPhone(phone, "sms")
	p.want(200, "GET", "/api/phones", nil)

	p.signIn()
	p.elevate(phone, "sms")
	p.resend()
	for _, a := range p.want(200, "GET", "/api/applications", nil).json["applications"].([]any) {
		if a := a.(map[string]any); a["available"] == true {
			p.want(200, "GET", "/api/applications/"+a["id"].(string), nil)
			p.want(200, "POST", "/api/applications/"+a["id"].(string)+"/launch", nil)
		}
	}
	p.want(200, "GET", "/api/renewal", nil)
	renewal := p.renewal(201, "card")
	p.renewal(200, "card")
	p.want(200, "GET", "/api/renewal", nil)
	p.want(200, "POST", "/api/orders/"+renewal+"/cancel", nil)
	p.renewal(201, "invoice")
	p.changePhones(phone)
	p.endSessions()

	all := c.operations()
	delete(all, "POST /api/webhooks/stripe") // its answers go to the payment sandbox: payments_test of infra/local
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !ofProofing(all[name]) && !ofSupport(all[name]) && !c.succeeded[name] {
			t.Errorf("%s was never seen to succeed", name)
		}
	}
}

// changePasswords changes the password, and resets it by mail.
func (p *person) changePasswords() {
	p.t.Helper()
	next := "violet badger " + random(6)
	p.want(204, "POST", "/api/password", map[string]any{"current": p.password, "new": next})
	p.want(202, "POST", "/api/password/forgot", map[string]any{"email": p.email})
	mail := await(p.t, "the mail to set a new password", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && strings.Contains(m.Body, "/reset#token=")
	})
	p.password = "violet heron " + random(6)
	p.keep(p.password, "password")
	p.want(204, "POST", "/api/password/reset", map[string]any{"token": linkToken.FindStringSubmatch(mail.Body)[1], "password": p.password})
	p.signIn()
}

// placeAndCancel places an order by card, asks for a fresh payment link and cancels it.
func (p *person) placeAndCancel() (number string) {
	p.t.Helper()
	order := p.want(201, "POST", "/api/orders", map[string]any{"partner": "all", "lines": []any{map[string]any{"product": "intl", "quantity": 2}}, "payment": "card", "billing": billing}, "idempotency-key", random(16))
	number = order.text("number")
	p.want(200, "POST", "/api/orders/"+number+"/checkout", nil)
	p.want(200, "POST", "/api/orders/"+number+"/cancel", nil)
	return number
}

// resend asks for a code, waits for its gap to pass and asks for another.
func (p *person) resend() {
	p.t.Helper()
	list, _ := p.want(200, "GET", "/api/phones", nil).json["phones"].([]any)
	challenge := p.want(202, "POST", "/api/otp/send", map[string]any{"phone_id": list[0].(map[string]any)["id"]})
	id := challenge.text("challenge_id")
	p.want(200, "GET", "/api/otp/challenges/"+id, nil)
	p.want(200, "POST", "/_local/accounts/"+p.userID+"/age", map[string]any{"seconds": int(secondSendGap.Seconds())})
	p.want(202, "POST", "/api/otp/challenges/"+id+"/resend", map[string]any{"channel": "sms"})
}

// endSessions ends another session and then its own.
func (p *person) endSessions() {
	p.t.Helper()
	other := newPerson(p.t)
	other.userID, other.password = p.userID, p.password
	other.signIn()
	for _, s := range p.want(200, "GET", "/api/sessions", nil).json["sessions"].([]any) {
		if s := s.(map[string]any); s["current"] != true {
			p.want(204, "DELETE", "/api/sessions/"+s["id"].(string), nil)
		}
	}
	p.want(204, "DELETE", "/api/session", nil)
}
