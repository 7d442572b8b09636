package otp

import (
	"crypto/sha256"
	"fmt"

	"phoneotp/shared/secret"
)

// Purpose is what a right code does.
type Purpose byte

// The purposes.
const (
	SignIn    Purpose = 's' // raises the session
	Enrolment Purpose = 'e' // confirms the pending number
)

// Mark ties a challenge to its purpose and session without storing either: a challenge whose mark is not
// the one that a request gives is not that request's.
type Mark [16]byte

// MarkOf returns the mark of a purpose and a session (its id or token digest).
func MarkOf(purpose Purpose, session []byte) Mark {
	sum := sha256.Sum256(append([]byte{byte(purpose)}, session...))
	return Mark(sum[:len(Mark{})])
}

// Binding is everything that a code is bound to (product.md 6).
type Binding struct {
	Challenge ID
	Holder    []byte // account id
	Phone     string // phone id
	Mark      Mark
}

// Keys are the keys of codes, from the secret of that name.
type Keys struct{ digest, seal *secret.Key }

// NewKeys derives the keys.
func NewKeys(codes *secret.Ring) (*Keys, error) {
	digest, err := codes.Key("otp code digest")
	if err != nil {
		return nil, fmt.Errorf("otp: %w", err)
	}
	seal, err := codes.Key("otp code in transit")
	if err != nil {
		return nil, fmt.Errorf("otp: %w", err)
	}
	return &Keys{digest: digest, seal: seal}, nil
}

// DigestSize is the length of a code's digest in bytes, with the version of its key.
const DigestSize = secret.DigestSize

// Digest returns what is stored of a code.
func (k *Keys) Digest(b Binding, code secret.Text) []byte {
	return k.digest.Digest(b.Challenge[:], b.Holder, []byte(b.Phone), b.Mark[:], []byte(code.Reveal()))
}

// Check tells in constant time whether code is the one whose digest was stored.
func (k *Keys) Check(digest []byte, b Binding, code secret.Text) bool {
	return k.digest.Check(digest, b.Challenge[:], b.Holder, []byte(b.Phone), b.Mark[:], []byte(code.Reveal()))
}

// Seal encrypts a code for the way through topic and queue, bound to its challenge and holder.
func (k *Keys) Seal(id ID, holder []byte, code secret.Text) ([]byte, error) {
	return k.seal.Seal([]byte(code.Reveal()), sealContext(id, holder))
}

// Open decrypts what Seal made for this challenge and holder, else returns secret.ErrUnreadable.
func (k *Keys) Open(id ID, holder, sealed []byte) (secret.Text, error) {
	plain, err := k.seal.Open(sealed, sealContext(id, holder))
	return secret.Text(plain), err
}

func sealContext(id ID, holder []byte) []byte { return append(id[:], holder...) }
