package otp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"unicode"

	"phoneotp/shared/secret"
)

const codes = 1_000_000 // how many there are

// NewCode draws a code: uniform, with leading zeros.
func NewCode() secret.Text {
	const limit = 1<<32 - 1<<32%codes // the largest multiple, so that no code is likelier than another
	var b [4]byte
	for {
		_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
		if n := binary.BigEndian.Uint32(b[:]); uint64(n) < limit {
			return secret.Text(fmt.Sprintf("%0*d", Digits, n%codes))
		}
	}
}

// maxCodeInput bounds what is read for a code, in bytes.
const maxCodeInput = 64

// ReadCode reads what a person typed or pasted: decimal digits of any script, with spaces, dashes, dots,
// a number sign or brackets among them. Anything but six digits is ErrMalformed.
func ReadCode(input secret.Text) (secret.Text, error) {
	if len(input) > maxCodeInput {
		return "", ErrMalformed
	}
	var digits []byte
	for _, r := range input.Reveal() {
		switch {
		case unicode.Is(unicode.Nd, r):
			digits = append(digits, '0'+digit(r))
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Cf, r):
		case r == '#', r == '.', r == ',', r == '(', r == ')', r == '−', r == '＃', r == '。', r == '．':
		default:
			return "", ErrMalformed
		}
	}
	if len(digits) != Digits {
		return "", ErrMalformed
	}
	return secret.Text(digits), nil
}

// digit returns the value of a decimal digit of any script: each script's zero begins a run of ten.
func digit(r rune) byte {
	for _, run := range unicode.Nd.R16 {
		if rune(run.Lo) <= r && r <= rune(run.Hi) {
			return byte((r - rune(run.Lo)) % 10)
		}
	}
	for _, run := range unicode.Nd.R32 {
		if rune(run.Lo) <= r && r <= rune(run.Hi) {
			return byte((r - rune(run.Lo)) % 10)
		}
	}
	return 0
}

// ID names a challenge: one code that was or will be sent.
type ID [16]byte

// NewID draws an ID.
func NewID() ID {
	var id ID
	_, _ = rand.Read(id[:])
	return id
}

// String returns the ID as it stands in the API: 22 symbols of base64url.
func (id ID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// ParseID reads an ID of the API. Anything else is ErrUnknown, like one that names nothing.
func ParseID(s string) (ID, error) {
	var id ID
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(id) {
		return ID{}, ErrUnknown
	}
	copy(id[:], b)
	return id, nil
}

// tagLetters leaves out vowels and what is misread or misheard, so that no tag is a word.
const tagLetters = "BCDFGHJKLMNPQRSTVWXZ"

// NewTag draws the two letters that tell messages apart. They are not secret.
func NewTag() string {
	var b [2]byte
	for i := range b {
		b[i] = tagLetters[draw(byte(len(tagLetters)))]
	}
	return string(b[:])
}

// draw returns a uniform number below n.
func draw(n byte) byte {
	limit := 255 - 255%n
	var b [1]byte
	for {
		_, _ = rand.Read(b[:])
		if b[0] < limit {
			return b[0] % n
		}
	}
}
