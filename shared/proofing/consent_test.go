package proofing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo/dynamotest"
)

// P-13: without consent to the text in force there is no quiz; what was agreed to is kept for good, each time.
func TestP13ConsentIsRecordedForGood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accepted bool
		version  string
	}{{false, ConsentVersion}, {true, "0"}, {true, ""}} {
		if err := CheckConsent(c.accepted, c.version); !errors.Is(err, ErrConsentOutdated) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := CheckConsent(true, ConsentVersion); err != nil {
		t.Error(err)
	}
	r := sit(t)
	r.asked(noon)
	r.asked(noon.Add(time.Minute))
	entries, err := audit.Reader{DB: r.DB, Table: r.Log.Table}.For(t.Context(), audit.Account(r.c.Account.String()))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(ConsentText))
	var at []time.Time
	for _, e := range entries {
		if e.What != EventConsent {
			continue
		}
		at = append(at, e.At)
		if e.From != "192.0.2.1" || e.Detail["text_version"] != ConsentVersion || e.Detail["sha256"] != hex.EncodeToString(sum[:]) || e.Detail["method"] != "instant" {
			t.Errorf("%+v", e)
		}
	}
	if len(at) != 2 || !at[0].Equal(noon) || !at[1].Equal(noon.Add(time.Minute)) {
		t.Errorf("consents of %v", at)
	}
	if c := r.stands(); len(c.Consents) != 1 || !bytes.Equal(c.Consents[0].Hash, sum[:]) || !c.Consents[0].At.Equal(noon.Add(time.Minute)) {
		t.Errorf("the case keeps %+v", c.Consents)
	}
}

func (r *room) patch(patch account.Patch) error {
	_, err := r.Profiles.Change(r.t.Context(), r.c.Account, patch, "192.0.2.1", noon)
	return err
}

// P-09: an account outside the US is offered video alone, whatever address is given.
func TestP09AnAccountOutsideTheUS(t *testing.T) {
	t.Parallel()
	r := sit(t)
	canada := "CA"
	if err := r.patch(account.Patch{Country: &canada}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ask(noon); !errors.Is(err, ErrInstantNotOffered) || len(r.bureau.starts) != 0 {
		t.Errorf("%v, asked %d times", err, len(r.bureau.starts))
	}
	r.expect("nothing counted", Choose, 0, 0)
}

// The name is corrected while a quiz is asked for: the person is known by the new name, which is locked from then on.
func TestTheNameIsCorrectedMeanwhile(t *testing.T) {
	t.Parallel()
	r := sit(t)
	gracia, once := "Gracia", false
	r.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
		if n == 1 && !once { // the account was read
			once = true
			if err := r.patch(account.Patch{GivenName: &gracia}); err != nil {
				t.Error(err)
			}
		}
		return dynamotest.None
	})
	r.asked(noon)
	r.Faults.Clear()
	if c := r.stands(); !bytes.Equal(c.Person, r.Cases.Keys.personOf(gracia, "Hopper", "1906-12-09", "1234")) || c.Quizzes != 1 || len(r.bureau.starts) != 1 {
		t.Errorf("%+v, asked %d times", c, len(r.bureau.starts))
	}
	if err := r.patch(account.Patch{GivenName: &gracia}); err != nil { // the same name is no change
		t.Error(err)
	}
	grace := "Grace"
	if err := r.patch(account.Patch{GivenName: &grace}); !errors.Is(err, account.ErrNameLocked) {
		t.Errorf("after the quiz was asked: %v", err)
	}
}
