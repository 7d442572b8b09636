package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/sweep"
)

// pages gives every shard n items by their number, in pages of ten.
func pages(n int) func(context.Context, int) iter.Seq2[[]string, error] {
	return func(_ context.Context, shard int) iter.Seq2[[]string, error] {
		return func(yield func([]string, error) bool) {
			for start := 0; start < n; start += 10 {
				var page []string
				for i := start; i < min(start+10, n); i++ {
					page = append(page, fmt.Sprintf("%d/%d", shard, i))
				}
				if !yield(page, nil) {
					return
				}
			}
		}
	}
}

func TestEveryItemIsHandledOnceAndNoMoreThanAllowedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		seen := map[string]int{}
		now, most := 0, 0
		s := sweep.Sweep[string]{Shards: 4, Parallel: 7, Pages: pages(95), Handle: func(_ context.Context, item string) (bool, error) {
			mu.Lock()
			seen[item]++
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(5 * time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
			return !strings.HasSuffix(item, "0"), nil
		}}
		out, err := s.Run(t.Context())
		if err != nil || out != (sweep.Result{Handled: 4 * 85}) {
			t.Errorf("%+v, %v", out, err)
		}
		if len(seen) != 4*95 || most != 7 {
			t.Errorf("%d items seen, %d at once", len(seen), most)
		}
		for item, n := range seen {
			if n != 1 {
				t.Errorf("%s was handled %d times", item, n)
			}
		}
	})
}

func TestOnePoisonedItemKeepsNobodyElse(t *testing.T) {
	poison := errors.New("an unknown state")
	s := sweep.Sweep[string]{Shards: 2, Parallel: 3, Pages: pages(40), Handle: func(_ context.Context, item string) (bool, error) {
		if strings.HasPrefix(item, "0/") && item < "0/3" { // 0 to 29 but for 3 to 9: more than a page
			return false, poison
		}
		return true, nil
	}}
	out, err := s.Run(t.Context())
	if !errors.Is(err, poison) || out.Failed != 23 || out.Handled != 57 || out.Stopped {
		t.Errorf("%+v, %v", out, err)
	}
	if n := strings.Count(err.Error(), "unknown state"); n != 10 || !strings.Contains(err.Error(), "13 more") {
		t.Errorf("%d of the errors are told: %v", n, err)
	}
}

func TestAShardThatCannotBeReadKeepsNoOther(t *testing.T) {
	broken := errors.New("no such index")
	s := sweep.Sweep[string]{Shards: 3, Parallel: 3, Handle: func(context.Context, string) (bool, error) { return true, nil },
		Pages: func(ctx context.Context, shard int) iter.Seq2[[]string, error] {
			if shard == 1 {
				return func(yield func([]string, error) bool) { yield(nil, broken) }
			}
			return pages(5)(ctx, shard)
		}}
	out, err := s.Run(t.Context())
	if !errors.Is(err, broken) || out != (sweep.Result{Handled: 10, Failed: 1}) {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestItStopsBeforeItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), sweep.Leave+19500*time.Millisecond)
		defer cancel()
		start := time.Now()
		var cut atomic.Int32
		s := sweep.Sweep[string]{Shards: 1, Parallel: 2, Pages: pages(1000), Handle: func(ctx context.Context, _ string) (bool, error) {
			time.Sleep(time.Second)
			if ctx.Err() != nil {
				cut.Add(1)
			}
			return true, nil
		}}
		out, err := s.Run(ctx)
		if took := time.Since(start); err != nil || !out.Stopped || out.Handled != 40 || took > 21*time.Second {
			t.Errorf("%+v after %v, %v", out, took, err)
		}
		if cut.Load() > 0 {
			t.Error("items under way were cut off")
		}
	})
}

func TestItLeavesADatabaseThatIsDown(t *testing.T) {
	var asked atomic.Int32
	down := func(context.Context, string) (bool, error) { asked.Add(1); return false, dynamo.ErrUnavailable }
	out, err := sweep.Sweep[string]{Shards: 4, Parallel: 4, Pages: pages(1000), Handle: down}.Run(t.Context())
	if n := asked.Load(); !out.Stopped || n < 20 || n > 24 || out.Failed != int(n) || !errors.Is(err, dynamo.ErrUnavailable) {
		t.Errorf("%+v after %d questions, %v", out, n, err)
	}
	half := func(context.Context, string) (bool, error) {
		if asked.Add(1)%2 == 0 {
			return false, dynamo.ErrUnavailable
		}
		return true, nil
	}
	out, err = sweep.Sweep[string]{Shards: 1, Parallel: 1, Pages: pages(100), Handle: half}.Run(t.Context())
	if out.Stopped || out.Handled != 50 || out.Failed != 50 || err == nil {
		t.Errorf("a database that answers every other time: %+v, %v", out, err)
	}
}
