package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// wellFormed tells whether a code or id is words of lower-case letters and digits, joined by single hyphens.
func wellFormed(code string) bool {
	for word := range strings.SplitSeq(code, "-") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return true
}

// check tells everything that is wrong with the data at once.
func (c *Catalog) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	seen := map[string]bool{}
	var store []string
	for _, p := range c.products {
		if !wellFormed(p.Code) || seen[p.Code] {
			wrong("product %q: its code is malformed or taken", p.Code)
		}
		seen[p.Code] = true
		if p.Name == "" || p.Region != US && p.Region != International {
			wrong("product %q: no name or no region", p.Code)
		}
		if p.Price.Amount < 50 || len(p.Price.Currency) != 3 || p.Price.Currency != c.products[0].Price.Currency {
			wrong("product %q: the price is below 50 minor units or in another currency", p.Code)
		}
		if p.Renews == "" {
			store = append(store, p.Code)
		} else if of, ok := c.Product(p.Renews); !ok || of.Renews != "" || of.Region != p.Region || of.Proofing != p.Proofing {
			wrong("product %q: what it renews is not its twin", p.Code)
		}
	}
	for _, code := range store {
		if _, ok := c.Twin(code); !ok {
			wrong("product %q: nothing renews it", code)
		}
	}
	errs = append(errs, c.checkPartners(store)...)
	return errors.Join(errs...)
}

func (c *Catalog) checkPartners(store []string) []error {
	var errs []error
	if len(c.partners) == 0 || c.partners[0].ID != All || !slices.Equal(c.partners[0].Accepts, store) {
		errs = append(errs, fmt.Errorf("the first partner must be %q and accept the whole store in its order", All))
	}
	seen := map[string]bool{}
	for _, p := range c.partners {
		if !wellFormed(p.ID) || p.Name == "" || seen[p.ID] {
			errs = append(errs, fmt.Errorf("partner %q: no name, or its id is malformed or taken", p.ID))
		}
		seen[p.ID] = true
		if len(p.Accepts) == 0 {
			errs = append(errs, fmt.Errorf("partner %q accepts nothing", p.ID))
		}
		for i, code := range p.Accepts {
			if !slices.Contains(store, code) || slices.Contains(p.Accepts[:i], code) {
				errs = append(errs, fmt.Errorf("partner %q: %q is not in the store or listed twice", p.ID, code))
			}
		}
	}
	return errs
}
