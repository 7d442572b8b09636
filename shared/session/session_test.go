package session_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const here = "192.0.2.1"

func world(t testing.TB) *sessiontest.World { return sessiontest.New(t, dynamotest.Start(t)) }

// ask reads the session of a token as a route would.
func ask(t *testing.T, w *sessiontest.World, token secret.Text, route string, at time.Time) (session.Session, error) {
	t.Helper()
	return w.Sessions.Require(t.Context(), sessiontest.Request(token, route, "", at))
}

func isOut(t *testing.T, w *sessiontest.World, token secret.Text, at time.Time, why string) {
	t.Helper()
	if _, err := ask(t, w, token, "GET /api/session", at); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("%s: err = %v, want not signed in", why, err)
	}
}

func isIn(t *testing.T, w *sessiontest.World, token secret.Text, at time.Time, why string) {
	t.Helper()
	if _, err := ask(t, w, token, "GET /api/session", at); err != nil {
		t.Errorf("%s: err = %v", why, err)
	}
}

func TestATokenIsRandomAndStoredAsADigest(t *testing.T) {
	w := world(t)
	a, one := w.SignedIn(t, "grace", noon)
	other := w.In(t, "grace", noon)
	raw, err := base64.RawURLEncoding.DecodeString(one.Token().Reveal())
	if err != nil || len(raw) != 48 || string(raw[:16]) != string(a.ID[:]) {
		t.Fatalf("token has %d bytes, %v", len(raw), err)
	}
	if one.Token() == other.Token() || one.ID == other.ID {
		t.Error("two sessions share a token or an id")
	}
	for _, item := range w.Scan(t, "SESSIONS_TABLE") {
		for name, v := range item {
			if s := strings.ToLower(printed(v)); strings.Contains(s, strings.ToLower(one.Token().Reveal())) || strings.Contains(s, string(raw[16:])) {
				t.Errorf("attribute %s holds the token", name)
			}
		}
	}
	for _, bad := range []secret.Text{"", "x", one.Token() + "A", one.Token()[:62], "ABCD" + one.Token()[4:], secret.Text(strings.Repeat("A", 64))} {
		isOut(t, w, bad, noon, "a wrong token")
	}
	isIn(t, w, one.Token(), noon, "the right one")
}

func TestASessionIsASnapshotOfItsPerson(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	if err := w.Operator.Grant(t.Context(), "grace", []string{account.RoleAgent}, "hired", noon); err != nil {
		t.Fatal(err)
	}
	s := w.In(t, "grace", noon)
	got, err := ask(t, w, s.Token(), "GET /api/account", noon)
	if err != nil || got.Account != a.ID || got.UserID != "grace" || got.Name() != "Grace Hopper" || !got.Has(account.RoleAgent) || got.Has(account.RoleSupport) {
		t.Errorf("session = %+v, %v", got, err)
	}
	if got.Strength != session.Password || !got.CodeAt.IsZero() || got.CodeWithin(time.Hour, noon) {
		t.Errorf("strength = %s, %v", got.Strength, got.CodeAt)
	}
	if err := w.DB.Commit(t.Context(), w.Sessions.Renamed(got, "Ada", "Lovelace")); err != nil {
		t.Fatal(err)
	}
	if got, err = ask(t, w, s.Token(), "GET /api/account", noon); err != nil || got.Name() != "Ada Lovelace" {
		t.Errorf("renamed = %s, %v", got.Name(), err)
	}
	// Roles that are taken away end the sessions that bear them.
	if err := w.Operator.Grant(t.Context(), "grace", nil, "left", noon); err != nil {
		t.Fatal(err)
	}
	isOut(t, w, s.Token(), noon, "after the roles changed")
	if err := w.DB.Commit(t.Context(), w.Sessions.Renamed(got, "A", "B")); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("renaming an ended session: %v", err)
	}
}

