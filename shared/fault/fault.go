package fault

import (
	"errors"
	"maps"
	"slices"
	"time"
)

// Kind is what a caller may do about a fault. It decides the HTTP status and who is to blame in the log.
type Kind int

// The closed list of kinds, with the status that httpapi gives each.
const (
	Malformed        Kind = iota + 1 // 400: the program that sent it must be corrected
	Unauthenticated                  // 401: sign in
	TooWeak                          // 403: raise the session
	Forbidden                        // 403: stop
	NotFound                         // 404: also for somebody else's thing
	MethodNotAllowed                 // 405
	Conflict                         // 409: look at the state
	Gone                             // 410: start anew
	TooLarge                         // 413
	Unsupported                      // 415
	Invalid                          // 422: correct the fields, or a rule said no
	Throttled                        // 429: wait until RetryAt
	Unavailable                      // 503: a dependency is slow or down, nothing was changed
)

// Field is one thing wrong with one member of the request.
type Field struct {
	Pointer string `json:"pointer"` // JSON pointer into the body, as "/email"
	Detail  string `json:"detail"`
}

// Error is a declared refusal. Its methods return changed copies, so a declaration is never altered.
type Error struct {
	Kind    Kind
	Code    string // stable, kebab-case, also the page /problems/<code>
	Title   string // the same sentence every time
	Detail  string // about this occurrence, for the caller
	Next    string // what to do next: "sign-in", "elevate", ...
	RetryAt time.Time
	Fields  []Field
	Extra   map[string]any // further members of the problem document
}

// New declares a fault. Codes are unique over the product (checked by infra/policy).
func New(kind Kind, code, title string) *Error {
	return &Error{Kind: kind, Code: code, Title: title}
}

// Error is for logs; callers see Title and Detail only.
func (e *Error) Error() string {
	if e.Detail != "" {
		return e.Code + ": " + e.Detail
	}
	return e.Code
}

// Is compares by code, so that a copy still matches its declaration.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

func (e *Error) copy() *Error {
	c := *e
	c.Fields = slices.Clone(e.Fields)
	c.Extra = maps.Clone(e.Extra)
	return &c
}

// Because adds a sentence about this occurrence.
func (e *Error) Because(detail string) *Error {
	c := e.copy()
	c.Detail = detail
	return c
}

// RetryingAt adds the instant from which the same request may succeed.
func (e *Error) RetryingAt(t time.Time) *Error {
	c := e.copy()
	c.RetryAt = t
	return c
}

// At adds what is wrong with one field of the request. All of them are reported at once.
func (e *Error) At(pointer, detail string) *Error {
	c := e.copy()
	c.Fields = append(c.Fields, Field{Pointer: pointer, Detail: detail})
	return c
}

// Then adds the next step that the caller's program may offer.
func (e *Error) Then(next string) *Error {
	c := e.copy()
	c.Next = next
	return c
}

// With adds a member of its own to the problem document, as tries_left.
func (e *Error) With(name string, value any) *Error {
	c := e.copy()
	if c.Extra == nil {
		c.Extra = map[string]any{}
	}
	c.Extra[name] = value
	return c
}

// Of finds the fault in err, if there is one.
func Of(err error) (*Error, bool) { return errors.AsType[*Error](err) }

// ErrInvalid: fields of a request are missing or wrong; Fields says which. Rules of rooms that concern a
// single field use it too.
var ErrInvalid = New(Invalid, "invalid", "Some of the information needs to be corrected")

// Check gathers everything that is wrong with the fields of one request.
type Check struct{ wrong *Error }

// Field notes detail about the field at pointer unless ok.
func (c *Check) Field(ok bool, pointer, detail string) {
	if ok {
		return
	}
	if c.wrong == nil {
		c.wrong = ErrInvalid
	}
	c.wrong = c.wrong.At(pointer, detail)
}

// Err returns ErrInvalid with all fields noted, or nil.
func (c *Check) Err() error {
	if c.wrong == nil {
		return nil
	}
	return c.wrong
}
