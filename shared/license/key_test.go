package license_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"phoneotp/shared/license"
)

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func TestKeysHaveTheirForm(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){4}$`)
	seen := map[string]bool{}
	for range 10_000 {
		k := license.Generate()
		if s := k.Shown(); !form.MatchString(s) || seen[s] || !strings.HasSuffix(s, k.Last4()) || len(k.Last4()) != 4 {
			t.Fatalf("key %q", s)
		}
		seen[k.Shown()] = true
		if got, err := license.Parse(k.Shown()); err != nil || got != k {
			t.Fatalf("%s is read as %s, %v", k.Shown(), got.Shown(), err)
		}
	}
}

// TestSymbolsAreUniform draws a million symbols for each position: chi-square (K-04). A source of randomness that
// fails ends the program (crypto/rand), so nothing is drawn without one.
func TestSymbolsAreUniform(t *testing.T) {
	t.Parallel()
	const draws = 1_000_000
	var count [24][32]int
	for range draws {
		for i, c := range []byte(license.Generate().Reveal()[:24]) {
			count[i][strings.IndexByte(alphabet, c)]++
		}
	}
	expected := float64(draws) / 32
	for i := range count {
		var chi float64
		for _, n := range count[i] {
			d := float64(n) - expected
			chi += d * d / expected
		}
		if chi > 95 { // 31 degrees of freedom: passed by chance once in a hundred million runs
			t.Errorf("position %d: chi-square %.1f", i, chi)
		}
	}
}

func TestForgivingInput(t *testing.T) { // K-01
	t.Parallel()
	k := license.Generate()
	for !strings.Contains(k.Reveal(), "0") || !strings.Contains(k.Reveal(), "1") {
		k = license.Generate()
	}
	shown, plain := k.Shown(), k.Reveal()
	replace := func(old, by string) string { return strings.ReplaceAll(shown, old, by) }
	wide := strings.Map(func(r rune) rune { return r + 0xFEE0 }, shown)
	for name, in := range map[string]string{
		"as shown":              shown,
		"lower case":            strings.ToLower(shown),
		"no hyphens":            plain,
		"spaces":                replace("-", " "),
		"spaces around":         "  \t" + shown + "\r\n",
		"en dash":               replace("-", "–"),
		"em dash":               replace("-", "—"),
		"minus":                 replace("-", "−"),
		"non-breaking hyphen":   replace("-", "‑"),
		"soft hyphen":           replace("-", "\u00ad"),
		"non-breaking space":    replace("-", "\u00a0"),
		"zero-width space":      replace("-", "-\u200b"),
		"byte order mark":       "\ufeff" + shown,
		"line break of a mail":  replace("-", "-\n"),
		"double quotes":         `"` + shown + `"`,
		"single quotes":         "'" + shown + "'",
		"curly quotes":          "“" + shown + "”",
		"German quotes":         "„" + shown + "“",
		"angle brackets":        "<" + shown + ">",
		"full stop":             shown + ".",
		"full stop in quotes":   `"` + shown + `."`,
		"comma":                 shown + ",",
		"full width":            wide,
		"full width, full stop": wide + "．",
		"O for 0":               replace("0", "O"),
		"o for 0":               replace("0", "o"),
		"I for 1":               replace("1", "I"),
		"i for 1":               replace("1", "i"),
		"L for 1":               replace("1", "L"),
		"l for 1":               replace("1", "l"),
	} {
		if got, err := license.Parse(in); err != nil || got != k {
			t.Errorf("%s: %q: %v", name, in, err)
		}
	}
}

func TestTypingErrors(t *testing.T) { // K-02
	t.Parallel()
	k := license.Generate().Reveal()
	for name, in := range map[string]string{
		"nothing":               "",
		"only dashes":           "-----",
		"U":                     "U" + k[1:],
		"a symbol short":        k[:24],
		"a symbol too many":     k + "0",
		"twice":                 k + k,
		"a stop inside":         k[:5] + "." + k[5:],
		"emoji":                 k[:24] + "😀",
		"null byte":             k[:24] + "\x00",
		"not UTF-8":             k[:24] + "\xff",
		"ten kilobytes":         strings.Repeat(k, 400),
		"long, of dashes":       strings.Repeat("-", 300) + k,
		"Greek that looks like": "Α" + k[1:], // Alpha
		"punctuation":           k[:24] + "!",
	} {
		if _, err := license.Parse(in); !errors.Is(err, license.ErrTyping) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEverySingleErrorIsFound takes each position and each wrong symbol, and each pair of positions
// swapped, and symbols that are both wrong in the same way next to each other (K-03).
func TestEverySingleErrorIsFound(t *testing.T) {
	t.Parallel()
	for range 40 {
		k := []byte(license.Generate().Reveal())
		refused := func(changed []byte) {
			if string(changed) == string(k) {
				return
			}
			if _, err := license.Parse(string(changed)); !errors.Is(err, license.ErrTyping) {
				t.Errorf("%s passes for %s", changed, k)
			}
		}
		for i := range k {
			for _, c := range []byte(alphabet) {
				changed := []byte(string(k))
				changed[i] = c
				refused(changed)
				if i > 0 && k[i] == k[i-1] { // twin error
					changed[i-1] = c
					refused(changed)
				}
			}
			for j := range i {
				changed := []byte(string(k))
				changed[i], changed[j] = changed[j], changed[i]
				refused(changed)
			}
		}
	}
}

func TestKeysDoNotPrint(t *testing.T) { // K-12
	t.Parallel()
	k := license.Generate()
	type wrapped struct{ Key license.Plain }
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "k", k, "w", wrapped{k})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		out.WriteString(fmt.Sprintf(verb+verb, k, wrapped{k}))
	}
	if s := out.String(); strings.Contains(s, k.Reveal()) || strings.Contains(s, k.Shown()) || strings.Contains(s, fmt.Sprintf("%x", k.Reveal())) {
		t.Errorf("a key prints: %s", s)
	}
	if b, err := json.Marshal(wrapped{k}); err == nil {
		t.Errorf("a key is encoded: %s", b)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(license.Generate().Shown())
	f.Add("00000-00000-00000-00000-00000")
	f.Add("“0o0-il1”.")
	f.Fuzz(func(t *testing.T, in string) {
		k, err := license.Parse(in)
		if err != nil {
			if !errors.Is(err, license.ErrTyping) || k.Reveal() != "" {
				t.Errorf("%q: %v with a key", in, err)
			}
			return
		}
		if again, err := license.Parse(k.Shown()); err != nil || again != k || len(k.Reveal()) != 25 {
			t.Errorf("%q is %s, which is %s, %v", in, k.Shown(), again.Shown(), err)
		}
	})
}
