package session_test

import (
	"errors"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
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
	if got.Strength != session.Password || !got.CodeAt.IsZero() {
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

func TestTheClockAndARaiseAtOnce(t *testing.T) {
	due := noon.Add(time.Minute)
	between := func(t *testing.T, w *sessiontest.World, do func()) {
		w.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
			if n == 1 {
				w.Faults.Clear()
				do()
			}
			return dynamotest.None
		})
	}
	raised := func(t *testing.T, w *sessiontest.World, next session.Session) {
		t.Helper()
		if f := item(t, w); f.Text("k") != string(session.PhoneOTP) || f.Int("l") != due.UnixMilli() || f.Int("o") != due.UnixMilli() {
			t.Errorf("strength %s, clock %d, code %d", f.Text("k"), f.Int("l"), f.Int("o"))
		}
		isIn(t, w, next.Token(), due, "the raised one")
	}
	t.Run("a raise between reading and the clock", func(t *testing.T) {
		w := world(t)
		_, s := w.SignedIn(t, "grace", noon)
		var next session.Session
		between(t, w, func() { next = raise(t, w, s, due) })
		if _, err := ask(t, w, s.Token(), "GET /api/phones", due.Add(time.Second)); !errors.Is(err, session.ErrNotSignedIn) {
			t.Errorf("err = %v", err)
		}
		raised(t, w, next)
	})
	t.Run("the same for a verification, which may be repeated", func(t *testing.T) {
		w := world(t)
		_, s := w.SignedIn(t, "grace", noon)
		var next session.Session
		between(t, w, func() { next = raise(t, w, s, due) })
		old := presented(t, w, s.Token(), due.Add(time.Second))
		if again, err := w.Raiser.Repeat(old, challenge, code, due.Add(time.Second)); err != nil || again.Token() != next.Token() {
			t.Errorf("repeat: %v", err)
		}
		raised(t, w, next)
	})
	t.Run("a raise that began a minute before the clock", func(t *testing.T) {
		w := world(t)
		_, s := w.SignedIn(t, "grace", noon)
		between(t, w, func() { raise(t, w, s, noon) })
		if _, err := ask(t, w, s.Token(), "GET /api/phones", due); !errors.Is(err, session.ErrNotSignedIn) {
			t.Errorf("err = %v", err)
		}
		if f := item(t, w); f.Int("l") != noon.UnixMilli() {
			t.Errorf("the token before moved the clock to %d", f.Int("l"))
		}
	})
	t.Run("the clock between reading and a raise", func(t *testing.T) {
		w := world(t)
		_, s := w.SignedIn(t, "grace", noon)
		if moved, err := ask(t, w, s.Token(), "GET /api/phones", due); err != nil || !moved.SeenAt.Equal(due) {
			t.Fatalf("%v, %v", moved.SeenAt, err)
		}
		raised(t, w, raise(t, w, s, due)) // s was read before that
	})
	t.Run("the clock by two requests", func(t *testing.T) {
		w := world(t)
		_, s := w.SignedIn(t, "grace", noon)
		between(t, w, func() { presented(t, w, s.Token(), due) })
		if got := presented(t, w, s.Token(), due.Add(time.Second)); !got.SeenAt.Equal(due) {
			t.Errorf("seen %v", got.SeenAt)
		}
	})
	t.Run("a clock whose answer is lost", func(t *testing.T) {
		w := world(t)
		_, s := w.SignedIn(t, "grace", noon)
		w.Faults.OnCall(1, dynamotest.CutReply)
		got := presented(t, w, s.Token(), due)
		w.Faults.Clear()
		if !got.SeenAt.Equal(due) {
			t.Errorf("seen %v", got.SeenAt)
		}
	})
}

func TestADeadTable(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	for call := range 2 {
		w.Faults.FromCall(call, dynamotest.CutRequest)
		if _, err := ask(t, w, s.Token(), "GET /api/phones", noon.Add(time.Minute)); !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("dead from call %d: %v", call, err)
		}
		w.Faults.Clear()
	}
	_, write := w.Raiser.Raise(s, challenge, code, noon)
	w.Faults.FromCall(0, dynamotest.CutRequest)
	if err := w.DB.Commit(t.Context(), write); !errors.Is(err, dynamo.ErrUnavailable) {
		t.Errorf("a raise: %v", err)
	}
	w.Faults.Clear()
	raise(t, w, s, noon)
}
