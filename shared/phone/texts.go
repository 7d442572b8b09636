package phone

// The sentences of this room, in English.

const reasonFixed = "This is a fixed line: choose Voice Only."

// unusable returns why a kind of number cannot receive codes, or nothing if it can.
func unusable(k Kind) string {
	switch k {
	case Mobile, FixedOrMobile, Fixed, VoIP:
		return ""
	case TollFree:
		return "Toll-free numbers cannot be used."
	case Premium:
		return "Premium-rate numbers cannot be used."
	case SharedCost:
		return "Shared-cost numbers cannot be used."
	case Personal:
		return "Personal (follow-me) numbers cannot be used."
	case Pager:
		return "Pagers cannot be used."
	case CompanyWide:
		return "Company-wide access numbers cannot be used."
	case Voicemail:
		return "Voicemail numbers cannot be used."
	}
	return "This is not a number in service that we know."
}

func closedFor(country string, channel Channel) string {
	what := "texts"
	if channel == Voice {
		what = "calls"
	}
	if country == "" {
		return "We cannot send " + what + " to numbers that belong to no country."
	}
	return "We cannot send " + what + " to numbers of " + country + "."
}

func outside(s Service, country string) string {
	if s == USService {
		return "Your subscription serves numbers of the 50 states and DC; this is a number of " + country + "."
	}
	return "Your subscription serves numbers outside the 50 states and DC; this is a number of the United States."
}

func otherCountry(country string) string {
	return "This is a number of " + country + ": choose that country, or correct the number."
}
