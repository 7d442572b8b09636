package session_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

const (
	challenge = "c-1"
	code      = secret.Text("012345")
)

// present asks as a verification does.
func present(t *testing.T, w *sessiontest.World, token secret.Text, at time.Time) (session.Session, error) {
	t.Helper()
	return w.Raiser.Require(t.Context(), sessiontest.Request(token, "POST /api/otp/verify", "", at))
}

func raise(t *testing.T, w *sessiontest.World, cur session.Session, at time.Time) session.Session {
	t.Helper()
	next, writes := w.Raiser.Raise(cur, challenge, code, at)
	if err := w.DB.Commit(t.Context(), writes...); err != nil {
		t.Fatal(err)
	}
	return next
}

func TestARaiseGivesANewTokenAndKillsTheOld(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	at := noon.Add(30 * time.Second)
	cur, err := present(t, w, s.Token(), at)
	if err != nil || cur.Raised() {
		t.Fatalf("raised = %v, %v", cur.Raised(), err)
	}
	next := raise(t, w, cur, at)
	if next.Token() == s.Token() || next.ID != s.ID {
		t.Errorf("the token is the same, or the id is not: %s, %s", next.ID, s.ID)
	}
	isOut(t, w, s.Token(), at, "the old token")
	got, err := ask(t, w, next.Token(), "GET /api/session", at)
	if err != nil || got.Strength != session.PhoneOTP || !got.CodeAt.Equal(at) || !got.StartedAt.Equal(noon) || !got.SeenAt.Equal(at) {
		t.Errorf("session = %+v, %v", got, err)
	}
	if !got.CodeWithin(15*time.Minute, at.Add(15*time.Minute-time.Millisecond)) || got.CodeWithin(15*time.Minute, at.Add(15*time.Minute)) {
		t.Error("the code's age is not half-open")
	}
	if list, err := w.Sessions.List(t.Context(), next.Account, at); err != nil || len(list) != 1 || list[0].Strength != session.PhoneOTP {
		t.Errorf("list = %+v, %v", list, err)
	}
}

func TestTheSameVerificationAnswersTheSameForAMinute(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	cur, err := present(t, w, s.Token(), noon)
	if err != nil {
		t.Fatal(err)
	}
	next := raise(t, w, cur, noon)
	end := noon.Add(60 * time.Second)
	old, err := present(t, w, s.Token(), end.Add(-time.Millisecond))
	if err != nil || !old.Raised() {
		t.Fatalf("a moment before the end: raised = %v, %v", old.Raised(), err)
	}
	again, err := w.Raiser.Repeat(t.Context(), old, challenge, code, end.Add(-time.Millisecond))
	if err != nil || again.Token() != next.Token() || again.ID != next.ID {
		t.Errorf("repeat = %v, %v", again.ID, err)
	}
	for name, tt := range map[string]struct {
		challenge string
		code      secret.Text
	}{"another code": {challenge, "012346"}, "another challenge": {"c-2", code}, "nothing": {"", ""}} {
		if _, err := w.Raiser.Repeat(t.Context(), old, tt.challenge, tt.code, noon); !errors.Is(err, session.ErrNotSignedIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Raiser.Repeat(t.Context(), old, challenge, code, end); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("at the very end: %v", err)
	}
	if _, err := present(t, w, s.Token(), end); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("the old token at the very end: %v", err)
	}
	// A session that was never raised has nothing to repeat.
	if _, err := w.Raiser.Repeat(t.Context(), next, challenge, code, noon); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("not raised: %v", err)
	}
	// Nor one whose successor has ended.
	if err := w.Ender.SignOut(t.Context(), next, here, noon); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Raiser.Repeat(t.Context(), old, challenge, code, noon); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("successor ended: %v", err)
	}
}

