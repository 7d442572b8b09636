package bureau

import (
	"regexp"
	"slices"
	"strings"
)

// states are the 50 states and DC, where the quiz is offered (product.md 4). The territories (PR, GU, VI, AS, MP)
// and the armed forces' addresses (AA, AE, AP) are not among them.
const states = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY"

var (
	zip     = regexp.MustCompile(`^[0-9]{5}(-[0-9]{4})?$`)
	postBox = regexp.MustCompile(`(?i)^\s*p(ost)?\.?\s*o(ffice)?\.?\s*box\b`)
)

// Covers tells whether the bureau may be asked about somebody at an address: a street in the 50 states or DC. A post-office
// box is nowhere that somebody lives. It is decided before any call.
func Covers(a Address) bool {
	return a.Country == "US" && slices.Contains(strings.Fields(states), strings.ToUpper(a.Region)) &&
		zip.MatchString(a.PostalCode) && !postBox.MatchString(a.Line1)
}
