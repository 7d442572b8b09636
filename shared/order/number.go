package order

import (
	"crypto/rand"
	"strings"
)

const (
	numberPrefix  = "SO-"
	numberSymbols = 8
	crockford     = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// newNumber draws an order number: SO- and 8 Crockford symbols (40 bits). The write that places the order
// makes sure that it is free.
func newNumber() string {
	var b [numberSymbols]byte
	_, _ = rand.Read(b[:])
	for i, v := range b {
		b[i] = crockford[v&31]
	}
	return numberPrefix + string(b[:])
}

// validNumber tells whether a text can be an order number.
func validNumber(s string) bool {
	rest, ok := strings.CutPrefix(s, numberPrefix)
	return ok && len(rest) == numberSymbols && strings.Trim(rest, crockford) == ""
}

// ParseNumber reads an order number as people type it: in any case, with blanks around it, with or without its
// prefix's hyphen, O for 0 and I or L for 1.
func ParseNumber(typed string) (number string, ok bool) {
	s := strings.ToUpper(strings.TrimSpace(typed))
	rest, ok := strings.CutPrefix(s, "SO")
	if !ok {
		return "", false
	}
	rest = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.TrimPrefix(rest, "-"))
	number = numberPrefix + rest
	return number, validNumber(number)
}
