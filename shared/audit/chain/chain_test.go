package chain_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
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

const stream = "2026-11-25T08:00:00.000"

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

// world is the chain's table, a key, and an audit table of which the test keeps the items.
type world struct {
	*dynamotest.Fixture
	key     key
	sealer  *chain.Sealer
	entries []dynamo.Item
	number  int // the stream's last
}

func start(t *testing.T) *world {
	t.Helper()
	f := dynamotest.Start(t)
	w := &world{Fixture: f, key: newKey(t)}
	w.sealer = &chain.Sealer{DB: f.DB, Table: f.Table("CHAINS_TABLE"), Sign: w.key.sign}
	return w
}

// write makes n entries about a subject and returns them as the stream would.
func (w *world) write(subject string, n int) (entries []chain.Entry) {
	for range n {
		w.number++
		item := audit.Log{Table: "audit"}.Write(audit.Entry{
			Subject: subject, Actor: "a#staff", What: "codes-unlocked", At: noon.Add(time.Duration(w.number) * time.Millisecond),
			Why: fmt.Sprint("reason ", w.number), Detail: map[string]string{"ending": "0123"},
		}).Item.Put.Item
		w.entries = append(w.entries, item)
		entries = append(entries, chain.Entry{Stream: stream, Number: fmt.Sprintf("3%020d", w.number), Item: item})
	}
	return entries
}

// each makes n entries about each of several subjects, in turns.
func (w *world) each(subjects, n int) (entries []chain.Entry) {
	for range n {
		for i := range subjects {
			entries = append(entries, w.write(fmt.Sprintf("a#%026d", i), 1)...)
		}
	}
	return entries
}

