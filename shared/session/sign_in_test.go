package session_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

const wrong = secret.Text("violet otter 5f0c1b")

func try(t *testing.T, w *sessiontest.World, identifier string, p secret.Text, from string, at time.Time) (session.Session, error) {
	t.Helper()
	return w.SignIn.SignIn(t.Context(), session.Attempt{Identifier: identifier, Password: p, From: from}, at)
}

func TestSignInTakesThreeCalls(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	for _, tt := range []struct {
		identifier string
		calls      int
	}{{"grace", 3}, {"GRACE ", 3}, {"grace@example.test", 4}, {"Grace@Example.Test", 4}, {"grace", 3}} {
		w.Faults.Clear()
		if _, err := try(t, w, tt.identifier, accounttest.Password, here, noon); err != nil {
			t.Fatalf("%s: %v", tt.identifier, err)
		}
		if got := w.Faults.Asked(); len(got) != tt.calls {
			t.Errorf("%s: %d calls, want %d: %v", tt.identifier, len(got), tt.calls, got)
		}
	}
}

func TestUnknownAndWrongAreAlike(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	if _, err := w.Registrar.Register(t.Context(), accounttest.Registration("waiting"), noon); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for _, tt := range []struct {
		identifier string
		calls      int
	}{{"grace", 3}, {"nobody", 3}, {"waiting", 3}, {"no such shape!", 3}, {"grace@example.test", 4}, {"nobody@example.test", 4}, {"waiting@example.test", 4}} {
		w.Faults.Clear()
		_, err := try(t, w, tt.identifier, wrong, here, noon)
		f, ok := fault.Of(err)
		if !ok || !errors.Is(err, session.ErrSignInFailed) {
			t.Fatalf("%s: %v", tt.identifier, err)
		}
		texts[fmt.Sprintf("%+v", *f)] = true
		if got := w.Faults.Asked(); len(got) != tt.calls {
			t.Errorf("%s: %d calls, want %d: %v", tt.identifier, len(got), tt.calls, got)
		}
	}
	if len(texts) != 1 {
		t.Errorf("the answers differ: %v", texts)
	}
}

