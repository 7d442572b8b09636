package chain_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo"
)

// These are what somebody can do who writes the chain's table: nothing of it makes a record that looks sound and is
// not, and what can be put right by the checkpoints is.

func at(p, s string) dynamo.Item { return dynamo.Item{"p": dynamo.S(p), "s": dynamo.S(s)} }

func (w *world) item(t *testing.T, p, s string) dynamo.Item {
	t.Helper()
	item, err := w.DB.Get(t.Context(), w.sealer.Table, at(p, s))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func (w *world) set(t *testing.T, item dynamo.Item) {
	t.Helper()
	if _, err := w.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &w.sealer.Table, Item: item}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) remove(t *testing.T, p, s string) {
	t.Helper()
	if _, err := w.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &w.sealer.Table, Key: at(p, s)}); err != nil {
		t.Fatal(err)
	}
}

const (
	first  = "0000000000000001"
	second = "0000000000000002"
)

// The newest checkpoint is found again from wherever its item stands, and no head goes back on the way.
func TestTheNewestCheckpointIsFoundAgain(t *testing.T) {
	w := start(t)
	w.seal(t, w.write("a#one", 1))
	old := w.item(t, "checkpoint", "head")
	w.seal(t, w.write("a#one", 1))
	entries := w.write("a#one", 1)
	w.seal(t, entries)
	for name, lose := range map[string]func(){
		"set back": func() { w.set(t, old) },
		"removed":  func() { w.remove(t, "checkpoint", "head") },
	} {
		lose()
		w.sound(t, dynamo.Read(w.item(t, "a#one", "head")).Int("c")) // it proves nothing
		if sealed := w.seal(t, entries); sealed.Entries != 0 || dynamo.Read(w.item(t, "a#one", "head")).Int("n") != int64(len(w.entries)) {
			t.Errorf("%s: %+v, or a head went back", name, sealed)
		}
		entries = w.write("a#one", 1)
		w.seal(t, entries)
		w.sound(t, int64(len(w.entries)))
	}
}

// More checkpoints than one step brings to their end are brought there by several.
func TestManyCheckpointsThatAreNotAppliedTakeSeveralSteps(t *testing.T) {
	w := start(t)
	for range 40 {
		w.seal(t, w.write("a#one", 1))
	}
	w.remove(t, "checkpoint", "head")
	w.remove(t, "a#one", "head")
	late := w.write("a#one", 1)
	if _, err := w.sealer.Seal(t.Context(), late, noon); err == nil {
		t.Error("what is not applied yet is taken for the newest")
	}
	w.seal(t, late)
	w.sound(t, 41)
}

// Heads that are lost are made again from the checkpoints once the newest is forgotten (infra/runbooks/audit.md).
func TestHeadsAreMadeAgainFromTheCheckpoints(t *testing.T) {
	w := start(t)
	one, two := w.write("a#one", 4), w.write("a#two", 4)
	w.seal(t, slices.Concat(one[:3], two[:1]))
	w.seal(t, two[1:3])
	for _, p := range []string{"a#one", "a#two", "checkpoint"} {
		w.remove(t, p, "head")
	}
	if sealed := w.seal(t, slices.Concat(one, two)); sealed.Entries != 2 || len(sealed.Done) != 3 {
		t.Errorf("%+v", sealed)
	}
	w.sound(t, 3)
}

