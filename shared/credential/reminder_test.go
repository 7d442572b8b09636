package credential_test

import (
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/phone"
)

func TestTheNextReminderIsTheFirstAfterNow(t *testing.T) { // product.md 8
	expires := noon.AddDate(1, 0, 0)
	ms := time.Millisecond
	before := func(days int) time.Time { return expires.Add(-time.Duration(days) * 24 * time.Hour) }
	for _, row := range []struct{ now, want time.Time }{
		{noon, before(60)}, {before(60).Add(-ms), before(60)}, {before(60), before(30)}, {before(30), before(15)},
		{before(20), before(15)}, {before(15), before(7)}, {before(7), expires}, {expires.Add(-ms), expires},
		{expires, before(-30)}, {before(-30).Add(-ms), before(-30)}, {before(-30), time.Time{}}, {before(-400), time.Time{}},
	} {
		if got := credential.NextReminder(expires, row.now); !got.Equal(row.want) {
			t.Errorf("at %v: %v, want %v", row.now, got, row.want)
		}
	}
}

func TestEveryCredentialStandsInTheIndexWhileSomethingIsLeft(t *testing.T) {
	w, a := world(t), asker("grace")
	expires := noon.AddDate(1, 0, 0)
	w.Open(t, a.Holder, phone.USService, noon, noon)
	if c := w.Find(t, a.Holder); !c.RemindAt.Equal(expires) {
		t.Errorf("registered: %v, want the expiry alone", c.RemindAt)
	}
	w = world(t)
	w.Active(t, a, noon)
	if c := w.Find(t, a.Holder); !c.RemindAt.Equal(expires.AddDate(0, 0, -60)) {
		t.Errorf("activated: %v", c.RemindAt)
	}
	if err := w.DB.Commit(t.Context(), w.Registry.Revoking(w.Find(t, a.Holder))); err != nil {
		t.Fatal(err)
	}
	item, err := w.DB.Get(t.Context(), w.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(a.Holder[:])})
	if err != nil {
		t.Fatal(err)
	}
	if f := dynamo.Read(item); f.Has("ds") || f.Has("da") {
		t.Error("a revoked one stands in the index")
	}
	other := account.IDOf("ada")
	w.Open(t, other, phone.USService, noon, noon)
	closing, err := w.Registry.Closing(w.Find(t, other), credentialtest.License(other))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.DB.Commit(t.Context(), closing...); err != nil {
		t.Fatal(err)
	}
	if c := w.Find(t, other); !c.RemindAt.IsZero() {
		t.Error("a closed one stands in the index")
	}
}