func TestUnconfirmedIsSaidToTheRightPasswordOnly(t *testing.T) {
	w := world(t)
	if _, err := w.Registrar.Register(t.Context(), accounttest.Registration("waiting"), noon); err != nil {
		t.Fatal(err)
	}
	for range 7 { // a right password is never held against anybody
		for _, identifier := range []string{"waiting", "waiting@example.test"} {
			if _, err := try(t, w, identifier, accounttest.Password, here, noon); !errors.Is(err, account.ErrEmailUnconfirmed) {
				t.Fatalf("%s: %v", identifier, err)
			}
		}
	}
	if _, err := try(t, w, "waiting", accounttest.Password, here, noon.Add(24*time.Hour)); !errors.Is(err, session.ErrSignInFailed) {
		t.Errorf("after it lapsed: %v", err)
	}
	if n := len(w.Scan(t, "SESSIONS_TABLE")); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestAttemptsAreChecked(t *testing.T) {
	w := world(t)
	for name, a := range map[string]session.Attempt{
		"nothing": {}, "blank": {Identifier: "  ", Password: "x"}, "no password": {Identifier: "grace"},
		"long": {Identifier: strings.Repeat("x", 255), Password: "x"}, "long password": {Identifier: "grace", Password: secret.Text(strings.Repeat("x", 5000))},
	} {
		w.Faults.Clear()
		if _, err := w.SignIn.SignIn(t.Context(), a, noon); !errors.Is(err, fault.ErrInvalid) || len(w.Faults.Asked()) != 0 {
			t.Errorf("%s: %v after %d calls", name, err, len(w.Faults.Asked()))
		}
	}
}

func TestFiveWrongPasswordsLockThePair(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	for _, identifier := range []string{"grace", "nobody"} {
		for i := range 5 {
			if _, err := try(t, w, identifier, wrong, here, noon.Add(time.Duration(i)*time.Minute)); !errors.Is(err, session.ErrSignInFailed) {
				t.Fatalf("%s, try %d: %v", identifier, i, err)
			}
		}
		end := noon.Add(4*time.Minute + 15*time.Minute)
		for _, at := range []time.Time{noon.Add(5 * time.Minute), end.Add(-time.Millisecond)} {
			_, err := try(t, w, strings.ToUpper(identifier)+" ", accounttest.Password, here, at)
			if f, ok := fault.Of(err); !ok || !errors.Is(err, session.ErrSignInLocked) || !f.RetryAt.Equal(end) {
				t.Fatalf("%s at %s: %v", identifier, at.Sub(noon), err)
			}
		}
	}
	// Another address, and another way to name the account, are other pairs.
	if _, err := try(t, w, "grace", accounttest.Password, "198.51.100.7", noon.Add(5*time.Minute)); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	if _, err := try(t, w, "grace", accounttest.Password, here, noon.Add(19*time.Minute)); err != nil {
		t.Errorf("at the very end: %v", err)
	}
}

func TestARightPasswordClearsThePair(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	for round := range 4 {
		for i := range 4 {
			if _, err := try(t, w, "grace", wrong, here, noon); !errors.Is(err, session.ErrSignInFailed) {
				t.Fatalf("round %d, try %d: %v", round, i, err)
			}
		}
		if _, err := try(t, w, "grace", accounttest.Password, here, noon); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}

func TestTheIdentifierAloneIsCapped(t *testing.T) {
	w := world(t)
	w.SignIn.Failures = 12
	w.Person(t, "grace", noon)
	failed := 0
	for i := range 20 {
		from := fmt.Sprintf("198.51.100.%d", i)
		switch _, err := try(t, w, "grace", wrong, from, noon); {
		case errors.Is(err, session.ErrSignInFailed):
			failed++
		case !errors.Is(err, session.ErrSignInLocked):
			t.Fatal(err)
		}
		if i == 5 { // right ones do not count
			for range 10 {
				if _, err := try(t, w, "grace", accounttest.Password, "203.0.113.5", noon); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if failed != 12 {
		t.Errorf("%d wrong passwords were compared, want 12", failed)
	}
	if _, err := try(t, w, "grace", accounttest.Password, "203.0.113.6", noon.Add(time.Hour)); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

func TestParallelWrongPasswordsCompareFive(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	var failed, locked atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			switch _, err := try(t, w, "grace", wrong, here, noon); {
			case errors.Is(err, session.ErrSignInFailed):
				failed.Add(1)
			case errors.Is(err, session.ErrSignInLocked):
				locked.Add(1)
			default:
				t.Errorf("err = %v", err)
			}
		})
	}
	wg.Wait()
	if failed.Load() != 5 || locked.Load() != 45 {
		t.Errorf("%d compared and %d locked out, want 5 and 45", failed.Load(), locked.Load())
	}
	n := 0
	for _, e := range w.Events(t, audit.Account(a.ID.String())) {
		if e == session.SignInFailed {
			n++
		}
	}
	if n != 5 {
		t.Errorf("%d failures are recorded", n)
	}
}

func TestSigningInAgainEndsTheBrowsersOldSession(t *testing.T) {
	w := world(t)
	_, victim := w.SignedIn(t, "grace", noon)
	w.Person(t, "mallory", noon)
	known := raw(t, victim.Token())
	before := w.In(t, "grace", noon)
	strong := raise(t, w, before, noon)
	ended := w.In(t, "grace", noon)
	if err := w.Ender.SignOut(t.Context(), ended, here, noon); err != nil {
		t.Fatal(err)
	}
	twice := []string{"TransactWriteItems", "GetItem", "TransactWriteItems"}
	stale := append(append([]string{}, twice...), "GetItem", "GetItem", "TransactWriteItems") // looks at what stands
	last := w.In(t, "grace", noon)
	for _, tt := range []struct {
		name  string
		token secret.Text
		calls []string
		out   bool // no session is opened by it afterwards
	}{
		{"its own", last.Token(), twice, true},
		{"one that has ended", ended.Token(), twice, true},
		{"none", "", twice, true},
		{"one of before", made(known[:16], known[32:]), twice, true},
		{"one that was raised", before.Token(), stale, true},
		{"where another's lies", made(known[:32], make([]byte, 32)), stale, true},
	} {
		w.Faults.Clear()
		s, err := w.SignIn.SignIn(t.Context(), session.Attempt{Identifier: "mallory", Password: accounttest.Password, From: here, Replaces: tt.token}, noon)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := w.Faults.Asked(); !slices.Equal(got, tt.calls) {
			t.Errorf("%s: calls %v", tt.name, got)
		}
		isIn(t, w, s.Token(), noon, tt.name)
		isOut(t, w, tt.token, noon, tt.name)
	}
	isIn(t, w, victim.Token(), noon, "whose id was known")
	isIn(t, w, strong.Token(), noon, "the raised one, by its last token")
}

// The browser's session is raised while it signs in again: the token that it came with is not its last any more.
func TestARaiseWhileTheBrowserSignsInAgain(t *testing.T) {
	w := world(t)
	_, old := w.SignedIn(t, "grace", noon)
	var strong session.Session
	w.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
		if n == 2 {
			w.Faults.Clear()
			strong = raise(t, w, old, noon)
		}
		return dynamotest.None
	})
	s, err := w.SignIn.SignIn(t.Context(), session.Attempt{Identifier: "grace", Password: accounttest.Password, From: here, Replaces: old.Token()}, noon)
	w.Faults.Clear()
	if err != nil || strong.Token() == "" {
		t.Fatalf("raised %v, err = %v", strong.Raised(), err)
	}
	isIn(t, w, s.Token(), noon, "the new one")
	isIn(t, w, strong.Token(), noon, "the raised one")
	isOut(t, w, old.Token(), noon, "the token before")
}

// A browser signs in again, and an answer is lost: of the transaction, of the look at what stands, of the second one.
func TestALostAnswerOfSigningInAgain(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	for call := range 6 {
		last, before := w.In(t, "grace", noon), w.In(t, "grace", noon)
		strong := raise(t, w, before, noon)
		for _, token := range []secret.Text{last.Token(), before.Token()} {
			w.Faults.OnCall(call, dynamotest.CutReply)
			s, err := w.SignIn.SignIn(t.Context(), session.Attempt{Identifier: "grace", Password: accounttest.Password, From: here, Replaces: token}, noon)
			w.Faults.Clear()
			if err != nil {
				t.Fatalf("call %d: %v", call, err)
			}
			isIn(t, w, s.Token(), noon, "the new one")
			isOut(t, w, token, noon, "the replaced one")
		}
		isIn(t, w, strong.Token(), noon, "the raised one")
	}
}

func TestASignInThatANewPasswordOvertakesIsRefused(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	// The password changes between the compare and the transaction, the third call.
	w.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
		if n == 2 {
			w.Faults.Clear()
			if err := w.Passwords.Change(t.Context(), a.ID, "", accounttest.Password, "amber falcon 91b2", here, noon); err != nil {
				t.Error(err)
			}
		}
		return dynamotest.None
	})
	if _, err := try(t, w, "grace", accounttest.Password, here, noon); !errors.Is(err, session.ErrSignInFailed) {
		t.Errorf("err = %v", err)
	}
	if n := len(w.Scan(t, "SESSIONS_TABLE")); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestASignInDuringAPasswordChangeIsEndedByIt(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	// Somebody signs in after the sessions were listed: take, account, list, then the transaction.
	var late session.Session
	w.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
		if n == 3 {
			w.Faults.Clear()
			late = w.In(t, "grace", noon)
		}
		return dynamotest.None
	})
	if err := w.Passwords.Change(t.Context(), a.ID, "", accounttest.Password, "amber falcon 91b2", here, noon); err != nil {
		t.Fatal(err)
	}
	if late.Token() == "" {
		t.Fatal("nobody signed in meanwhile: the flow's calls have changed")
	}
	isOut(t, w, late.Token(), noon, "the late session")
}