// A head that was removed or set back makes a chain that goes on from elsewhere: it is signed, and the verifier says
// so for that subject alone, each time that it happens.
func TestASealerWithAStaleHeadMakesAForkThatIsFound(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *world, dynamo.Item){
		"set back": func(t *testing.T, w *world, old dynamo.Item) { w.set(t, old) },
		"removed":  func(t *testing.T, w *world, _ dynamo.Item) { w.remove(t, "a#one", "head") },
		"another hash": func(t *testing.T, w *world, _ dynamo.Item) {
			odd := maps.Clone(w.item(t, "a#one", "head"))
			odd["h"] = dynamo.B(make([]byte, 32))
			w.set(t, odd)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			one, two := w.write("a#one", 5), w.write("a#two", 2)
			w.seal(t, one[:1])
			old := w.item(t, "a#one", "head")
			w.seal(t, slices.Concat(one[1:3], two[:1]))
			spoil(t, w, old)
			if v, findings := w.verify(t, chain.Anchor{}); len(findings) != 3 || v.Entries != 4 {
				t.Errorf("a head alone: %d entries, %v", v.Entries, findings) // three that are not sealed yet
			}
			w.seal(t, slices.Concat(one[3:], two[1:]))
			v, findings := w.verify(t, chain.Anchor{})
			if len(findings) != 1 || findings[0].Kind != chain.Forked || findings[0].Subject != "a#one" || v.Entries != 7 {
				t.Errorf("%d entries, %v", v.Entries, findings)
			}
			w.seal(t, w.write("a#one", 1))
			if _, findings := w.verify(t, chain.Anchor{}); len(findings) != 1 {
				t.Errorf("the fork goes on: %v", findings)
			}
		})
	}
}

// A head in the very place that a checkpoint moves it to, with another hash, is told.
func TestAHeadThatNoCheckpointMadeIsTold(t *testing.T) {
	w := start(t)
	w.seal(t, w.write("a#one", 2))
	odd := maps.Clone(w.item(t, "a#one", "head"))
	odd["h"] = dynamo.B(make([]byte, 32))
	w.set(t, odd)
	w.remove(t, "checkpoint", "head")
	if sealed := w.seal(t, w.write("a#two", 1)); len(sealed.Strays) != 1 || sealed.Strays[0] != "a#one" {
		t.Errorf("%+v", sealed)
	}
}

// Nothing is signed upon checkpoints that do not fit: the newest was removed or made up, or the next one does not name it.
func TestNothingIsSealedUponCheckpointsThatDoNotFit(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *world){
		"the newest is gone": func(t *testing.T, w *world) {
			w.remove(t, "checkpoint", second)
			older := maps.Clone(w.item(t, "checkpoint", "head"))
			older["n"], older["h"] = dynamo.N(1), w.item(t, "checkpoint", first)["h"]
			w.set(t, older)
		},
		"the newest is gone, and named": func(t *testing.T, w *world) { w.remove(t, "checkpoint", second) },
		"the newest is made up": func(t *testing.T, w *world) {
			made := maps.Clone(w.item(t, "checkpoint", "head"))
			made["n"] = dynamo.N(7)
			w.set(t, made)
		},
		"the newest has another hash": func(t *testing.T, w *world) {
			made := maps.Clone(w.item(t, "checkpoint", "head"))
			made["h"] = dynamo.B(make([]byte, 32))
			w.set(t, made)
		},
		"the next is another's": func(t *testing.T, w *world) {
			other := maps.Clone(w.item(t, "checkpoint", "head"))
			other["n"], other["h"] = dynamo.N(1), dynamo.B(make([]byte, 32))
			w.set(t, other)
		},
		"the next is none": func(t *testing.T, w *world) {
			none := maps.Clone(w.item(t, "checkpoint", second))
			none["s"] = dynamo.S("0000000000000003")
			w.set(t, none)
		},
		"a head of another form": func(t *testing.T, w *world) {
			w.set(t, at("a#one", "head"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			entries := w.write("a#one", 3)
			w.seal(t, entries[:1])
			w.seal(t, entries[1:2])
			spoil(t, w)
			before := len(w.chains(t))
			if sealed, err := w.sealer.Seal(t.Context(), entries, noon); err == nil {
				t.Errorf("%+v", sealed)
			}
			if after := len(w.chains(t)); after != before {
				t.Errorf("%d items, %d before", after, before)
			}
		})
	}
}
