package proofing

import (
	"errors"
	"testing"
	"time"

	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
)

func openCase(t *testing.T) (Desk, Case, *accounttest.World) {
	t.Helper()
	w := accounttest.New(t, dynamotest.Start(t))
	keys, err := NewKeys(accounttest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := credential.NewNumbers(accounttest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	d := Desk{
		Cases: Cases{DB: w.DB, Table: w.Table("CASES_TABLE"), Keys: keys}, Accounts: w.Accounts, Outbox: w.Outbox, Log: w.Log,
		Licenses:    license.Licenses{DB: w.DB, Table: w.Table("LICENSES_TABLE")},
		Credentials: &credential.Registry{DB: w.DB, Table: w.Table("CREDENTIALS_TABLE"), Numbers: numbers},
	}
	return d, another(t, d, w, "grace"), w
}

// another opens a case of a further account, all of them Grace Hopper's.
func another(t *testing.T, d Desk, w *accounttest.World, userID string) Case {
	t.Helper()
	keyring, err := license.NewKeyring(accounttest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	l, issued, err := license.Issuer{Licenses: d.Licenses, Keys: keyring}.Issue("us-proofed", "SO-TEST0001", noon)
	if err != nil {
		t.Fatal(err)
	}
	o := credential.Opening{Holder: w.Person(t, userID, noon).ID, License: l.Digest, Product: "us-proofed", Service: "us", Proofing: true, PurchasedAt: noon}
	if err := w.DB.Commit(t.Context(), append(d.Opening(o, noon), d.Credentials.Open(o, noon), issued)...); err != nil {
		t.Fatal(err)
	}
	c, err := d.Cases.Find(t.Context(), IDOf(o.License))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fail(t *testing.T, d Desk, id ID, at time.Time) (Case, error) {
	return d.Change(t.Context(), id, at, func(c *Case) ([]dynamo.Write, error) {
		if err := c.require(Choose, VideoOnly); err != nil {
			return nil, err
		}
		return d.Fail(t.Context(), c, "", "a test", at)
	})
}

// W-03: a step whose case has moved on stores no token.
func TestATokenIsStoredUnderWhatTheStepSaw(t *testing.T) {
	d, c, _ := openCase(t)
	if stored, err := d.Wait(t.Context(), c.ID, 1, c.Version, "a token"); !stored || err != nil {
		t.Fatal(stored, err)
	}
	if c, _ = d.Cases.Find(t.Context(), c.ID); c.tokenVersion != c.Version {
		t.Errorf("token at %d of %d", c.tokenVersion, c.Version)
	}
	if token, err := d.waiting(c); token != "" || err != nil {
		t.Errorf("a step is woken for nothing: %v", err)
	}
	after, err := fail(t, d, c.ID, noon)
	if err != nil {
		t.Fatal(err)
	}
	stands, err := d.Cases.Find(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if token, err := d.waiting(stands); token.Reveal() != "a token" || err != nil {
		t.Errorf("the step is not woken: %v", err)
	}
	if stored, err := d.Wait(t.Context(), c.ID, 1, c.Version, "late"); stored || err != nil {
		t.Errorf("stored under an old version: %v", err)
	}
	if stored, err := d.Wait(t.Context(), c.ID, 2, after.Version, "other"); stored || err != nil {
		t.Errorf("stored for another generation: %v", err)
	}
}

// product.md 4: the third failure voids the key, and nothing comes after it.
func TestThreeFailuresEndTheCase(t *testing.T) {
	d, c, _ := openCase(t)
	for n := 1; n <= 3; n++ {
		after, err := fail(t, d, c.ID, noon)
		if err != nil || after.AttemptsLeft() != 3-n {
			t.Fatalf("failure %d: %d left, %v", n, after.AttemptsLeft(), err)
		}
	}
	stands, _ := d.Cases.Find(t.Context(), c.ID)
	held, err := d.Credentials.Find(t.Context(), c.Account)
	if stands.State != Failed || err != nil || held.State != credential.Revoked {
		t.Errorf("case %s, credential %v, %v", stands.State, held, err)
	}
	if _, err := fail(t, d, c.ID, noon); !errors.Is(err, ErrOver) {
		t.Errorf("a fourth: %v", err)
	}
}

func TestThirtyIdleDaysEndACase(t *testing.T) {
	d, c, _ := openCase(t)
	for _, look := range []struct {
		at   time.Time
		want State
	}{{noon.Add(IdleLife - time.Millisecond), Choose}, {noon.Add(IdleLife), Expired}, {noon.Add(IdleLife + time.Hour), Expired}} {
		if s, err := d.Look(t.Context(), c.ID, 1, look.at); err != nil || s.Next != string(look.want) {
			t.Errorf("at %s: %+v, %v", look.at, s, err)
		}
	}
}

func TestACancelledCaseIsOver(t *testing.T) {
	d, c, _ := openCase(t)
	after, err := d.Cancel(t.Context(), c.ID, "", "refunded", noon)
	if err != nil || after.State != Cancelled {
		t.Fatal(after.State, err)
	}
	if _, err := d.Cancel(t.Context(), c.ID, "", "refunded", noon); !errors.Is(err, ErrOver) {
		t.Errorf("again: %v", err)
	}
	if ids, err := d.Cases.due(t.Context(), noon.Add(IdleLife)); len(ids) != 0 || err != nil {
		t.Errorf("the sweep still looks: %v %v", ids, err)
	}
}
