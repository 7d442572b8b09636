package chain_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo"
)

// late seals what an export calls never linked.
func (w *world) late(t *testing.T, happens func()) chain.Sealed {
	t.Helper()
	record, taken := w.export(t)
	if happens != nil {
		happens()
	}
	sealed, err := w.sealer.SealLate(t.Context(), record.Late(w.key, taken), noon)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// What the stream lost is sealed late, once. If the stream brings it after all it is linked again, which is sound, and
// goes on from the number that it had.
func TestWhatTheStreamLostIsSealedLate(t *testing.T) {
	w := start(t)
	entries := w.write("a#one", 6)
	w.seal(t, entries[:2])
	w.seal(t, entries[3:4]) // the third is lost, and two more wait
	for i, want := range []int{3, 0} {
		if sealed := w.late(t, nil); sealed.Entries != want {
			t.Errorf("try %d: %+v", i, sealed)
		}
		w.sound(t, 3)
	}
	if sealed := w.seal(t, entries[3:]); sealed.Entries != 2 {
		t.Errorf("the stream after all: %+v", sealed)
	}
	w.sound(t, 4)
	w.seal(t, slices.Concat(entries, w.write("a#one", 1)))
	w.sound(t, 5)
}

// An entry without a chain yet is the first of one.
func TestALateEntryMayBeginAChain(t *testing.T) {
	w := start(t)
	entries := w.write("a#one", 2)
	w.late(t, nil)
	w.seal(t, slices.Concat(entries, w.write("a#one", 1)))
	w.sound(t, 2)
}

// Linked twice with different bytes is an edit in between, whichever of them stands.
func TestAnEntryThatCameTwiceWithOtherBytesIsEdited(t *testing.T) {
	w := start(t)
	entries := w.write("a#one", 1)
	w.late(t, nil)
	entries[0].Item["y"] = dynamo.S("another reason")
	w.seal(t, entries)
	for _, reason := range []string{"another reason", "reason 1"} {
		w.entries[0]["y"] = dynamo.S(reason)
		if _, findings := w.verify(t, chain.Anchor{}); len(findings) != 1 || findings[0].Kind != chain.Edited {
			t.Errorf("%s stands: %v", reason, findings)
		}
	}
}

// What the stream seals between the export and the command, or while the command signs, is left as it is.
func TestWhatTheStreamSealsMeanwhileIsNotSealedTwice(t *testing.T) {
	w := start(t)
	entries := w.write("a#one", 5)
	w.seal(t, entries[:1])
	stream := &chain.Sealer{DB: w.DB, Table: w.sealer.Table, Sign: w.key.sign}
	seal := func(upTo int) {
		if _, err := stream.Seal(t.Context(), entries[:upTo], noon); err != nil {
			t.Error(err)
		}
	}
	w.during(func() { seal(4) })
	if sealed := w.late(t, func() { seal(2) }); sealed.Entries != 1 {
		t.Errorf("%+v", sealed)
	}
	w.sound(t, 4)
}

// Only what has waited long enough is late: the stream is still to bring the rest.
func TestWhatTheStreamMayStillBringIsLeftToIt(t *testing.T) {
	w := start(t)
	w.write("a#one", 2)
	record, taken := w.export(t)
	taken.At = noon.Add(15 * time.Minute).Add(time.Millisecond)
	sealed, err := w.sealer.SealLate(t.Context(), record.Late(w.key, taken), noon)
	if err != nil || sealed.Entries != 1 {
		t.Errorf("%+v, %v", sealed, err)
	}
}

// A command that stops half way is begun again.
func TestALateSealThatCrashesIsRepeated(t *testing.T) {
	w := start(t)
	w.write("a#one", 2)
	record, taken := w.export(t)
	short, cancel := context.WithCancel(t.Context())
	w.during(cancel)
	if _, err := w.sealer.SealLate(short, record.Late(w.key, taken), noon); err == nil {
		t.Error("a crash is not told")
	}
	if sealed, err := w.sealer.SealLate(t.Context(), record.Late(w.key, taken), noon); err != nil || sealed.Entries != 2 {
		t.Errorf("%+v, %v", sealed, err)
	}
	if sealed, err := w.sealer.SealLate(t.Context(), record.Late(w.key, taken), noon); err != nil || sealed.Entries != 0 {
		t.Errorf("the same export again: %+v, %v", sealed, err)
	}
	w.sound(t, 1)
}
