package account

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"phoneotp/shared/account/password"
	"phoneotp/shared/fault"
	"phoneotp/shared/names"
	"phoneotp/shared/secret"
)

// Account is a person's account as it stands.
type Account struct {
	ID          ID
	UserID      string // lower case
	Email       string // as it was typed
	GivenName   string
	FamilyName  string
	Country     string // ISO 3166-1 alpha-2
	Billing     *Billing
	Roles       []string
	NameLocked  bool
	CreatedAt   time.Time
	ConfirmedAt time.Time // zero until the email is confirmed
	LapsesAt    time.Time // zero once confirmed

	hash         string
	registration []byte
	epoch        int64
	signIns      int64
}

// The roles that an operator may grant (product.md 1).
const (
	RoleAgent   = "agent"
	RoleSupport = "support"
)

// Billing is a postal address as an order has it.
type Billing struct {
	Name       string `json:"name"`
	Line1      string `json:"line1"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

// Confirmed tells whether the email has been confirmed.
func (a Account) Confirmed() bool { return !a.ConfirmedAt.IsZero() }

// Name is how the person is addressed.
func (a Account) Name() string { return a.GivenName + " " + a.FamilyName }

// lapsed tells whether an account that was never confirmed counts as gone. Half-open (product.md 1).
func (a Account) lapsed(now time.Time) bool { return !a.Confirmed() && !now.Before(a.LapsesAt) }

// PasswordIs compares a password, in the same time for the zero Account, which has none.
func (a Account) PasswordIs(p secret.Text) (bool, error) { return password.Matches(a.hash, p) }

// refusal is the fault for a password that this person may not have, or nil. Pointer is its field.
func refusal(p secret.Text, a Account, pointer string) error {
	if why := password.Refusal(p, a.UserID, a.Email, a.GivenName, a.FamilyName); why != "" {
		return ErrPasswordRefused.Because("The password "+why+".").At(pointer, why)
	}
	return nil
}

// Bounds on what people enter, in characters.
const (
	maxLine   = 100
	maxPostal = 20
	maxEmail  = 254
	maxLocal  = 64
)

// Check notes what is wrong with the address. At is its pointer, as "/billing".
func (b Billing) Check(c *fault.Check, at string) {
	text(c, b.Name, at+"/name", maxLine, true)
	text(c, b.Line1, at+"/line1", maxLine, true)
	text(c, b.Line2, at+"/line2", maxLine, false)
	text(c, b.City, at+"/city", maxLine, true)
	text(c, b.Region, at+"/region", maxLine, false)
	text(c, b.PostalCode, at+"/postal_code", maxPostal, true)
	country(c, b.Country, at+"/country")
}

// text checks a text of one line.
func text(c *fault.Check, value, at string, most int, required bool) {
	c.Field(!required || strings.TrimSpace(value) != "", at, textRequired)
	c.Field(utf8.RuneCountInString(value) <= most, at, textTooLong)
	c.Field(!strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }), at, textPlain)
}

// name checks a part of somebody's name. What could not be compared with a document is refused at entry
// (package names).
func name(c *fault.Check, value, at string) {
	if strings.TrimSpace(value) == "" {
		c.Field(false, at, textRequired)
		return
	}
	if _, err := names.Clean(value); err != nil {
		c.Field(false, at, err.Error())
	}
}

func country(c *fault.Check, code, at string) {
	if code == "" {
		c.Field(false, at, textRequired)
		return
	}
	c.Field(len(code) == 2 && slices.Contains(strings.Fields(countries), code), at, textCountry)
}

// countries are the officially assigned codes of ISO 3166-1.
const countries = `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF
GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW
KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL
NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST
SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`

// validUserID tells whether a user ID has an allowed shape, whatever its case.
func validUserID(id string) bool {
	if len(id) < 3 || len(id) > 40 {
		return false
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-' {
			return false
		}
	}
	return true
}

// validEmail tells whether an address is one that mail can go to: the plain form of RFC 5321, without quotes
// or address literals.
func validEmail(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || len(address) > maxEmail || len(local) > maxLocal || !strings.Contains(domain, ".") {
		return false
	}
	return dotted(local, "!#$%&'*+/=?^_`{|}~-") && dotted(domain, "-") && !strings.Contains("."+domain+".", ".-") && !strings.Contains("."+domain+".", "-.")
}

// dotted tells whether s is pieces of letters, digits and others, joined by single dots.
func dotted(s, others string) bool {
	for piece := range strings.SplitSeq(s, ".") {
		if piece == "" || len(piece) > 63 {
			return false
		}
		for _, r := range piece {
			if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(others, r) {
				return false
			}
		}
	}
	return true
}
