package credential

import (
	"context"

	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/session"
)

// Admission lets staff in: agents and support.
type Admission struct {
	Sessions    session.Sessions
	Credentials *Registry
}

// Staff admits a session that bears a role, at Phone OTP strength, as it is at this instant (product.md 1). Read is
// the reading of the request, which comes between the session and its strength (api.md, Conventions). It returns
// session.ErrNotSignedIn, what read returns, otherwise without the role, or ErrTooWeak. Two calls.
func (a Admission) Staff(ctx context.Context, req httpapi.Request, role string, otherwise *fault.Error, read func() error) (session.Session, error) {
	s, err := a.Sessions.Require(ctx, req)
	if err != nil {
		return session.Session{}, err
	}
	if err := read(); err != nil {
		return session.Session{}, err
	}
	if !s.Has(role) {
		return session.Session{}, otherwise
	}
	held, err := a.Credentials.Find(ctx, s.Account)
	if err != nil {
		return session.Session{}, err
	}
	if Level(s, held, req.At) < LevelOTP {
		return session.Session{}, ErrTooWeak.Then("elevate")
	}
	return s, nil
}
