package session_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

// endAll ends all sessions of an account but one, as the functions do that end them beside something else.
func endAll(t *testing.T, w *sessiontest.World, id account.ID, keep string) error {
	t.Helper()
	return w.Ender.Ending(t.Context(), id, keep, noon, func(found account.Account, ends []dynamo.Write) error {
		return w.DB.Commit(t.Context(), append(ends, w.Accounts.Closing(found))...)
	})
}

// ways are how a session ends before its time, each with the call before which the session is gone for good.
var ways = map[string]struct {
	last int
	end  func(*testing.T, *sessiontest.World, session.Session) error
}{
	"end all": {2, func(t *testing.T, w *sessiontest.World, s session.Session) error {
		return endAll(t, w, s.Account, "")
	}},
	"end one": {1, func(t *testing.T, w *sessiontest.World, s session.Session) error {
		return w.Ender.End(t.Context(), s, s.ID, here, noon)
	}},
	"sign out": {0, func(t *testing.T, w *sessiontest.World, s session.Session) error {
		return w.Ender.SignOut(t.Context(), s, here, noon)
	}},
}

// A raise before any call of an end must not save the session under its new token.
func TestARaiseWhileSessionsEnd(t *testing.T) {
	for name, way := range ways {
		for at := range way.last + 1 {
			t.Run(fmt.Sprintf("%s, call %d", name, at), func(t *testing.T) {
				w := world(t)
				_, s := w.SignedIn(t, "grace", noon)
				var next session.Session
				w.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
					if n == at {
						w.Faults.Clear()
						next = raise(t, w, s, noon)
					}
					return dynamotest.None
				})
				err := way.end(t, w, s)
				w.Faults.Clear()
				if err != nil {
					t.Fatal(err)
				}
				if next.Token() == "" {
					t.Fatal("nothing was raised meanwhile: the flow's calls have changed")
				}
				isOut(t, w, next.Token(), noon, "the raised session")
				if n := len(w.Scan(t, "SESSIONS_TABLE")); n != 0 {
					t.Errorf("%d items are left", n)
				}
			})
		}
	}
}

// A raise that comes after the end, and one at the very same moment: nothing is left, whoever is first.
func TestAnEndedSessionIsNotRaised(t *testing.T) {
	for name, way := range ways {
		w := world(t)
		_, s := w.SignedIn(t, "grace", noon)
		if err := way.end(t, w, s); err != nil {
			t.Fatal(err)
		}
		_, write := w.Raiser.Raise(s, challenge, code, noon)
		if err := w.DB.Commit(t.Context(), write); !errors.Is(err, session.ErrNotSignedIn) {
			t.Errorf("%s: err = %v", name, err)
		}
		for range 5 {
			s = w.In(t, "grace", noon)
			next, write := w.Raiser.Raise(s, challenge, code, noon)
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := w.DB.Commit(t.Context(), write); err != nil && !errors.Is(err, session.ErrNotSignedIn) {
					t.Errorf("%s: raise: %v", name, err)
				}
			})
			wg.Go(func() {
				if err := way.end(t, w, s); err != nil {
					t.Errorf("%s: end: %v", name, err)
				}
			})
			wg.Wait()
			isOut(t, w, next.Token(), noon, name)
		}
		if n := len(w.Scan(t, "SESSIONS_TABLE")); n != 0 {
			t.Errorf("%s: %d items", name, n)
		}
	}
}

func TestAnEndedSessionIsNotBroughtBackByItsClock(t *testing.T) {
	for name, way := range ways {
		w := world(t)
		_, s := w.SignedIn(t, "grace", noon)
		// The session ends between a request's two calls.
		w.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
			if n == 1 {
				w.Faults.Clear()
				if err := way.end(t, w, s); err != nil {
					t.Error(err)
				}
			}
			return dynamotest.None
		})
		if _, err := ask(t, w, s.Token(), "GET /api/phones", noon.Add(time.Minute)); !errors.Is(err, session.ErrNotSignedIn) {
			t.Errorf("%s: err = %v", name, err)
		}
		if n := len(w.Scan(t, "SESSIONS_TABLE")); n != 0 {
			t.Errorf("%s: %d items are left", name, n)
		}
	}
}

