package credential_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/phone"
)

// successor is the opening by a brand-new key.
func successor(holder account.ID, now time.Time) credential.Opening {
	return credential.Opening{Holder: holder, License: credentialtest.License(account.IDOf("successor")), Product: "us", Service: phone.USService, PurchasedAt: now}
}

func TestOneRenewalIsOpenAtATime(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Active(t, a, noon)
	seen := w.Find(t, a.Holder)
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			switch err := w.DB.Commit(t.Context(), w.Registry.RenewalOrdered(seen, fmt.Sprintf("SO-%08d", i))); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, credential.ErrMoved):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c := w.Find(t, a.Holder)
	if won.Load() != 1 || lost.Load() != 99 || c.Eligibility(noon, 0) != credential.OrderOpen || c.View(noon).Renewable {
		t.Errorf("%d won, %d lost, %s", won.Load(), lost.Load(), c.Eligibility(noon, 0))
	}
	for range 2 { // again changes nothing
		if err := w.DB.Commit(t.Context(), w.Registry.RenewalEnded(c, c.Renewal)); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Find(t, a.Holder).Eligibility(noon, 0); got != credential.Eligible {
		t.Errorf("after its end: %s", got)
	}
}

func TestOnlyWhatIsActivatedIsRenewed(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.USService, noon, noon)
	if err := w.DB.Commit(t.Context(), w.Registry.RenewalOrdered(w.Find(t, a.Holder), "SO-00000001")); !errors.Is(err, credential.ErrMoved) {
		t.Errorf("one without a phone: %v", err)
	}
	b := asker("ada")
	w.Active(t, b, noon)
	seen := w.Find(t, b.Holder)
	if err := w.DB.Commit(t.Context(), w.Registry.RenewalOrdered(seen, "SO-00000002")); err != nil {
		t.Fatal(err)
	}
	seen = w.Find(t, b.Holder)
	if _, err := w.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(w.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(b.Holder[:])}, UpdateExpression: aws.String("SET st = :v"),
		ExpressionAttributeValues: dynamo.Item{":v": dynamo.S(string(credential.Revoked))},
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.DB.Commit(t.Context(), w.Registry.Renewed(seen, "SO-00000002", noon)); !errors.Is(err, credential.ErrMoved) {
		t.Errorf("one that was revoked: %v", err)
	}
	if err := w.DB.Commit(t.Context(), w.Registry.RenewalEnded(w.Find(t, b.Holder), "SO-00000002")); err != nil { // its order may end
		t.Error(err)
	}
}

