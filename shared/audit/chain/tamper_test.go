package chain

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"phoneotp/shared/dynamo"
)

const subject = "a#ada"

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// checker remembers which signatures held, so that thousands of verifications of one record cost one of each.
type checker struct {
	key  *ecdsa.PrivateKey
	held map[Digest]string
}

func (c checker) Holds(digest [32]byte, signature []byte) bool {
	if c.held[digest] == string(signature) {
		return true
	}
	ok := ecdsa.VerifyASN1(&c.key.PublicKey, digest[:], signature)
	if ok {
		c.held[digest] = string(signature)
	}
	return ok
}

// record is a sound one of n entries about one person in batches of 25, with a short chain of somebody else.
type record struct {
	*Record
	checker
	entries []dynamo.Item // about subject, in their order
	links   []link        // of subject
	newest  Anchor
}

func sound(t testing.TB, n int) *record {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{Record: NewRecord(), checker: checker{key, map[Digest]string{}}}
	var mine, others, above head
	for i := range n {
		e := entry(subject, i)
		r.entries = append(r.entries, e)
		r.AddEntry(e)
		l, err := digestOf(e)
		if err != nil {
			t.Fatal(err)
		}
		l = mine.after(l.subject, l.key, l.entry)
		mine = l.head()
		r.links = append(r.links, l)
		r.AddChained(linkItem(l))
		if (i+1)%25 != 0 && i+1 != n {
			continue
		}
		o := entry("a#bob", i)
		r.AddEntry(o)
		ol, _ := digestOf(o)
		ol = others.after(ol.subject, ol.key, ol.entry)
		others = ol.head()
		r.AddChained(linkItem(ol))
		above = r.checkpoint(t, above, Head{subject, mine.n, mine.hash}, Head{"a#bob", others.n, others.hash})
	}
	r.newest = Anchor{above.n, above.hash}
	if v, findings := r.check(); len(findings) != 0 || v.Entries != n+int(others.n) {
		t.Fatalf("the record is not sound: %d entries, %v", v.Entries, findings)
	}
	return r
}

func (r *record) checkpoint(t testing.TB, before head, heads ...Head) head {
	t.Helper()
	c := Checkpoint{N: before.n + 1, Before: before.hash, At: noon, Heads: heads}
	body, err := c.body()
	if err != nil {
		t.Fatal(err)
	}
	hash := hashOf(body)
	signature, err := ecdsa.SignASN1(rand.Reader, r.key, hash[:])
	if err != nil {
		t.Fatal(err)
	}
	k := checkpointKey(c.N)
	r.AddChained(dynamo.Item{"p": k["p"], "s": k["s"], "b": dynamo.B(body), "g": dynamo.B(signature), "h": dynamo.B(hash[:])})
	return head{c.N, hash}
}

func entry(subject string, i int) dynamo.Item {
	at := noon.Add(time.Duration(i) * time.Minute)
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(at))
	_ = id.SetEntropy(fmt.Appendf(nil, "%010d", i))
	return dynamo.Item{
		"p": dynamo.S(subject), "s": dynamo.S(id.String()), "w": dynamo.S("signed-in"), "by": dynamo.S(subject), "at": dynamo.Ms(at),
		"d": dynamo.M(dynamo.Item{"try": dynamo.S(fmt.Sprint(i))}),
	}
}

func (r *record) check() (Verified, []Finding) {
	return r.Verify(r.checker, Anchor{}, Taken{noon.Add(1000 * time.Hour), r.newest})
}

func (r *record) place(i int) place { return place{subject, r.links[i].key} }

// found says that the very entries are named by findings of that kind.
func (r *record) found(t *testing.T, kind Kind, where ...string) {
	t.Helper()
	_, findings := r.check()
	for _, w := range where {
		if !slices.Contains(findings, Finding{kind, subject, w}) {
			t.Errorf("%s of %s is not found: %v", kind, w, findings)
		}
	}
}

const thousand = 1000

