package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
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

// digest hashes parts under a domain of their own; each part's length is hashed too, so that two lists of parts
// never have the same bytes.
func digest(domain string, parts ...[]byte) Digest {
	h := sha256.New()
	for _, part := range append([][]byte{[]byte(domain)}, parts...) {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(part))))
		_, _ = h.Write(part)
	}
	return Digest(h.Sum(nil))
}

// link is one entry's place in its subject's chain.
type link struct {
	subject string
	key     string // the entry's sort key
	n       int64  // from 1
	entry   Digest
	hash    Digest
}

// head is the newest link of a chain, or checkpoint of all; the zero value is before the first.
type head struct {
	n    int64
	hash Digest
}

// after is the link that follows h for an entry.
func (h head) after(subject, key string, entry Digest) link {
	l := link{subject: subject, key: key, n: h.n + 1, entry: entry}
	l.hash = l.hashAfter(h.hash)
	return l
}

func (l link) hashAfter(before Digest) Digest {
	n := binary.BigEndian.AppendUint64(nil, uint64(l.n)) //nolint:gosec // from 1 upwards
	return digest("phoneotp audit link 1", before[:], []byte(l.subject), n, []byte(l.key), l.entry[:])
}

func (l link) head() head { return head{l.n, l.hash} }

// Checkpoint is what is signed: where the chains stood after a batch.
type Checkpoint struct {
	N      int64     `json:"n"` // from 1
	Before Digest    `json:"before"`
	At     time.Time `json:"at"`
	Heads  []Head    `json:"heads"` // the chains that the batch moved
}

// Head is the newest link of one subject's chain.
type Head struct {
	Subject string `json:"subject"`
	N       int64  `json:"n"`
	Hash    Digest `json:"hash"`
}

func (c Checkpoint) body() ([]byte, error) { return json.Marshal(c) }

// hashOf is a checkpoint's hash: what is signed, what the next one names, and what an anchor remembers.
func hashOf(body []byte) Digest { return digest("phoneotp audit checkpoint 1", body) }

// Anchor is a checkpoint that somebody remembers outside the tables: the record must still contain it.
type Anchor struct {
	N    int64  `json:"n"`
	Hash Digest `json:"hash"`
}
