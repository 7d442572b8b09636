package catalog_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/catalog"
)

func load(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheStoreSellsFourProducts(t *testing.T) { // product.md 2
	c := load(t)
	got, err := c.Store("")
	if err != nil {
		t.Fatal(err)
	}
	usd := func(n int64) catalog.Money { return catalog.Money{Amount: n, Currency: "USD"} }
	want := []catalog.Product{
		{Code: "us-proofed", Name: "Phone Based OTP - 1 Year (US Phone Service Only) with Proofing", Region: catalog.US, Proofing: true, Price: usd(5900)},
		{Code: "us", Name: "Phone Based OTP - 1 Year (US Phone Service Only) without Proofing", Region: catalog.US, Price: usd(3400)},
		{Code: "intl-proofed", Name: "International Phone Based OTP - 1 Year (Non-US Phone Service Only) with Proofing", Region: catalog.International, Proofing: true, Price: usd(9600)},
		{Code: "intl", Name: "International Phone Based OTP - 1 Year (Non-US Phone Service Only) without Proofing", Region: catalog.International, Price: usd(7100)},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("store (-want +got):\n%s", d)
	}
	for _, p := range want {
		twin, ok := c.Twin(p.Code)
		if !ok || twin.Code != "renew-"+p.Code || twin.Price != p.Price || twin.Renews != p.Code {
			t.Errorf("twin of %s: %+v", p.Code, twin)
		}
		if _, ok := c.Twin(twin.Code); ok {
			t.Errorf("%s has a twin of its own", twin.Code)
		}
	}
}

func TestPartnersNarrowTheStore(t *testing.T) {
	c := load(t)
	partners := c.Partners()
	if partners[0].ID != "all" || partners[0].Name != "All credentials and subscriptions" || len(partners) < 2 {
		t.Fatalf("partners: %+v", partners)
	}
	for _, p := range partners[1:] {
		got, err := c.Store(p.ID)
		if err != nil || len(got) != len(p.Accepts) {
			t.Errorf("%s: %d products, %v", p.ID, len(got), err)
		}
		for i := range got {
			if got[i].Code != p.Accepts[i] || got[i].Renews != "" {
				t.Errorf("%s sells %+v", p.ID, got[i])
			}
		}
	}
	if _, err := c.Store("nobody"); !errors.Is(err, catalog.ErrPartnerUnknown) {
		t.Errorf("unknown partner: %v", err)
	}
}

func TestBrokenDataIsRefused(t *testing.T) {
	doc, err := os.ReadFile("catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	at := func(d object, list string, i int) object { return d[list].([]any)[i].(object) }
	for name, spoil := range map[string]func(object){
		"two of a code":             func(d object) { at(d, "products", 1)["code"] = "us-proofed" },
		"a malformed code":          func(d object) { at(d, "products", 0)["code"] = "us--Proofed" },
		"no name":                   func(d object) { at(d, "products", 0)["name"] = "" },
		"another region":            func(d object) { at(d, "products", 0)["region"] = "moon" },
		"no price":                  func(d object) { at(d, "products", 0)["price"] = object{"amount": 0, "currency": "USD"} },
		"another currency":          func(d object) { at(d, "products", 1)["price"] = object{"amount": 3400, "currency": "EUR"} },
		"a fraction":                func(d object) { at(d, "products", 1)["price"] = object{"amount": 34.5, "currency": "USD"} },
		"a twin of another region":  func(d object) { at(d, "products", 4)["region"] = "intl" },
		"no twin":                   func(d object) { at(d, "products", 4)["renews"] = "us" },
		"a partner sells a renewal": func(d object) { at(d, "partners", 1)["accepts"] = []any{"renew-us"} },
		"a partner sells nothing":   func(d object) { at(d, "partners", 1)["accepts"] = []any{} },
		"all does not sell all":     func(d object) { at(d, "partners", 0)["accepts"] = []any{"us"} },
		"an unknown product":        func(d object) { at(d, "partners", 1)["accepts"] = []any{"us", "platinum"} },
		"a product twice":           func(d object) { at(d, "partners", 1)["accepts"] = []any{"us", "us"} },
		"a partner without a name":  func(d object) { at(d, "partners", 1)["name"] = "" },
		"a malformed id":            func(d object) { at(d, "partners", 1)["id"] = "Aurora Aerospace" },
		"no id":                     func(d object) { delete(at(d, "partners", 1), "id") },
		"no partners":               func(d object) { d["partners"] = []any{} },
		"all is not the first":      func(d object) { p := d["partners"].([]any); p[0], p[1] = p[1], p[0] },
		"a second all":              func(d object) { d["partners"] = append(d["partners"].([]any), at(d, "partners", 0)) },
		"two partners of an id":     func(d object) { at(d, "partners", 1)["id"] = "all" },
		"a partner with more":       func(d object) { at(d, "partners", 1)["discount"] = 10 },
		"an unknown member":         func(d object) { d["discounts"] = []any{} },
	} {
		var d object
		if err := json.Unmarshal(doc, &d); err != nil {
			t.Fatal(err)
		}
		spoil(d)
		spoilt, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := catalog.Parse(spoilt); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := catalog.Parse([]byte(string(doc) + "{}")); err == nil {
		t.Error("a second document is accepted")
	}
}

func TestMoney(t *testing.T) {
	usd := func(n int64) catalog.Money { return catalog.Money{Amount: n, Currency: "USD"} }
	for amount, want := range map[int64]string{0: "0.00 USD", 5: "0.05 USD", 3400: "34.00 USD", -199: "-1.99 USD", 123456: "1234.56 USD"} {
		if got := usd(amount).String(); got != want {
			t.Errorf("%d: %s, want %s", amount, got, want)
		}
	}
	sum, err := usd(3400).Times(50).Plus(usd(5900))
	if err != nil || sum != usd(175900) {
		t.Errorf("sum: %v, %v", sum, err)
	}
	if got, err := (catalog.Money{}).Plus(usd(1)); err != nil || got != usd(1) {
		t.Errorf("zero and one: %v, %v", got, err)
	}
	if _, err := usd(1).Plus(catalog.Money{Amount: 1, Currency: "EUR"}); err == nil || strings.Contains(err.Error(), "<nil>") {
		t.Error("dollars and euros add up")
	}
}
