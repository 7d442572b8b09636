package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/fault"
)

func ptr(s string) *string { return &s }

var office = account.Billing{Name: "Grace Hopper", Line1: "1 Main Street", City: "Arlington", Region: "VA", PostalCode: "22201", Country: "US"}

func TestChangingAProfile(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	got, err := w.Profiles.Change(t.Context(), a.ID, account.Patch{FamilyName: ptr(" Murray "), Billing: &office}, here, noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if got.GivenName != "Grace" || got.FamilyName != "Murray" || got.Country != "US" {
		t.Errorf("account = %+v", got)
	}
	if d := cmp.Diff(&office, got.Billing); d != "" {
		t.Errorf("billing (-want +got):\n%s", d)
	}
	entries, err := audit.Reader{DB: w.DB, Table: w.Log.Table}.For(t.Context(), audit.Account(a.ID.String()))
	if err != nil {
		t.Fatal(err)
	}
	last := entries[len(entries)-1]
	if last.What != account.ProfileChanged || last.Detail["fields"] != "family_name billing" {
		t.Errorf("entry = %+v", last)
	}
}

func TestProfilesAreChecked(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	far := office
	far.Country, far.City, far.Line2 = "XX", "", strings.Repeat("x", 101)
	for name, tt := range map[string]struct {
		patch  account.Patch
		fields string
	}{
		"nothing": {account.Patch{}, ""},
		"names":   {account.Patch{GivenName: ptr(""), FamilyName: ptr("a\u0000"), Country: ptr("USA")}, "/given_name /family_name /country"},
		"billing": {account.Patch{Billing: &far}, "/billing/line2 /billing/city /billing/country"},
	} {
		_, err := w.Profiles.Change(t.Context(), a.ID, tt.patch, here, noon)
		f, ok := fault.Of(err)
		if !ok || !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var fields []string
		for _, w := range f.Fields {
			fields = append(fields, w.Pointer)
		}
		if got := strings.Join(fields, " "); got != tt.fields {
			t.Errorf("%s: fields = %q, want %q", name, got, tt.fields)
		}
	}
}

func TestALockedNameStands(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	lock := func(locked bool) {
		t.Helper()
		if err := w.DB.Commit(t.Context(), w.Accounts.LockName(a.ID, locked)); err != nil {
			t.Fatal(err)
		}
	}
	lock(true)
	for name, p := range map[string]account.Patch{
		"given name": {GivenName: ptr("Ada")}, "family name": {FamilyName: ptr("Lovelace")}, "country": {Country: ptr("GB")},
		"with others": {GivenName: ptr("Grace"), Country: ptr("GB"), Billing: &office},
	} {
		if _, err := w.Profiles.Change(t.Context(), a.ID, p, here, noon); !errors.Is(err, account.ErrNameLocked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What is the same already, and the billing address, may be sent along.
	got, err := w.Profiles.Change(t.Context(), a.ID, account.Patch{GivenName: ptr("Grace"), FamilyName: ptr("Hopper"), Billing: &office}, here, noon)
	if err != nil || got.Billing == nil || !got.NameLocked {
		t.Errorf("account = %+v, %v", got, err)
	}
	lock(false)
	if got, err := w.Profiles.Change(t.Context(), a.ID, account.Patch{GivenName: ptr("Ada")}, here, noon); err != nil || got.GivenName != "Ada" {
		t.Errorf("after unlocking: %+v, %v", got, err)
	}
}

func TestBillingOfAnOrderIsRemembered(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	if err := w.DB.Commit(t.Context(), w.Accounts.RememberBilling(a.ID, office)); err != nil {
		t.Fatal(err)
	}
	got, err := w.Accounts.ByID(t.Context(), a.ID, noon)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&office, got.Billing); d != "" {
		t.Errorf("billing (-want +got):\n%s", d)
	}
}

func TestGrantingRoles(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	if err := w.Operator.Grant(t.Context(), "Grace", []string{account.RoleSupport, account.RoleAgent, account.RoleAgent}, "hired", noon); err != nil {
		t.Fatal(err)
	}
	got, err := w.Accounts.ByID(t.Context(), a.ID, noon)
	if err != nil || !cmp.Equal(got.Roles, []string{account.RoleAgent, account.RoleSupport}) {
		t.Errorf("roles = %v, %v", got.Roles, err)
	}
	if err := w.Operator.Grant(t.Context(), "grace", nil, "left", noon); err != nil {
		t.Fatal(err)
	}
	if got, err = w.Accounts.ByID(t.Context(), a.ID, noon); err != nil || len(got.Roles) != 0 {
		t.Errorf("roles = %v, %v", got.Roles, err)
	}
	if err := w.Operator.Grant(t.Context(), "nobody", nil, "x", noon); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
	if err := w.Operator.Grant(t.Context(), "grace", []string{"root"}, "x", noon); err == nil {
		t.Error("a role that does not exist was granted")
	}
	if err := w.Operator.Grant(t.Context(), "grace", nil, "", noon); err == nil {
		t.Error("roles were granted without a reason")
	}
}
