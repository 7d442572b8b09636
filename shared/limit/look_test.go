package limit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/limit"
)

func look(t *testing.T, c limit.Counters, now time.Time, uses ...limit.Use) []time.Time {
	t.Helper()
	ends, err := c.Look(t.Context(), now, uses...)
	if err != nil || len(ends) != len(uses) {
		t.Fatal(ends, err)
	}
	return ends
}

func TestALookTellsWhatIsFullAndUntilWhen(t *testing.T) {
	c, _ := counters(t)
	nobody := limit.Use{Rule: hourly, Subject: "nobody", Fault: errFull}
	for i := range 3 {
		if ends := look(t, c, noon, use(hourly), nobody, use(lock)); !slices.Equal(ends, make([]time.Time, 3)) {
			t.Fatalf("after %d uses: %v", i, ends)
		}
		for _, r := range []limit.Rule{hourly, lock} {
			if err := c.Take(t.Context(), noon.Add(time.Duration(i)*time.Minute), use(r)); err != nil {
				t.Fatal(err)
			}
		}
	}
	hour, quarter := noon.Add(time.Hour), noon.Add(17*time.Minute)
	for now, want := range map[time.Time][]time.Time{
		noon.Add(3 * time.Minute):           {hour, {}, quarter},
		quarter.Add(-time.Millisecond):      {hour, {}, quarter},
		quarter:                             {hour, {}, {}}, // at its end it is over, as for a take
		hour.Add(-time.Millisecond):         {hour, {}, {}},
		hour:                                {{}, {}, {}},
		noon.Add(40 * 24 * time.Hour):       {{}, {}, {}}, // the item may lie there long after
		hour.Add(-time.Millisecond).Local(): {hour, {}, {}},
	} {
		if got := look(t, c, now, use(hourly), nobody, use(lock)); !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Errorf("at %s: %v, want %v", now, got, want)
		}
	}
	refused(t, c.Take(t.Context(), hour.Add(-time.Millisecond), use(hourly)), hour)
}

func TestALookIsOneCallForManyUses(t *testing.T) {
	c, f := counters(t)
	uses := []limit.Use{use(hourly), use(hourly)} // a subject may be named twice, as by a user ID that is an email
	for i := range 60 {
		uses = append(uses, limit.Use{Rule: lock, Subject: fmt.Sprint(i), Fault: errLow})
	}
	for range 3 {
		if err := c.Take(t.Context(), noon, use(hourly)); err != nil {
			t.Fatal(err)
		}
	}
	f.Faults.Clear()
	ends := look(t, c, noon, uses...)
	if calls := f.Faults.Asked(); len(calls) != 1 || !strings.Contains(fmt.Sprint(calls), "BatchGetItem") {
		t.Errorf("calls: %v", calls)
	}
	if end := noon.Add(time.Hour); !ends[0].Equal(end) || !ends[1].Equal(end) || !ends[2].IsZero() {
		t.Errorf("ends: %v", ends[:3])
	}
	if ends := look(t, c, noon); len(ends) != 0 {
		t.Errorf("nothing was asked: %v", ends)
	}
}

func TestALookWeighs(t *testing.T) {
	c, _ := counters(t)
	purse := limit.Use{Rule: limit.Rule{Name: "t-w", Max: 10, Window: time.Hour}, Subject: "s", Weight: 4, Fault: errFull}
	for i, want := range []bool{false, false, true} { // 0, 4, 8 of 10: another 4 do not fit
		if full := !look(t, c, noon, purse)[0].IsZero(); full != want {
			t.Errorf("after %d: full %v", i, full)
		}
		if err := c.Take(t.Context(), noon, purse); (err != nil) != want {
			t.Errorf("take %d: %v", i, err)
		}
	}
}

func TestALookThatCannotTellSaysSo(t *testing.T) {
	c, f := counters(t)
	f.Faults.FromCall(0, dynamotest.CutRequest)
	if ends, err := c.Look(t.Context(), noon, use(hourly)); !errors.Is(err, dynamo.ErrUnavailable) || ends != nil {
		t.Errorf("%v, %v", ends, err)
	}
}
