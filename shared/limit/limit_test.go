package limit_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/limit"
)

var (
	noon    = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	errFull = fault.New(fault.Throttled, "test-full", "Too many")
	errLow  = fault.New(fault.Throttled, "test-low", "Too many of the other")
	hourly  = limit.Rule{Name: "t-h", Max: 3, Window: time.Hour}
	lock    = limit.Rule{Name: "t-l", Max: 3, Window: 15 * time.Minute, Extends: true}
)

func counters(t *testing.T) (limit.Counters, *dynamotest.Fixture) {
	f := dynamotest.Start(t)
	return limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")}, f
}

func use(r limit.Rule) limit.Use { return limit.Use{Rule: r, Subject: "somebody", Fault: errFull} }

// refused checks that a take is refused until a given instant.
func refused(t *testing.T, err error, until time.Time) {
	t.Helper()
	f, ok := fault.Of(err)
	if !ok || !errors.Is(err, errFull) || !f.RetryAt.Equal(until) {
		t.Fatalf("err = %v (%+v), want refused until %s", err, f, until)
	}
}

func TestAWindowOpensWithItsFirstUse(t *testing.T) {
	c, _ := counters(t)
	for i := range 3 {
		if err := c.Take(t.Context(), noon.Add(time.Duration(i)*10*time.Minute), use(hourly)); err != nil {
			t.Fatalf("use %d: %v", i, err)
		}
	}
	end := noon.Add(time.Hour)
	refused(t, c.Take(t.Context(), end.Add(-time.Millisecond), use(hourly)), end)
	for i := range 3 {
		if err := c.Take(t.Context(), end, use(hourly)); err != nil {
			t.Fatalf("use %d at the very end: %v", i, err)
		}
	}
	refused(t, c.Take(t.Context(), end.Add(time.Minute), use(hourly)), end.Add(time.Hour))
}

func TestALockRunsFromTheLastUse(t *testing.T) {
	c, _ := counters(t)
	at := noon
	for i := range 3 {
		if err := c.Take(t.Context(), at, use(lock)); err != nil {
			t.Fatalf("use %d: %v", i, err)
		}
		at = at.Add(14 * time.Minute)
	}
	end := noon.Add(28*time.Minute + 15*time.Minute)
	refused(t, c.Take(t.Context(), noon.Add(30*time.Minute), use(lock)), end)
	refused(t, c.Take(t.Context(), end.Add(-time.Millisecond), use(lock)), end) // refused uses put nothing off
	for i := range 3 {
		if err := c.Take(t.Context(), end, use(lock)); err != nil {
			t.Fatalf("use %d after the lock: %v", i, err)
		}
	}
	refused(t, c.Take(t.Context(), end, use(lock)), end.Add(15*time.Minute))
}

func TestQuietEndsALocksCount(t *testing.T) {
	c, _ := counters(t)
	for i := range 9 {
		if err := c.Take(t.Context(), noon.Add(time.Duration(i/2)*15*time.Minute), use(lock)); err != nil {
			t.Fatalf("use %d: %v", i, err)
		}
	}
}

func TestSeveralRulesCountTogetherOrNotAtAll(t *testing.T) {
	c, _ := counters(t)
	small := limit.Use{Rule: limit.Rule{Name: "t-s", Max: 1, Window: time.Minute}, Subject: "192.0.2.1", Fault: errLow}
	if err := c.Take(t.Context(), noon, use(hourly), small); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := c.Take(t.Context(), noon, use(hourly), small); !errors.Is(err, errLow) {
			t.Fatalf("err = %v", err)
		}
	}
	// The refused five did not use up the hour.
	for i := range 2 {
		if err := c.Take(t.Context(), noon.Add(time.Duration(i+1)*time.Minute), use(hourly), small); err != nil {
			t.Fatalf("use %d: %v", i, err)
		}
	}
	refused(t, c.Take(t.Context(), noon.Add(5*time.Minute), use(hourly), small), noon.Add(time.Hour))
}

func TestBothWindowsOverAtOnce(t *testing.T) {
	c, _ := counters(t)
	for i := range 3 {
		at := noon.Add(time.Duration(i) * 2 * time.Hour)
		if err := c.Take(t.Context(), at, use(hourly), use(lock)); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
	}
}

func TestCheckCountsNothing(t *testing.T) {
	c, f := counters(t)
	if err := c.Take(t.Context(), noon, use(hourly)); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := f.DB.Commit(t.Context(), c.Check(use(hourly), noon)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := c.Take(t.Context(), noon, use(hourly)); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, f.DB.Commit(t.Context(), c.Check(use(hourly), noon)), noon.Add(time.Hour))
	if err := f.DB.Commit(t.Context(), c.Check(use(hourly), noon.Add(time.Hour))); err != nil {
		t.Errorf("at the end: %v", err)
	}
}

