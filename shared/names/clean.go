package names

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// most is how many characters a name may have.
const most = 100

// Reasons why a name is refused at entry. They are for whoever typed it.
var (
	ErrEmpty   = errors.New("must have a letter")
	ErrLong    = errors.New("must have at most 100 characters")
	ErrHidden  = errors.New("must not have control, invisible or private characters")
	ErrScripts = errors.New("must not mix letters of different scripts in one word")
)

// Clean brings a name into the form that is kept and shown: NFC, single blanks. It returns ErrEmpty, ErrLong,
// ErrHidden or ErrScripts for what no name may be.
func Clean(name string) (string, error) {
	if len(name) > most*utf8.UTFMax {
		return "", ErrLong
	}
	if strings.ContainsFunc(name, hidden) {
		return "", ErrHidden
	}
	clean := strings.Join(strings.Fields(norm.NFC.String(name)), " ")
	switch {
	case utf8.RuneCountInString(clean) > most:
		return "", ErrLong
	case !strings.ContainsFunc(clean, unicode.IsLetter):
		return "", ErrEmpty
	}
	for token := range strings.FieldsFuncSeq(norm.NFKC.String(clean), separates) {
		if scripts(token).mixed() {
			return "", ErrScripts
		}
	}
	return clean, nil
}

// hidden characters are not seen where they stand, or stand for what could not be read.
func hidden(r rune) bool { return !unicode.IsGraphic(r) || r == utf8.RuneError }

// separates tells what stands between the parts of a name.
func separates(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) }

// scriptSet are the scripts of a word.
type scriptSet struct{ latin, greek, cyrillic, eastAsian, other bool }

// scripts tells the scripts of a word's letters. Han is written together with kana, bopomofo and hangul.
func scripts(word string) (s scriptSet) {
	for _, r := range word {
		switch {
		case !unicode.IsLetter(r), unicode.In(r, unicode.Common, unicode.Inherited):
		case unicode.Is(unicode.Latin, r):
			s.latin = true
		case unicode.Is(unicode.Greek, r):
			s.greek = true
		case unicode.Is(unicode.Cyrillic, r):
			s.cyrillic = true
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Hangul):
			s.eastAsian = true
		default:
			s.other = true
		}
	}
	return s
}

func (s scriptSet) mixed() bool {
	n := 0
	for _, there := range []bool{s.latin, s.greek, s.cyrillic, s.eastAsian, s.other} {
		if there {
			n++
		}
	}
	return n > 1
}
