package credentialtest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/httpapi"
	"phoneotp/shared/secret"
)

// Answer is what a function answered.
type Answer struct {
	Status int
	JSON   map[string]any
	Body   string
	Token  secret.Text // of a session cookie that was set
}

// Code is a problem's code.
func (a Answer) Code() any { return a.JSON["code"] }

// RequestID is the id of each request that Ask makes, of the length that the gateway's have.
const RequestID = "JKJaXmPLvHcESHA="

// Ask sends one request to a function, as the gateway does. Params are names and values of path parameters.
func Ask(t testing.TB, api *httpapi.API, token secret.Text, route, body string, params ...string) Answer {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	e := events.APIGatewayV2HTTPRequest{RouteKey: route, RawPath: path, Body: body, PathParameters: map[string]string{}, Headers: map[string]string{"content-type": "application/json"}}
	if token != "" {
		e.Headers["cookie"] = httpapi.SessionCookie + "=" + token.Reveal()
	}
	for i := 0; i < len(params); i += 2 {
		e.PathParameters[params[i]] = params[i+1]
	}
	e.RequestContext.RequestID = RequestID
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = method, "192.0.2.1"
	res, err := api.Handle(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	a := Answer{Status: res.StatusCode, Body: res.Body}
	if err := json.Unmarshal([]byte(res.Body), &a.JSON); res.Body != "" && err != nil {
		t.Fatalf("%s answers %q: %v", route, res.Body, err)
	}
	for _, c := range res.Cookies {
		if value, ok := strings.CutPrefix(c, httpapi.SessionCookie+"="); ok {
			value, _, _ = strings.Cut(value, ";")
			a.Token = secret.Text(value)
		}
	}
	return a
}