func (w *world) seal(t *testing.T, entries []chain.Entry) chain.Sealed {
	t.Helper()
	sealed, err := w.sealer.Seal(t.Context(), entries, noon)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func (w *world) chains(t *testing.T) (items []dynamo.Item) {
	t.Helper()
	table := w.Table("CHAINS_TABLE")
	pages := dynamodb.NewScanPaginator(w.Client, &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// export is what an operator has after an hour.
func (w *world) export(t *testing.T) (*chain.Record, chain.Taken) {
	t.Helper()
	newest, err := chain.Newest(t.Context(), w.DB, w.Table("CHAINS_TABLE"))
	if err != nil {
		t.Fatal(err)
	}
	r := chain.NewRecord()
	for _, item := range w.chains(t) {
		r.AddChained(item)
	}
	for _, item := range w.entries {
		r.AddEntry(item)
	}
	return r, chain.Taken{At: noon.Add(time.Hour), Newest: newest}
}

func (w *world) verify(t *testing.T, anchor chain.Anchor) (chain.Verified, []chain.Finding) {
	t.Helper()
	r, taken := w.export(t)
	return r.Verify(w.key, anchor, taken)
}

// sound says that every entry made so far is sealed and no checkpoint is missing.
func (w *world) sound(t *testing.T, checkpoints int64) {
	t.Helper()
	v, findings := w.verify(t, chain.Anchor{})
	if len(findings) != 0 || v.Entries != len(w.entries) || v.Newest.N != checkpoints || v.Pending != 0 {
		t.Errorf("%d entries under %d checkpoints, %d pending, findings %v; want %d under %d", v.Entries, v.Newest.N, v.Pending, findings, len(w.entries), checkpoints)
	}
}

func TestNoRecordIsSoundToo(t *testing.T) {
	w := start(t)
	w.sound(t, 0)
	if sealed := w.seal(t, nil); sealed.Entries != 0 || len(sealed.Done) != 0 {
		t.Errorf("%+v", sealed)
	}
}

func TestBatchesOfSeveralSubjectsAreSound(t *testing.T) {
	w := start(t)
	a, b := w.write("a#one", 3), w.write("a#two", 2)
	first := w.seal(t, slices.Concat(a[:2], b[:1]))
	second := w.seal(t, slices.Concat(b[1:], a[2:]))
	if first.Entries != 3 || second.Entries != 2 || len(second.Done) != 1 || second.Done[0].Anchor.N != 2 || second.Done[0].Entries != 2 {
		t.Errorf("sealed %+v, %+v", first, second)
	}
	w.sound(t, 2)
	for _, done := range []chain.Done{first.Done[0], second.Done[0]} {
		if _, findings := w.verify(t, done.Anchor); len(findings) != 0 {
			t.Errorf("anchor %d: %v", done.Anchor.N, findings)
		}
	}
	if _, findings := w.verify(t, chain.Anchor{N: 2, Hash: first.Done[0].Anchor.Hash}); len(findings) != 1 || findings[0].Kind != chain.Unanchored {
		t.Errorf("another record's anchor: %v", findings)
	}
}

func TestABatchThatComesAgainAddsNothing(t *testing.T) {
	w := start(t)
	entries := w.write("a#one", 4)
	w.seal(t, entries[:3])
	if again := w.seal(t, entries[:3]); again.Entries != 0 || len(again.Done) != 0 {
		t.Errorf("again: %+v", again)
	}
	// the stream starts again before the entry that failed, and brings one entry twice
	if rest := w.seal(t, slices.Concat(entries[2:4], entries[3:4])); rest.Entries != 1 {
		t.Errorf("the rest: %+v", rest)
	}
	w.sound(t, 2)
}

// What failed comes again in other parts, with more after it.
func TestABatchThatComesAgainInOtherPartsIsSealedOnce(t *testing.T) {
	w := start(t)
	entries := w.each(3, 6)
	n := 0
	for _, cut := range [][2]int{{0, 7}, {0, 4}, {2, 9}, {9, 10}, {5, 18}, {0, 18}} {
		n += w.seal(t, entries[cut[0]:cut[1]]).Entries
	}
	if n != len(entries) {
		t.Errorf("%d links for %d entries", n, len(entries))
	}
	w.sound(t, 4)
}

// Numbers of a stream are numbers, of up to forty digits; those of a table that was restored begin anew.
func TestRepeatsAreToldByTheStreamsNumbers(t *testing.T) {
	w := start(t)
	entries := w.write("a#one", 6)
	for i, place := range [][2]string{
		{stream, "9"}, {stream, "000000000000000000010"}, {stream, "99999999999999999999"}, {stream, "100000000000000000000"},
		{stream, strings.Repeat("9", 40)}, {"2026-12-01T08:00:00.000", "1"},
	} {
		entries[i].Stream, entries[i].Number = place[0], place[1]
		if sealed := w.seal(t, entries[:i+1]); sealed.Entries != 1 {
			t.Errorf("%v: %+v", place, sealed)
		}
	}
	w.sound(t, 6)
	for _, place := range [][2]string{{stream, ""}, {stream, "0"}, {stream, "1a"}, {stream, "-1"}, {stream, "1 2"}, {stream, strings.Repeat("9", 41)}, {"", "7"}, {"a b", "7"}} {
		odd := chain.Entry{Stream: place[0], Number: place[1], Item: w.entries[0]}
		if _, err := w.sealer.Seal(t.Context(), []chain.Entry{odd}, noon); err == nil {
			t.Errorf("%q is a place in a stream", place)
		}
	}
}

func TestNothingIsWrittenWithoutASignature(t *testing.T) {
	w := start(t)
	entries := w.write("a#one", 2)
	down := errors.New("the signer is down")
	w.sealer.Sign = func(context.Context, [32]byte) ([]byte, error) { return nil, down }
	if _, err := w.sealer.Seal(t.Context(), entries, noon); !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	w.sealer.Sign = func(ctx context.Context, _ [32]byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := w.sealer.Seal(short, entries, noon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if n := len(w.chains(t)); n != 0 {
		t.Errorf("%d items without a signature", n)
	}
	w.sealer.Sign = w.key.sign
	w.seal(t, entries)
	w.sound(t, 1)
}

// More than a checkpoint takes, by number and by bytes, goes under several.
func TestALargeBatchIsSeveralCheckpoints(t *testing.T) {
	w := start(t)
	if sealed := w.seal(t, w.each(7, 300)); sealed.Entries != 2100 || len(sealed.Done) != 3 || sealed.Done[0].Entries != chain.Most {
		t.Errorf("2100 entries: %d, %+v", sealed.Entries, sealed.Done)
	}
	w.sound(t, 3)
	var wide []chain.Entry
	for i := range 230 {
		wide = append(wide, w.write(fmt.Sprintf("a#%01500d", i), 1)...)
	}
	if sealed := w.seal(t, wide); sealed.Entries != 230 || len(sealed.Done) != 2 {
		t.Errorf("wide entries: %d, %+v", sealed.Entries, sealed.Done)
	}
	w.sound(t, 5)
	for _, item := range w.chains(t) {
		if n := dynamo.Size(item); n > 350_000 {
			t.Errorf("an item of %d bytes", n)
		}
	}
}

// What the chain costs: no call and no unit of whoever writes an entry; of the stream's function these, for a batch
// after another of the same people.
func TestWhatSealingCosts(t *testing.T) {
	spent := func(subjects, each int) (units, signatures float64) {
		w := start(t)
		w.seal(t, w.each(subjects, each))
		entries := w.each(subjects, each)
		w.sealer.Sign = func(ctx context.Context, digest [32]byte) ([]byte, error) {
			signatures++
			return w.key.sign(ctx, digest)
		}
		w.Faults.Clear()
		w.Faults.Meter()
		if sealed := w.seal(t, entries); sealed.Entries != subjects*each {
			t.Errorf("%+v", sealed)
		}
		for _, call := range w.Faults.Calls() {
			switch call.Operation {
			case "PutItem", "UpdateItem":
				units += call.Units
			case "GetItem", "BatchGetItem":
			default:
				t.Errorf("%s", call.Operation)
			}
		}
		return units, signatures
	}
	alone, _ := spent(1, 1)
	figures.AtMost(t, 2, "write units, an audit entry sealed alone", alone, 3)
	const logins, entries = 100, 3 // sent, tried, right
	units, signatures := spent(logins, entries)
	figures.AtMost(t, 2, "write units, the three entries of a login sealed in a busy batch", units/logins, 1.5)
	figures.AtLeast(t, 12, "entries a signature, in a busy batch", logins*entries/signatures, 300)
}
