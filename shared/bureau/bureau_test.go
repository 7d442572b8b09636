package bureau_test

import (
	"strings"
	"testing"

	"phoneotp/shared/bureau"
	"phoneotp/shared/secret"
)

// P-09.
func TestCovers(t *testing.T) {
	home := bureau.Address{Line1: "1 Navy Way", City: "Arlington", Region: "VA", PostalCode: "22201", Country: "US"}
	for name, c := range map[string]struct {
		change func(*bureau.Address)
		want   bool
	}{
		"a street":          {func(*bureau.Address) {}, true},
		"DC, small letters": {func(a *bureau.Address) { a.Region = "dc" }, true},
		"ZIP+4":             {func(a *bureau.Address) { a.PostalCode = "22201-1234" }, true},
		"Alaska":            {func(a *bureau.Address) { a.Region = "AK" }, true},
		"a box in the name": {func(a *bureau.Address) { a.Line1 = "1 Boxwood Lane" }, true},
		"Puerto Rico":       {func(a *bureau.Address) { a.Region = "PR" }, false},
		"Guam":              {func(a *bureau.Address) { a.Region = "GU" }, false},
		"armed forces":      {func(a *bureau.Address) { a.Region = "AE" }, false},
		"abroad":            {func(a *bureau.Address) { a.Country = "DE" }, false},
		"territory as land": {func(a *bureau.Address) { a.Country, a.Region = "PR", "PR" }, false},
		"post-office box":   {func(a *bureau.Address) { a.Line1 = "P.O. Box 12" }, false},
		"post office box":   {func(a *bureau.Address) { a.Line1 = " Post Office Box 12" }, false},
		"ZIP+3":             {func(a *bureau.Address) { a.PostalCode = "22201-123" }, false},
		"ZIP and a dash":    {func(a *bureau.Address) { a.PostalCode = "22201-" }, false},
		"a letter in a ZIP": {func(a *bureau.Address) { a.PostalCode = "222O1" }, false},
		"a long ZIP":        {func(a *bureau.Address) { a.PostalCode = "222011234" }, false},
		"no ZIP":            {func(a *bureau.Address) { a.PostalCode = "" }, false},
		"no region":         {func(a *bureau.Address) { a.Region = "" }, false},
		"two regions":       {func(a *bureau.Address) { a.Region = "VA WA" }, false},
	} {
		a := home
		c.change(&a)
		if got := bureau.Covers(a); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCredentialsNameEverythingThatIsMissing(t *testing.T) {
	_, err := bureau.CredentialsFrom(func(name string) secret.Text {
		if name == "bureau_tenant" {
			return "known"
		}
		return ""
	})
	if err == nil || strings.Contains(err.Error(), "bureau_tenant") {
		t.Fatalf("err = %v", err)
	}
	for _, name := range strings.Fields("domain username password client_id client_secret subscriber pid_username pid_password") {
		if !strings.Contains(err.Error(), "bureau_"+name+" ") {
			t.Errorf("bureau_%s is not named in %v", name, err)
		}
	}
}
