package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
)

// Profiles changes what a person may change about themselves.
type Profiles struct {
	Accounts Accounts
	Log      audit.Log
}

// Patch is what of a profile is to be changed; nil leaves a field as it is.
type Patch struct {
	GivenName  *string
	FamilyName *string
	Country    *string
	Billing    *Billing
}

// Check tells what is wrong with the fields, all at once: fault.ErrInvalid.
func (p Patch) Check() error {
	var c fault.Check
	if p.GivenName != nil {
		name(&c, *p.GivenName, "/given_name")
	}
	if p.FamilyName != nil {
		name(&c, *p.FamilyName, "/family_name")
	}
	if p.Country != nil {
		country(&c, *p.Country, "/country")
	}
	if p.Billing != nil {
		p.Billing.Check(&c, "/billing")
	}
	c.Field(p.GivenName != nil || p.FamilyName != nil || p.Country != nil || p.Billing != nil, "", textNothingNew)
	return c.Err()
}

// Named is the name that somebody has after the change who had another before, as it will be kept.
func (p Patch) Named(given, family string) (string, string) {
	if p.GivenName != nil {
		given = tidy(*p.GivenName)
	}
	if p.FamilyName != nil {
		family = tidy(*p.FamilyName)
	}
	return given, family
}

// Change makes the change and returns the account as it then stands. More is further writes of the caller's
// that belong to it. It returns fault.ErrInvalid, or ErrNameLocked when name or country would become another
// while they are locked. Two calls.
func (p Profiles) Change(ctx context.Context, id ID, patch Patch, from string, now time.Time, more ...dynamo.Write) (Account, error) {
	if err := patch.Check(); err != nil {
		return Account{}, err
	}
	write, fields := p.Accounts.patch(id, patch)
	entry := audit.Entry{Subject: auditID(id), What: ProfileChanged, At: now, From: from, Detail: map[string]string{"fields": strings.Join(fields, " ")}}
	if err := p.Accounts.DB.Commit(ctx, append([]dynamo.Write{write, p.Log.Write(entry)}, more...)...); err != nil {
		return Account{}, fmt.Errorf("change profile: %w", err)
	}
	return p.Accounts.ByID(ctx, id, now)
}

// patch is the write of a change, and the names of the fields that it sets. Setting a locked field to what it
// is already is no change.
func (a Accounts) patch(id ID, p Patch) (dynamo.Write, []string) {
	var sets, same, fields []string
	values := dynamo.Item{}
	set := func(attribute, field string, value *string) {
		if value == nil {
			return
		}
		values[":"+attribute] = dynamo.S(tidy(*value))
		sets = append(sets, attribute+" = :"+attribute)
		same = append(same, attribute+" = :"+attribute)
		fields = append(fields, field)
	}
	set("g", "given_name", p.GivenName)
	set("fn", "family_name", p.FamilyName)
	set("c", "country", p.Country)
	condition := "attribute_exists(p)"
	if len(same) > 0 {
		values[":true"] = dynamo.Bool(true)
		condition += " AND (attribute_not_exists(lk) OR lk <> :true OR (" + strings.Join(same, " AND ") + "))"
	}
	if p.Billing != nil {
		values[":b"] = billingValue(p.Billing.tidy())
		sets = append(sets, "b = :b")
		fields = append(fields, "billing")
	}
	return a.change(accountKey(id), "SET "+strings.Join(sets, ", "), condition, values, func(stands dynamo.Item) error {
		if stands == nil {
			return ErrUnknown
		}
		there, err := readAccount(stands)
		if err == nil && there.NameLocked && p.renames(there) {
			return ErrNameLocked
		}
		return err
	}), fields
}

// renames tells whether name or country would become another.
func (p Patch) renames(a Account) bool {
	other := func(value *string, is string) bool { return value != nil && tidy(*value) != is }
	return other(p.GivenName, a.GivenName) || other(p.FamilyName, a.FamilyName) || other(p.Country, a.Country)
}

func (b Billing) tidy() Billing {
	return Billing{
		Name: tidy(b.Name), Line1: tidy(b.Line1), Line2: tidy(b.Line2), City: tidy(b.City), Region: tidy(b.Region),
		PostalCode: tidy(b.PostalCode), Country: b.Country,
	}
}
