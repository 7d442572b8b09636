package chain_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/audit"
	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// key signs as KMS does, in memory.
type key struct{ *ecdsa.PrivateKey }

func newKey(t testing.TB) key {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key{k}
}

func (k key) sign(_ context.Context, digest [32]byte) ([]byte, error) {
	return ecdsa.SignASN1(rand.Reader, k.PrivateKey, digest[:])
}

// Holds checks a signature.
func (k key) Holds(digest [32]byte, signature []byte) bool {
	return ecdsa.VerifyASN1(&k.PublicKey, digest[:], signature)
}

// world is both tables and a key.
type world struct {
	*dynamotest.Fixture
	log    audit.Log
	key    key
	sealer *chain.Sealer
}

func start(t *testing.T) *world {
	t.Helper()
	f := dynamotest.Start(t)
	w := &world{Fixture: f, log: audit.Log{Table: f.Table("AUDIT_TABLE")}, key: newKey(t)}
	w.sealer = &chain.Sealer{DB: f.DB, Table: f.Table("CHAINS_TABLE"), Sign: w.key.sign}
	return w
}

// write makes n entries about a subject, a second apart, and returns them as the stream would.
func (w *world) write(t *testing.T, subject string, n int, from time.Time) []dynamo.Item {
	t.Helper()
	var items []dynamo.Item
	for i := range n {
		e := audit.Entry{
			Subject: subject, Actor: "a#staff", What: "codes-unlocked", At: from.Add(time.Duration(i) * time.Second),
			Why: fmt.Sprint("reason ", i), Detail: map[string]string{"ending": "0123"},
		}
		write := w.log.Write(e)
		if err := w.DB.Commit(t.Context(), write); err != nil {
			t.Fatal(err)
		}
		items = append(items, write.Item.Put.Item)
	}
	return items
}

func (w *world) seal(t *testing.T, items []dynamo.Item) chain.Sealed {
	t.Helper()
	sealed, err := w.sealer.Seal(t.Context(), items, noon)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func (w *world) scan(t *testing.T, variable string) []dynamo.Item {
	t.Helper()
	table := w.Table(variable)
	out, err := w.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	if out.LastEvaluatedKey != nil {
		t.Fatal("the test's tables have more than a page")
	}
	return out.Items
}

func (w *world) verify(t *testing.T, anchor chain.Anchor) (chain.Verified, []chain.Finding) {
	t.Helper()
	r := chain.NewRecord()
	for _, item := range w.scan(t, "AUDIT_TABLE") {
		r.AddEntry(item)
	}
	for _, item := range w.scan(t, "CHAINS_TABLE") {
		r.AddChained(item)
	}
	newest, err := chain.Newest(t.Context(), w.DB, w.Table("CHAINS_TABLE"))
	if err != nil {
		t.Fatal(err)
	}
	return r.Verify(w.key, anchor, chain.Taken{At: noon.Add(time.Hour), Newest: newest})
}

func (w *world) sound(t *testing.T, entries int, checkpoints int64) {
	t.Helper()
	v, findings := w.verify(t, chain.Anchor{})
	if len(findings) != 0 || v.Entries != entries || v.Newest.N != checkpoints || v.Pending != 0 {
		t.Errorf("%d entries under %d checkpoints, %d pending, findings %v; want %d under %d", v.Entries, v.Newest.N, v.Pending, findings, entries, checkpoints)
	}
}

func TestNoRecordIsSoundToo(t *testing.T) { start(t).sound(t, 0, 0) }

func TestBatchesOfSeveralSubjectsAreSound(t *testing.T) {
	w := start(t)
	a, b := w.write(t, "a#one", 3, noon), w.write(t, "a#two", 2, noon)
	first := w.seal(t, append(append([]dynamo.Item{}, a[:2]...), b[0]))
	second := w.seal(t, []dynamo.Item{b[1], a[2]})
	if first.Entries != 3 || second.Entries != 2 || second.Anchor.N != 2 {
		t.Errorf("sealed %+v, %+v", first, second)
	}
	w.sound(t, 5, 2)
	for _, anchor := range []chain.Anchor{first.Anchor, second.Anchor} {
		if _, findings := w.verify(t, anchor); len(findings) != 0 {
			t.Errorf("anchor %d: %v", anchor.N, findings)
		}
	}
	if _, findings := w.verify(t, chain.Anchor{N: 2, Hash: first.Anchor.Hash}); len(findings) != 1 || findings[0].Kind != chain.Unanchored {
		t.Errorf("another record's anchor: %v", findings)
	}
}

func TestABatchThatComesAgainAddsNothing(t *testing.T) {
	w := start(t)
	items := w.write(t, "a#one", 4, noon)
	w.seal(t, items[:3])
	if again := w.seal(t, items[:3]); again.Entries != 0 || again.Anchor != (chain.Anchor{}) {
		t.Errorf("again: %+v", again)
	}
	// the stream starts again before the entry that failed, and brings one entry twice
	if rest := w.seal(t, append(items[2:4], items[3])); rest.Entries != 1 {
		t.Errorf("the rest: %+v", rest)
	}
	w.sound(t, 4, 2)
}

func TestAnEntryThatComesWithOtherBytesIsTold(t *testing.T) {
	w := start(t)
	items := w.write(t, "a#one", 2, noon)
	w.seal(t, items)
	items[1]["y"] = dynamo.S("another reason")
	sealed := w.seal(t, items)
	if len(sealed.Altered) != 1 || sealed.Entries != 0 {
		t.Errorf("%+v", sealed)
	}
}

// TestLostAnswers cuts the reply of each call, and breaks each before it is made: the batch comes again and the
// record is sound.
func TestLostAnswersAndCrashesLeaveASoundRecord(t *testing.T) {
	for _, fault := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict, dynamotest.ServerFail} {
		for call := range 2 {
			t.Run(fmt.Sprint(fault, call), func(t *testing.T) {
				t.Parallel()
				w := start(t)
				items := w.write(t, "a#one", 3, noon)
				w.seal(t, items[:1])
				w.Faults.OnCall(call, fault)
				_, _ = w.sealer.Seal(t.Context(), items, noon)
				w.Faults.Clear()
				w.seal(t, items)
				w.sound(t, 3, 2)
			})
		}
	}
}

