package parsing

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"phoneotp/shared/phone"
)

// maxInput bounds what is looked at, in bytes.
const maxInput = 64

// Parse reads what a person typed for a number in the chosen country (ISO code). It returns
// phone.ErrInvalid with the reason.
func Parse(input, country string) (phone.Candidate, error) {
	typed, err := clean(input)
	if err != nil {
		return phone.Candidate{}, err
	}
	if !phonenumbers.GetSupportedRegions()[country] {
		return phone.Candidate{}, phone.ErrInvalid.Because(reasonCountry).At("/country", reasonCountry)
	}
	parsed, err := phonenumbers.Parse(typed, country)
	if err != nil {
		return phone.Candidate{}, invalid(reasonPlan)
	}
	number, err := phone.FromE164(phonenumbers.Format(parsed, phonenumbers.E164))
	if err != nil {
		return phone.Candidate{}, invalid(reasonLength)
	}
	if parsed.GetCountryCode() == 1 {
		region, kind, ok := phone.NorthAmerican(number)
		if !ok {
			return phone.Candidate{}, invalid(reasonPlan)
		}
		return phone.Candidate{Number: number, Region: region, Kind: kind}, nil
	}
	if !phonenumbers.IsPossibleNumber(parsed) || !stable(number, country) {
		return phone.Candidate{}, invalid(reasonPlan)
	}
	return phone.Candidate{
		Number: number,
		Region: region(parsed),
		Kind:   kind(phonenumbers.GetNumberType(parsed)),
	}, nil
}

// clean keeps a leading plus and the digits.
func clean(input string) (string, error) {
	if len(input) > maxInput {
		return "", invalid(reasonLength)
	}
	var out strings.Builder
	for _, r := range input {
		if r >= '０' && r <= '９' { // full-width digits
			r -= '０' - '0'
		}
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case (r == '+' || r == '＋') && out.Len() == 0:
			out.WriteByte('+')
		case forgiven(r):
		case unicode.IsLetter(r):
			return "", invalid(reasonLetters)
		case r == '#' || r == '*' || r == ';' || r == ',':
			return "", invalid(reasonExtension)
		default:
			return "", invalid(reasonSign)
		}
	}
	typed := out.String()
	switch {
	case strings.HasPrefix(typed, "00"):
		return "", invalid(reasonDoubleZero)
	case len(strings.TrimPrefix(typed, "+")) == 0:
		return "", invalid(reasonEmpty)
	}
	return typed, nil
}

// forgiven tells whether a sign is mere punctuation.
func forgiven(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) ||
		strings.ContainsRune("()[]./\\·•（）．／−", r)
}

func invalid(reason string) error { return phone.ErrInvalid.Because(reason).At("/number", reason) }

// stable tells whether the written form reads as itself again. Where it does not (a national prefix hides in
// the number), one number would be stored in two forms.
func stable(n phone.Number, country string) bool {
	again, err := phonenumbers.Parse(n.E164(), country)
	return err == nil && phonenumbers.Format(again, phonenumbers.E164) == n.E164()
}

// region returns where the number lies, empty for numbers that belong to no country.
func region(n *phonenumbers.PhoneNumber) string {
	r := phonenumbers.GetRegionCodeForNumber(n)
	if len(r) != 2 { // "001": international networks and services
		return ""
	}
	return r
}

func kind(t phonenumbers.PhoneNumberType) phone.Kind {
	switch t {
	case phonenumbers.MOBILE:
		return phone.Mobile
	case phonenumbers.FIXED_LINE_OR_MOBILE:
		return phone.FixedOrMobile
	case phonenumbers.FIXED_LINE:
		return phone.Fixed
	case phonenumbers.VOIP:
		return phone.VoIP
	case phonenumbers.TOLL_FREE:
		return phone.TollFree
	case phonenumbers.PREMIUM_RATE:
		return phone.Premium
	case phonenumbers.SHARED_COST:
		return phone.SharedCost
	case phonenumbers.PERSONAL_NUMBER:
		return phone.Personal
	case phonenumbers.PAGER:
		return phone.Pager
	case phonenumbers.UAN:
		return phone.CompanyWide
	case phonenumbers.VOICEMAIL:
		return phone.Voicemail
	}
	return phone.Unknown
}
