package httpapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/fault"
)

// Request is one HTTP request, as far as handlers may rely on it.
type Request struct {
	ID      string            // the gateway's request id, also in x-request-id
	At      time.Time         // the one instant that the whole request is judged by
	Method  string            // upper case
	Route   string            // the gateway's route key, as "POST /api/orders/{number}/cancel"
	Path    string            // as asked
	Params  map[string]string // path parameters
	Query   map[string]string
	Address string // the client's IP address as the gateway saw it, never a header
	Body    []byte // raw bytes

	headers map[string]string
	line    *line
}

// line is what a request adds to its log line on the way.
type line struct{ holder string }

// Header returns a header, whatever the case of its name.
func (r Request) Header(name string) string { return r.headers[strings.ToLower(name)] }

// Cookie returns the value of a cookie, empty if there is none.
func (r Request) Cookie(name string) string {
	for pair := range strings.SplitSeq(r.headers["cookie"], ";") {
		if n, v, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && n == name {
			return v
		}
	}
	return ""
}

// By notes in the log line whose session this is.
func (r Request) By(holder string) {
	if r.line != nil {
		r.line.holder = holder
	}
}

// NewRequest makes a request as a handler test needs it: header names in lower case.
func NewRequest(at time.Time, route string, headers map[string]string, body []byte) Request {
	method, path, _ := strings.Cut(route, " ")
	return Request{ID: "test", At: at, Method: method, Route: route, Path: path, Address: "127.0.0.1", Body: body, headers: headers, line: &line{}}
}

func read(e *events.APIGatewayV2HTTPRequest, now time.Time) (Request, error) {
	headers := make(map[string]string, len(e.Headers)+1)
	for name, value := range e.Headers {
		headers[strings.ToLower(name)] = value // sam local capitalises them
	}
	if len(e.Cookies) > 0 { // AWS lifts cookies out of the headers
		headers["cookie"] = strings.Join(e.Cookies, "; ")
	}
	r := Request{
		ID: e.RequestContext.RequestID, At: now, Method: e.RequestContext.HTTP.Method, Route: e.RouteKey, Path: e.RawPath,
		Params: e.PathParameters, Query: e.QueryStringParameters, Address: e.RequestContext.HTTP.SourceIP, Body: []byte(e.Body),
		headers: headers, line: &line{},
	}
	if e.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(e.Body)
		if err != nil {
			return r, ErrMalformed.Because("The body is not valid base64.")
		}
		r.Body = body
	}
	return r, nil
}

// Body decodes the JSON body into out, strictly: one object, no unknown members, right types. Missing
// members stay zero: the handler says which it needs (fault.Check, 422).
func Body(r Request, out any) error {
	body := bytes.TrimSpace(r.Body)
	if len(body) == 0 || body[0] != '{' {
		return ErrMalformed.Because("The body must be one JSON object.")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(out); err != nil {
		return malformed(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrMalformed.Because("There is something after the JSON object.")
	}
	return nil
}

// NoBody accepts an absent body or an empty object: for requests that carry everything in their path.
func NoBody(r Request) error {
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return nil
	}
	var none struct{}
	return Body(r, &none)
}

// malformed tells what is wrong with a body without repeating any of its values.
func malformed(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		pointer := "/" + strings.ReplaceAll(wrong.Field, ".", "/")
		return ErrMalformed.At(pointer, "must be "+kindName(wrong.Type))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return ErrMalformed.Because(fmt.Sprintf("The member %s is not known here.", name))
	}
	return ErrMalformed.Because("The body is not valid JSON.")
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	default:
		return "a whole number"
	}
}

var (
	// ErrMalformed: the request cannot be read; its program must be corrected.
	ErrMalformed = fault.New(fault.Malformed, "malformed", "The request cannot be read")
	// ErrTooLarge: the body is longer than the route takes.
	ErrTooLarge = fault.New(fault.TooLarge, "too-large", "The request is too large")
	// ErrNotJSON: the body must be sent as application/json.
	ErrNotJSON = fault.New(fault.Unsupported, "not-json", "The request must be sent as JSON")
	// ErrForeignOrigin: a state-changing request that another site's page made.
	ErrForeignOrigin = fault.New(fault.Forbidden, "foreign-origin", "This request came from another site")
	// ErrNoRoute: the gateway sent a request here that no handler of this function takes.
	ErrNoRoute = fault.New(fault.NotFound, "route-unknown", "There is nothing at this address")
	// ErrNoMethod: the address exists, for other methods.
	ErrNoMethod = fault.New(fault.MethodNotAllowed, "method-not-allowed", "This address does not take that method")
	// errUnexpected is what a caller learns of a failure that no room declared.
	errUnexpected = fault.New(0, "unexpected", "Something went wrong on our side")
)
