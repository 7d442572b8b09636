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
	newest  Anchor
}

const batchSize = 25

func sound(t testing.TB, n int) *record {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{Record: NewRecord(), checker: checker{key, map[Digest]string{}}}
	stands, batch := map[string]standing{}, []arrival(nil)
	add := func(e dynamo.Item, i int) {
		r.AddEntry(e)
		a, err := arrivalOf(e)
		if err != nil {
			t.Fatal(err)
		}
		a.sequence, err = newSequence("2026", fmt.Sprint(i+1))
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, a)
	}
	for i := range n {
		e := entry(subject, i)
		r.entries = append(r.entries, e)
		add(e, i)
		if (i+1)%batchSize != 0 && i+1 != n {
			continue
		}
		add(entry("a#bob", i), i)
		c := compose(head{r.newest.N, r.newest.Hash}, stands, batch, noon)
		for _, m := range c.Moved {
			stands[m.Subject] = standing{m.head(), m.Sequence}
		}
		s := r.sign(t, c)
		r.AddChained(checkpointItem(s))
		r.newest, batch = Anchor{s.N, s.hash}, nil
	}
	if v, findings := r.check(); len(findings) != 0 || v.Entries != n+int(r.newest.N) {
		t.Fatalf("the record is not sound: %d entries, %v", v.Entries, findings)
	}
	return r
}

func (r *record) sign(t testing.TB, c checkpoint) signed {
	t.Helper()
	s := written(t, c)
	var err error
	if s.signature, err = ecdsa.SignASN1(rand.Reader, r.key, s.hash[:]); err != nil {
		t.Fatal(err)
	}
	return s
}

// written is a checkpoint that nobody has signed.
func written(t testing.TB, c checkpoint) signed {
	t.Helper()
	body, err := c.body()
	if err != nil {
		t.Fatal(err)
	}
	return signed{checkpoint: c, body: body, hash: hashOf(body)}
}

