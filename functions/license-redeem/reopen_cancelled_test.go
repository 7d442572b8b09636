package main

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/proofing"
)

// cancelled is a case that stood so when support cancelled it, an hour after the key was entered.
func cancelled(t *testing.T, stood func(*proofing.Case)) *left {
	t.Helper()
	l := leave(t, 0, 0)
	l.clock = now.Add(time.Hour)
	l.desk.Release = func(context.Context, proofing.Case, string, time.Time) ([]dynamo.Write, error) { return nil, nil } // no slot was taken
	_, err := l.desk.Change(t.Context(), l.id, now, func(c *proofing.Case) ([]dynamo.Write, error) {
		stood(c)
		return nil, nil
	})
	fatal(t, err)
	_, err = l.desk.Cancel(t.Context(), l.id, "support", "asked for by phone", l.clock)
	fatal(t, err)
	return l
}

func (l *left) nameLocked(t *testing.T) bool {
	t.Helper()
	a, err := l.Accounts.ByID(t.Context(), l.holder.ID, l.clock)
	fatal(t, err)
	return a.NameLocked
}

// Decision 0017: what support cancelled goes on with the own key, as what has expired does; after a suspicion of fraud by
// video alone, and a name that a pass has locked stays locked.
func TestTheOwnKeyReopensACancelledCase(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		stood             func(*proofing.Case)
		want              proofing.State
		failures, quizzes int
		locked            bool
	}{
		"nothing counted":      {func(*proofing.Case) {}, proofing.Choose, 0, 0, false},
		"a failed quiz":        {func(c *proofing.Case) { c.Failures, c.Quizzes = 1, 1 }, proofing.Choose, 1, 1, false},
		"both quizzes":         {func(c *proofing.Case) { c.State, c.Failures, c.Quizzes = proofing.VideoOnly, 2, 2 }, proofing.VideoOnly, 2, 2, false},
		"fraud is suspected":   {func(c *proofing.Case) { c.State, c.Review = proofing.Fraud, &proofing.Review{At: now} }, proofing.VideoOnly, 0, 2, false},
		"it was passed before": {func(c *proofing.Case) { c.State, c.Quizzes, c.Again = proofing.VideoOnly, 2, true }, proofing.VideoOnly, 0, 2, true},
	} {
		l := cancelled(t, row.stood)
		before := l.stands(t)
		if before.State != proofing.Cancelled || l.nameLocked(t) != row.locked {
			t.Errorf("%s: cancelled as %s, name locked %t", name, before.State, l.nameLocked(t))
		}
		for i := range 2 {
			if a := l.again(t); a.status != http.StatusOK || a.json["next"] != "prove" {
				t.Errorf("%s, entry %d: %d %s", name, i, a.status, a.raw)
			}
		}
		after := l.stands(t)
		if after.State != row.want || after.Generation != before.Generation+1 || after.Failures != row.failures || after.Quizzes != row.quizzes || !after.DecidedAt.IsZero() || !after.TouchedAt.Equal(l.clock) {
			t.Errorf("%s: %+v", name, after)
		}
		if l.starts(t) != 2 || l.reopened(t) != 1 || l.nameLocked(t) != row.locked {
			t.Errorf("%s: %d starts, reopened %d times, name locked %t", name, l.starts(t), l.reopened(t), l.nameLocked(t))
		}
		_, err := l.desk.Cancel(t.Context(), l.id, "support", "once more", l.clock)
		fatal(t, err)
		if a := l.again(t); a.status != http.StatusOK || l.stands(t).State != row.want || l.stands(t).Generation != before.Generation+2 {
			t.Errorf("%s, cancelled once more: %d %s, %+v", name, a.status, a.raw, l.stands(t))
		}
	}
}

