package license_test

import (
	"errors"
	"testing"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
)

// due lists what the sweep would find, over all shards.
func (f *fixture) due(t *testing.T, now time.Time) []license.License {
	t.Helper()
	var all []license.License
	for shard := range license.Shards {
		for digests, err := range f.licenses.Due(t.Context(), shard, now) {
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range digests {
				all = append(all, f.find(t, d))
			}
		}
	}
	return all
}

func TestTheSweepFindsUnusedKeysOnly(t *testing.T) { // product.md 3
	t.Parallel()
	f := start(t)
	dies := time.Date(2027, 1, 2, 12, 0, 0, 0, time.UTC)
	unused, _ := f.issue(t, "us")
	entered, key := f.issue(t, "us")
	refunded, _ := f.issue(t, "us")
	disputed, _ := f.issue(t, "us")
	if _, err := f.redeem(t, key, 1, dies.Add(-time.Millisecond)); err != nil { // K-13, at the last millisecond
		t.Fatal(err)
	}
	for _, w := range []dynamo.Write{f.licenses.Voiding(refunded, license.ByRefund, bought), f.licenses.Suspending(disputed)} {
		if err := f.DB.Commit(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	if early := f.due(t, dies.Add(-time.Millisecond)); len(early) != 0 {
		t.Errorf("a millisecond early: %v", early)
	}
	if found := f.due(t, dies); len(found) != 1 || string(found[0].Digest) != string(unused.Digest) {
		t.Errorf("found %d, want the unused one", len(found))
	}
	for _, l := range []license.License{refunded, disputed} { // what works again is found again
		if err := f.DB.Commit(t.Context(), f.licenses.Restoring(f.find(t, l.Digest))); err != nil {
			t.Fatal(err)
		}
	}
	if found := f.due(t, dies); len(found) != 3 {
		t.Errorf("found %d, want the unused and the two restored", len(found))
	}
	if err := f.DB.Commit(t.Context(), f.licenses.Restoring(suspended(f, t, entered))); err != nil {
		t.Fatal(err)
	}
	if found := f.due(t, dies); len(found) != 3 || f.find(t, entered.Digest).State != license.Registered {
		t.Errorf("found %d, want no key that was entered", len(found))
	}
}

// suspended is an entered key after a dispute.
func suspended(f *fixture, t *testing.T, l license.License) license.License {
	t.Helper()
	if err := f.DB.Commit(t.Context(), f.licenses.Suspending(f.find(t, l.Digest))); err != nil {
		t.Fatal(err)
	}
	return f.find(t, l.Digest)
}

func TestAnUnusedKeyIsTidied(t *testing.T) {
	t.Parallel()
	f := start(t)
	l, key := f.issue(t, "us")
	if err := f.DB.Commit(t.Context(), f.licenses.Expiring(l, l.DiesAt.Add(-time.Millisecond))); !errors.Is(err, license.ErrMoved) {
		t.Errorf("a millisecond early: %v", err)
	}
	f.Faults.OnCall(0, dynamotest.CutReply)
	if err := f.DB.Commit(t.Context(), f.licenses.Expiring(l, l.DiesAt)); err != nil { // a lost answer
		t.Errorf("expiring: %v", err)
	}
	there := f.find(t, l.Digest)
	if _, sealed, err := f.issuer.Keys.Open(there); err != nil || sealed || there.State != license.Void || there.VoidBecause != license.Expired || len(f.due(t, l.DiesAt)) != 0 {
		t.Errorf("it stands %s because %s, sealed %t, %v", there.State, there.VoidBecause, sealed, err)
	}
	if err := f.DB.Commit(t.Context(), f.licenses.Expiring(l, l.DiesAt.Add(time.Hour))); !errors.Is(err, license.ErrMoved) {
		t.Errorf("by another sweep: %v", err)
	}
	if _, err := f.redeem(t, key, 1, bought); !errors.Is(err, license.ErrVoid) {
		t.Errorf("entered by a slow clock: %v", err)
	}
}

// TestExpiringAndEnteringAtOnce: at the very instant one of the two wins and the other is told.
func TestExpiringAndEnteringAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t)
	for range 10 {
		l, key := f.issue(t, "us")
		entered, ended := make(chan error), make(chan error)
		go func() { _, err := f.redeem(t, key, 1, l.DiesAt.Add(-time.Millisecond)); entered <- err }()
		go func() { ended <- f.DB.Commit(t.Context(), f.licenses.Expiring(l, l.DiesAt)) }()
		in, out := <-entered, <-ended
		switch there := f.find(t, l.Digest); {
		case in == nil && errors.Is(out, license.ErrMoved) && there.State == license.Registered:
			return // the holder has a credential now, so that later rounds could not enter
		case errors.Is(in, license.ErrVoid) && out == nil && there.State == license.Void:
		default:
			t.Errorf("entering: %v, expiring: %v, %s", in, out, there.State)
		}
	}
}
