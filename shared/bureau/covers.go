package bureau

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// states are the 50 states and DC, where the quiz is offered (product.md 4). The territories (PR, GU, VI, AS, MP)
// and the armed forces' addresses (AA, AE, AP) are not among them.
const states = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY"

// postBox is compiled where it is asked: most functions only link this package, and wait for it when they start.
var postBox = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^\s*p(ost)?\.?\s*o(ffice)?\.?\s*box\b`) })

// Covers tells whether the bureau may be asked about somebody at an address: a street in the 50 states or DC. A post-office
// box is nowhere that somebody lives. It is decided before any call.
func Covers(a Address) bool {
	return a.Country == "US" && slices.Contains(strings.Fields(states), strings.ToUpper(a.Region)) &&
		isZIP(a.PostalCode) && !postBox().MatchString(a.Line1)
}

// isZIP tells whether a postal code is one of five digits, or ZIP+4.
func isZIP(code string) bool {
	five, four, plus := strings.Cut(code, "-")
	return ofDigits(five, 5) && (!plus || ofDigits(four, 4))
}

// ofDigits tells whether a text is n decimal digits.
func ofDigits(s string, n int) bool { return len(s) == n && strings.Trim(s, digits) == "" }