func TestIdleLife(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	const busy, still = "GET /api/phones", "GET /api/session"
	idle := func(at time.Time) time.Time {
		t.Helper()
		got, err := ask(t, w, s.Token(), still, at)
		if err != nil {
			t.Fatalf("at %s: %v", at.Sub(noon), err)
		}
		return got.IdleExpiresAt()
	}
	at := noon.Add(59 * time.Second)
	w.Faults.Clear()
	if got, err := ask(t, w, s.Token(), busy, at); err != nil || !got.SeenAt.Equal(noon) || len(w.Faults.Asked()) != 1 {
		t.Errorf("within the minute: %v, %v, %d calls", got.SeenAt, err, len(w.Faults.Asked()))
	}
	at = noon.Add(time.Minute)
	w.Faults.Clear()
	if got, err := ask(t, w, s.Token(), busy, at); err != nil || !got.SeenAt.Equal(at) || len(w.Faults.Asked()) != 2 {
		t.Errorf("after the minute: %v, %v, %d calls", got.SeenAt, err, len(w.Faults.Asked()))
	}
	for _, route := range []string{still, "GET /api/otp/challenges/{id}", "GET /api/orders/{number}"} {
		if _, err := ask(t, w, s.Token(), route, at.Add(10*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := idle(at.Add(10*time.Minute)), at.Add(15*time.Minute); !got.Equal(want) {
		t.Errorf("idle until %s, want %s: a quiet route moved the clock", got, want)
	}
	end := at.Add(15 * time.Minute)
	isIn(t, w, s.Token(), end.Add(-time.Millisecond), "a moment before the end")
	isOut(t, w, s.Token(), end, "at the very end")
	if _, err := ask(t, w, s.Token(), busy, end); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("a busy route at the very end: %v", err)
	}
	isOut(t, w, s.Token(), end, "and it stays so")
}

func TestAbsoluteLife(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	end := noon.Add(8 * time.Hour)
	for at := noon; at.Before(end); at = at.Add(14 * time.Minute) {
		if _, err := ask(t, w, s.Token(), "GET /api/phones", at); err != nil {
			t.Fatalf("after %s: %v", at.Sub(noon), err)
		}
	}
	got, err := ask(t, w, s.Token(), "GET /api/phones", end.Add(-time.Millisecond))
	if err != nil || !got.IdleExpiresAt().Equal(end) || !got.ExpiresAt().Equal(end) {
		t.Errorf("a moment before the end: %v, idle until %v", err, got.IdleExpiresAt())
	}
	isOut(t, w, s.Token(), end, "at the very end")
}

func TestAnEndedSessionIsNotBroughtBackByItsClock(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	cur, err := ask(t, w, s.Token(), "GET /api/phones", noon)
	if err != nil {
		t.Fatal(err)
	}
	// The session ends between a request's two calls.
	w.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
		if n == 1 {
			w.Faults.Clear()
			if err := w.Ender.SignOut(t.Context(), cur, here, noon); err != nil {
				t.Error(err)
			}
		}
		return dynamotest.None
	})
	if _, err := ask(t, w, s.Token(), "GET /api/phones", noon.Add(time.Minute)); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("err = %v", err)
	}
	if n := len(w.Scan(t, "SESSIONS_TABLE")); n != 0 {
		t.Errorf("%d items are left", n)
	}
}

