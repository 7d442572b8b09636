package bureau

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The longest that the bureau takes, in letters.
const (
	longestName   = 32
	longestStreet = 60
)

// What the bureau's fields may begin with and hold.
const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"

	inName      = letters + " '-"
	startStreet = letters + digits + "#"
	inStreet    = startStreet + " '.-"
)

// fits tells whether a text begins with one of the characters of start and holds only those of rest.
func fits(s, start, rest string) bool {
	return s != "" && strings.IndexByte(start, s[0]) >= 0 && strings.Trim(s, rest) == ""
}

// letters that do not come apart into a plain one and an accent, and marks that have a plain cousin.
var cousins = strings.NewReplacer(
	"ß", "ss", "ẞ", "SS", "æ", "ae", "Æ", "AE", "œ", "oe", "Œ", "OE", "ø", "o", "Ø", "O", "đ", "d", "Đ", "D", "ð", "d", "Ð", "D",
	"þ", "th", "Þ", "Th", "ł", "l", "Ł", "L", "ı", "i", "ŋ", "n", "Ŋ", "N", "ħ", "h", "Ħ", "H", "ŧ", "t", "Ŧ", "T",
	"‘", "'", "’", "'", "ʼ", "'", "´", "'", "`", "'", "‐", "-", "‑", "-", "–", "-",
)

// plain takes accents off and makes one space of many.
func plain(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(cousins.Replace(s)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// plainName is a name in the bureau's alphabet, cut to its length.
func plainName(s string) (string, bool) {
	p := strings.Join(strings.Fields(strings.ReplaceAll(plain(s), ".", " ")), " ")
	return strings.TrimRight(p[:min(len(p), longestName)], " -'"), fits(p, letters, inName)
}

// plainStreet is a line of an address in the bureau's alphabet. What separates its parts becomes a space.
func plainStreet(s string) (string, bool) {
	p := strings.Join(strings.Fields(strings.NewReplacer(",", " ", "/", " ", ";", " ", ":", " ", "&", " ").Replace(plain(s))), " ")
	return p, fits(p, startStreet, inStreet) && len(p) <= longestStreet
}

// nationalDigits are the ten of a number in the United States, or none.
func nationalDigits(s string) string {
	number := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	if len(number) == 11 {
		number = strings.TrimPrefix(number, "1")
	}
	if len(number) != 10 {
		return ""
	}
	return number
}

// written puts somebody into the bureau's form and alphabet. A name of one word stands as the family name.
func written(a Applicant) (contact, error) {
	family, ok := plainName(a.FamilyName)
	given, also := "", a.GivenName == ""
	if !also {
		given, also = plainName(a.GivenName)
	}
	street, isStreet := plainStreet(a.Address.Line1)
	second, isSecond := "", a.Address.Line2 == ""
	if !isSecond {
		second, isSecond = plainStreet(a.Address.Line2)
	}
	city, isCity := plainStreet(a.Address.City)
	_, err := time.Parse(time.DateOnly, a.DateOfBirth.Reveal())
	lastFour := a.LastFour.Reveal()
	if !ok || !also || !isStreet || !isSecond || !isCity || err != nil || lastFour != "" && !ofDigits(lastFour, 4) {
		return contact{}, ErrUnwritable
	}
	c := contact{
		ID: "APPLICANT_CONTACT_ID_1", Person: person{Names: []name{{FirstName: given, SurName: family}}},
		Addresses: []residence{{
			AddressType: "CURRENT", Street: street, Street2: second, PostTown: city,
			StateProvinceCode: strings.ToUpper(a.Address.Region), Postal: a.Address.PostalCode,
		}},
	}
	c.Person.PersonDetails.DateOfBirth = a.DateOfBirth.Reveal()
	if number := nationalDigits(a.Phone); number != "" {
		c.Telephones = []telephone{{number}}
	}
	if lastFour != "" {
		c.IdentityDocuments = []document{{"SSN", lastFour}}
	}
	return c, nil
}