func TestEndingUnderTrouble(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	for name, way := range ways {
		for call := range way.last + 1 {
			for _, what := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.Throttle, dynamotest.ServerFail} {
				s := w.In(t, "grace", noon)
				w.Faults.OnCall(call, what)
				err := way.end(t, w, s)
				w.Faults.Clear()
				if err != nil {
					t.Errorf("%s, fault %d of call %d: %v", name, what, call, err)
				}
				isOut(t, w, s.Token(), noon, name)
			}
		}
		s := w.In(t, "grace", noon)
		w.Faults.OnCall(way.last, dynamotest.Conflict)
		if err := way.end(t, w, s); err != nil {
			t.Errorf("%s, a conflict: %v", name, err)
		}
		w.Faults.Clear()
		isOut(t, w, s.Token(), noon, name)
	}
	// Each end is recorded once, whatever was asked again.
	ended := map[audit.Event]int{}
	for _, e := range w.Events(t, audit.Account(account.IDOf("grace").String())) {
		ended[e]++
	}
	if ended[session.Ended] != 2*3+1 || ended[session.SignedOut] != 3+1 {
		t.Errorf("recorded: %v", ended)
	}
	s := w.In(t, "grace", noon)
	for name, way := range ways {
		w.Faults.FromCall(way.last, dynamotest.CutRequest)
		if err := way.end(t, w, s); !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("%s on a dead table: %v", name, err)
		}
		w.Faults.Clear()
		isIn(t, w, s.Token(), noon, name)
	}
}

func TestWhichSessionEnds(t *testing.T) {
	w := world(t)
	_, mine := w.SignedIn(t, "grace", noon)
	over := w.In(t, "grace", noon.Add(-session.IdleLife))
	_, stranger := w.SignedIn(t, "mallory", noon)
	for name, tt := range map[string]struct {
		id    string
		calls []string
	}{
		"nothing":          {"", nil},
		"a letter":         {"x", nil},
		"a longer one":     {mine.ID + "A", nil},
		"huge":             {strings.Repeat("A", 5000), nil},
		"nobody's":         {strings.Repeat("A", 16), []string{"GetItem"}},
		"small letters":    {strings.ToLower(mine.ID), []string{"GetItem"}},
		"somebody else's":  {stranger.ID, []string{"GetItem"}},
		"one idle so long": {over.ID, []string{"GetItem"}},
	} {
		w.Faults.Clear()
		if err := w.Ender.End(t.Context(), mine, tt.id, here, noon); !errors.Is(err, session.ErrSessionUnknown) {
			t.Errorf("%s: %v", name, err)
		}
		if got := w.Faults.Asked(); !slices.Equal(got, tt.calls) {
			t.Errorf("%s: calls %v", name, got)
		}
	}
	isIn(t, w, mine.Token(), noon, "the own one")
	isIn(t, w, stranger.Token(), noon, "the stranger's")
	w.Faults.Clear()
	if err := w.Ender.End(t.Context(), mine, mine.ID, here, noon); err != nil {
		t.Fatal(err)
	}
	if got := w.Faults.Asked(); !slices.Equal(got, []string{"GetItem", "TransactWriteItems"}) {
		t.Errorf("calls %v", got)
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
	if err := endAll(t, w, a.ID, keep.ID); err != nil {
		t.Fatal(err)
	}
	if list, err := w.Sessions.List(t.Context(), a.ID, noon); err != nil || len(list) != 1 || list[0].ID != keep.ID {
		t.Errorf("list = %+v, %v", list, err)
	}
	if err := endAll(t, w, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	isOut(t, w, keep.Token(), noon, "without keep")
	if err := endAll(t, w, account.IDOf("nobody"), ""); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
}

func TestEndingMoreThanOneTransactionHolds(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	w.Plant(t, a, 200, noon)
	if err := endAll(t, w, a.ID, ""); err != nil {
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
