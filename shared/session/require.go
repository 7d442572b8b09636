package session

import (
	"context"
	"errors"
	"fmt"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/secret"
)

// Sessions reads sessions: all that a function needs which only asks who is there.
type Sessions struct {
	DB    *dynamo.DB
	Table string
}

// quiet are the routes that do not move the idle clock: pages ask them by themselves (product.md 7).
var quiet = map[string]bool{
	"GET /api/session": true, "GET /api/otp/challenges/{id}": true, "GET /api/orders/{number}": true,
}

// Require returns the session of a request and moves its idle clock when that is due. It returns
// ErrNotSignedIn if there is none. One call, two when the clock is moved.
func (s Sessions) Require(ctx context.Context, req httpapi.Request) (Session, error) {
	found, err := s.present(ctx, req)
	if err != nil {
		return Session{}, err
	}
	if !found.live(req.At) {
		return Session{}, ErrNotSignedIn
	}
	return found, nil
}

// present returns the session that the token of a request opens, live, raised or over, and moves the idle clock
// of a live one where that is due.
func (s Sessions) present(ctx context.Context, req httpapi.Request) (Session, error) {
	token := Present(req)
	owner, id, ok := readToken(token)
	if !ok {
		return Session{}, ErrNotSignedIn
	}
	item, err := s.DB.Get(ctx, s.Table, key(owner, id))
	if err != nil && !errors.Is(err, dynamo.ErrNone) {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	found, err := open(item, token)
	if err != nil {
		return Session{}, err
	}
	req.By(found.Account.String())
	if !found.live(req.At) || quiet[req.Route] || req.At.Before(found.SeenAt.Add(idleStep)) {
		return found, nil
	}
	item, err = s.touch(ctx, found, req.At)
	if refused, ok := errors.AsType[*dynamo.Refused](err); ok {
		// Another request has moved the clock just now, or the session was raised or has ended.
		item, err = refused.Stands, nil
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	return open(item, token)
}

// Present returns the token that a request carries, empty if it carries none.
func Present(req httpapi.Request) secret.Text {
	return secret.Text(req.Cookie(httpapi.SessionCookie))
}
