package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
)

// left is a holder who entered a key with proofing and let the case lie for 30 days.
type left struct {
	*fixture
	holder account.Account
	key    string
	id     proofing.ID
}

// leave enters a key at now, counts what shall be counted, and expires the case; the clock then stands a day later.
func leave(t *testing.T, failures, quizzes int) *left {
	t.Helper()
	f := start(t)
	holder, s := f.SignedIn(t, "grace", now)
	l := &left{fixture: f, holder: holder, key: f.issue(t, "us-proofed")}
	if a := f.redeem(t, s, l.key); a.status != http.StatusOK {
		t.Fatal(a.raw)
	}
	l.id = proofing.ID(dynamo.Read(f.Scan(t, "CASES_TABLE")[0]).Text("p")[2:])
	_, err := f.desk.Change(t.Context(), l.id, now, func(c *proofing.Case) ([]dynamo.Write, error) {
		c.Failures, c.Quizzes, c.TouchedAt = failures, quizzes, now
		return []dynamo.Write{f.Accounts.LockName(holder.ID, true)}, nil
	})
	fatal(t, err)
	f.clock = now.Add(proofing.IdleLife + 24*time.Hour)
	return l
}

// expire writes down that the case has expired, as the workflow does.
func (l *left) expire(t *testing.T) {
	t.Helper()
	if s, err := l.desk.Look(t.Context(), l.id, 1, now.Add(proofing.IdleLife)); err != nil || s.Next != string(proofing.Expired) {
		t.Fatal(s, err)
	}
}

func (l *left) stands(t *testing.T) proofing.Case {
	t.Helper()
	c, err := l.desk.Cases.Find(t.Context(), l.id)
	fatal(t, err)
	return c
}

// again enters the key once more, signed in afresh.
func (l *left) again(t *testing.T) answer {
	t.Helper()
	return l.redeem(t, l.In(t, "grace", l.clock), l.key)
}

func (l *left) starts(t *testing.T) int {
	t.Helper()
	return len(slices.DeleteFunc(l.Scan(t, "OUTBOX_TABLE"), func(i dynamo.Item) bool {
		return dynamo.Read(i).Text("k") != string(notice.KindCaseStart)
	}))
}

func (l *left) reopened(t *testing.T) int {
	t.Helper()
	n := 0
	for _, e := range l.Events(t, audit.Account(l.holder.ID.String())) {
		if e == proofing.EventReopened {
			n++
		}
	}
	return n
}

// product.md 4, K-13: what was counted stays counted, the dates stay the purchase's, the next generation starts.
func TestTheOwnKeyReopensAnExpiredCase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		failures, quizzes int
		written           bool // the workflow has written the end down
		want              proofing.State
	}{
		{"nothing counted", 0, 0, true, proofing.Choose},
		{"a failed quiz", 1, 1, true, proofing.Choose},
		{"both quizzes", 2, 2, true, proofing.VideoOnly},
		{"nobody has written it down", 1, 1, false, proofing.Choose},
	} {
		l := leave(t, c.failures, c.quizzes)
		if c.written {
			l.expire(t)
		}
		before := l.stands(t)
		s := l.In(t, "grace", l.clock)
		l.Faults.Clear()
		a := l.redeem(t, s, l.key)
		if c.written {
			figures.Exactly(t, 1, "AWS calls, the own key reopens a case, "+c.name, float64(len(l.Faults.Asked())), 4)
		}
		want := `{"credential":{"state":"proofing","product":"us-proofed","proofed":false,"proofing_method":null,"purchased_at":"2026-11-25T18:30:00Z","expires_at":"2027-11-25T18:30:00Z","renewable":false},"next":"prove"}`
		if a.status != http.StatusOK || a.raw != want {
			t.Errorf("%s: %d %s", c.name, a.status, a.raw)
		}
		after := l.stands(t)
		if after.State != c.want || after.Generation != before.Generation+1 || after.Failures != c.failures || after.Quizzes != c.quizzes || !after.DecidedAt.IsZero() ||
			!after.TouchedAt.Equal(l.clock) || !after.OpenedAt.Equal(before.OpenedAt) {
			t.Errorf("%s: %+v", c.name, after)
		}
		held, err := l.Accounts.ByID(t.Context(), l.holder.ID, l.clock)
		if err != nil || held.NameLocked || l.starts(t) != 2 || l.reopened(t) != 1 {
			t.Errorf("%s: name locked %v, %d starts, reopened %d times, %v", c.name, held.NameLocked, l.starts(t), l.reopened(t), err)
		}
		if a := l.redeem(t, s, l.key); a.raw != want || l.stands(t).Version != after.Version || l.starts(t) != 2 {
			t.Errorf("%s, entered once more: %d %s", c.name, a.status, a.raw)
		}
		if step, err := l.desk.Look(t.Context(), l.id, after.Generation, l.clock.Add(proofing.IdleLife-time.Millisecond)); err != nil || step.Next != string(c.want) {
			t.Errorf("%s: 30 days later %v, %v", c.name, step, err)
		}
	}
}

// At the very instant the case has expired; a millisecond before, entering the key changes nothing.
func TestACaseIsReopenedFromTheInstantOn(t *testing.T) {
	t.Parallel()
	l := leave(t, 0, 0)
	l.clock = now.Add(proofing.IdleLife - time.Millisecond)
	before := l.stands(t)
	if a := l.again(t); a.status != http.StatusOK || l.stands(t).Version != before.Version {
		t.Errorf("before: %d %s", a.status, a.raw)
	}
	l.clock = now.Add(proofing.IdleLife)
	if a := l.again(t); a.status != http.StatusOK || l.stands(t).Generation != 2 {
		t.Errorf("at the instant: %d %s, %+v", a.status, a.raw, l.stands(t))
	}
}

