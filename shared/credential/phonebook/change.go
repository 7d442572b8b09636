package phonebook

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/secret"
)

// LinkLife is how long the link about a change works (product.md 5).
const LinkLife = 10 * 24 * time.Hour

// MaxHolders is how many accounts may have one number (product.md 5).
const MaxHolders = 5

// Change is one change of a holder's numbers.
type Change struct {
	Holder  account.ID
	Number  int64 // among the holder's changes, growing
	Before  int64 // the change that it came after, 0: none
	License []byte
	At      time.Time
	Phones  dynamo.Item // what stood before it

	digest []byte
	mark   []byte // of the request that took it back
}

// Over tells whether the change cannot be taken back any more: its link is too old, or was used.
func (c Change) Over(now time.Time) bool { return c.mark != nil || !now.Before(c.At.Add(LinkLife)) }

// randomSize is how much of a token is random, in bytes.
const randomSize = 16

// NewToken draws the token of a link about a holder's change.
func NewToken(holder account.ID) secret.Text {
	b := make([]byte, randomSize)
	_, _ = rand.Read(b) // never fails
	return secret.Text(base64.RawURLEncoding.EncodeToString(append(holder[:], b...)))
}

// HolderOf tells whose change a token is about; false for what cannot be one.
func HolderOf(token secret.Text) (account.ID, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token.Reveal())
	if err != nil || len(b) != len(account.ID{})+randomSize {
		return account.ID{}, false
	}
	return account.ID(b[:len(account.ID{})]), true
}

func digest(token secret.Text) []byte {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return sum[:]
}

// Find looks for the change that a token is about.
func Find(changes []Change, token secret.Text) (Change, bool) {
	d := digest(token)
	for _, c := range changes {
		if bytes.Equal(c.digest, d) {
			return c, true
		}
	}
	return Change{}, false
}

// Leads tells whether a change is in the chain that ends with last: whether what it did still stands, with or
// without changes after it.
func Leads(changes []Change, c Change, last int64) bool {
	before := map[int64]int64{}
	for _, each := range changes {
		before[each.Number] = each.Before
	}
	for at := last; at >= c.Number && at != 0; {
		if at == c.Number {
			return true
		}
		earlier, known := before[at]
		if !known || earlier >= at {
			return false
		}
		at = earlier
	}
	return false
}
