package chain_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo/dynamotest"
)

// A batch of one subject asks: which is the newest checkpoint, the next one, the newest, the head; puts; moves the head
// and the newest.
const callsOfABatch = 7

// TestLostAnswersAndCrashesLeaveASoundRecord lets each call fail in each way, once, and from there on: the batch comes
// again and the record is sound.
func TestLostAnswersAndCrashesLeaveASoundRecord(t *testing.T) {
	for _, fault := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.ServerFail, dynamotest.Throttle} {
		for call := range callsOfABatch {
			t.Run(fmt.Sprint(fault, call), func(t *testing.T) {
				t.Parallel()
				w := start(t)
				entries := w.write("a#one", 3)
				w.seal(t, entries[:1])
				w.Faults.OnCall(call, fault)
				if _, err := w.sealer.Seal(t.Context(), entries[:2], noon); err != nil {
					t.Errorf("one failure is not survived: %v", err)
				}
				w.Faults.FromCall(call, fault)
				if _, err := w.sealer.Seal(t.Context(), entries, noon); err == nil {
					t.Error("a dead table is not told")
				}
				w.Faults.Clear()
				w.seal(t, entries)
				w.sound(t, 3)
			})
		}
	}
}

// crash lets a sealer stop after n writes.
func (w *world) crash(t *testing.T, n int, entries []chain.Entry) chain.Sealed {
	t.Helper()
	var lock sync.Mutex
	writes := 0
	w.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
		lock.Lock()
		defer lock.Unlock()
		if c.Operation == "PutItem" || c.Operation == "UpdateItem" {
			writes++
		}
		if writes > n {
			return dynamotest.CutRequest
		}
		return dynamotest.None
	})
	sealed, err := w.sealer.Seal(t.Context(), entries, noon)
	if err == nil {
		t.Error("a crash is not told")
	}
	w.Faults.Clear()
	return sealed
}

// Whoever comes next applies what a crash has left: nothing after the put, some heads, all heads.
func TestACheckpointLeftByACrashIsAppliedByTheNext(t *testing.T) {
	const subjects = 5
	for writes := 1; writes <= 1+subjects; writes++ {
		t.Run(fmt.Sprint(writes), func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.seal(t, w.each(subjects, 1))
			left := w.each(subjects, 2)
			if sealed := w.crash(t, writes, left); len(sealed.Done) != 0 || sealed.Entries != len(left) {
				t.Errorf("%+v", sealed)
			}
			w.sound(t, 2) // it is committed, applied or not
			sealed := w.seal(t, w.each(subjects, 1))
			if len(sealed.Done) != 2 || sealed.Entries != subjects || sealed.Done[0].Anchor.N != 2 || sealed.Done[0].Entries != len(left) {
				t.Errorf("the next: %+v", sealed)
			}
			if again := w.seal(t, left); again.Entries != 0 {
				t.Errorf("again: %+v", again)
			}
			w.sound(t, 3)
		})
	}
}

// during lets something happen once while a checkpoint is being signed.
func (w *world) during(happens func()) {
	var once sync.Once
	w.sealer.Sign = func(ctx context.Context, digest [32]byte) ([]byte, error) {
		once.Do(happens)
		return w.key.sign(ctx, digest)
	}
}

// While one signs slowly, another seals: the first looks again, and what it had is not linked twice.
func TestASlowSealerLosesRacesAndLooksAgain(t *testing.T) {
	for name, c := range map[string]struct{ other, added int }{"others": {0, 3}, "some of the same": {2, 1}, "all the same": {3, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			mine, others := w.write("a#one", 3), w.write("a#two", 2)
			fast := &chain.Sealer{DB: w.DB, Table: w.sealer.Table, Sign: w.key.sign}
			w.during(func() {
				if _, err := fast.Seal(t.Context(), slices.Concat(others, mine[:c.other]), noon); err != nil {
					t.Error(err)
				}
			})
			if sealed := w.seal(t, mine); sealed.Entries != c.added {
				t.Errorf("%+v", sealed)
			}
			w.sound(t, 1+int64(min(c.added, 1)))
		})
	}
}

// One that never wins gives up, and its batch comes again.
func TestWhoeverLosesAgainAndAgainGivesUp(t *testing.T) {
	w := start(t)
	entries := w.write("a#one", 1)
	fast := &chain.Sealer{DB: w.DB, Table: w.sealer.Table, Sign: w.key.sign}
	n := int64(0)
	w.sealer.Sign = func(ctx context.Context, digest [32]byte) ([]byte, error) {
		n++
		if _, err := fast.Seal(ctx, w.write("a#two", 1), noon); err != nil {
			t.Error(err)
		}
		return w.key.sign(ctx, digest)
	}
	if _, err := w.sealer.Seal(t.Context(), entries, noon); err == nil {
		t.Error("a sealer that lost goes on")
	}
	w.sealer.Sign = w.key.sign
	w.seal(t, entries)
	w.sound(t, n+1)
}

// TestParallelBatches seals from several shards of the stream at once, each batch delivered twice.
func TestParallelBatchesMakeOneChainOfCheckpoints(t *testing.T) {
	w := start(t)
	var wg sync.WaitGroup
	for i := range 5 {
		entries := w.write(fmt.Sprintf("a#%d", i), 4)
		for _, batch := range [][]chain.Entry{entries, entries[:3]} {
			wg.Go(func() {
				for range 20 { // as the stream does
					if _, err := w.sealer.Seal(t.Context(), batch, noon); err == nil {
						return
					}
				}
				t.Error("a batch is never sealed")
			})
		}
	}
	wg.Wait()
	v, findings := w.verify(t, chain.Anchor{})
	if len(findings) != 0 || v.Entries != len(w.entries) || v.Newest.N > 10 {
		t.Errorf("%+v, %v", v, findings)
	}
}
