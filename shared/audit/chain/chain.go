package chain

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Digest is a SHA-256. As text it is hexadecimal.
type Digest [sha256.Size]byte

// String is the digest in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText writes the digest as String does.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(d) {
		return fmt.Errorf("chain: %q is no digest", text)
	}
	copy(d[:], b)
	return nil
}

// short is a digest that is 43 symbols of base64 as text: checkpoints hold thousands, and are billed by the kilobyte.
type short Digest

// MarshalText writes the digest in base64 without padding.
func (d short) MarshalText() ([]byte, error) {
	return base64.RawStdEncoding.AppendEncode(nil, d[:]), nil
}

// UnmarshalText reads what MarshalText wrote.
func (d *short) UnmarshalText(text []byte) error {
	b, err := base64.RawStdEncoding.DecodeString(string(text))
	if err != nil || len(b) != len(d) {
		return fmt.Errorf("chain: %q is no digest", text)
	}
	copy(d[:], b)
	return nil
}

// digest hashes parts under a domain of their own; each part's length is hashed too, so that two lists of parts
// never have the same bytes.
func digest(domain string, parts ...[]byte) Digest {
	b := make([]byte, 0, 512)
	b = append(binary.AppendUvarint(b, uint64(len(domain))), domain...)
	for _, part := range parts {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return sha256.Sum256(b)
}

// place is where an entry lies in the audit table.
type place struct{ subject, key string }

// head is the newest link of a chain, or checkpoint of all; the zero value is before the first.
type head struct {
	n    int64
	hash Digest
}

// after is the head when an entry is linked upon h.
func (h head) after(at place, entry Digest) head {
	n := binary.BigEndian.AppendUint64(nil, uint64(h.n+1)) //nolint:gosec // from 1 upwards
	return head{h.n + 1, digest("phoneotp audit link 1", h.hash[:], []byte(at.subject), n, []byte(at.key), entry[:])}
}

// Anchor is a checkpoint that somebody remembers outside the tables: the record must still contain it.
type Anchor struct {
	N    int64  `json:"n"`
	Hash Digest `json:"hash"`
}