// Must show of issue 7: of 1,000 entries, each single edit, drop, swap and truncation is found.
func TestEachSingleEditIsFound(t *testing.T) {
	r := sound(t, thousand)
	for i, e := range r.entries {
		for _, change := range []func(dynamo.Item){
			func(e dynamo.Item) { e["w"] = dynamo.S("signed-out") },
			func(e dynamo.Item) { e["d"] = dynamo.M(dynamo.Item{"try": dynamo.S("x")}) },
			func(e dynamo.Item) { e["y"] = dynamo.S("a reason") },
			func(e dynamo.Item) { delete(e, "by") },
		}[i%4 : i%4+1] {
			edited := maps.Clone(e)
			change(edited)
			r.AddEntry(edited)
			r.found(t, Edited, r.links[i].key)
			r.AddEntry(e)
		}
	}
	if _, findings := r.check(); len(findings) != 0 {
		t.Errorf("put right again: %v", findings)
	}
}

func TestEachSingleDropIsFound(t *testing.T) {
	r := sound(t, thousand)
	for i, e := range r.entries {
		delete(r.Record.entries, r.place(i))
		r.found(t, Dropped, r.links[i].key)
		r.AddEntry(e)
	}
}

func TestEachSingleSwapIsFound(t *testing.T) {
	r := sound(t, thousand)
	for i := range thousand - 1 {
		a, b := maps.Clone(r.entries[i]), maps.Clone(r.entries[i+1])
		a["s"], b["s"] = b["s"], a["s"]
		r.AddEntry(a)
		r.AddEntry(b)
		r.found(t, Edited, r.links[i].key, r.links[i+1].key)
		r.AddEntry(r.entries[i])
		r.AddEntry(r.entries[i+1])
	}
}

// Places in the chain are exchanged too, with the entries left as they are.
func TestEachSwapOfLinksIsFound(t *testing.T) {
	r := sound(t, thousand)
	for i := range thousand - 1 {
		links := slices.Clone(r.links)
		links[i].n, links[i+1].n = links[i+1].n, links[i].n
		r.Record.links[subject] = links
		r.found(t, Broken, fmt.Sprint(i+1))
	}
}

// Each truncation: the newest entries are removed with their links.
func TestEachTruncationIsFound(t *testing.T) {
	r := sound(t, thousand)
	for i := thousand - 1; i >= 0; i-- {
		delete(r.Record.entries, r.place(i))
		r.Record.links[subject] = slices.Clone(r.links[:i])
		r.found(t, Cut, fmt.Sprint(thousand))
	}
}

// Whoever sets all of the record back to an older state leaves one that is sound in itself: the remembered anchor
// shows it.
func TestARecordSetBackIsFoundByTheAnchor(t *testing.T) {
	whole, older := sound(t, 100), (*record)(nil)
	v, _ := whole.check()
	older = &record{Record: NewRecord(), checker: whole.checker, links: whole.links}
	for _, e := range whole.entries[:75] {
		older.AddEntry(e)
	}
	for at, d := range whole.Record.entries {
		if at.subject == "a#bob" && at.key <= whole.links[74].key {
			older.Record.entries[at] = d
		}
	}
	older.Record.links[subject] = slices.Clone(whole.links[:75])
	older.Record.links["a#bob"] = slices.Clone(whole.Record.links["a#bob"][:3])
	older.Record.checkpoints = slices.Clone(whole.Record.checkpoints[:3])
	older.newest = Anchor{3, older.Record.checkpoints[2].hash}
	if _, findings := older.check(); len(findings) != 0 {
		t.Fatalf("without an anchor: %v", findings)
	}
	_, findings := older.Verify(older.checker, v.Newest, Taken{noon.Add(1000 * time.Hour), older.newest})
	if len(findings) != 1 || findings[0].Kind != Unanchored {
		t.Errorf("with an anchor: %v", findings)
	}
}

