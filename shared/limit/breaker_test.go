package limit_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/limit"
)

var fuse = limit.Breaker{Name: "t-b", Sends: 20, Percent: 20, Burst: 60, Window: time.Hour, Settle: 3 * time.Minute, Stop: 12 * time.Hour}

// board is the tallies and an environment's view of what is stopped.
type board struct {
	limit.Tallies
	*dynamotest.Fixture
}

func tallies(t *testing.T) board {
	t.Helper()
	f := dynamotest.Start(t)
	return board{limit.Tallies{DB: f.DB, Table: f.Table("LIMITS_TABLE")}, f}
}

func (b board) add(t *testing.T, sends, answered int, now time.Time) bool {
	t.Helper()
	tripped, err := b.Add(t.Context(), fuse, "+120255", sends, answered, now)
	if err != nil {
		t.Fatal(err)
	}
	return tripped
}

// stopped asks an environment that has just started.
func (b board) stopped(t *testing.T, key string, now time.Time) (time.Time, bool) {
	t.Helper()
	s := limit.NewStops(b.Fixture.DB, b.Fixture.Table("LIMITS_TABLE"), time.Minute)
	if err := s.Refresh(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	return s.Until(key, now)
}

func TestABreakerTripsOnSettledSends(t *testing.T) {
	for name, row := range map[string]struct {
		first, answered int // by noon and by the end
		more            time.Duration
		trips           bool
	}{
		"twenty, none answered":            {20, 0, 3 * time.Minute, true},
		"twenty, three answered":           {20, 3, 3 * time.Minute, true},
		"twenty, four answered":            {20, 4, 3 * time.Minute, false},
		"nineteen":                         {19, 0, 3 * time.Minute, false},
		"twenty that have had no time yet": {20, 0, 3*time.Minute - time.Millisecond, false},
	} {
		b := tallies(t)
		b.add(t, row.first, 0, noon.Add(-4*time.Minute)) // opens the window: nothing is settled
		b.add(t, 0, 0, noon.Add(-time.Minute))           // noted at this instant
		if got := b.add(t, 0, row.answered, noon.Add(-time.Minute+row.more)); got != row.trips {
			t.Errorf("%s: tripped %v", name, got)
		}
	}
}

func TestABurstDoesNotWait(t *testing.T) {
	b := tallies(t)
	if b.add(t, 59, 0, noon) {
		t.Error("tripped at 59")
	}
	if !b.add(t, 1, 0, noon) {
		t.Error("not tripped at 60")
	}
	if b.add(t, 1, 0, noon) {
		t.Error("tripped twice")
	}
	end := noon.Add(12 * time.Hour)
	if until, stopped := b.stopped(t, fuse.Key("+120255"), end.Add(-time.Millisecond)); !stopped || !until.Equal(end) {
		t.Errorf("stopped %v until %s", stopped, until)
	}
	if _, stopped := b.stopped(t, fuse.Key("+120255"), end); stopped {
		t.Error("still stopped at the end")
	}
	if _, stopped := b.stopped(t, fuse.Key("+120256"), noon); stopped {
		t.Error("another group is stopped")
	}
}

func TestABusyGroupThatAnswersGoesOn(t *testing.T) {
	b := tallies(t)
	for i := range 200 { // answers come a minute later
		answered := 0
		if i >= 4 {
			answered = 2
		}
		if b.add(t, 4, answered, noon.Add(time.Duration(i)*15*time.Second)) {
			t.Fatalf("tripped after %d sends", 4*(i+1))
		}
	}
}

func TestAWindowOfATallyEnds(t *testing.T) {
	b := tallies(t)
	b.add(t, 19, 0, noon)
	if b.add(t, 59, 0, noon.Add(time.Hour)) {
		t.Error("the hour before counts")
	}
	if !b.add(t, 1, 0, noon.Add(time.Hour)) {
		t.Error("the new hour does not count")
	}
}

func TestMoneyStopsAtItsCeiling(t *testing.T) {
	b := tallies(t)
	end := noon.Add(12 * time.Hour)
	for i := range 10 {
		sum, stopped, err := b.Spend(t.Context(), "2026-01-02", "spend", 100, 1000, end, noon)
		if err != nil || sum != 100*(i+1) || stopped != (i == 9) {
			t.Errorf("%d: %d, %v, %v", i, sum, stopped, err)
		}
	}
	if until, stopped := b.stopped(t, "spend", noon); !stopped || !until.Equal(end) {
		t.Errorf("stopped %v until %s", stopped, until)
	}
	if sum, _, err := b.Spend(t.Context(), "2026-01-03", "spend", 100, 1000, end, end); err != nil || sum != 100 {
		t.Errorf("the next day: %d, %v", sum, err)
	}
}

func TestTheListIsReadOnceAMinute(t *testing.T) {
	b := tallies(t)
	s := limit.NewStops(b.Fixture.DB, b.Fixture.Table("LIMITS_TABLE"), time.Minute)
	b.Faults.Clear()
	for i := range 120 {
		if err := s.Refresh(t.Context(), noon.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if calls := len(b.Faults.Asked()); calls != 2 {
		t.Errorf("%d calls in two minutes", calls)
	}
}

func TestTheListCannotBeRead(t *testing.T) {
	b := tallies(t)
	b.add(t, 60, 0, noon)
	s := limit.NewStops(b.Fixture.DB, b.Fixture.Table("LIMITS_TABLE"), time.Minute)
	if err := s.Refresh(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	now := noon.Add(time.Minute)
	b.Faults.FromCall(0, dynamotest.CutRequest)
	for range 3 {
		if err := s.Refresh(t.Context(), now); !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("err = %v", err)
		}
	}
	if _, stopped := s.Until(fuse.Key("+120255"), now); !stopped {
		t.Error("what was known is forgotten")
	}
	b.Faults.Clear()
	if err := s.Refresh(t.Context(), now.Add(9*time.Second)); !errors.Is(err, dynamo.ErrUnavailable) || len(b.Faults.Asked()) != 0 {
		t.Errorf("asked again at once: %v", err)
	}
	if err := s.Refresh(t.Context(), now.Add(10*time.Second)); err != nil {
		t.Errorf("ten seconds later: %v", err)
	}
}

func TestTheListIsTidied(t *testing.T) {
	b := tallies(t)
	trip := func(subject string, now time.Time) {
		t.Helper()
		if tripped, err := b.Add(t.Context(), fuse, subject, 60, 0, now); err != nil || !tripped {
			t.Fatal(tripped, err)
		}
	}
	for i := range 200 {
		trip(fmt.Sprint(i), noon)
	}
	later := noon.Add(12 * time.Hour)
	trip("one more", later)
	item, err := b.Fixture.DB.Get(t.Context(), b.Fixture.Table("LIMITS_TABLE"), dynamo.Item{"p": dynamo.S("stopped")})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(dynamo.Read(item).Map("g").Names()); n != 101 {
		t.Errorf("%d entries are left", n)
	}
	if _, stopped := b.stopped(t, fuse.Key("one more"), later); !stopped {
		t.Error("the new one was taken out")
	}
}

func TestAWeightOfMoney(t *testing.T) {
	c, _ := counters(t)
	purse := limit.Rule{Name: "t-w", Max: 100, Window: time.Hour}
	pay := func(mills int) error {
		return c.Take(t.Context(), noon, limit.Use{Rule: purse, Subject: "shard", Weight: mills, Fault: errFull})
	}
	for _, row := range []struct {
		mills int
		fits  bool
	}{{101, false}, {60, true}, {41, false}, {40, true}, {1, false}} {
		if err := pay(row.mills); (err == nil) != row.fits || err != nil && !errors.Is(err, errFull) {
			t.Errorf("%d: %v", row.mills, err)
		}
	}
}
