package names_test

import (
	"errors"
	"strings"
	"testing"

	"phoneotp/shared/names"
)

// whole reads a given and a family name, parted by a bar.
func whole(s string) names.Name {
	given, family, _ := strings.Cut(s, "|")
	return names.Name{Given: given, Family: family}
}

// pair is how two names compare.
type pair struct {
	a, b string
	want names.Class
}

// pairs are all of section 5 of commerce-proofing.md, and what follows from its rules.
var pairs = []pair{
	{"José|García", "Jose|Garcia", names.Exact},
	{"İbrahim|Kaya", "Ibrahim|Kaya", names.Exact},
	{"Anh|Nguyễn", "ANH|NGUYEN", names.Exact},
	{"John|Smith", "Ｊｏｈｎ|Smith", names.Exact},
	{"Anna|Müller", "Anna|Mueller", names.Equivalent},
	{"Anna|Müller", "Anna|Muller", names.Exact},
	{"Liv|Ødegård", "Liv|Odegard", names.Equivalent},
	{"Liv|Ødegård", "Liv|Oedegaard", names.Equivalent},
	{"Łukasz|Nowak", "Lukasz|Nowak", names.Equivalent},
	{"Anna|Straße", "Anna|STRASSE", names.Equivalent},
	{"Þór|Jonsson", "Thor|Jonsson", names.Equivalent},
	{"Æsa|Jonsdottir", "Aesa|Jonsdottir", names.Equivalent},
	{"ıslam|Kaya", "Islam|Kaya", names.Equivalent},
	{"Pat|O'Brien", "Pat|OBrien", names.Equivalent},
	{"Pat|O'Brien", "Pat|O’Brien", names.Equivalent},
	{"Mary Ann|Lee", "Maryann|Lee", names.Equivalent},
	{"Ana|de la Cruz", "Ana|Delacruz", names.Equivalent},
	{"Ann|Smith-Jones", "Ann|Smith", names.Review},
	{"Ann|Smith-Jones", "Ann|Jones", names.Review},
	{"Robert|Bell", "Bob|Bell", names.Review},
	{"William|Bell", "Bill|Bell", names.Review},
	{"Алексей|Петров", "Aleksei|Petrov", names.Review},
	{"王|伟", "Wang|Wei", names.Review},
	{"Ann|Johnson", "Ann|Johnston", names.Review}, // N-02: never passes alone
	{"Li|Chen", "Li|Cheng", names.Mismatch},
	{"Ann|Martin", "Ann|Martinez", names.Mismatch},
	{"Daniel|Bell", "Danielle|Bell", names.Mismatch},
	{"Maria|Bell", "Mario|Bell", names.Review},
	{"Jo|Bell", "Al|Bell", names.Mismatch},
	{"Jon|Bell", "John|Bell", names.Review},                 // a nickname; no score
	{"Ad\u200bam|Bell", "Adam|Bell", names.Mismatch},        // a zero-width blank inside
	{"\u0430dam|Bell", "adam|Bell", names.Mismatch},         // a Cyrillic letter
	{"John|Smith Jr.", "John|Smith", names.Review},          // N-03
	{"John|Smith Jr", "John|Smith, Sr.", names.Review},      // N-03
	{"John|Smith Jr", "John|Smith Junior", names.Exact},     // the same suffix
	{"Dr. John|Smith", "John|Smith", names.Exact},           // a title
	{"John Paul|Smith", "John|Smith", names.Equivalent},     // a middle name missing
	{"John Paul|Smith", "John P.|Smith", names.Equivalent},  // an initial
	{"John Paul|Smith", "John Peter|Smith", names.Mismatch}, // another middle name
	{"Paul|Smith", "John Paul|Smith", names.Review},         // the first name missing
	{"Grace|Hopper", "Hopper|Grace", names.Equivalent},      // swapped as a whole
	{"Maria|Garcia Lopez", "Maria|Lopez", names.Review},     // half a family name
	{"Suharto|", "|SUHARTO", names.Equivalent},              // N-04: a single name
	{"Suharto|Suharto", "|Suharto", names.Review},           // written twice for want of another
	{"J.|Smith", "John|Smith", names.Review},                // N-04: only initials
	{"J. R. R.|T.", "John Ronald Reuel|Tolkien", names.Mismatch},
	{strings.Repeat("Ab", 50) + "|Bell", strings.Repeat("aB", 50) + "|Bell", names.Exact}, // N-04: very long
	{"Ann|Bell", "Bob|Cole", names.Mismatch},
	{"Ann|", "|", names.Mismatch},
	{"दीपक|राव", "दीपिक|राव", names.Mismatch}, // vowel signs are no accents
}

