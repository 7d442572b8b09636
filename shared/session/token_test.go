package session_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"phoneotp/shared/secret"
)

// raw is what a token encodes.
func raw(t *testing.T, token secret.Text) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(token.Reveal())
	if err != nil || len(b) != 64 {
		t.Fatalf("a token of %d bytes, %v", len(b), err)
	}
	return b
}

// made is a token of parts.
func made(parts ...[]byte) secret.Text {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return secret.Text(base64.RawURLEncoding.EncodeToString(all))
}

func TestATokenIsRandomAndStoredAsADigest(t *testing.T) {
	w := world(t)
	a, one := w.SignedIn(t, "grace", noon)
	other := w.In(t, "grace", noon)
	b := raw(t, one.Token())
	if string(b[:16]) != string(a.ID[:]) || string(b[16:32]) != one.ID {
		t.Errorf("the token leads to %q of %x", b[16:32], b[:16])
	}
	if string(b[32:]) == string(raw(t, other.Token())[32:]) || one.ID == other.ID {
		t.Error("two sessions share what nobody can guess, or an id")
	}
	for _, item := range w.Scan(t, "SESSIONS_TABLE") {
		for name, v := range item {
			if s := strings.ToLower(printed(v)); strings.Contains(s, strings.ToLower(one.Token().Reveal())) || strings.Contains(s, strings.ToLower(string(b[32:]))) {
				t.Errorf("attribute %s holds the token", name)
			}
		}
	}
}

func TestOnlyTheWholeTokenOpensASession(t *testing.T) {
	w := world(t)
	_, one := w.SignedIn(t, "grace", noon)
	second := w.In(t, "grace", noon)
	_, stranger := w.SignedIn(t, "mallory", noon)
	b, same, strange := raw(t, one.Token()), raw(t, second.Token()), raw(t, stranger.Token())
	last := one.Token()[85:]
	for name, tt := range map[string]struct {
		token secret.Text
		calls int // what cannot be a token is not looked up
	}{
		"nothing":                           {"", 0},
		"a letter":                          {"x", 0},
		"one symbol more":                   {one.Token() + "A", 0},
		"one symbol less":                   {one.Token()[:85], 0},
		"padded":                            {one.Token() + "==", 0},
		"a byte more":                       {made(b, []byte{0}), 0},
		"twice":                             {made(b, b), 0},
		"no random part":                    {made(b[:32]), 0},
		"a token of before, 48 bytes":       {made(b[:16], b[32:]), 0},
		"bits beyond the last byte":         {one.Token()[:85] + secret.Text(string(last[0]+1)), 0},
		"nobody's":                          {made(make([]byte, 64)), 1},
		"the id alone known":                {made(b[:32], make([]byte, 32)), 1},
		"onto another session":              {made(same[:32], b[32:]), 1},
		"onto another account":              {made(strange[:16], b[16:]), 1},
		"onto a session of another account": {made(strange[:32], b[32:]), 1},
		"the account's id twice":            {made(b[:16], b[:16], b[32:]), 1},
		"one bit":                           {made(b[:63], []byte{b[63] ^ 1}), 1},
		"a line's end within":               {one.Token()[:9] + "\n" + one.Token()[9:], 1},
	} {
		w.Faults.Clear()
		isOut(t, w, tt.token, noon, name)
		if got := w.Faults.Asked(); len(got) != tt.calls {
			t.Errorf("%s: calls %v", name, got)
		}
	}
	for _, token := range []secret.Text{one.Token(), second.Token(), stranger.Token()} {
		isIn(t, w, token, noon, "a right one")
	}
}
