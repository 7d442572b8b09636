package parsing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"phoneotp/shared/fault"
	"phoneotp/shared/phone"
	"phoneotp/shared/phone/parsing"
)

func policy(t testing.TB) phone.Policy {
	t.Helper()
	p, err := phone.LoadPolicy()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// register is what phone-register asks of this room, as one answer: a code, or the number and nothing.
func register(t testing.TB, p phone.Policy, input, country string, s phone.Service, c phone.Channel) (string, string) {
	t.Helper()
	found, err := parsing.Parse(input, country)
	if err == nil {
		err = p.Judge(found, phone.Wish{Service: s, Country: country, Channel: c})
	}
	if err == nil {
		return "", found.Number.E164()
	}
	f, ok := fault.Of(err)
	if !ok || f.Detail == "" || len(f.Fields) == 0 {
		t.Fatalf("%q: a refusal without reason: %v", input, err)
	}
	return f.Code, ""
}

// TestNumbersByProduct is the golden list of what each product takes (product.md 2 and 5).
func TestNumbersByProduct(t *testing.T) {
	const us, intl = phone.USService, phone.InternationalService
	const wrong, unusable, invalid = "phone-wrong-region", "phone-not-usable", "phone-invalid"
	p := policy(t)
	for _, row := range []struct {
		number, country   string
		channel           phone.Channel
		forUS, forForeign string
	}{
		{"+1 787 555 0123", "PR", "sms", wrong, ""},
		{"340 555 0123", "VI", "sms", wrong, ""},
		{"671 555 0123", "GU", "sms", wrong, ""},
		{"684 633 0123", "AS", "sms", wrong, ""},
		{"684 555 0123", "AS", "sms", wrong, ""}, // no number that the library knows, decided by region
		{"670 555 0123", "MP", "sms", wrong, ""},
		{"416 555 0123", "CA", "sms", wrong, ""},
		{"876 555 0123", "JM", "sms", wrong, ""},
		{"809 555 0123", "DO", "voice", wrong, ""},
		{"+1 800 555 0123", "US", "sms", unusable, unusable},
		{"900 555 0123", "US", "voice", unusable, unusable},
		{"888 555 0123", "CA", "sms", unusable, unusable},
		{"500 555 0123", "US", "sms", unusable, unusable},
		{"555 555 0123", "US", "sms", unusable, unusable}, // area code not assigned
		{"808 555 0123", "US", "sms", "", wrong},
		{"907 555 0123", "US", "voice", "", wrong},
		{"202 555 0123", "US", "sms", "", wrong},
		{"1 202 555 0123", "US", "sms", "", wrong},
		{"202 555 0123", "CA", "sms", wrong, wrong},    // not the chosen country
		{"+1 787 555 0123", "US", "sms", wrong, wrong}, // nor here
		{"787 555 0123", "US", "sms", wrong, wrong},
		{"+44 20 7946 0123", "GB", "voice", wrong, ""},
		{"+44 20 7946 0123", "GB", "sms", unusable, unusable},
		{"020 7946 0123", "GB", "voice", wrong, ""},
		{"+44 (0)20 7946 0123", "GB", "voice", wrong, ""},
		{"+44 20 7946 0123", "DE", "voice", wrong, wrong},
		{"+49 30 901820", "DE", "voice", wrong, ""},
		{"+49 30 901820", "DE", "sms", unusable, unusable},
		{"030/901820", "DE", "voice", wrong, ""},
		{"+49 1512 3456789", "DE", "sms", wrong, ""},
		{"+852 2123 4567", "HK", "voice", wrong, ""},
		{"+44 7700 900123", "GB", "sms", unusable, unusable}, // reserved for drama: no known kind
		{"+44 70 1234 5678", "GB", "voice", unusable, unusable},
		{"+44 9090 123456", "GB", "voice", unusable, unusable},
		{"+44 800 123 4567", "GB", "voice", unusable, unusable},
		{"+800 1234 5678", "GB", "voice", unusable, unusable},
		{"+53 5 1234567", "CU", "voice", unusable, unusable}, // closed
		{"+1 202 555 012", "US", "sms", invalid, invalid},
		{"+1 202 911 0123", "US", "sms", invalid, invalid},
		{"+1 123 456 7890", "US", "sms", invalid, invalid},
		{"+1 202 155 0123", "US", "sms", invalid, invalid},
		{"555 0123", "US", "sms", invalid, invalid},
		{"+44 20 7946 01234567", "GB", "voice", invalid, invalid},
		{"+999 123 4567", "US", "sms", invalid, invalid},
		{"+49 1234567890123456", "DE", "voice", invalid, invalid},  // 18 digits
		{"+49 30 90182012345678", "DE", "voice", invalid, invalid}, // 16 digits
		{"202 555 0123", "XX", "sms", invalid, invalid},
	} {
		for s, want := range map[phone.Service]string{us: row.forUS, intl: row.forForeign} {
			if got, _ := register(t, p, row.number, row.country, s, row.channel); got != want {
				t.Errorf("%s in %s by %s for %s: %q, want %q", row.number, row.country, row.channel, s, got, want)
			}
		}
	}
}

func TestPunctuationIsForgivenAndTheRestIsNot(t *testing.T) {
	p := policy(t)
	for _, input := range []string{
		"2025550123", "(202) 555-0123", "202.555.0123", "+1 (202) 555–0123", " +1\u00a0202\u2011555\u20110123\u200b", "+1/202/555/0123",
		"＋１ ２０２ ５５５ ０１２３", "（２０２）５５５−０１２３", "\u202a+12025550123\u202c", "1-202-555-0123", "[202] 555 0123",
	} {
		if code, e164 := register(t, p, input, "US", phone.USService, phone.SMS); code != "" || e164 != "+12025550123" {
			t.Errorf("%q: %s %s", input, code, e164)
		}
	}
	for input, word := range map[string]string{
		"1-800-FLOWERS": "letters", "202 555 0123 x5": "letters", "202 555 0123 ext. 5": "letters", "tel:+12025550123": "letters",
		"202 555 0123#5": "Extensions", "202 555 0123,5": "Extensions", "202 555 0123;5": "Extensions", "*67 202 555 0123": "Extensions",
		"0012025550123": "+", "00 1 202 555 0123": "+", "٢٠٢٥٥٥٠١٢٣": "sign", "202 555 01²3": "sign", "": "Enter the number", "+": "Enter the number",
		"202+5550123": "sign", "++12025550123": "", "2025550123\x00": "sign", strings.Repeat("1", 65): "15 digits",
	} {
		_, err := parsing.Parse(input, "US")
		f, ok := fault.Of(err)
		switch {
		case input == "++12025550123" && !ok: // a doubled plus is a slip of the finger
		case !errors.Is(err, phone.ErrInvalid):
			t.Errorf("%q: %v", input, err)
		case !strings.Contains(f.Detail, word):
			t.Errorf("%q is refused because %q, want a word about %q", input, f.Detail, word)
		}
	}
}

// TestEveryAreaCode walks the whole plan of +1: each area code is the US product's, the international
// product's or neither's, as the library's region and type say, under any exchange.
func TestEveryAreaCode(t *testing.T) {
	p := policy(t)
	accepted := map[phone.Service]int{}
	for code := 200; code <= 999; code++ {
		for _, exchange := range []int{201, 555, 876} {
			input := fmt.Sprintf("+1%03d%03d0123", code, exchange)
			parsed, err := phonenumbers.Parse(input, "US")
			if err != nil {
				t.Fatal(err)
			}
			country := phonenumbers.GetRegionCodeForNumber(parsed)
			if country == "" {
				country = "US"
			}
			us, _ := register(t, p, input, country, phone.USService, phone.SMS)
			intl, _ := register(t, p, input, country, phone.InternationalService, phone.SMS)
			if us == "" && intl == "" {
				t.Errorf("%s is taken by both products", input)
			}
			if us == "" {
				accepted[phone.USService]++
			}
			if intl == "" {
				accepted[phone.InternationalService]++
			}
			usable := phonenumbers.GetNumberType(parsed) == phonenumbers.FIXED_LINE_OR_MOBILE || phonenumbers.GetNumberType(parsed) == phonenumbers.MOBILE
			if code%100 == 11 {
				if us != "phone-invalid" || intl != "phone-invalid" {
					t.Errorf("%s: N11 is %q and %q", input, us, intl)
				}
			} else if usable && country == "US" && us != "" || usable && country != "US" && intl != "" {
				t.Errorf("%s of %s: US %q, international %q", input, country, us, intl)
			}
		}
	}
	if us := accepted[phone.USService]; us != 359*3 {
		t.Errorf("the US product takes %d numbers of the sample, want three in each of 359 area codes", us)
	}
	if intl := accepted[phone.InternationalService]; intl < 79*3 {
		t.Errorf("the international product takes only %d", intl)
	}
}

func TestEveryCountryOfThePolicyIsOneOfTheLibrary(t *testing.T) {
	p := policy(t)
	regions := phonenumbers.GetSupportedRegions()
	if len(p) != len(regions) {
		t.Errorf("the policy has %d countries, the library %d", len(p), len(regions))
	}
	for _, c := range p {
		if !regions[c.Code] || phonenumbers.GetCountryCodeForRegion(c.Code) != c.Calling {
			t.Errorf("%s (+%d) is not what the library says", c.Code, c.Calling)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"(202) 555-0123", "+442079460123", "＋１２０２", "00", "+", "٢٠٢", "1-800-FLOWERS", "+49 30 901820"} {
		f.Add(s, "US")
	}
	p := policy(f)
	f.Fuzz(func(t *testing.T, input, country string) {
		found, err := parsing.Parse(input, country)
		if err != nil {
			if !errors.Is(err, phone.ErrInvalid) {
				t.Fatalf("%q: %v", input, err)
			}
			return
		}
		again, err := phone.FromE164(found.Number.E164())
		if err != nil || again != found.Number {
			t.Fatalf("%q gives %q, which is not E.164", input, found.Number.E164())
		}
		second, err := parsing.Parse(found.Number.E164(), country)
		if err != nil || second != found {
			t.Fatalf("%q is not read as itself again: %v", found.Number.E164(), err)
		}
		us := p.Judge(found, phone.Wish{Service: phone.USService, Country: found.Region, Channel: phone.Voice})
		intl := p.Judge(found, phone.Wish{Service: phone.InternationalService, Country: found.Region, Channel: phone.Voice})
		if us == nil && intl == nil {
			t.Fatalf("%q is taken by both products", input)
		}
	})
}