// Whoever has both tables, and computes every hash anew after an edit, still cannot sign.
func TestAnEditWithEveryHashMadeAnewIsFound(t *testing.T) {
	r := sound(t, 100)
	edited := maps.Clone(r.entries[10])
	edited["w"] = dynamo.S("signed-out")
	r.AddEntry(edited)
	var before head
	for i, l := range r.links {
		if i == 10 {
			changed, _ := digestOf(edited)
			l.entry = changed.entry
		}
		l = before.after(l.subject, l.key, l.entry)
		before = l.head()
		r.Record.links[subject][i] = l
	}
	r.found(t, Cut, "25") // the first signed head after it
	for i, c := range r.Record.checkpoints {
		other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		r.Record.checkpoints[i].signature, _ = ecdsa.SignASN1(rand.Reader, other, c.hash[:])
	}
	if _, findings := r.check(); !slices.Contains(findings, Finding{Forged, "", "1"}) {
		t.Errorf("signed with another key: %v", findings)
	}
}

func TestEachCheckpointThatIsMissingOrChangedIsFound(t *testing.T) {
	r := sound(t, 250)
	all := slices.Clone(r.Record.checkpoints)
	for i := range all {
		r.Record.checkpoints = slices.Delete(slices.Clone(all), i, i+1)
		if _, findings := r.check(); !slices.Contains(findings, Finding{Lost, "", fmt.Sprint(i + 1)}) {
			t.Errorf("checkpoint %d is missing and not found: %v", i+1, findings)
		}
		r.Record.checkpoints = slices.Clone(all)
		r.Record.checkpoints[i].body = append([]byte(" "), all[i].body...)
		if _, findings := r.check(); !slices.Contains(findings, Finding{Forged, "", fmt.Sprint(i + 1)}) {
			t.Errorf("checkpoint %d is changed and not found: %v", i+1, findings)
		}
	}
}

func TestAnEntryNobodyLinkedIsPendingThenFound(t *testing.T) {
	r := sound(t, 30)
	late := entry(subject, 40)
	r.AddEntry(late)
	at := noon.Add(40 * time.Minute)
	if v, findings := r.Verify(r.checker, Anchor{}, Taken{at.Add(settled - time.Millisecond), r.newest}); len(findings) != 0 || v.Pending != 1 {
		t.Errorf("just written: %d pending, %v", v.Pending, findings)
	}
	if _, findings := r.Verify(r.checker, Anchor{}, Taken{at.Add(settled), r.newest}); len(findings) != 1 || findings[0].Kind != Added {
		t.Errorf("never linked: %v", findings)
	}
}

// What was sealed while the export ran may be there in part: links and checkpoints after the newest that stood
// when it began are not judged, and hide no old entry.
func TestWhatWasSealedMeanwhileIsPending(t *testing.T) {
	r := sound(t, 60) // checkpoints of 25, 50 and 60
	r.newest = Anchor{2, r.Record.checkpoints[1].hash}
	began := noon.Add(51 * time.Minute)
	v, findings := r.Verify(r.checker, Anchor{}, Taken{began, r.newest})
	if len(findings) != 0 || v.Entries != 52 || v.Pending != 11 || v.Newest.N != 2 {
		t.Errorf("%+v, %v", v, findings)
	}
	_, findings = r.Verify(r.checker, Anchor{}, Taken{noon.Add(1000 * time.Hour), r.newest})
	if len(findings) != 11 || findings[0].Kind != Added {
		t.Errorf("old entries under no checkpoint: %v", findings)
	}
}

func TestAnItemOfAnotherFormIsFound(t *testing.T) {
	r := sound(t, 5)
	r.AddEntry(dynamo.Item{"p": dynamo.S(subject)})
	r.AddChained(dynamo.Item{"p": dynamo.S(checkpoints), "s": dynamo.S("not a number"), "b": dynamo.B(nil), "g": dynamo.B(nil), "h": dynamo.B(nil)})
	r.AddChained(dynamo.Item{"p": dynamo.S(subject), "s": dynamo.S("e1"), "n": dynamo.S("1")})
	_, findings := r.check()
	n := 0
	for _, f := range findings {
		if f.Kind == Unreadable {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d unreadable: %v", n, findings)
	}
}
