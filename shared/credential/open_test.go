package credential_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

func TestOpening(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Active(t, a, noon)
	again := credential.Opening{Holder: a.Holder, License: credentialtest.License(a.Holder), Product: "us", Service: phone.USService, PurchasedAt: noon}
	other := again
	other.License = credentialtest.License(account.IDOf("other"))
	if err := w.DB.Commit(t.Context(), w.Registry.Open(again, noon)); err != nil {
		t.Errorf("by the same license again: %v", err)
	}
	if c := w.Find(t, a.Holder); c.State != credential.Active {
		t.Error("opening again undid the activation")
	}
	if err := w.DB.Commit(t.Context(), w.Registry.Open(other, noon.AddDate(1, 0, 0).Add(-time.Millisecond))); !errors.Is(err, credential.ErrExists) {
		t.Errorf("a second live one: %v", err)
	}
	if err := w.DB.Commit(t.Context(), w.Registry.Open(other, noon.AddDate(1, 0, 0))); err != nil {
		t.Errorf("in place of an expired one: %v", err)
	}
	c := w.Find(t, a.Holder)
	if c.State != credential.Registered || len(c.Phones) != 0 || c.Pending != nil || !c.ActivatedAt.IsZero() || !slices.Equal(c.License, other.License) {
		t.Errorf("the new one is %q with %d numbers", c.State, len(c.Phones))
	}
}

func TestTheLadderSurvivesANewCredential(t *testing.T) {
	w, a, _, _, id, code := sent(t)
	for range 5 {
		_ = try(t, w, a, id, credentialtest.Wrong(code), noon)
	}
	later := noon.AddDate(1, 0, 0)
	if err := w.DB.Commit(t.Context(), w.Registry.Open(credential.Opening{
		Holder: a.Holder, License: credentialtest.License(account.IDOf("other")), Product: "us", Service: phone.USService, PurchasedAt: later,
	}, later)); err != nil {
		t.Fatal(err)
	}
	n := credentialtest.Number(t)
	ch, err := w.Enrol(t, a, n, phone.SMS, later)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		_, err = w.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, ch), credentialtest.Wrong(w.Code(t, n)), later)
	}
	if !errors.Is(err, otp.ErrWrong) {
		t.Fatal(err)
	}
	if _, err := w.Enrol(t, a, n, phone.SMS, later.Add(step)); !errors.Is(err, otp.ErrLocked) {
		t.Errorf("five wrong codes before and five after: %v", err)
	}
}
