package secret

import (
	"errors"
	"fmt"
	"log/slog"
)

// Text is a secret in clear: a code, a license key, a token, a password, a Stripe key. It prints as a
// placeholder everywhere and refuses to be encoded; the one honest way out is Reveal, called by name.
type Text string

const placeholder = "[secret]"

// Format prints the placeholder whatever the verb.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(placeholder)) }

// String returns the placeholder.
func (Text) String() string { return placeholder }

// GoString returns the placeholder.
func (Text) GoString() string { return placeholder }

// LogValue keeps the secret out of structured logs.
func (Text) LogValue() slog.Value { return slog.StringValue(placeholder) }

// MarshalText refuses: a secret that an answer may show is revealed on purpose.
func (Text) MarshalText() ([]byte, error) {
	return nil, errors.New("secret: a secret must not be encoded")
}

// Reveal returns the secret in clear.
func (t Text) Reveal() string { return string(t) }
