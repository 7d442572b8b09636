package names

import (
	"strings"
	"unicode/utf8"
)

// Class is how two names compare.
type Class string

// The classes, best first; the package's comment says what each takes.
const (
	Exact      Class = "exact"
	Equivalent Class = "equivalent"
	Review     Class = "review"
	Mismatch   Class = "mismatch"
)

// Name is a name whose parts are known. One of them may be empty.
type Name struct{ Given, Family string }

// Compare classes two names. It is symmetric and the same every time.
func Compare(a, b Name) Class {
	x, clean := take(a)
	y, too := take(b)
	if !clean || !too {
		return Mismatch
	}
	return compare(x, y)
}

// Keeps tells whether a pass outlives a change of the name that it was given for: only where the names are exact or
// equivalent (product.md 9). It is decided by the server, not by whoever confirms the change.
func Keeps(before, after Name) bool {
	switch Compare(before, after) {
	case Exact, Equivalent:
		return true
	}
	return false
}

// Against classes the name on an account with the one on a document, which is one text: "Grace Hopper" or
// "HOPPER, Grace". Where the document does not say which part is which, the best reading counts.
func Against(account Name, document string) Class {
	best := Mismatch
	for _, n := range readings(document) {
		if c := Compare(account, n); rank(c) < rank(best) {
			best = c
		}
	}
	return best
}

// readings are the ways to part a text into given and family name.
func readings(document string) []Name {
	clean, err := Clean(document)
	if err != nil {
		return nil
	}
	if family, given, ok := strings.Cut(clean, ","); ok && suffixes[bare(fold(given))] == "" {
		return []Name{{Given: given, Family: family}}
	}
	all := words(clean)
	out := []Name{{Family: clean}}
	for i := 1; i < len(all); i++ {
		out = append(out, Name{Given: strings.Join(all[:i], " "), Family: strings.Join(all[i:], " ")})
	}
	return out
}

func rank(c Class) int {
	return map[Class]int{Exact: 0, Equivalent: 1, Review: 2, Mismatch: 3}[c]
}

func better(a, b Class) Class {
	if rank(a) <= rank(b) {
		return a
	}
	return b
}

func compare(x, y parts) Class {
	best := straight(x, y)
	if best != Exact {
		best = better(best, better(turned(x, y.swapped()), turned(x.swapped(), y)))
	}
	if best != Mismatch && x.suffix != y.suffix {
		return Review // father and son
	}
	return best
}

// turned classes names of which one is swapped: that is never exact.
func turned(x, y parts) Class {
	if c := straight(x, y); c != Exact {
		return c
	}
	return Equivalent
}

func straight(x, y parts) Class {
	xGiven, xFamily, yGiven, yFamily := join(x.given), join(x.family), join(y.given), join(y.family)
	switch {
	case fold(xGiven) == fold(yGiven) && fold(xFamily) == fold(yFamily):
		return Exact
	case same(xGiven+xFamily, yGiven+yFamily):
		return Equivalent
	case same(xFamily, yFamily) && middle(x.given, y.given):
		return Equivalent
	case x.scripts != y.scripts:
		return Review // written as somebody heard it: only the document can tell
	case related(units(x.given), units(y.given), true) && related(units(x.family), units(y.family), false):
		return Review
	case contained(x, y):
		return Review
	}
	return Mismatch
}

func join(words []string) string { return strings.Join(words, " ") }

// middle tells whether given names differ in nothing but middle names that are missing or initials.
func middle(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 || !same(a[0], b[0]) {
		return false
	}
	a, b = a[1:], b[1:]
	for len(a) > 0 { // the shorter must stand in the longer, in order
		if len(b) == 0 {
			return false
		}
		if same(a[0], b[0]) || initial(a[0], b[0]) {
			a = a[1:]
		}
		b = b[1:]
	}
	return true
}

// initial tells whether one word is the first letter of the other.
func initial(a, b string) bool {
	x, y := bare(fold(a)), bare(fold(b))
	if utf8.RuneCountInString(x) > 1 {
		x, y = y, x
	}
	return utf8.RuneCountInString(x) == 1 && strings.HasPrefix(y, x)
}

// related tells whether every word of the shorter side has a word of its own on the other that may be the
// same: spelled alike, one letter apart or, in given names, a nickname or an initial.
func related(a, b []string, given bool) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return len(b) == 0
	}
	return matched(a, b, func(x, y string) bool {
		return same(x, y) || near(x, y) || given && (nicknames(x, y) || initial(x, y))
	})
}

// contained tells whether all words of one name stand in the other, whatever part they are in.
func contained(x, y parts) bool {
	a, b := units(append(append([]string{}, x.given...), x.family...)), units(append(append([]string{}, y.given...), y.family...))
	if len(a) > len(b) {
		a, b = b, a
	}
	return matched(a, b, same)
}

// matched finds a partner in b for each of a, no two the same (augmenting paths).
func matched(a, b []string, fits func(x, y string) bool) bool {
	partner := make([]int, len(b))
	for j := range partner {
		partner[j] = -1
	}
	var find func(i int, seen []bool) bool
	find = func(i int, seen []bool) bool {
		for j := range b {
			if seen[j] || !fits(a[i], b[j]) {
				continue
			}
			seen[j] = true
			if partner[j] < 0 || find(partner[j], seen) {
				partner[j] = i
				return true
			}
		}
		return false
	}
	for i := range a {
		if !find(i, make([]bool, len(b))) {
			return false
		}
	}
	return true
}

// nearFrom is the length from which one letter more, less or other may be a slip.
const nearFrom = 5

// near tells whether two words are one letter apart.
func near(a, b string) bool {
	x, y := []rune(spellings(a)[0]), []rune(spellings(b)[0])
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) < nearFrom || len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) == len(y) {
		return i == len(x) || string(x[i+1:]) == string(y[i+1:])
	}
	return string(x[i:]) == string(y[i+1:])
}
