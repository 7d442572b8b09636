package license

import (
	"crypto/rand"
	"strings"
	"unicode"
	"unicode/utf8"

	"phoneotp/shared/secret"
)

// Plain is a license key in clear, in its canonical form of 25 symbols. It does not print.
type Plain struct{ secret.Text }

// alphabet is Crockford's base 32: no I, L, O, U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	randomSymbols = 24 // 120 bits
	symbols       = randomSymbols + 1
	group         = 5
	longestInput  = 200 // bytes that are looked at, at most
)

// Generate draws a new key. The source of randomness ends the program rather than fail.
func Generate() Plain {
	return Plain{Draw(randomSymbols)}
}

// Draw draws random symbols of Crockford's base 32 and puts the check symbol behind them. Other rooms make codes of the
// same form with it.
func Draw(random int) secret.Text {
	drawn := make([]byte, random, random+1)
	_, _ = rand.Read(drawn)
	for i := range drawn {
		drawn[i] &= 31
	}
	drawn = append(drawn, check(drawn))
	for i, v := range drawn {
		drawn[i] = alphabet[v]
	}
	return secret.Text(drawn)
}

// Parse reads what a person typed or pasted: case, spaces, dashes, invisible characters, quotes around it
// and a stop behind it do not matter; O is 0, I and L are 1 (product.md 3). Anything else is ErrTyping,
// found without a look into the database.
func Parse(input string) (Plain, error) {
	clear, ok := Read(input, randomSymbols)
	if !ok {
		return Plain{}, ErrTyping
	}
	return Plain{clear}, nil
}

// Read reads, as forgivingly, what Draw made of so many random symbols; false for a typing error.
func Read(input string, random int) (secret.Text, bool) {
	if len(input) > longestInput || !utf8.ValidString(input) {
		return "", false
	}
	values := make([]byte, 0, random+1)
	stopped := false
	for _, r := range input {
		if r >= '！' && r <= '～' { // full-width forms
			r -= '！' - '!'
		}
		if ignored(r) {
			continue
		}
		if r == '.' || r == ',' || r == ';' {
			stopped = true
			continue
		}
		v := value(r)
		if v < 0 || stopped || len(values) == random+1 {
			return "", false
		}
		values = append(values, byte(v))
	}
	if len(values) != random+1 || check(values[:random]) != values[random] {
		return "", false
	}
	for i, v := range values {
		values[i] = alphabet[v]
	}
	return secret.Text(values), true
}

// Shown is the key as people see it, XXXXX-XXXXX-XXXXX-XXXXX-XXXXX. It is in clear.
func (p Plain) Shown() string {
	clear := p.Reveal()
	var b strings.Builder
	for i := 0; i+group <= len(clear); i += group {
		if i > 0 {
			b.WriteByte('-')
		}
		b.WriteString(clear[i : i+group])
	}
	return b.String()
}

// Last4 are the last four symbols, by which people tell their keys apart.
func (p Plain) Last4() string {
	clear := p.Reveal()
	return clear[max(0, len(clear)-4):]
}

// ignored tells what people and programs put between, before and behind the symbols.
func ignored(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '−' || r == '­' ||
		unicode.Is(unicode.Cf, r) || strings.ContainsRune("\"'`´‘’‚‛“”„‟«»‹›<>", r)
}

// value is a symbol's number, or -1.
func value(r rune) int {
	switch r = unicode.ToUpper(r); r {
	case 'O':
		return 0
	case 'I', 'L':
		return 1
	}
	if r >= utf8.RuneSelf {
		return -1
	}
	return strings.IndexByte(alphabet, byte(r))
}

// check is the symbol that makes a key's weighted sum over GF(32) nought: the sum of a^(i+1) times the i-th
// symbol, with a the root of x^5 + x^2 + 1. Weights are all different, the check symbol's own is 1, so every
// single wrong symbol and every swap of two different ones is found (commerce-proofing.md 2.3).
func check(values []byte) byte {
	var sum byte
	for i := len(values) - 1; i >= 0; i-- { // Horner: (...(c23 a + c22) a + ...) a
		sum = timesRoot(sum ^ values[i])
	}
	return sum
}

func timesRoot(v byte) byte {
	if v <<= 1; v&0b100000 != 0 {
		v ^= 0b100101
	}
	return v
}
