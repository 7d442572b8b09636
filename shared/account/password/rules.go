package password

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"phoneotp/shared/secret"
)

// Bounds on the length, in characters after NFC.
const (
	minLength = 12
	maxLength = 128
)

//go:embed common.txt
var common string

//go:embed words.txt
var words string

// ours are the product's words.
var ours = []string{"phoneotp", "phone", "otp", "onetime", "2fa", "twofactor", "passcode", "credential", "license"}

// rest is how many letters must be left of a password when the words it is made of are taken away.
const rest = 4

// Refusal says why p cannot be a password of somebody whose names, email and user ID are own, or nothing if
// it can.
func Refusal(p secret.Text, own ...string) string {
	text := string(normal(p))
	switch n := utf8.RuneCountInString(text); {
	case n < minLength:
		return TooShort
	case n > maxLength:
		return TooLong
	}
	lower := strings.ToLower(text)
	switch {
	case regular(lower):
		return TooRegular
	case listed(lower):
		return TooCommon
	case left(lower, parts(own)) < rest:
		return TooPersonal
	case left(lower, ours) < rest:
		return TooOurs
	case commonPlace(lower):
		return TooCommon
	}
	return ""
}

// listed tells whether the text, or what stands between its leading and trailing digits and signs, is on
// the list of common passwords.
func listed(lower string) bool {
	bare := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	for line := range strings.Lines(common) {
		line = strings.TrimSpace(line)
		if line == lower || line == plain(lower) || line == bare {
			return true
		}
	}
	return false
}

// commonPlace tells whether the text is one or two common words with digits and signs around them.
func commonPlace(lower string) bool {
	text, taken := plain(lower), 0
	list := strings.Fields(words)
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	for _, w := range list {
		if !strings.Contains(text, w) {
			continue
		}
		if taken++; taken > 2 {
			return false
		}
		text = strings.ReplaceAll(text, w, " ")
		if letters(text) < rest {
			return true
		}
	}
	return false
}

// left counts the letters that remain when the words are taken out of the text.
func left(lower string, list []string) int {
	list = slices.SortedFunc(slices.Values(list), func(a, b string) int { return len(b) - len(a) }) // the list is shared
	least := letters(lower)
	for _, text := range []string{lower, plain(lower)} {
		whole := text
		for _, w := range list {
			text = strings.ReplaceAll(text, w, " ")
		}
		if text != whole {
			least = min(least, letters(text))
		}
	}
	if least == letters(lower) { // none of the words is in it: whatever it is, it is not made of them
		return max(least, rest)
	}
	return least
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// parts cuts a person's names and addresses into the words that a password might be made of.
func parts(own []string) []string {
	var list []string
	for _, s := range own {
		s = strings.ToLower(string(normal(secret.Text(s))))
		pieces := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, w := range append(pieces, s, strings.Join(pieces, "")) {
			if utf8.RuneCountInString(w) >= 3 {
				list = append(list, w, plain(w))
			}
		}
	}
	return list
}

// plain undoes the usual look-alikes.
func plain(lower string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '0':
			return 'o'
		case '1':
			return 'i'
		case '3':
			return 'e'
		case '4', '@':
			return 'a'
		case '5', '$':
			return 's'
		case '7':
			return 't'
		}
		return r
	}, lower)
}

// rows are what fingers and minds run along.
const rows = "abcdefghijklmnopqrstuvwxyz 01234567890 qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm wxcvbn 1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p"

// regular tells whether the text is mostly runs along rows, or a short piece repeated.
func regular(lower string) bool {
	chars := []rune(lower)
	for unit := 1; unit <= len(chars)/3; unit++ {
		if repeats(chars, unit) {
			return true
		}
	}
	if distinct(chars) < 5 {
		return true
	}
	backwards := slices.Clone(chars)
	slices.Reverse(backwards)
	return along(lower) < rest || along(string(backwards)) < rest
}

func repeats(chars []rune, unit int) bool {
	for i := unit; i < len(chars); i++ {
		if chars[i] != chars[i-unit] {
			return false
		}
	}
	return true
}

func distinct(chars []rune) int {
	seen := map[rune]bool{}
	for _, r := range chars {
		seen[r] = true
	}
	return len(seen)
}

// along counts the characters that remain when runs of four or more along the rows are taken out.
func along(text string) int {
	remain := 0
	for text != "" {
		n := 0
		for n < len(text) && strings.Contains(rows, text[:n+1]) {
			n++
		}
		if n >= 4 {
			text = text[n:]
			continue
		}
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		remain++
	}
	return remain
}
