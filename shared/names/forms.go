package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters have no decomposition into a base letter and a mark.
var letters = strings.NewReplacer(
	"ø", "o", "ł", "l", "ß", "ss", "þ", "th", "æ", "ae", "œ", "oe", "đ", "d", "ð", "d", "ı", "i", "ħ", "h", "ŋ", "n", "ŧ", "t", "ə", "a", "ς", "σ",
)

// documents spell letters out as ICAO 9303 part 3 does.
var documents = strings.NewReplacer(
	"ä", "ae", "å", "aa", "ö", "oe", "ø", "oe", "ü", "ue", "ß", "ss", "þ", "th", "æ", "ae", "œ", "oe", "đ", "d", "ð", "d", "ı", "i", "ł", "l", "ħ", "h", "ŋ", "n", "ŧ", "t",
)

// fold takes case, width and accents away. Marks go only where they are accents: in other scripts they are
// vowels.
func fold(s string) string {
	var b strings.Builder
	accents := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.IsMark(r) && accents:
			continue
		case !unicode.IsMark(r):
			accents = unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return norm.NFC.String(b.String())
}

// bare keeps letters, their marks and digits.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if separates(r) {
			return -1
		}
		return r
	}, s)
}

// spellings of a text, without anything between its letters.
func spellings(s string) [2]string {
	lower := strings.ToLower(norm.NFKC.String(s))
	return [2]string{bare(letters.Replace(fold(s))), bare(letters.Replace(fold(documents.Replace(lower))))}
}

// same tells whether two texts are spelled the same in any form.
func same(a, b string) bool {
	for _, x := range spellings(a) {
		for _, y := range spellings(b) {
			if x == y && x != "" {
				return true
			}
		}
	}
	return false
}

var titles = map[string]bool{"mr": true, "mrs": true, "ms": true, "miss": true, "mx": true, "dr": true, "prof": true, "sir": true, "dame": true}

var suffixes = map[string]string{
	"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv", "v": "v",
}

// parts are a name, taken to pieces.
type parts struct {
	given, family []string // words, as "Smith-Jones"
	suffix        string
	scripts       scriptSet
}

// take takes a name to pieces. ok is false for one that is not clean.
func take(n Name) (p parts, ok bool) {
	given, family := n.Given, n.Family
	for _, s := range []*string{&given, &family} {
		if strings.TrimSpace(*s) == "" {
			*s = ""
			continue
		}
		clean, err := Clean(*s)
		if err != nil {
			return parts{}, false
		}
		*s = clean
	}
	p.given, p.family = words(given), words(family)
	for len(p.given) > 1 && titles[bare(fold(p.given[0]))] {
		p.given = p.given[1:]
	}
	for _, side := range []*[]string{&p.family, &p.given} {
		if last := len(*side) - 1; last > 0 && p.suffix == "" {
			if s := suffixes[bare(fold((*side)[last]))]; s != "" {
				p.suffix, *side = s, (*side)[:last]
			}
		}
	}
	p.scripts = scripts(strings.Join(append(p.given, p.family...), ""))
	return p, len(p.given)+len(p.family) > 0
}

// words are parted by blanks, commas and full stops.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '.' })
}

func (p parts) swapped() parts {
	p.given, p.family = p.family, p.given
	return p
}

// units are the words with compounds taken apart.
func units(words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, strings.FieldsFunc(w, func(r rune) bool { return unicode.Is(unicode.Pd, r) })...)
	}
	return out
}

// Key is a name as it is looked up by: two spellings that differ in case, accents, blanks or punctuation alone have
// the same key. It is empty for a text without letters.
func Key(name string) string { return bare(letters.Replace(fold(name))) }
