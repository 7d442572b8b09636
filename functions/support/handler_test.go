package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

const (
	search    = "GET /api/support/people"
	person    = "GET /api/support/people/{user_id}"
	acts      = "POST /api/support/people/{user_id}/acts"
	orderActs = "POST /api/support/orders/{number}/acts"
	approvals = "GET /api/support/approvals"
	approve   = "POST /api/support/approvals/{id}"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*sessiontest.World
	holders *credentialtest.World
	api     *httpapi.API
	clock   time.Time
}

func start(t *testing.T) *fixture {
	t.Helper()
	base := dynamotest.Start(t)
	f := &fixture{World: sessiontest.New(t, base), holders: credentialtest.New(t, base), clock: noon}
	s := settings{
		sessions: base.Table("SESSIONS_TABLE"), accounts: base.Table("ACCOUNTS_TABLE"), credentials: base.Table("CREDENTIALS_TABLE"), licenses: base.Table("LICENSES_TABLE"),
		orders: base.Table("ORDERS_TABLE"), cases: base.Table("CASES_TABLE"), slots: base.Table("SLOTS_TABLE"), phonebook: base.Table("PHONEBOOK_TABLE"),
		directory: base.Table("DIRECTORY_TABLE"), approvals: base.Table("APPROVALS_TABLE"), limits: base.Table("LIMITS_TABLE"), outbox: base.Table("OUTBOX_TABLE"),
		audit: base.Table("AUDIT_TABLE"), failures: 50,
	}
	h, err := s.handler(base.DB, accounttest.Ring(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	f.api = &httpapi.API{Routes: h.routes(), Origin: credentialtest.Origin, Now: func() time.Time { return f.clock }}
	return f
}

// staff signs in somebody with the role support, an active credential and a right code.
func (f *fixture) staff(t *testing.T, userID string, roles ...string) session.Session {
	t.Helper()
	a := f.Person(t, userID, noon)
	if len(roles) > 0 {
		if err := f.Operator.Grant(t.Context(), userID, roles, "hired", noon); err != nil {
			t.Fatal(err)
		}
	}
	s := f.In(t, userID, noon)
	f.holders.Active(t, credential.Asker{Holder: a.ID, Session: s.ID}, noon)
	next, raise := f.Raiser.Raise(s, "challenge", "123456", noon)
	if err := f.DB.Commit(t.Context(), raise); err != nil {
		t.Fatal(err)
	}
	return next
}

// requests is one of each route, with a body that would be right.
func requests(on string) map[string]struct{ body, name, value string } {
	return map[string]struct{ body, name, value string }{
		search: {}, person: {"", "user_id", on}, approvals: {},
		acts:      {`{"act":"freeze","reason":"asked"}`, "user_id", on},
		orderActs: {`{"act":"resend-keys","reason":"asked"}`, "number", "SO-00000000"},
		approve:   {`{"approve":true,"reason":"asked"}`, "id", strings.Repeat("a", 39)},
	}
}

func TestWhoMayActAsSupport(t *testing.T) {
	t.Parallel()
	f := start(t)
	holder, agent := f.staff(t, "grace"), f.staff(t, "agent1", account.RoleAgent)
	strong := f.staff(t, "support1", account.RoleSupport)
	weak := f.In(t, "support1", noon)
	for route, r := range requests("grace") {
		for what, who := range map[string]struct {
			token  secret.Text
			status int
			code   string
			next   any
		}{
			"nobody":               {"", 401, "not-signed-in", "sign-in"},
			"a holder":             {holder.Token(), 403, "support-only", nil},
			"an agent":             {agent.Token(), 403, "support-only", nil},
			"at password strength": {weak.Token(), 403, "strength-too-low", "elevate"},
		} {
			a := credentialtest.Ask(t, f.api, who.token, route, r.body, r.name, r.value)
			if a.Status != who.status || a.Code() != who.code || a.JSON["next"] != who.next {
				t.Errorf("%s by %s: %s", route, what, a.Body)
			}
		}
		if a := credentialtest.Ask(t, f.api, strong.Token(), route, r.body, r.name, r.value); a.Status == 401 || a.Status == 403 {
			t.Errorf("%s by support: %s", route, a.Body)
		}
	}
}

// Staff sessions are everybody's: 15 idle minutes, 8 hours in all, half-open.
func TestStaffSessionsEnd(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := f.staff(t, "support1", account.RoleSupport)
	ask := func() int { return credentialtest.Ask(t, f.api, s.Token(), approvals, "").Status }
	for f.clock.Add(14 * time.Minute).Before(noon.Add(8 * time.Hour)) {
		f.clock = f.clock.Add(14 * time.Minute)
		if got := ask(); got != http.StatusOK {
			t.Fatalf("after %s: %d", f.clock.Sub(noon), got)
		}
	}
	f.clock = noon.Add(8*time.Hour - time.Millisecond)
	if got := ask(); got != http.StatusOK {
		t.Errorf("a moment before eight hours: %d", got)
	}
	f.clock = noon.Add(8 * time.Hour)
	if got := ask(); got != http.StatusUnauthorized {
		t.Errorf("at eight hours: %d", got)
	}
	idle := f.staff(t, "support2", account.RoleSupport)
	f.clock = noon.Add(session.IdleLife)
	if a := credentialtest.Ask(t, f.api, idle.Token(), approvals, ""); a.Status != http.StatusUnauthorized {
		t.Errorf("after 15 idle minutes: %s", a.Body)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := f.staff(t, "support1", account.RoleSupport)
	f.staff(t, "grace")
	for body, want := range map[string]string{
		`{"act":"freeze"}`:                            `422 invalid "pointer":"/reason"`,
		`{"reason":"x"}`:                              `422 invalid "pointer":"/act"`,
		`{"act":"brew","reason":"x"}`:                 `422 invalid "pointer":"/act"`,
		`{"act":"confirm-name","reason":"x"}`:         `422 invalid "pointer":"/given_name"`,
		`{"act":"freeze","reason":"x","by":"me"}`:     `400 malformed `,
		`{"act":"freeze","reason":7}`:                 `400 malformed `,
		`{"act":"freeze","reason":"x"}`:               `200 <nil> "changed":true`,
		`{"act":"freeze", "reason":"x"}`:              `200 <nil> "changed":`,
		`{"act":"reset-phones","reason":"x"}`:         `200 <nil> "changed":true`,
		`{"act":"cancel-case","reason":"nothing is"}`: `404 case-unknown `,
	} {
		a := credentialtest.Ask(t, f.api, s.Token(), acts, body, "user_id", "grace")
		status, rest, _ := strings.Cut(want, " ")
		code, more, _ := strings.Cut(rest, " ")
		if body == `{"act":"freeze","reason":"x"}` {
			more = `"changed":` // whichever of the two comes first
		}
		if fmt.Sprint(a.Status) != status || fmt.Sprint(a.Code()) != code || !strings.Contains(a.Body, more) {
			t.Errorf("%s: %s, want %s", body, a.Body, want)
		}
	}
	for _, body := range []string{`{"reason":"x"}`, `{"approve":true}`, `{"approve":null,"reason":"x"}`} {
		if a := credentialtest.Ask(t, f.api, s.Token(), approve, body, "id", "x"); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", body, a.Body)
		}
	}
	if a := credentialtest.Ask(t, f.api, s.Token(), approve, `{"approve":true,"reason":"x"}`, "id", "x"); a.Status != http.StatusNotFound || a.Code() != "approval-unknown" {
		t.Error(a.Body)
	}
	if a := credentialtest.Ask(t, f.api, s.Token(), person, "", "user_id", "nobody"); a.Status != http.StatusNotFound || a.Code() != "person-unknown" {
		t.Error(a.Body)
	}
	if a := credentialtest.Ask(t, f.api, s.Token(), search, ""); a.Status != http.StatusUnprocessableEntity || a.Code() != "search-too-short" {
		t.Error(a.Body)
	}
}