func TestListAndEnd(t *testing.T) {
	w := world(t)
	a, first := w.SignedIn(t, "grace", noon)
	second := w.In(t, "grace", noon.Add(time.Minute))
	_, stranger := w.SignedIn(t, "mallory", noon)
	now := noon.Add(2 * time.Minute)
	list, err := w.Sessions.List(t.Context(), a.ID, now)
	if err != nil || len(list) != 2 || list[0].ID != second.ID || list[1].ID != first.ID || list[0].Token() != "" {
		t.Fatalf("list = %+v, %v", list, err)
	}
	if err := w.Ender.End(t.Context(), second, stranger.ID, here, now); !errors.Is(err, session.ErrSessionUnknown) {
		t.Errorf("somebody else's: %v", err)
	}
	isIn(t, w, stranger.Token(), now, "the stranger")
	if err := w.Ender.End(t.Context(), second, first.ID, here, now); err != nil {
		t.Fatal(err)
	}
	isOut(t, w, first.Token(), now, "the ended one")
	isIn(t, w, second.Token(), now, "the other")
	if err := w.Ender.End(t.Context(), second, first.ID, here, now); !errors.Is(err, session.ErrSessionUnknown) {
		t.Errorf("again: %v", err)
	}
	if err := w.Ender.SignOut(t.Context(), second, here, now); err != nil {
		t.Fatal(err)
	}
	isOut(t, w, second.Token(), now, "signed out")
	if list, err = w.Sessions.List(t.Context(), a.ID, now); err != nil || len(list) != 0 {
		t.Errorf("list = %+v, %v", list, err)
	}
	events := w.Events(t, audit.Account(a.ID.String()))
	got := map[audit.Event]int{}
	for _, e := range events {
		got[e]++
	}
	if got[session.SignedIn] != 2 || got[session.Ended] != 1 || got[session.SignedOut] != 1 {
		t.Errorf("events = %v", events)
	}
}

func TestExpiredSessionsAreNotListed(t *testing.T) {
	w := world(t)
	a, _ := w.SignedIn(t, "grace", noon)
	if list, err := w.Sessions.List(t.Context(), a.ID, noon.Add(session.IdleLife)); err != nil || len(list) != 0 {
		t.Errorf("list = %+v, %v", list, err)
	}
}

func TestEndAll(t *testing.T) {
	w := world(t)
	a, keep := w.SignedIn(t, "grace", noon)
	for range 3 {
		w.In(t, "grace", noon)
	}
	entry := audit.Entry{Actor: audit.Account("support"), Why: "asked by phone", From: here}
	if err := w.Ender.EndAll(t.Context(), a.ID, keep.ID, entry, noon); err != nil {
		t.Fatal(err)
	}
	if list, err := w.Sessions.List(t.Context(), a.ID, noon); err != nil || len(list) != 1 || list[0].ID != keep.ID {
		t.Errorf("list = %+v, %v", list, err)
	}
	if err := w.Ender.EndAll(t.Context(), a.ID, "", entry, noon); err != nil {
		t.Fatal(err)
	}
	isOut(t, w, keep.Token(), noon, "without keep")
	if err := w.Ender.EndAll(t.Context(), account.IDOf("nobody"), "", entry, noon); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
}

func TestEndingMoreThanOneTransactionHolds(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	w.Plant(t, a, 120, noon)
	if err := w.Ender.EndAll(t.Context(), a.ID, "", audit.Entry{}, noon); err != nil {
		t.Fatal(err)
	}
	if list, err := w.Sessions.List(t.Context(), a.ID, noon); err != nil || len(list) != 0 {
		t.Errorf("%d are left, %v", len(list), err)
	}
}

func TestAPasswordChangeEndsTheOthers(t *testing.T) {
	w := world(t)
	a, mine := w.SignedIn(t, "grace", noon)
	other := w.In(t, "grace", noon)
	if err := w.Passwords.Change(t.Context(), a.ID, mine.ID, accounttest.Password, "amber falcon 91b2", here, noon); err != nil {
		t.Fatal(err)
	}
	isIn(t, w, mine.Token(), noon, "the one that changed it")
	isOut(t, w, other.Token(), noon, "the other")
	// A wrong current password ends nothing.
	if err := w.Passwords.Change(t.Context(), a.ID, "", "wrong wrong wrong", "amber falcon 91b3", here, noon); !errors.Is(err, account.ErrPasswordWrong) {
		t.Errorf("err = %v", err)
	}
	isIn(t, w, mine.Token(), noon, "after a wrong one")
}
