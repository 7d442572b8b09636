package session_test

import (
	"errors"
	"strings"
	"sync"
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
	next, write := w.Raiser.Raise(cur, challenge, code, at)
	if err := w.DB.Commit(t.Context(), write); err != nil {
		t.Fatal(err)
	}
	return next
}

// presented is present of a token that passes.
func presented(t *testing.T, w *sessiontest.World, token secret.Text, at time.Time) session.Session {
	t.Helper()
	s, err := present(t, w, token, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// item is the one session of the table.
func item(t *testing.T, w *sessiontest.World) *dynamo.Fields {
	t.Helper()
	items := w.Scan(t, "SESSIONS_TABLE")
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	return dynamo.Read(items[0])
}

func TestARaiseGivesANewTokenAndKillsTheOld(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	at := noon.Add(30 * time.Second)
	cur := presented(t, w, s.Token(), at)
	if cur.Raised() {
		t.Error("raised before it was")
	}
	door := session.Door{Phone: "p1", AddedAt: noon.Add(-time.Hour)}
	next := raise(t, w, cur.Through(door), at)
	if next.Token() == s.Token() || next.ID != s.ID {
		t.Errorf("the token is the same, or the id is not: %s, %s", next.ID, s.ID)
	}
	for _, route := range []string{"GET /api/session", "GET /api/phones", "POST /api/otp/send"} {
		for _, later := range []time.Duration{0, 59 * time.Second, time.Minute, 10 * time.Minute} {
			if _, err := ask(t, w, s.Token(), route, at.Add(later)); !errors.Is(err, session.ErrNotSignedIn) {
				t.Errorf("%s by the old token after %s: %v", route, later, err)
			}
		}
	}
	got, err := ask(t, w, next.Token(), "GET /api/session", at)
	if err != nil || got.Strength != session.PhoneOTP || !got.CodeAt.Equal(at) || got.Door != door || !got.StartedAt.Equal(noon) || !got.SeenAt.Equal(at) {
		t.Errorf("session = %+v, %v", got, err)
	}
	if list, err := w.Sessions.List(t.Context(), next.Account, at); err != nil || len(list) != 1 || list[0].Strength != session.PhoneOTP || list[0].Raised() {
		t.Errorf("list = %+v, %v", list, err)
	}
	if f := item(t, w); f.Int("x") != noon.Add(session.AbsoluteLife).Unix() || f.Int("l") != at.UnixMilli() {
		t.Errorf("it lies there until %d, last used %d", f.Int("x"), f.Int("l"))
	}
}

func TestAFurtherNumberGivesANewTokenAndNoStrength(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	renew := func(cur session.Session, at time.Time) session.Session {
		t.Helper()
		next, write := w.Raiser.Renew(cur, "c-"+at.String(), code, at)
		if err := w.DB.Commit(t.Context(), write); err != nil || next.Token() == cur.Token() {
			t.Fatalf("err = %v", err)
		}
		isOut(t, w, cur.Token(), at, "the token before")
		return presented(t, w, next.Token(), at)
	}
	weak := renew(presented(t, w, s.Token(), noon), noon.Add(time.Second))
	if weak.Strength != session.Password || !weak.CodeAt.IsZero() || !weak.SeenAt.Equal(noon.Add(time.Second)) {
		t.Errorf("a session that never had a code: %+v", weak)
	}
	door := session.Door{Phone: "p1", AddedAt: noon.Add(-time.Hour)}
	strong := renew(raise(t, w, weak.Through(door), noon.Add(2*time.Second)), noon.Add(3*time.Second))
	if strong.Strength != session.PhoneOTP || !strong.CodeAt.Equal(noon.Add(2*time.Second)) || strong.Door != door || !strong.SeenAt.Equal(noon.Add(3*time.Second)) {
		t.Errorf("a session that had one: %+v", strong)
	}
}

func TestTheSameVerificationAnswersTheSameForAMinute(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	next := raise(t, w, presented(t, w, s.Token(), noon), noon)
	end := noon.Add(60 * time.Second)
	old := presented(t, w, s.Token(), end.Add(-time.Millisecond))
	if !old.Raised() {
		t.Fatal("a moment before the end: not raised")
	}
	again, err := w.Raiser.Repeat(old, challenge, code, end.Add(-time.Millisecond))
	if err != nil || again.Token() != next.Token() || again.ID != next.ID || again.Raised() || again.Strength != session.PhoneOTP || !again.SeenAt.Equal(noon) {
		t.Errorf("repeat = %+v, %v", again, err)
	}
	for name, tt := range map[string]struct {
		challenge string
		code      secret.Text
	}{"another code": {challenge, "012346"}, "another challenge": {"c-2", code}, "nothing": {"", ""}} {
		if _, err := w.Raiser.Repeat(old, tt.challenge, tt.code, noon); !errors.Is(err, session.ErrNotSignedIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Raiser.Repeat(old, challenge, code, end); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("at the very end: %v", err)
	}
	if _, err := present(t, w, s.Token(), end); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("the old token at the very end: %v", err)
	}
	// A session that was presented by its own token has nothing to repeat.
	if _, err := w.Raiser.Repeat(presented(t, w, next.Token(), noon), challenge, code, noon); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("not raised: %v", err)
	}
	// A raised token raises nothing.
	_, write := w.Raiser.Raise(old, "c-2", code, noon)
	if err := w.DB.Commit(t.Context(), write); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("raised again by the old token: %v", err)
	}
	// Nor does anything repeat once the session has ended.
	if err := w.Ender.SignOut(t.Context(), next, here, noon); err != nil {
		t.Fatal(err)
	}
	if _, err := present(t, w, s.Token(), noon); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("the session has ended: %v", err)
	}
}