func TestNothingIsWrittenWithoutASignature(t *testing.T) {
	w := start(t)
	items := w.write(t, "a#one", 2, noon)
	down := errors.New("the signer is down")
	w.sealer.Sign = func(context.Context, [32]byte) ([]byte, error) { return nil, down }
	if _, err := w.sealer.Seal(t.Context(), items, noon); !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	if n := len(w.scan(t, "CHAINS_TABLE")); n != 0 {
		t.Errorf("%d items without a signature", n)
	}
	w.sealer.Sign = w.key.sign
	w.seal(t, items)
	w.sound(t, 2, 1)
}

// TestParallelBatches seals from several shards of the stream at once, each batch delivered twice.
func TestParallelBatchesMakeOneChainOfCheckpoints(t *testing.T) {
	w := start(t)
	var wg sync.WaitGroup
	for i := range 4 {
		items := w.write(t, fmt.Sprintf("a#%d", i), 3, noon)
		for range 2 {
			wg.Go(func() {
				for range 20 { // as the stream does
					if _, err := w.sealer.Seal(t.Context(), items, noon); err == nil {
						return
					}
				}
				t.Error("a batch is never sealed")
			})
		}
	}
	wg.Wait()
	w.sound(t, 12, 4)
}

func TestTooManyEntriesAreRefused(t *testing.T) {
	w := start(t)
	if _, err := w.sealer.Seal(t.Context(), make([]dynamo.Item, chain.Most+1), noon); err == nil {
		t.Error("a batch over the limit is sealed")
	}
	items := w.write(t, "a#one", 1, noon)
	for i := range chain.Most - 1 {
		items = append(items, w.write(t, fmt.Sprint("a#", i), 1, noon)...)
	}
	if sealed := w.seal(t, items); sealed.Entries != chain.Most {
		t.Errorf("%+v", sealed)
	}
	w.sound(t, chain.Most, 1)
}

// What the chain costs an entry: no call and no unit of whoever writes it; of the stream's function two calls and a
// signature a batch, and these units an entry.
func TestWhatSealingCosts(t *testing.T) {
	for _, c := range []struct {
		what string
		n    int
		most float64
	}{{"write units, an audit entry sealed alone", 1, 8}, {"write units, an audit entry sealed in a batch of forty", chain.Most, 5}} {
		w := start(t)
		var items []dynamo.Item
		for i := range c.n {
			items = append(items, w.write(t, fmt.Sprintf("a#%026d", i), 1, noon)...)
		}
		w.Faults.Clear()
		w.Faults.Meter()
		w.seal(t, items)
		units, calls := 0.0, w.Faults.Calls()
		for _, call := range calls {
			if call.Items > 0 {
				units += call.Units
			}
		}
		if len(calls) != 2 || units == 0 {
			t.Errorf("%d calls, %v units: %+v", len(calls), units, calls)
		}
		figures.AtMost(t, 2, c.what, units/float64(c.n), c.most)
	}
}
