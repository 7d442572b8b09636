package phone

import "strings"

//go:generate go run ./areas

// Kind is what a number is used for.
type Kind int

// The kinds of numbers. Those up to VoIP can receive a code.
const (
	Unknown Kind = iota
	Mobile
	FixedOrMobile // plans that do not tell, as +1
	Fixed
	VoIP
	TollFree
	Premium
	SharedCost
	Personal
	Pager
	CompanyWide
	Voicemail
)

// NorthAmerican tells the region and kind of a number of +1 by its area code. ok is false if the number
// is not of +1 or not of that plan's shape. An area code that is not assigned gives Unknown and no region.
func NorthAmerican(n Number) (region string, kind Kind, ok bool) {
	national, plus1 := strings.CutPrefix(n.e164, "+1")
	if !plus1 || len(national) != 10 || !leads(national[:3]) || !leads(national[3:6]) {
		return "", Unknown, false
	}
	code := int(national[0]-'0')*100 + int(national[1]-'0')*10 + int(national[2]-'0')
	switch mark := areaCodes[code-200]; mark {
	case '.', '4':
		return "", Unknown, true
	case '1':
		return "", TollFree, true
	case '2':
		return "", Premium, true
	case '3':
		return "", Personal, true
	default:
		at := int(mark-'A') * 3
		return areaRegions[at : at+2], FixedOrMobile, true
	}
}

// leads tells whether three digits may stand at the head of an area code or exchange: 2 to 9 first, not N11.
func leads(three string) bool { return three[0] >= '2' && three[1:] != "11" }

// Domestic tells whether n lies in the 50 states or DC, which is what US means here (product.md 2).
func (n Number) Domestic() bool {
	region, _, _ := NorthAmerican(n)
	return region == "US"
}