// TestN01AllPairs is also N-02, N-03 and N-04.
func TestN01AllPairs(t *testing.T) {
	for _, p := range pairs {
		if got := names.Compare(whole(p.a), whole(p.b)); got != p.want {
			t.Errorf("%s and %s: %s, want %s", p.a, p.b, got, p.want)
		}
		if got := names.Compare(whole(p.b), whole(p.a)); got != p.want {
			t.Errorf("%s and %s: %s, want %s", p.b, p.a, got, p.want)
		}
	}
}

func TestADocumentIsOneText(t *testing.T) {
	for _, p := range []pair{
		{"Grace|Hopper", "Grace Hopper", names.Exact},
		{"Grace|Hopper", "HOPPER, Grace", names.Exact},
		{"Grace|Hopper", "HOPPER GRACE", names.Equivalent},
		{"Grace|Hopper", "Grace Brewster Hopper", names.Equivalent},
		{"Grace|Hopper", "Hopper", names.Review},
		{"Ana|de la Cruz", "ANA DE LA CRUZ", names.Exact},
		{"John|Smith Jr", "John Smith, Jr.", names.Exact},
		{"John|Smith", "John Smith, Jr.", names.Review},
		{"Maria|Garcia Lopez", "Maria Lopez", names.Review},
		{"Grace|Hopper", "Alan Turing", names.Mismatch},
		{"Grace|Hopper", "", names.Mismatch},
		{"Grace|Hopper", "Grace\u202e Hopper", names.Mismatch},
	} {
		if got := names.Against(whole(p.a), p.b); got != p.want {
			t.Errorf("%s against %q: %s, want %s", p.a, p.b, got, p.want)
		}
	}
}

func TestN05WhatNoNameMayBe(t *testing.T) {
	for name, want := range map[string]error{
		"\u0430dam": names.ErrScripts, "Adam\u03b1": names.ErrScripts, "Ad\u200bam": names.ErrHidden, "Ad\u202eam": names.ErrHidden, "A\r\nB": names.ErrHidden,
		"A\x00": names.ErrHidden, "\ue000": names.ErrHidden, "": names.ErrEmpty, " -' ": names.ErrEmpty, strings.Repeat("x", 101): names.ErrLong, "\xff": names.ErrHidden, "A\ufffd": names.ErrHidden,
	} {
		if _, err := names.Clean(name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	for name, want := range map[string]string{
		"  Ana  de la Cruz ": "Ana de la Cruz", "Jose\u0301": "José", "O'Brien-Łoś": "O'Brien-Łoś", "山田 たろう": "山田 たろう", "山田たろう": "山田たろう", "Anna Анна": "Anna Анна",
	} {
		if got, err := names.Clean(name); err != nil || got != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

// FuzzN07 holds that comparing is symmetric, steady and never fails.
func FuzzN07(f *testing.F) {
	for _, p := range pairs {
		f.Add(p.a, p.b)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := whole(a), whole(b)
		got := names.Compare(x, y)
		if back := names.Compare(y, x); back != got {
			t.Errorf("%q and %q: %s, the other way %s", a, b, got, back)
		}
		if names.Compare(x, y) != got {
			t.Errorf("%q and %q: not the same every time", a, b)
		}
		if _, err := names.Clean(x.Given); err == nil && names.Compare(names.Name{Given: x.Given}, names.Name{Given: x.Given}) == names.Mismatch && strings.ContainsFunc(strings.TrimRight(x.Given, ".,"), func(r rune) bool { return r > ' ' && r != '.' && r != ',' }) {
			t.Errorf("%q is not itself", x.Given)
		}
		names.Against(x, b)
	})
}

// N-06: a pass outlives a change of the name only where the names are exact or equivalent, whichever way round.
func TestN06APassAndAChangedName(t *testing.T) {
	before := names.Name{Given: "Grace", Family: "Hopper"}
	for _, c := range []struct {
		after names.Name
		want  bool
	}{
		{names.Name{Given: "GRACE", Family: "Hopper"}, true},
		{names.Name{Given: "Grâce", Family: "Hopper"}, true},
		{names.Name{Given: "Grace B", Family: "Hopper"}, true}, // a middle initial
		{names.Name{Given: "Grace", Family: "Hopper Jr"}, false},
		{names.Name{Given: "Grace", Family: "Murray Hopper"}, false},
		{names.Name{Given: "Grace", Family: "Murray"}, false},
		{names.Name{Given: "Gracie", Family: "Hopper"}, false},
		{names.Name{}, false},
	} {
		if got := names.Keeps(before, c.after); got != c.want || names.Keeps(c.after, before) != got {
			t.Errorf("%q %q (%s): %v, want %v", c.after.Given, c.after.Family, names.Compare(before, c.after), got, c.want)
		}
	}
	if !names.Keeps(names.Name{Given: "Jürgen", Family: "Müller"}, names.Name{Given: "Juergen", Family: "Mueller"}) {
		t.Error("another spelling of the same letters")
	}
}