func TestARepeatDoesNotOutliveItsSession(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	end := noon.Add(session.AbsoluteLife)
	token := s.Token()
	for at := noon; at.Before(end.Add(-time.Minute)); at = at.Add(14 * time.Minute) {
		presented(t, w, token, at)
	}
	raise(t, w, presented(t, w, token, end.Add(-30*time.Second)), end.Add(-30*time.Second))
	if old := presented(t, w, token, end.Add(-time.Millisecond)); !old.Raised() {
		t.Error("not raised")
	}
	if _, err := present(t, w, token, end); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("at its end: %v", err)
	}
}

func TestOnlyTheLastRaiseIsRepeated(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	first := raise(t, w, presented(t, w, s.Token(), noon), noon)
	second, write := w.Raiser.Raise(first, "c-2", code, noon.Add(time.Second))
	if err := w.DB.Commit(t.Context(), write); err != nil {
		t.Fatal(err)
	}
	at := noon.Add(2 * time.Second)
	if _, err := present(t, w, s.Token(), at); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("the token before the last but one: %v", err)
	}
	if again, err := w.Raiser.Repeat(presented(t, w, first.Token(), at), "c-2", code, at); err != nil || again.Token() != second.Token() {
		t.Errorf("the last raise: %v", err)
	}
	isIn(t, w, second.Token(), at, "the last token")
	// What was judged by the first raise alone is not taken for done.
	_, write = w.Raiser.Raise(s, challenge, code, at)
	if err := w.DB.Commit(t.Context(), write); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("the first raise once more: %v", err)
	}
}

func TestARepeatOutlivesANewSecret(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	next := raise(t, w, presented(t, w, s.Token(), noon), noon)
	later := func(document string) session.Raiser {
		ring, err := secret.ParseRing([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		r, err := session.NewRaiser(w.Sessions, ring)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	k1, k2 := strings.Repeat("test", 16), strings.Repeat("next", 16)
	old := presented(t, w, s.Token(), noon)
	both := later(`{"current":"k2","k1":"` + k1 + `","k2":"` + k2 + `"}`)
	if again, err := both.Repeat(old, challenge, code, noon); err != nil || again.Token() != next.Token() {
		t.Errorf("repeat: %v", err)
	}
	if _, err := later(`{"current":"k2","k2":"`+k2+`"}`).Repeat(old, challenge, code, noon); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("the secret is gone: %v", err)
	}
	// By another secret it is another raise: what it would hand out does not open the session.
	_, write := both.Raise(s, challenge, code, noon)
	if err := w.DB.Commit(t.Context(), write); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("raised by the next secret too: %v", err)
	}
}

// The update alone, and in a transaction: whichever answer is lost, that of the look at what stands included.
func TestALostAnswerOfARaiseIsSuccess(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	for _, more := range [][]dynamo.Write{nil, {w.Log.Write(audit.Entry{Subject: "x", What: "x", At: noon})}} {
		for _, call := range []int{0, 2, 3} { // the SDK's repeat, which is call 1, is not its last
			s := w.In(t, "grace", noon)
			w.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
				if n == 0 || n == call {
					return dynamotest.CutReply
				}
				return dynamotest.None
			})
			next, write := w.Raiser.Raise(s, challenge, code, noon)
			err := w.DB.Commit(t.Context(), append(more, write)...)
			w.Faults.Clear()
			if err != nil {
				t.Fatalf("call %d: %v", call, err)
			}
			isIn(t, w, next.Token(), noon, "the new token")
			// Committed once more, as by a program that crashed: done already.
			again, write := w.Raiser.Raise(s, challenge, code, noon)
			if err := w.DB.Commit(t.Context(), write); err != nil || again.Token() != next.Token() {
				t.Errorf("again: %v", err)
			}
		}
	}
}

func TestOneSessionIsRaisedOnce(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	cur := presented(t, w, s.Token(), noon)
	var mu sync.Mutex
	tokens := map[secret.Text]int{}
	var wg sync.WaitGroup
	for i := range 20 { // ten verifications, each asked twice
		wg.Go(func() {
			next, write := w.Raiser.Raise(cur, "c-"+string(rune('a'+i/2)), code, noon)
			err := w.DB.Commit(t.Context(), write)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				tokens[next.Token()]++
			case !errors.Is(err, session.ErrNotSignedIn):
				t.Errorf("err = %v", err)
			}
		})
	}
	wg.Wait()
	if len(tokens) != 1 {
		t.Errorf("%d tokens", len(tokens))
	}
	for token, n := range tokens {
		isIn(t, w, token, noon, "the winner")
		if n != 2 {
			t.Errorf("the same verification won %d times of 2", n)
		}
	}
	item(t, w)
}

// A right code a moment before the idle end keeps the session, which is over at the end otherwise.
func TestARaiseAtTheIdleEnd(t *testing.T) {
	w := world(t)
	_, s := w.SignedIn(t, "grace", noon)
	end := noon.Add(session.IdleLife)
	read, err := ask(t, w, s.Token(), "GET /api/session", end.Add(-time.Millisecond)) // no clock was moved
	if err != nil {
		t.Fatal(err)
	}
	if _, err := present(t, w, s.Token(), end); !errors.Is(err, session.ErrNotSignedIn) {
		t.Errorf("at the very end: %v", err)
	}
	next := raise(t, w, read, end.Add(-time.Millisecond))
	isIn(t, w, next.Token(), end, "raised in time")
	isOut(t, w, next.Token(), end.Add(session.IdleLife-time.Millisecond), "idle again")
}
