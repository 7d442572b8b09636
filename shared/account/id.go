package account

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// ID names an account in every table. It is the first 16 bytes of SHA-256 of "phoneotp account", a zero byte
// and the user ID in lower case.
type ID [16]byte

// crockford is the alphabet of ids as texts: no i, l, o, u.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

var encoding = base32.NewEncoding(crockford).WithPadding(base32.NoPadding)

// IDOf returns the id of a user ID, whatever its case.
func IDOf(userID string) ID {
	sum := sha256.Sum256([]byte("phoneotp account\x00" + strings.ToLower(userID)))
	return ID(sum[:16])
}

// String is the id as 26 Crockford symbols in lower case.
func (id ID) String() string { return encoding.EncodeToString(id[:]) }

// ParseID reads what String wrote.
func ParseID(text string) (ID, error) {
	b, err := encoding.DecodeString(text)
	if err != nil || len(b) != len(ID{}) {
		return ID{}, fmt.Errorf("account: %d characters are no account id", len(text))
	}
	return ID(b), nil
}

// IDFromBytes reads the 16 bytes of an id.
func IDFromBytes(b []byte) (ID, error) {
	if len(b) != len(ID{}) {
		return ID{}, fmt.Errorf("account: %d bytes are no account id", len(b))
	}
	return ID(b), nil
}
