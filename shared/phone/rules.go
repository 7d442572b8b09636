package phone

// Service is the region that a product serves (product.md 2). Its values are the catalog's.
type Service string

// The two services.
const (
	USService            Service = "us"   // the 50 states and DC
	InternationalService Service = "intl" // everything else
)

// serves tells whether a number is one of the service's.
func (s Service) serves(n Number) bool {
	switch s {
	case USService:
		return n.Domestic()
	case InternationalService:
		return !n.Domestic()
	}
	return false
}

// Candidate is a number that was parsed, with what the numbering plans say about it.
type Candidate struct {
	Number Number
	Region string // ISO code of where it lies; empty where it belongs to no place
	Kind   Kind
}

// Wish is what a person asks for with a number.
type Wish struct {
	Service Service
	Country string // chosen, ISO code
	Channel Channel
}

// Judge tells whether the candidate may be registered as wished. It returns ErrNotUsable or
// ErrWrongRegion, in this order, with the reason and the field (product.md 5).
func (p Policy) Judge(c Candidate, w Wish) error {
	if reason := unusable(c.Kind); reason != "" {
		return ErrNotUsable.Because(reason).At("/number", reason)
	}
	if c.Kind == Fixed && w.Channel == SMS {
		return ErrNotUsable.Because(reasonFixed).At("/channel", reasonFixed)
	}
	country, known := p.Country(c.Region)
	if !known || !country.Open(w.Channel) {
		reason := closedFor(country.Name, w.Channel)
		return ErrNotUsable.Because(reason).At("/number", reason)
	}
	if !w.Service.serves(c.Number) {
		reason := outside(w.Service, country.Name)
		return ErrWrongRegion.Because(reason).At("/number", reason)
	}
	if c.Region != w.Country {
		reason := otherCountry(country.Name)
		return ErrWrongRegion.Because(reason).At("/country", reason)
	}
	return nil
}