func TestClearAndGiveBack(t *testing.T) {
	c, f := counters(t)
	for range 3 {
		if err := c.Take(t.Context(), noon, use(hourly)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.DB.Commit(t.Context(), c.GiveBack(use(hourly), noon)); err != nil {
		t.Fatal(err)
	}
	if err := c.Take(t.Context(), noon, use(hourly)); err != nil {
		t.Fatalf("after one was given back: %v", err)
	}
	refused(t, c.Take(t.Context(), noon, use(hourly)), noon.Add(time.Hour))
	if err := f.DB.Commit(t.Context(), c.Clear(use(hourly))); err != nil {
		t.Fatal(err)
	}
	// Giving back what was never taken does not earn a use.
	if err := f.DB.Commit(t.Context(), c.GiveBack(use(hourly), noon)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := c.Take(t.Context(), noon, use(hourly)); err != nil {
			t.Fatalf("use %d: %v", i, err)
		}
	}
	refused(t, c.Take(t.Context(), noon, use(hourly)), noon.Add(time.Hour))
}

func TestParallelUsesAreCountedExactly(t *testing.T) {
	for name, start := range map[string]time.Time{"nothing there": {}, "an ended window there": noon.Add(-2 * time.Hour)} {
		t.Run(name, func(t *testing.T) {
			c, _ := counters(t)
			rule := limit.Rule{Name: "t-p", Max: 5, Window: time.Hour}
			u := limit.Use{Rule: rule, Subject: "s", Fault: errFull}
			if !start.IsZero() {
				if err := c.Take(t.Context(), start, u); err != nil {
					t.Fatal(err)
				}
			}
			var taken, other atomic.Int32
			gate := make(chan struct{}, 40)
			var wg sync.WaitGroup
			for range 1000 {
				wg.Go(func() {
					gate <- struct{}{}
					defer func() { <-gate }()
					switch err := c.Take(t.Context(), noon, u); {
					case err == nil:
						taken.Add(1)
					case !errors.Is(err, errFull):
						other.Add(1)
						t.Errorf("err = %v", err)
					}
				})
			}
			wg.Wait()
			if taken.Load() != 5 {
				t.Errorf("%d uses were let through, want 5", taken.Load())
			}
		})
	}
}

func TestTroubleRefuses(t *testing.T) {
	for name, what := range map[string]dynamotest.Fault{"throttled": dynamotest.Throttle, "failing": dynamotest.ServerFail, "gone": dynamotest.CutRequest} {
		t.Run(name, func(t *testing.T) {
			c, f := counters(t)
			f.Faults.FromCall(0, what)
			if err := c.Take(t.Context(), noon, use(hourly)); !errors.Is(err, dynamo.ErrUnavailable) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestALostAnswerIsCountedOnce(t *testing.T) {
	other := limit.Use{Rule: limit.Rule{Name: "t-o", Max: 100, Window: time.Hour}, Subject: "somebody", Fault: errLow}
	for name, more := range map[string][]limit.Use{"alone": nil, "together": {other}} {
		t.Run(name, func(t *testing.T) {
			c, f := counters(t)
			for at, let := noon, 0; let < 6; let++ { // three in each of two windows: the second replaces the first
				if let == 3 {
					at = noon.Add(time.Hour)
				}
				f.Faults.OnCall(0, dynamotest.CutReply)
				if err := c.Take(t.Context(), at, append(more, use(hourly))...); err != nil {
					t.Fatalf("use %d: %v", let, err)
				}
				f.Faults.Clear()
			}
			refused(t, c.Take(t.Context(), noon.Add(time.Hour), append(more, use(hourly))...), noon.Add(2*time.Hour))
		})
	}
}

func TestSubjectsAreNotStoredInClear(t *testing.T) {
	if k := hourly.Key("192.0.2.77"); strings.Contains(k, "192") || !strings.HasPrefix(k, "t-h#") {
		t.Errorf("key = %s", k)
	}
	if hourly.Key("a") == hourly.Key("b") || hourly.Key("a") == lock.Key("a") {
		t.Error("two counters share a key")
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::",
		"2001:db8:1:2::": "2001:db8:1:2::", "fe80::1%eth0": "fe80::", "odd": "odd", "": "",
	} {
		if got := limit.Address(in); got != want {
			t.Errorf("Address(%q) = %q, want %q", in, got, want)
		}
	}
	for i := range 3 {
		if got := limit.Address(fmt.Sprintf("2001:db8::%d", i)); got != "2001:db8::" {
			t.Errorf("one customer has several addresses: %s", got)
		}
	}
}
