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
	return s.seen(ctx, found, req)
}

// present reads the session that a request's cookie names, whatever its state.
func (s Sessions) present(ctx context.Context, req httpapi.Request) (Session, error) {
	found, err := s.byToken(ctx, secret.Text(req.Cookie(httpapi.SessionCookie)))
	if err != nil {
		return Session{}, err
	}
	req.By(found.Account.String())
	return found, nil
}

func (s Sessions) byToken(ctx context.Context, token secret.Text) (Session, error) {
	id, ok := readToken(token)
	if !ok {
		return Session{}, ErrNotSignedIn
	}
	item, err := s.DB.Get(ctx, s.Table, key(id, digest(token)))
	if errors.Is(err, dynamo.ErrNone) {
		return Session{}, ErrNotSignedIn
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	found, err := read(item)
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	found.token = token
	return found, nil
}

// seen moves the idle clock of a live session, at most once a minute.
func (s Sessions) seen(ctx context.Context, found Session, req httpapi.Request) (Session, error) {
	if quiet[req.Route] || req.At.Before(found.SeenAt.Add(idleStep)) {
		return found, nil
	}
	stands, err := s.touch(ctx, found, req.At)
	if refused, ok := errors.AsType[*dynamo.Refused](err); ok {
		// Either another request has moved the clock just now, or the session has ended.
		stands, err = refused.Stands, nil
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	if len(stands) == 0 {
		return Session{}, ErrNotSignedIn
	}
	now, err := read(stands)
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	if !now.live(req.At) {
		return Session{}, ErrNotSignedIn
	}
	now.token = found.token
	return now, nil
}

// Present returns the token that a request carries, for a sign-in that replaces it.
func Present(req httpapi.Request) secret.Text {
	return secret.Text(req.Cookie(httpapi.SessionCookie))
}