func TestATermIsAddedOnce(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Active(t, a, noon)
	const number = "SO-00000001"
	if err := w.DB.Commit(t.Context(), w.Registry.RenewalOrdered(w.Find(t, a.Holder), number)); err != nil {
		t.Fatal(err)
	}
	seen, late := w.Find(t, a.Holder), noon.AddDate(1, 0, 20)
	if err := w.DB.Commit(t.Context(), w.Registry.Renewed(seen, "SO-00000002", late)); !errors.Is(err, credential.ErrMoved) {
		t.Errorf("by another order: %v", err)
	}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if err := w.DB.Commit(t.Context(), w.Registry.Renewed(seen, number, late)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c := w.Find(t, a.Holder)
	if c.Terms != 2 || !c.ExpiresAt.Equal(noon.AddDate(2, 0, 0)) || c.Renewal != "" || !c.Live(late) {
		t.Fatalf("%d terms until %s, order %q", c.Terms, c.ExpiresAt, c.Renewal)
	}
	if len(c.Phones) != 1 || !c.RemindAt.Equal(credential.NextReminder(c.ExpiresAt, late)) {
		t.Errorf("%d numbers, reminder %s", len(c.Phones), c.RemindAt)
	}
	if got := c.Eligibility(late, 0); got != credential.Eligible { // the new term has begun
		t.Errorf("after a payment in the new term: %s", got)
	}
}

func TestATermIsTakenBackAndReturned(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Active(t, a, noon)
	commit := func(write dynamo.Write) error { return w.DB.Commit(t.Context(), write) }
	if err := commit(w.Registry.RenewalOrdered(w.Find(t, a.Holder), "SO-00000001")); err != nil {
		t.Fatal(err)
	}
	if err := commit(w.Registry.Renewed(w.Find(t, a.Holder), "SO-00000001", noon)); err != nil {
		t.Fatal(err)
	}
	two := w.Find(t, a.Holder)
	for range 2 {
		if err := commit(w.Registry.TermTaken(two, noon)); err != nil {
			t.Fatal(err)
		}
	}
	one := w.Find(t, a.Holder)
	if one.Terms != 1 || !one.ExpiresAt.Equal(noon.AddDate(1, 0, 0)) || one.Eligibility(noon, 0) != credential.Eligible {
		t.Errorf("taken back: %d terms until %s", one.Terms, one.ExpiresAt)
	}
	for range 2 {
		if err := commit(w.Registry.TermReturned(one, noon)); err != nil {
			t.Fatal(err)
		}
	}
	if c := w.Find(t, a.Holder); c.Terms != 2 || !c.ExpiresAt.Equal(two.ExpiresAt) {
		t.Errorf("returned: %d terms until %s", c.Terms, c.ExpiresAt)
	}
	// another renewal was ordered meanwhile: no second year on top of it
	if err := commit(w.Registry.TermTaken(two, noon)); err != nil {
		t.Fatal(err)
	}
	if err := commit(w.Registry.RenewalOrdered(one, "SO-00000002")); err != nil {
		t.Fatal(err)
	}
	if err := commit(w.Registry.TermReturned(one, noon)); !errors.Is(err, credential.ErrMoved) {
		t.Errorf("beside an open order: %v", err)
	}
}

func TestABrandNewKeyEndsTheOpenRenewal(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Active(t, a, noon)
	const number = "SO-00000001"
	if err := w.DB.Commit(t.Context(), w.Registry.RenewalOrdered(w.Find(t, a.Holder), number)); err != nil {
		t.Fatal(err)
	}
	seen, end := w.Find(t, a.Holder), noon.AddDate(1, 0, 0)
	if err := w.DB.Commit(t.Context(), w.Registry.Open(successor(a.Holder, end), end)); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]dynamo.Write{
		"paid": w.Registry.Renewed(seen, number, end), "ended": w.Registry.RenewalEnded(seen, number),
		"taken back": w.Registry.TermTaken(seen, end), "ordered again": w.Registry.RenewalOrdered(seen, number),
	} {
		if err := w.DB.Commit(t.Context(), write); !errors.Is(err, credential.ErrMoved) {
			t.Errorf("%s after the new key: %v", name, err)
		}
	}
	if c := w.Find(t, a.Holder); c.Renewal != "" || c.Terms != 1 || !c.PurchasedAt.Equal(end) {
		t.Errorf("the new one has order %q, %d terms", c.Renewal, c.Terms)
	}
}

// Paid and replaced at the instant of expiry: one of both, never both.
func TestAPaymentRacesABrandNewKey(t *testing.T) {
	for round := range 10 {
		w, a := world(t), asker("grace")
		w.Active(t, a, noon)
		const number = "SO-00000001"
		if err := w.DB.Commit(t.Context(), w.Registry.RenewalOrdered(w.Find(t, a.Holder), number)); err != nil {
			t.Fatal(err)
		}
		seen, end := w.Find(t, a.Holder), noon.AddDate(1, 0, 0)
		var paid, opened error
		var wg sync.WaitGroup
		wg.Go(func() { paid = w.DB.Commit(t.Context(), w.Registry.Renewed(seen, number, end)) })
		wg.Go(func() { opened = w.DB.Commit(t.Context(), w.Registry.Open(successor(a.Holder, end), end)) })
		wg.Wait()
		c := w.Find(t, a.Holder)
		switch {
		case paid == nil && errors.Is(opened, credential.ErrExists) && c.Terms == 2 && len(c.Phones) == 1:
		case opened == nil && errors.Is(paid, credential.ErrMoved) && c.Terms == 1 && len(c.Phones) == 0:
		default:
			t.Errorf("round %d: paid %v, opened %v, %d terms", round, paid, opened, c.Terms)
		}
	}
}

func TestRenewalsUnderTrouble(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Active(t, a, noon)
	const number = "SO-00000001"
	for _, step := range []func(*credential.Credential) dynamo.Write{
		func(c *credential.Credential) dynamo.Write { return w.Registry.RenewalOrdered(c, number) },
		func(c *credential.Credential) dynamo.Write { return w.Registry.Renewed(c, number, noon) },
		func(c *credential.Credential) dynamo.Write { return w.Registry.TermTaken(c, noon) },
		func(c *credential.Credential) dynamo.Write { return w.Registry.TermReturned(c, noon) },
	} {
		write := step(w.Find(t, a.Holder))
		w.Faults.Clear()
		w.Faults.OnCall(0, dynamotest.CutReply)
		if err := w.DB.Commit(t.Context(), write); err != nil {
			t.Error(err)
		}
	}
	w.Faults.Clear()
	if c := w.Find(t, a.Holder); c.Terms != 2 || !c.ExpiresAt.Equal(noon.AddDate(2, 0, 0)) {
		t.Errorf("%d terms until %s", c.Terms, c.ExpiresAt)
	}
}
