package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"phoneotp/shared/fault"
)

// Response is one HTTP answer. Header names are lower case.
type Response struct {
	Status  int
	Header  map[string]string
	Cookies []string
	Body    []byte
	Binary  bool // the body is not UTF-8 text (fonts, compressed bytes): it travels as base64
}

// JSON answers with v. Views are structs of plain values; one that cannot be encoded is a defect.
func JSON(status int, v any) (Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Response{}, err
	}
	return Response{Status: status, Header: map[string]string{"content-type": "application/json; charset=utf-8"}, Body: body}, nil
}

// Empty answers without a body.
func Empty(status int) Response { return Response{Status: status} }

// SessionCookie is the name of the cookie that carries the session token (api.md, Conventions).
const SessionCookie = "__Host-session"

const sessionCookieRules = "; Path=/; Secure; HttpOnly; SameSite=Strict"

// WithSession sets the session cookie.
func (r Response) WithSession(token string) Response {
	r.Cookies = append(r.Cookies, SessionCookie+"="+token+sessionCookieRules)
	return r
}

// WithoutSession removes the session cookie from the browser.
func (r Response) WithoutSession() Response {
	r.Cookies = append(r.Cookies, SessionCookie+"="+sessionCookieRules+"; Max-Age=0")
	return r
}

// Instant is t as the API shows it: RFC 3339, UTC, whole seconds.
func Instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// InstantUp is t rounded up to the second: for "allowed again at", so that nobody comes a moment early.
func InstantUp(t time.Time) string {
	up := t.UTC().Truncate(time.Second)
	if up.Before(t) {
		up = up.Add(time.Second)
	}
	return up.Format(time.RFC3339)
}

var statusOf = map[fault.Kind]int{
	fault.Malformed: http.StatusBadRequest, fault.Unauthenticated: http.StatusUnauthorized, fault.TooWeak: http.StatusForbidden,
	fault.Forbidden: http.StatusForbidden, fault.NotFound: http.StatusNotFound, fault.MethodNotAllowed: http.StatusMethodNotAllowed,
	fault.Conflict: http.StatusConflict, fault.Gone: http.StatusGone, fault.TooLarge: http.StatusRequestEntityTooLarge,
	fault.Unsupported: http.StatusUnsupportedMediaType, fault.Invalid: http.StatusUnprocessableEntity,
	fault.Throttled: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable,
}

// retryWhenUnavailable is what a 503 without an instant of its own advises.
const retryWhenUnavailable = 2 * time.Second

// problem answers err as a problem document. An err without a fault tells the caller nothing.
func problem(err error, r Request) (Response, *fault.Error) {
	f, declared := fault.Of(err)
	if !declared {
		f = errUnexpected
	}
	status := statusOf[f.Kind]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	doc := map[string]any{}
	for name, value := range f.Extra {
		doc[name] = value
	}
	doc["type"], doc["title"], doc["status"], doc["code"] = "/problems/"+f.Code, f.Title, status, f.Code
	doc["instance"] = "urn:request:" + r.ID
	if f.Detail != "" {
		doc["detail"] = f.Detail
	}
	if f.Next != "" {
		doc["next"] = f.Next
	}
	if len(f.Fields) > 0 {
		doc["errors"] = f.Fields
	}
	header := map[string]string{"content-type": "application/problem+json"}
	retry := f.RetryAt
	if retry.IsZero() && f.Kind == fault.Unavailable {
		retry = r.At.Add(retryWhenUnavailable)
	}
	if !retry.IsZero() {
		doc["retry_at"] = InstantUp(retry)
		header["retry-after"] = strconv.FormatInt(max(1, int64((retry.Sub(r.At)+time.Second-1)/time.Second)), 10)
	}
	body, err := json.Marshal(doc)
	if err != nil { // only Extra can do that, and it holds plain values
		body = []byte(`{"type":"/problems/unexpected","title":"Something went wrong on our side","status":500,"code":"unexpected"}`)
		status = http.StatusInternalServerError
	}
	return Response{Status: status, Header: header, Body: body}, f
}