// K-13: a credential that has ended meanwhile, or was revoked, brings no case back; nor does anybody else's act.
func TestK13NothingReopensWhatHasEnded(t *testing.T) {
	t.Parallel()
	year := time.Date(2027, 11, 25, 18, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		at     time.Time
		before func(*left)
		status int
		state  proofing.State
	}{
		"in its last millisecond": {year.Add(-time.Millisecond), func(*left) {}, http.StatusOK, proofing.Choose},
		"at the credential's end": {year, func(*left) {}, http.StatusOK, proofing.Expired},
		"revoked": {now.Add(proofing.IdleLife), func(l *left) {
			held, err := l.desk.Credentials.Find(t.Context(), l.holder.ID)
			fatal(t, err)
			closing, err := l.desk.Credentials.Closing(held, held.License)
			fatal(t, err)
			fatal(t, l.DB.Commit(t.Context(), closing...))
		}, http.StatusOK, proofing.Expired},
		"the key is void": {now.Add(proofing.IdleLife), func(l *left) { l.void(t) }, http.StatusGone, proofing.Expired},
	} {
		l := leave(t, 0, 0)
		l.expire(t)
		c.before(l)
		l.clock = c.at
		if a := l.again(t); a.status != c.status || l.stands(t).State != c.state {
			t.Errorf("%s: %d %s, case %s", name, a.status, a.raw, l.stands(t).State)
		}
	}
	l := leave(t, 0, 0)
	l.expire(t)
	_, alan := l.SignedIn(t, "alan", l.clock)
	if a := l.redeem(t, alan, l.key); a.status != http.StatusNotFound || l.stands(t).State != proofing.Expired {
		t.Errorf("somebody else: %d %s, case %s", a.status, a.raw, l.stands(t).State)
	}
}

func (l *left) void(t *testing.T) {
	t.Helper()
	found, err := l.issuer.Licenses.Find(t.Context(), l.stands(t).License)
	fatal(t, err)
	fatal(t, l.DB.Commit(t.Context(), l.issuer.Licenses.Voiding(found[0], license.ByRefund, l.clock)))
}

// A case that goes on, has passed or has failed is not touched by the key.
func TestOnlyAnEndedCaseIsReopened(t *testing.T) {
	t.Parallel()
	for _, state := range []proofing.State{proofing.VideoOnly, proofing.Passed, proofing.Failed} {
		l := leave(t, 0, 0)
		l.clock = now.Add(time.Hour)
		_, err := l.desk.Change(t.Context(), l.id, now, func(c *proofing.Case) ([]dynamo.Write, error) {
			c.State = state
			return nil, nil
		})
		fatal(t, err)
		before := l.stands(t)
		if a := l.again(t); a.status != http.StatusOK || l.stands(t).Version != before.Version {
			t.Errorf("%s: %d %s, %+v", state, a.status, a.raw, l.stands(t))
		}
	}
}

// Twelve tabs at once: one reopening, everybody goes on.
func TestManyReentriesAtOnce(t *testing.T) {
	t.Parallel()
	l := leave(t, 1, 1)
	l.expire(t)
	s := l.In(t, "grace", l.clock)
	answers := make([]answer, 12)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = l.post(t, s.Token(), fmt.Sprintf(`{"license_key":%q}`, l.key)) })
	}
	wg.Wait()
	for i, a := range answers {
		if a.status != http.StatusOK || a.json["next"] != "prove" {
			t.Errorf("entry %d: %d %s", i, a.status, a.raw)
		}
	}
	if c := l.stands(t); c.State != proofing.Choose || c.Generation != 2 || c.Failures != 1 || l.starts(t) != 2 || l.reopened(t) != 1 {
		t.Errorf("%+v, %d starts, reopened %d times", c, l.starts(t), l.reopened(t))
	}
}

// Whatever answer is lost and wherever it breaks off, the next entry ends alike.
func TestAReentryOfWhichTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, fault := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict} {
		for n := range 5 {
			l := leave(t, 1, 1)
			l.expire(t)
			s := l.In(t, "grace", l.clock)
			if fault == dynamotest.CutRequest {
				l.Faults.FromCall(n, fault) // a crash
			} else {
				l.Faults.OnCall(n, fault)
			}
			first := l.post(t, s.Token(), fmt.Sprintf(`{"license_key":%q}`, l.key))
			l.Faults.Clear()
			second := l.redeem(t, s, l.key)
			if second.status != http.StatusOK || second.json["next"] != "prove" {
				t.Errorf("fault %d at call %d: %d, then %d %s", fault, n, first.status, second.status, second.raw)
			}
			if c := l.stands(t); c.State != proofing.Choose || c.Generation != 2 || l.starts(t) != 2 || l.reopened(t) != 1 {
				t.Errorf("fault %d at call %d: %+v, %d starts, reopened %d times", fault, n, c, l.starts(t), l.reopened(t))
			}
		}
	}
}

// The limit of unknown keys is met by a re-entry too, and nothing is reopened behind it.
func TestALockedHolderReopensNothing(t *testing.T) {
	t.Parallel()
	l := leave(t, 0, 0)
	l.expire(t)
	s := l.In(t, "grace", l.clock)
	for range 10 {
		l.redeem(t, s, license.Generate().Shown())
	}
	if a := l.redeem(t, s, l.key); a.status != http.StatusTooManyRequests || l.stands(t).State != proofing.Expired {
		t.Errorf("%d %s, case %s", a.status, a.raw, l.stands(t).State)
	}
}