func TestTroubleInASignIn(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	for n := range 3 {
		for name, what := range map[string]dynamotest.Fault{"cut": dynamotest.CutReply, "throttled": dynamotest.Throttle, "failing": dynamotest.ServerFail} {
			t.Run(fmt.Sprintf("%s at %d", name, n), func(t *testing.T) {
				w.Faults.OnCall(n, what)
				s, err := try(t, w, "grace", accounttest.Password, here, noon)
				made := len(w.Faults.Calls())
				w.Faults.Clear()
				if err != nil || made <= n {
					t.Fatalf("err = %v after %d calls", err, made)
				}
				isIn(t, w, s.Token(), noon, "signed in")
			})
		}
		t.Run(fmt.Sprintf("dead from %d", n), func(t *testing.T) {
			w.Faults.FromCall(n, dynamotest.CutRequest)
			_, err := try(t, w, "grace", accounttest.Password, here, noon)
			w.Faults.Clear()
			if !errors.Is(err, dynamo.ErrUnavailable) {
				t.Errorf("err = %v", err)
			}
			if _, err := try(t, w, "grace", accounttest.Password, here, noon); err != nil {
				t.Errorf("the same again: %v", err)
			}
		})
	}
	// A conflict is asked again.
	w.Faults.OnCall(2, dynamotest.Conflict)
	if _, err := try(t, w, "grace", accounttest.Password, here, noon); err != nil {
		t.Errorf("conflict: %v", err)
	}
}