func TestARepeatOutlivesANewSecret(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	cur, err := present(t, w, s.Token(), noon)
	if err != nil {
		t.Fatal(err)
	}
	next := raise(t, w, cur, noon)
	ring, err := secret.ParseRing([]byte(`{"current":"k2","k1":"` + repeated("test") + `","k2":"` + repeated("next") + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	later, err := session.NewRaiser(w.Sessions, ring)
	if err != nil {
		t.Fatal(err)
	}
	old, err := present(t, w, s.Token(), noon)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := later.Repeat(t.Context(), old, challenge, code, noon); err != nil || again.Token() != next.Token() {
		t.Errorf("repeat: %v", err)
	}
}

func repeated(word string) string {
	all := ""
	for range 16 {
		all += word
	}
	return all
}

func TestALostAnswerOfARaiseIsSuccess(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	cur, err := present(t, w, s.Token(), noon)
	if err != nil {
		t.Fatal(err)
	}
	w.Faults.OnCall(0, dynamotest.CutReply)
	next := raise(t, w, cur, noon)
	w.Faults.Clear()
	isIn(t, w, next.Token(), noon, "the new token")
	// Committed once more, as by a program that crashed: done already.
	again, writes := w.Raiser.Raise(cur, challenge, code, noon)
	if err := w.DB.Commit(t.Context(), writes...); err != nil || again.Token() != next.Token() {
		t.Errorf("again: %v", err)
	}
}

func TestOneSessionIsRaisedOnce(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	cur, err := present(t, w, s.Token(), noon)
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			_, writes := w.Raiser.Raise(cur, "c-"+string(rune('a'+i)), code, noon)
			if err := w.DB.Commit(t.Context(), writes...); err == nil {
				won.Add(1)
			} else if !errors.Is(err, session.ErrNotSignedIn) {
				t.Errorf("err = %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d won", won.Load())
	}
	if list, err := w.Sessions.List(t.Context(), cur.Account, noon); err != nil || len(list) != 1 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
}

func TestAnEndedSessionIsNotRaised(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	cur, err := present(t, w, s.Token(), noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Ender.SignOut(t.Context(), cur, here, noon); err != nil {
		t.Fatal(err)
	}
	_, writes := w.Raiser.Raise(cur, challenge, code, noon)
	if err := w.DB.Commit(t.Context(), writes...); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("err = %v", err)
	}
	if n := len(w.Scan(t, "SESSIONS_TABLE")); n != 0 {
		t.Errorf("%d items", n)
	}
}

// A raise between listing the sessions and ending them must not save the session under its new token.
func TestARaiseWhileSessionsEnd(t *testing.T) {
	for name, end := range map[string]struct {
		at  int // the call before which the raise happens
		end func(*testing.T, *sessiontest.World, session.Session) error
	}{
		"end all": {2, func(t *testing.T, w *sessiontest.World, s session.Session) error {
			return w.Ender.EndAll(t.Context(), s.Account, "", audit.Entry{}, noon)
		}},
		"end one": {1, func(t *testing.T, w *sessiontest.World, s session.Session) error {
			return w.Ender.End(t.Context(), s, s.ID, here, noon)
		}},
		"sign out": {0, func(t *testing.T, w *sessiontest.World, s session.Session) error {
			return w.Ender.SignOut(t.Context(), s, here, noon)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			_, s := w.SignedIn(t, "grace", noon)
			var next session.Session
			w.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
				if n == end.at {
					w.Faults.Clear()
					next = raise(t, w, s, noon)
				}
				return dynamotest.None
			})
			err := end.end(t, w, s)
			w.Faults.Clear()
			if err != nil {
				t.Fatal(err)
			}
			if next.Token() == "" {
				t.Fatal("nothing was raised meanwhile: the flow's calls have changed")
			}
			isOut(t, w, next.Token(), noon, "the raised session")
		})
	}
}

func TestEndingUnderTrouble(t *testing.T) {
	w := world(t)
	for n, what := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.Throttle, dynamotest.Conflict} {
		user := "grace" + string(rune('a'+n))
		a, s := w.SignedIn(t, user, noon)
		w.Faults.OnCall(2, what)
		if err := w.Ender.EndAll(t.Context(), a.ID, "", audit.Entry{}, noon); err != nil {
			t.Errorf("fault %d: %v", what, err)
		}
		w.Faults.Clear()
		isOut(t, w, s.Token(), noon, "ended")
	}
	_, s := w.SignedIn(t, "grace", noon)
	w.Faults.FromCall(0, dynamotest.CutRequest)
	if _, err := ask(t, w, s.Token(), "GET /api/session", noon); !errors.Is(err, dynamo.ErrUnavailable) {
		t.Errorf("a dead table: %v", err)
	}
	w.Faults.Clear()
}