// opened is what a stored checkpoint holds, for changing it.
func (r *record) opened(t testing.TB, i int) checkpoint {
	t.Helper()
	c, err := readCheckpoint(r.Record.checkpoints[i].body)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// replace lays a checkpoint in the i-th place.
func (r *record) replace(i int, s signed) {
	r.Record.checkpoints[i] = storedIn(int64(i+1), dynamo.Read(checkpointItem(s)))
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

func (r *record) place(i int) place { return place{subject, dynamo.Read(r.entries[i]).Text("s")} }

// found says that the very things are named by findings of that kind.
func (r *record) found(t *testing.T, kind Kind, subject string, where ...string) {
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
			r.found(t, Edited, subject, r.place(i).key)
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
		r.found(t, Dropped, subject, r.place(i).key)
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
		r.found(t, Edited, subject, r.place(i).key, r.place(i+1).key)
		r.AddEntry(r.entries[i])
		r.AddEntry(r.entries[i+1])
	}
}

// An entry is dropped together with its link, or its link is exchanged with the next one, and the checkpoint is written
// anew, as far as that can be done without the key.
func TestEachChangeOfALinkIsFound(t *testing.T) {
	r := sound(t, thousand)
	for i := range thousand {
		n, nth := i/batchSize, i%batchSize
		before := r.Record.checkpoints[n]
		for what, change := range map[string]func([]linked) []linked{
			"drop": func(l []linked) []linked { return slices.Delete(l, nth, nth+1) },
			"swap": func(l []linked) []linked {
				other := (nth + 1) % batchSize
				l[nth], l[other] = l[other], l[nth]
				return l
			},
		} {
			c := r.opened(t, n)
			m := &c.Moved[0]
			from := head{m.start(), Digest{}}
			m.Links = change(m.Links)
			to := m.follow(from)
			m.N, m.Hash = to.n, short(to.hash)
			if what == "drop" {
				delete(r.Record.entries, r.place(i))
			}
			s := written(t, c)
			s.signature = before.signature
			if i%2 == 0 {
				s.hash = before.hash // which is what was signed
			}
			r.replace(n, s)
			r.found(t, Forged, "", fmt.Sprint(n+1))
			r.AddEntry(r.entries[i])
			r.Record.checkpoints[n] = before
		}
	}
	if _, findings := r.check(); len(findings) != 0 {
		t.Errorf("put right again: %v", findings)
	}
}

// Each truncation: the newest entries are removed with their links and the checkpoints above them.
func TestEachTruncationIsFound(t *testing.T) {
	r := sound(t, thousand)
	all := slices.Clone(r.Record.checkpoints)
	for i := thousand - 1; i >= 0; i-- {
		delete(r.Record.entries, r.place(i))
		whole, rest := i/batchSize, i%batchSize
		r.Record.checkpoints = slices.Clone(all[:whole])
		r.found(t, Lost, "", fmt.Sprint(r.newest.N))
		if rest == 0 {
			continue
		}
		r.Record.checkpoints = slices.Clone(all[:whole+1]) // the last of them is cut
		c := r.opened(t, whole)
		m := &c.Moved[0]
		m.N, m.Links = m.N-int64(batchSize-rest), m.Links[:rest]
		s := written(t, c)
		s.signature = all[whole].signature
		r.replace(whole, s)
		r.found(t, Forged, "", fmt.Sprint(whole+1))
	}
}

// Whoever sets all of the record back to an older state leaves one that is sound in itself: the remembered anchor
// shows it.
func TestARecordSetBackIsFoundByTheAnchor(t *testing.T) {
	whole := sound(t, 100)
	v, _ := whole.check()
	older := &record{Record: NewRecord(), checker: whole.checker}
	for _, e := range whole.entries[:75] {
		older.AddEntry(e)
	}
	for at, d := range whole.Record.entries {
		if at.subject == "a#bob" && at.key <= whole.place(74).key {
			older.Record.entries[at] = d
		}
	}
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

// Whoever has both tables and no key may replace an entry and every checkpoint from there on by others that are
// properly chained, with signatures of a key of his own or of the old ones.
func TestAnEditWithEveryHashMadeAnewIsFound(t *testing.T) {
	r := sound(t, 100)
	edited := maps.Clone(r.entries[30])
	edited["w"] = dynamo.S("signed-out")
	r.AddEntry(edited)
	changed, _ := arrivalOf(edited)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	heads := map[string]head{}
	var before head
	for i, old := range r.Record.checkpoints {
		c := r.opened(t, i)
		for k := range c.Moved {
			m := &c.Moved[k]
			for j := range m.Links {
				if m.Links[j].Key == changed.key && m.Subject == subject {
					m.Links[j].Digest = short(changed.entry)
				}
			}
			heads[m.Subject] = m.follow(heads[m.Subject])
			m.Hash = short(heads[m.Subject].hash)
		}
		c.Before = before.hash
		s := written(t, c)
		before = s.head()
		s.signature = old.signature
		r.replace(i, s)
	}
	r.newest = Anchor{before.n, before.hash}
	r.found(t, Forged, "", "2", "3", "4")
	if _, findings := r.check(); slices.Contains(findings, Finding{Forged, "", "1"}) {
		t.Errorf("what nobody changed: %v", findings)
	}
	for i, s := range r.Record.checkpoints {
		r.Record.checkpoints[i].signature, _ = ecdsa.SignASN1(rand.Reader, other, s.hash[:])
	}
	r.found(t, Forged, "", "1", "2", "3", "4")
}

func TestEachCheckpointThatIsMissingOrChangedIsFound(t *testing.T) {
	r := sound(t, 250)
	all := slices.Clone(r.Record.checkpoints)
	for i := range all {
		r.Record.checkpoints = slices.Delete(slices.Clone(all), i, i+1)
		r.found(t, Lost, "", fmt.Sprint(i+1))
		r.Record.checkpoints = slices.Clone(all)
		spaced := all[i].signed
		spaced.body = append([]byte(" "), spaced.body...)
		r.replace(i, spaced)
		r.found(t, Forged, "", fmt.Sprint(i+1))
		other := all[(i+1)%len(all)].signed // another one in its place
		r.Record.checkpoints[i] = found(int64(i+1), other.body, other.signature, other.hash)
		r.found(t, Forged, "", fmt.Sprint(i+1))
	}
}

// A chain that goes on from elsewhere is found though it is signed: what a sealer makes of a head that somebody changed.
func TestAForkIsFoundOnce(t *testing.T) {
	for name, from := range map[string]head{"the first place": {}, "a place before": {10, Digest{1}}, "a place after": {90, Digest{1}}, "another hash": {50, Digest{1}}} {
		r := sound(t, 50)
		batch := []arrival{{place{subject, "x"}, Digest{1}, "2026 1000"}, {place{subject, "y"}, Digest{2}, "2026 1001"}}
		c := r.sign(t, compose(head{r.newest.N, r.newest.Hash}, map[string]standing{subject: {from, "0"}}, batch, noon))
		r.AddChained(checkpointItem(c))
		next := compose(c.head(), map[string]standing{subject: {c.Moved[0].head(), "0"}}, []arrival{{place{subject, "z"}, Digest{3}, "2026 1002"}}, noon)
		s := r.sign(t, next)
		r.AddChained(checkpointItem(s))
		for _, a := range append(batch, arrival{place{subject, "z"}, Digest{3}, ""}) {
			r.Record.entries[a.place] = a.entry
		}
		r.newest = Anchor{s.N, s.hash}
		if v, findings := r.check(); len(findings) != 1 || findings[0] != (Finding{Forked, subject, fmt.Sprint(from.n + 1)}) || v.Entries != 55 {
			t.Errorf("%s: %d entries, %v", name, v.Entries, findings)
		}
	}
}
