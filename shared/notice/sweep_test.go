package notice_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
)

// queue gathers what a sweep enqueues.
type queue struct {
	mu   sync.Mutex
	got  map[string]int
	fail error
}

func (q *queue) enqueue(_ context.Context, batch []notice.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fail != nil {
		return q.fail
	}
	if len(batch) == 0 || len(batch) > notice.BatchSize {
		return errors.New("a batch of a wrong size")
	}
	if q.got == nil {
		q.got = map[string]int{}
	}
	for _, m := range batch {
		if !m.Sweep {
			return errors.New("a message that does not say it is the sweep's")
		}
		q.got[m.ID]++
	}
	return nil
}

func TestSweepTakesUpWhatIsUnsent(t *testing.T) {
	f := start(t)
	var ids []string
	for range 25 {
		ids = append(ids, f.write(t, notice.PasswordChanged("a", now), now))
	}
	sent := must(f.outbox.Take(t.Context(), ids[0], now))
	if err := f.outbox.MarkSent(t.Context(), sent, now); err != nil {
		t.Fatal(err)
	}
	q := &queue{}
	sweep := func(at time.Time, want int) {
		t.Helper()
		if n, err := f.sweeper.Sweep(t.Context(), q.enqueue, at); err != nil || n != want {
			t.Errorf("at %v: %d taken up, want %d (%v)", at.Sub(now), n, want, err)
		}
	}
	sweep(now.Add(5*time.Minute-time.Millisecond), 0)
	sweep(now.Add(5*time.Minute), 24)
	sweep(now.Add(5*time.Minute), 0) // each once
	sweep(now.Add(10*time.Minute), 24)
	if q.got[ids[0]] != 0 || q.got[ids[1]] != 2 {
		t.Errorf("the sent one %d times, an unsent one %d times", q.got[ids[0]], q.got[ids[1]])
	}
}

func TestParallelSweepsTakeUpEachOnce(t *testing.T) {
	f := start(t)
	for range 30 {
		f.write(t, notice.PasswordChanged("a", now), now)
	}
	q := &queue{}
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := f.sweeper.Sweep(t.Context(), q.enqueue, now.Add(time.Hour)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for id, n := range q.got {
		if n != 1 {
			t.Errorf("%s enqueued %d times", id, n)
		}
	}
	if len(q.got) != 30 {
		t.Errorf("%d of 30 taken up", len(q.got))
	}
}

func TestSweepGivesUpAfterSevenDays(t *testing.T) {
	f := start(t)
	id := f.write(t, notice.PasswordChanged("a", now), now)
	q := &queue{}
	if n, err := f.sweeper.Sweep(t.Context(), q.enqueue, now.Add(7*24*time.Hour)); err != nil || n != 0 {
		t.Fatalf("%d, %v", n, err)
	}
	if item := f.item(t, id); item.Has("ds") || item.Has("da") {
		t.Error("it stays in the index")
	}
	if _, err := f.outbox.Take(t.Context(), id, now.Add(8*24*time.Hour)); err != nil {
		t.Errorf("its dead letter could not be replayed: %v", err)
	}
}

func TestSweepThatCannotEnqueueLeavesItToALaterOne(t *testing.T) {
	f := start(t)
	f.write(t, notice.PasswordChanged("a", now), now)
	q := &queue{fail: errors.New("no queue")}
	if _, err := f.sweeper.Sweep(t.Context(), q.enqueue, now.Add(5*time.Minute)); !errors.Is(err, q.fail) {
		t.Fatalf("got %v", err)
	}
	q.fail = nil
	if n, err := f.sweeper.Sweep(t.Context(), q.enqueue, now.Add(10*time.Minute)); err != nil || n != 1 {
		t.Errorf("%d taken up, %v", n, err)
	}
}

func TestSweepStopsInTime(t *testing.T) {
	f := start(t)
	for range 20 {
		f.write(t, notice.PasswordChanged("a", now), now)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5200*time.Millisecond) // 200 ms of work
	defer cancel()
	f.Faults.Delay(150 * time.Millisecond)
	q := &queue{}
	n, err := f.sweeper.Sweep(ctx, q.enqueue, now.Add(time.Hour))
	if err != nil {
		t.Fatalf("running out of time is not an error: %v", err)
	}
	if n == 20 {
		t.Error("it did not stop")
	}
}

func TestSweepSaysWhenTheDatabaseIsDown(t *testing.T) {
	f := start(t)
	f.Faults.FromCall(0, dynamotest.ServerFail)
	if _, err := f.sweeper.Sweep(t.Context(), (&queue{}).enqueue, now); !errors.Is(err, dynamo.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestShardsAreUsedEvenly(t *testing.T) {
	f := start(t)
	seen := map[string]int{}
	for range 64 {
		w := f.outbox.Write(notice.PasswordChanged("a", now), now)
		seen[dynamo.Read(w.Item.Put.Item).Text("ds")]++
	}
	if len(seen) < 6 || strings.Contains(strings.Join(keys(seen), ""), "8") {
		t.Errorf("64 notices went to the shards %v", seen)
	}
}

func keys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}
