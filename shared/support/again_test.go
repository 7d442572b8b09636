package support_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/phone"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/support"
)

// reset takes a proofed holder's numbers away, by two people.
func (w *world) reset(t *testing.T, userID string) {
	t.Helper()
	p := w.asked(t, userID)
	if changed, err := w.desk.Decide(t.Context(), second, p.ID, yes, noon); err != nil || !changed {
		t.Fatal(changed, err)
	}
}

// set changes an attribute of an item, as time or another act would have.
func (w *world) set(t *testing.T, table string, key dynamo.Item, name string, v dynamo.Value) {
	t.Helper()
	_, err := w.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(w.Table(table)), Key: key, UpdateExpression: aws.String("SET #n = :v"),
		ExpressionAttributeNames: map[string]string{"#n": name}, ExpressionAttributeValues: dynamo.Item{":v": v},
	})
	fatal(t, err)
}

// A case that began again and expires keeps the name of its pass locked; the own key takes it up, by video alone, also
// in a later year.
func TestAnExpiredSecondProofing(t *testing.T) {
	w := start(t)
	a, _ := w.proofed(t, "grace")
	w.reset(t, "grace")
	desk := w.Diary.Desk
	late := noon.Add(proofing.IdleLife)
	c, err := desk.Current(t.Context(), w.held(t, a), late)
	if err != nil || c.State != proofing.Expired {
		t.Fatalf("%s, %v", c.State, err)
	}
	family := "Murray"
	if _, err := w.Profiles.Change(t.Context(), a.ID, account.Patch{FamilyName: &family}, "", late); !errors.Is(err, account.ErrNameLocked) {
		t.Errorf("a new name after the expiry: %v", err)
	}
	held := w.held(t, a)
	opening := credential.Opening{Holder: a.ID, License: held.License, Product: held.Product, Service: phone.USService, Proofing: true, PurchasedAt: held.PurchasedAt}
	nextYear := held.ExpiresAt.Add(24 * time.Hour)
	writes, err := desk.Reopening(t.Context(), opening, nextYear)
	fatal(t, err)
	if err := w.DB.Commit(t.Context(), writes...); !errors.Is(err, credential.ErrRequired) {
		t.Errorf("after the credential's end: %v", err)
	}
	w.set(t, "CREDENTIALS_TABLE", dynamo.Item{"p": dynamo.B(a.ID[:])}, "ex", dynamo.Ms(credential.Expiry(held.PurchasedAt, 2))) // renewed
	writes, err = desk.Reopening(t.Context(), opening, nextYear)
	fatal(t, err)
	fatal(t, w.DB.Commit(t.Context(), writes...))
	if c := w.caseOf(t, a); c.State != proofing.VideoOnly || !c.Again {
		t.Errorf("taken up: %s", c.State)
	}
}

// The third failure ends the key and the credential also where both were active before.
func TestAThirdFailureOfASecondProofing(t *testing.T) {
	w := start(t)
	a, _ := w.proofed(t, "grace")
	digest := w.held(t, a).License
	w.set(t, "LICENSES_TABLE", dynamo.Item{"p": dynamo.B(digest)}, "st", dynamo.S(string(license.Activated)))
	w.reset(t, "grace")
	id, agent := proofing.IDOf(digest), account.IDOf("agent1")
	for i := range 3 {
		at := ten.Add(time.Duration(i+1) * time.Hour)
		with := w.Booked(t, a, id, at, monday).ID
		_, err := w.Diary.Claim(t.Context(), with, agent, at)
		fatal(t, err)
		_, err = w.Diary.Conclude(t.Context(), with, agent, appointment.Conclusion{Outcome: "failed", Reason: "somebody else"}, at)
		fatal(t, err)
	}
	all, err := w.Licenses.Find(t.Context(), digest)
	fatal(t, err)
	if c := w.held(t, a); c.State != credential.Revoked || w.Find(t, id).State != proofing.Failed || all[0].State != license.Void {
		t.Errorf("%s, %s, %s", c.State, w.Find(t, id).State, all[0].State)
	}
}

// A frozen credential whose numbers are reset is frozen no more: none of them is left.
func TestResetOfAFrozenOne(t *testing.T) {
	w := start(t)
	a, _ := w.active(t, "grace")
	w.did(t, a, support.Freeze)
	w.did(t, a, support.ResetPhones)
	if c := w.held(t, a); c.State != credential.Registered || len(c.Phones) != 0 {
		t.Errorf("%s", c.State)
	}
	// Its set of holders is given back, and the number may be registered again.
	s := w.In(t, "grace", noon)
	n := w.number(t, a, s.ID)
	if c := w.held(t, a); c.State != credential.Active || len(c.Phones) != 1 || c.Phones[0].Number != n {
		t.Errorf("registered again: %s", c.State)
	}
}

// At the end of its term nothing of a credential can be reset; the very moment before it can.
func TestResetAtTheTermsEnd(t *testing.T) {
	w := start(t)
	a, _ := w.active(t, "grace")
	ends := w.held(t, a).ExpiresAt
	act := support.Act{Name: support.ResetPhones, Reason: "lost"}
	before := w.stands(t)
	if _, err := w.desk.Do(t.Context(), first, "grace", act, ends); !errors.Is(err, credential.ErrRequired) || w.stands(t) != before {
		t.Errorf("at the end: %v", err)
	}
	if done, err := w.desk.Do(t.Context(), first, "grace", act, ends.Add(-time.Millisecond)); err != nil || !done.Changed {
		t.Errorf("before it: %+v, %v", done, err)
	}
}
