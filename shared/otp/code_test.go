package otp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"phoneotp/shared/otp"
	"phoneotp/shared/secret"
)

// TestCodesAreUniform counts every digit at every place (ASVS 6.5.3, N 3.2.12): 9 degrees of freedom at
// six places; 50 is far beyond what chance gives (p < 1e-6 each).
func TestCodesAreUniform(t *testing.T) {
	const n = 200_000
	var seen [otp.Digits][10]int
	leading := 0
	for range n {
		code := otp.NewCode().Reveal()
		if len(code) != otp.Digits {
			t.Fatalf("a code of %d digits", len(code))
		}
		if code[0] == '0' {
			leading++
		}
		for i, c := range code {
			seen[i][c-'0']++
		}
	}
	if leading == 0 {
		t.Error("no code begins with zero")
	}
	for place, counts := range seen {
		chi := 0.0
		for _, c := range counts {
			d := float64(c) - n/10
			chi += d * d / (n / 10)
		}
		if chi > 50 {
			t.Errorf("place %d: chi-square %.1f", place, chi)
		}
	}
}

func TestInputOfACodeIsForgiving(t *testing.T) {
	for _, input := range []string{"012345", " 012 345 ", "012-345", "#012345", "０１２３４５", "012\u200b345", "٠١٢٣٤٥", "0.1.2.3.4.5", "012345.", "𝟎𝟏𝟐𝟑𝟒𝟓", "０１２　３４５"} {
		code, err := otp.ReadCode(secret.Text(input))
		if err != nil || code.Reveal() != "012345" {
			t.Errorf("%q: %q, %v", input, code.Reveal(), err)
		}
	}
	for _, input := range []string{"", "12345", "1234567", "12345a", "O12345", "123456 7", "+123456", "12345\x00", "½12345", strings.Repeat(" ", 65) + "123456"} {
		if _, err := otp.ReadCode(secret.Text(input)); !errors.Is(err, otp.ErrMalformed) {
			t.Errorf("%q: %v", input, err)
		}
	}
}

func FuzzReadCode(f *testing.F) {
	f.Add("012 345")
	f.Add("٠١٢٣٤٥")
	f.Fuzz(func(t *testing.T, input string) {
		code, err := otp.ReadCode(secret.Text(input))
		if err != nil {
			return
		}
		again, err := otp.ReadCode(code)
		if err != nil || again != code || len(code) != otp.Digits || strings.Trim(code.Reveal(), "0123456789") != "" {
			t.Fatalf("%q is read as %q", input, code.Reveal())
		}
	})
}

func TestIdsReadBack(t *testing.T) {
	id := otp.NewID()
	back, err := otp.ParseID(id.String())
	if err != nil || back != id || len(id.String()) != 22 {
		t.Errorf("%s: %v", id, err)
	}
	for _, s := range []string{"", "x", id.String() + "A", id.String()[:21], strings.Repeat("!", 22), "AAAAAAAAAAAAAAAAAAAAAB"} {
		if _, err := otp.ParseID(s); !errors.Is(err, otp.ErrUnknown) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if otp.NewID() == id {
		t.Error("two ids are equal")
	}
}

func TestTagsAreTwoConsonants(t *testing.T) {
	seen := map[string]bool{}
	for range 5000 {
		tag := otp.NewTag()
		if len(tag) != 2 || strings.ContainsAny(tag, "AEIOUY01") || tag != strings.ToUpper(tag) {
			t.Fatalf("tag %q", tag)
		}
		seen[tag] = true
	}
	if len(seen) < 390 {
		t.Errorf("only %d different tags of 400", len(seen))
	}
}

func keys(t testing.TB) *otp.Keys {
	t.Helper()
	ring, err := secret.ParseRing([]byte(`{"current":"k1","k1":"` + strings.Repeat("codes-master", 4) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	k, err := otp.NewKeys(ring)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestACodeIsBound walks the matrix of ASVS 6.6.2: each single mismatch is refused.
func TestACodeIsBound(t *testing.T) {
	k := keys(t)
	right := otp.Binding{Challenge: otp.NewID(), Holder: []byte("holder-a"), Phone: "p1", Mark: otp.MarkOf(otp.SignIn, []byte("session"))}
	digest := k.Digest(right, "012345")
	if len(digest) != otp.DigestSize || !k.Check(digest, right, "012345") {
		t.Fatal("the right code does not check")
	}
	for name, change := range map[string]func(*otp.Binding){
		"challenge": func(b *otp.Binding) { b.Challenge = otp.NewID() },
		"holder":    func(b *otp.Binding) { b.Holder = []byte("holder-b") },
		"phone":     func(b *otp.Binding) { b.Phone = "p2" },
		"purpose":   func(b *otp.Binding) { b.Mark = otp.MarkOf(otp.Enrolment, []byte("session")) },
		"session":   func(b *otp.Binding) { b.Mark = otp.MarkOf(otp.SignIn, []byte("sessioo")) },
	} {
		b := right
		change(&b)
		if k.Check(digest, b, "012345") {
			t.Errorf("another %s is accepted", name)
		}
	}
	if k.Check(digest, right, "012346") || k.Check(nil, right, "012345") {
		t.Error("another code or no digest is accepted")
	}
}

func TestASealedCodeOpensForItsChallengeAndHolderOnly(t *testing.T) {
	k, id := keys(t), otp.NewID()
	sealed, err := k.Seal(id, []byte("h"), "012345")
	if err != nil {
		t.Fatal(err)
	}
	if code, err := k.Open(id, []byte("h"), sealed); err != nil || code.Reveal() != "012345" {
		t.Errorf("open: %v", err)
	}
	if _, err := k.Open(otp.NewID(), []byte("h"), sealed); !errors.Is(err, secret.ErrUnreadable) {
		t.Errorf("another challenge: %v", err)
	}
	if _, err := k.Open(id, []byte("i"), sealed); !errors.Is(err, secret.ErrUnreadable) {
		t.Errorf("another holder: %v", err)
	}
	if strings.Contains(fmt.Sprint(sealed, string(sealed)), "012345") {
		t.Error("sealed in clear")
	}
}
