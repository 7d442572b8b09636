package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Ring is one secret document: its master keys by version, and its plain values.
type Ring struct {
	current byte
	masters map[byte][]byte
	values  map[string]Text
}

// minMaster is the least length of a master key in characters; the template asks for 64.
const minMaster = 32

// ParseRing reads a secret document. It tells what is wrong with it without repeating any of it.
func ParseRing(document []byte) (*Ring, error) {
	var members map[string]string
	if err := json.Unmarshal(document, &members); err != nil {
		return nil, errors.New("secret: the document is not a JSON object of strings")
	}
	r := &Ring{masters: map[byte][]byte{}, values: map[string]Text{}}
	for name, value := range members {
		version, isKey := keyVersion(name)
		switch {
		case name == "current":
			v, ok := keyVersion(value)
			if !ok {
				return nil, errors.New("secret: current does not name a key")
			}
			r.current = v
		case isKey:
			if len(value) < minMaster {
				return nil, fmt.Errorf("secret: %s is shorter than %d characters", name, minMaster)
			}
			r.masters[version] = []byte(value)
		default:
			r.values[name] = Text(value)
		}
	}
	if r.masters[r.current] == nil {
		return nil, errors.New("secret: the current key is missing")
	}
	return r, nil
}

func keyVersion(name string) (byte, bool) {
	digits, ok := strings.CutPrefix(name, "k")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 8)
	return byte(n), err == nil && n > 0
}

// Value returns a plain member of the document, empty when it is absent.
func (r *Ring) Value(name string) Text { return r.values[name] }

// Key derives the key of one purpose from every master. The label is part of the data format: never change it.
func (r *Ring) Key(label string) (*Key, error) {
	k := &Key{current: r.current, derived: make(map[byte][]byte, len(r.masters))}
	for version, master := range r.masters {
		d, err := hkdf.Key(sha256.New, master, nil, "phoneotp "+label, sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("secret: derive %s: %w", label, err)
		}
		k.derived[version] = d
	}
	return k, nil
}

// Key is the key of one purpose, in every version that is still allowed. It is safe for concurrent use.
type Key struct {
	current byte
	derived map[byte][]byte
}

// DigestSize is the length of a digest in bytes: one of version, 32 of HMAC-SHA-256.
const DigestSize = 1 + sha256.Size

// ErrUnreadable tells that a sealed value was not made with this key, label or context, or was altered.
var ErrUnreadable = errors.New("secret: the sealed value cannot be opened")

// Digest returns the keyed digest of parts under the current version. Parts are length-prefixed, so no
// two lists of parts give the same input.
func (k *Key) Digest(parts ...[]byte) []byte { return k.digest(k.current, parts) }

// Digests returns the digest of parts under every version, the current first: what to look up while a
// master is being replaced.
func (k *Key) Digests(parts ...[]byte) [][]byte {
	all := [][]byte{k.digest(k.current, parts)}
	for _, v := range k.versions() {
		if v != k.current {
			all = append(all, k.digest(v, parts))
		}
	}
	return all
}

// Check tells in constant time whether digest is that of parts, under the version it bears.
func (k *Key) Check(digest []byte, parts ...[]byte) bool {
	if len(digest) != DigestSize || k.derived[digest[0]] == nil {
		return false
	}
	return hmac.Equal(digest, k.digest(digest[0], parts))
}

// versions lists the versions held, ascending.
func (k *Key) versions() []byte {
	vs := make([]byte, 0, len(k.derived))
	for v := range k.derived {
		vs = append(vs, v)
	}
	slices.Sort(vs)
	return vs
}

func (k *Key) digest(version byte, parts [][]byte) []byte {
	mac := hmac.New(sha256.New, k.derived[version])
	var length [4]byte
	for _, p := range parts {
		binary.BigEndian.PutUint32(length[:], uint32(len(p)))
		mac.Write(length[:])
		mac.Write(p)
	}
	return mac.Sum([]byte{version})
}

// Seal encrypts plain with AES-256-GCM under the current version: version byte, 12-byte nonce, ciphertext
// and tag. The context is authenticated: the value opens only with the same one (an id it belongs to).
func (k *Key) Seal(plain, context []byte) ([]byte, error) {
	aead, err := k.aead(k.current)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(plain)+aead.Overhead())
	out[0] = k.current
	_, _ = rand.Read(out[1:]) // never fails: crypto/rand ends the program instead
	return aead.Seal(out, out[1:], plain, context), nil
}

// Open decrypts what Seal made. It returns ErrUnreadable for anything else.
func (k *Key) Open(sealed, context []byte) ([]byte, error) {
	if len(sealed) < 1 || k.derived[sealed[0]] == nil {
		return nil, ErrUnreadable
	}
	aead, err := k.aead(sealed[0])
	if err != nil {
		return nil, err
	}
	if len(sealed) < 1+aead.NonceSize()+aead.Overhead() {
		return nil, ErrUnreadable
	}
	nonce, text := sealed[1:1+aead.NonceSize()], sealed[1+aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, text, context)
	if err != nil {
		return nil, ErrUnreadable
	}
	return plain, nil
}

func (k *Key) aead(version byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.derived[version])
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return cipher.NewGCM(block)
}