// A case that ended with its key stays cancelled: the credential is revoked, or over, or another one by now.
func TestACaseThatEndedWithItsKeyStaysCancelled(t *testing.T) {
	t.Parallel()
	ends := func(l *left, void bool) {
		found, err := l.issuer.Licenses.Find(t.Context(), l.stands(t).License)
		fatal(t, err)
		held, err := l.desk.Credentials.Find(t.Context(), l.holder.ID)
		fatal(t, err)
		writes, err := l.desk.Credentials.Closing(held, held.License)
		fatal(t, err)
		cancel, err := l.desk.Cancelling(t.Context(), held.License, "support", "refund", l.clock)
		fatal(t, err)
		if writes = append(writes, cancel...); void {
			writes = append(writes, l.issuer.Licenses.Voiding(found[0], "refund", l.clock))
		}
		fatal(t, l.DB.Commit(t.Context(), writes...))
	}
	for name, row := range map[string]struct {
		before func(*left)
		at     time.Time
		status int
	}{
		"refunded":                 {func(l *left) { ends(l, true) }, now.Add(time.Hour), http.StatusGone},
		"revoked":                  {func(l *left) { ends(l, false) }, now.Add(time.Hour), http.StatusOK},
		"the credential has ended": {func(l *left) { _, err := l.desk.Cancel(t.Context(), l.id, "", "x", now); fatal(t, err) }, time.Date(2027, 11, 25, 18, 30, 0, 0, time.UTC), http.StatusOK},
	} {
		l := leave(t, 0, 0)
		l.clock = now.Add(time.Minute)
		row.before(l)
		l.clock = row.at
		if a := l.again(t); a.status != row.status || l.stands(t).State != proofing.Cancelled || l.reopened(t) != 0 {
			t.Errorf("%s: %d %s, case %s", name, a.status, a.raw, l.stands(t).State)
		}
	}
	l := cancelled(t, func(*proofing.Case) {})
	_, alan := l.SignedIn(t, "alan", l.clock)
	if a := l.redeem(t, alan, l.key); a.status != http.StatusNotFound || l.stands(t).State != proofing.Cancelled {
		t.Errorf("somebody else: %d %s", a.status, a.raw)
	}
}

// The holder enters the key in the moment in which support cancels, again and again: it ends in one of the two, and what
// ended can be entered again.
func TestAReentryRacesACancelling(t *testing.T) {
	t.Parallel()
	l := cancelled(t, func(*proofing.Case) {})
	s := l.In(t, "grace", l.clock)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if a := l.post(t, s.Token(), `{"license_key":"`+l.key+`"}`); a.status != http.StatusOK {
				t.Errorf("entry: %d %s", a.status, a.raw)
			}
		})
		all.Go(func() { _, _ = l.desk.Cancel(t.Context(), l.id, "support", "race", l.clock) })
	}
	all.Wait()
	c := l.stands(t)
	if (c.State != proofing.Cancelled && c.State != proofing.Choose) || int(c.Generation) != 1+l.reopened(t) || l.starts(t) != int(c.Generation) {
		t.Errorf("%+v, reopened %d times, %d starts", c, l.reopened(t), l.starts(t))
	}
	if a := l.redeem(t, s, l.key); a.status != http.StatusOK || l.stands(t).State != proofing.Choose {
		t.Errorf("in the end: %d %s, %s", a.status, a.raw, l.stands(t).State)
	}
}

func TestALostAnswerWhileACancelledCaseIsReopened(t *testing.T) {
	t.Parallel()
	for _, fault := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict} {
		for n := range 5 {
			l := cancelled(t, func(c *proofing.Case) { c.Failures, c.Quizzes = 1, 1 })
			s := l.In(t, "grace", l.clock)
			if fault == dynamotest.CutRequest {
				l.Faults.FromCall(n, fault)
			} else {
				l.Faults.OnCall(n, fault)
			}
			_ = l.post(t, s.Token(), `{"license_key":"`+l.key+`"}`)
			l.Faults.Clear()
			if a := l.redeem(t, s, l.key); a.status != http.StatusOK || a.json["next"] != "prove" {
				t.Errorf("fault %d at call %d: %d %s", fault, n, a.status, a.raw)
			}
			if c := l.stands(t); c.State != proofing.Choose || c.Generation != 2 || l.starts(t) != 2 || l.reopened(t) != 1 {
				t.Errorf("fault %d at call %d: %+v, %d starts, reopened %d times", fault, n, c, l.starts(t), l.reopened(t))
			}
		}
	}
}
