package credential

import (
	"testing"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/phone"
)

// Sealed is what is stored of a number, for tests that make images of the stream.
func (n *Numbers) Sealed(t testing.TB, holder account.ID, number phone.Number) (id string, sealed []byte) {
	t.Helper()
	id = n.ids(holder, number)[0]
	p, err := n.phone(holder, id, number)
	if err != nil {
		t.Fatal(err)
	}
	return id, p.sealed
}

// Entries is what a change records, for tests of single images.
func (c Change) Entries() []audit.Entry { return c.entries() }
