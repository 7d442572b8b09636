// Package sessiontest gives tests signed-in people: accounts and sessions made by the real doers on the test's
// own tables.
package sessiontest

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

// World is the account and session rooms over one fixture.
type World struct {
	*accounttest.World
	Sessions session.Sessions
	SignIn   session.SignIn
	Ender    session.Ender
	Raiser   session.Raiser
}

// New builds the rooms over a fixture; passwords end real sessions.
func New(t testing.TB, f *dynamotest.Fixture) *World {
	t.Helper()
	w := &World{World: accounttest.New(t, f), Sessions: session.Sessions{DB: f.DB, Table: f.Table("SESSIONS_TABLE")}}
	w.SignIn = session.SignIn{Sessions: w.Sessions, Accounts: w.Accounts, Limits: w.Limits, Log: w.Log, Failures: 50}
	w.Ender = session.Ender{Sessions: w.Sessions, Accounts: w.Accounts, Log: w.Log}
	w.Passwords.End, w.Operator.End = w.Ender.Ending, w.Ender.Ending
	var err error
	if w.Raiser, err = session.NewRaiser(w.Sessions, accounttest.Ring(t)); err != nil {
		t.Fatal(err)
	}
	return w
}

// SignedIn makes a confirmed account and signs it in.
func (w *World) SignedIn(t testing.TB, userID string, now time.Time) (account.Account, session.Session) {
	t.Helper()
	found := w.Person(t, userID, now)
	return found, w.In(t, userID, now)
}

// In signs an account in that Person made.
func (w *World) In(t testing.TB, identifier string, now time.Time) session.Session {
	t.Helper()
	s, err := w.SignIn.SignIn(t.Context(), session.Attempt{Identifier: identifier, Password: accounttest.Password, From: "192.0.2.1"}, now)
	if err != nil {
		t.Fatalf("sign in %s: %v", identifier, err)
	}
	return s
}

// Plant signs an account in n times by the items alone, for tests of many sessions.
func (w *World) Plant(t testing.TB, a account.Account, n int, now time.Time) {
	t.Helper()
	w.In(t, a.UserID, now)
	items := w.Scan(t, "SESSIONS_TABLE")
	for i := range n - 1 {
		item := maps.Clone(items[0])
		item["s"] = dynamo.B(fmt.Appendf(nil, "PLANTED%09d", i))
		key := dynamo.Item{"p": item["p"], "s": item["s"]}
		if err := w.DB.Commit(t.Context(), dynamo.Create(w.Sessions.Table, key, item, func(dynamo.Item) error { return nil })); err != nil {
			t.Fatal(err)
		}
	}
}

// Request is one that a browser with a session's cookie makes.
func Request(token secret.Text, route string, body string, at time.Time) httpapi.Request {
	headers := map[string]string{"cookie": httpapi.SessionCookie + "=" + token.Reveal(), "content-type": "application/json"}
	return httpapi.NewRequest(at, route, headers, []byte(body))
}
