package chain

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/dynamo"
)

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

// What was sealed while the export ran is not judged: checkpoints after the newest that stood when it began hide no
// old entry.
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
	bytes := dynamo.B([]byte("x"))
	r.AddEntry(dynamo.Item{"p": dynamo.S(subject)})
	for _, odd := range []dynamo.Item{
		{"p": dynamo.S(checkpoints), "s": dynamo.S("not a number"), "b": bytes, "g": bytes, "h": bytes},
		{"p": dynamo.S(checkpoints), "s": dynamo.S("7"), "b": bytes, "g": bytes, "h": bytes},
		{"p": dynamo.S(checkpoints), "s": dynamo.S("0000000000000001"), "b": bytes},
		{"p": dynamo.S(subject), "s": dynamo.S("e1"), "n": dynamo.N(1), "d": bytes, "h": bytes},
		{"p": dynamo.S("a#bob")},
	} {
		r.AddChained(odd)
	}
	_, findings := r.check()
	n := 0
	for _, f := range findings {
		if f.Kind == Unreadable {
			n++
		}
	}
	if n != 6 || len(findings) != n {
		t.Errorf("%d unreadable: %v", n, findings)
	}
}

// A body has one reading and one writing.
func TestABodyThatReadsInTwoWaysIsNone(t *testing.T) {
	a := arrival{place{subject, "k"}, Digest{1}, "2026 7"}
	good, err := compose(head{}, nil, []arrival{a}, noon).body()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readCheckpoint(good); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`{"n":1,`, `{"N":1,`}, {`{"n":1,`, `{"n":2,"n":1,`}, {`{"n":1,`, `{"n": 1,`}, {`{"n":1,`, `{"x":1,"n":1,`}, {`"2026 7"`, `"2026 07"`}, {`"2026 7"`, `""`},
		{`"n":1,"h"`, `"n":0,"h"`}, {`"p":"a#ada"`, `"p":"\u0061#ada"`}, {`"d":"A`, `"d":"`}, {`"d":"A`, `"d":"!`},
	} {
		bad := strings.Replace(string(good), change[0], change[1], 1)
		if _, err := readCheckpoint([]byte(bad)); err == nil || bad == string(good) {
			t.Errorf("%s is read", bad)
		}
	}
	c, _ := readCheckpoint(good)
	c.Moved = append(c.Moved, c.Moved[0])
	if twice, _ := c.body(); !refused(twice) {
		t.Error("a subject twice is read")
	}
	c.Moved[0].Links, c.Moved = nil, c.Moved[:1]
	if empty, _ := c.body(); !refused(empty) {
		t.Error("a chain without links is read")
	}
}

func refused(body []byte) bool { _, err := readCheckpoint(body); return err != nil }

// A thousand people with one entry each, in places that long chains have, fit under one checkpoint.
func TestTheLargestUsualCheckpointFits(t *testing.T) {
	var batch []arrival
	stands := map[string]standing{}
	for i := range Most {
		subject := fmt.Sprintf("a#%026d", i)
		batch = append(batch, arrival{place{subject, fmt.Sprintf("%026d", i)}, Digest{1}, sequence(fmt.Sprintf("2026-11-25T08:00:00.000 3%020d", i))})
		stands[subject] = standing{head{1_000_000, Digest{1}}, unnumbered}
	}
	if body, err := compose(head{1 << 40, Digest{}}, stands, batch, noon).body(); err != nil || len(body) > mostBytes {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}
