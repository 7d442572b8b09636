package phone

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// maxDigits is the longest number that E.164 allows, without the plus sign.
const maxDigits = 15

// minDigits keeps what cannot be a subscriber's number out of storage.
const minDigits = 5

// Number is a telephone number in E.164 form. It prints masked everywhere; E164 is the way out.
type Number struct{ e164 string }

// FromE164 reads exactly the written form, as "+12025550123". It is for stored numbers and trusted
// callers; what a person types goes through package parsing.
func FromE164(s string) (Number, error) {
	digits, plus := strings.CutPrefix(s, "+")
	if !plus || len(digits) < minDigits || len(digits) > maxDigits || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return Number{}, errors.New("phone: not in E.164 form")
	}
	return Number{e164: s}, nil
}

// E164 returns the number in clear, for sending and sealing only.
func (n Number) E164() string { return n.e164 }

// Zero tells that n holds no number.
func (n Number) Zero() bool { return n.e164 == "" }

// Ending returns the last four digits, the only part that is ever shown.
func (n Number) Ending() string {
	if len(n.e164) < 4 {
		return ""
	}
	return n.e164[len(n.e164)-4:]
}

// String returns the masked form.
func (n Number) String() string { return "ending " + n.Ending() }

// Format prints the masked form whatever the verb.
func (n Number) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(n.String())) }

// LogValue keeps the number out of structured logs.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }

// MarshalText refuses: an answer shows Ending, a store seals E164.
func (Number) MarshalText() ([]byte, error) {
	return nil, errors.New("phone: a number must not be encoded")
}

// Channel is how a code reaches a number.
type Channel string

// The channels (product.md 5).
const (
	SMS   Channel = "sms"
	Voice Channel = "voice"
)

// Known tells whether c is one of the channels.
func (c Channel) Known() bool { return c == SMS || c == Voice }
