package phone

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed countries.json
var countriesFile []byte

// Country is one line of the policy of open countries.
type Country struct {
	Code    string // ISO 3166-1 alpha-2
	Name    string // English
	Calling int    // country calling code, shared by several countries
	Text    bool   // open for texts
	Voice   bool   // open for calls
}

// Policy is the policy of open countries (product.md 5), in the order of their names.
type Policy []Country

// LoadPolicy reads the policy that is built in (countries.json).
func LoadPolicy() (Policy, error) { return ParsePolicy(countriesFile) }

// ParsePolicy reads a policy file. Each country must say open or closed for both channels.
func ParsePolicy(file []byte) (Policy, error) {
	var lines []struct {
		Code, Name, Text, Voice string
		Calling                 int
	}
	if err := json.Unmarshal(file, &lines); err != nil {
		return nil, fmt.Errorf("phone: the policy of countries: %w", err)
	}
	policy := make(Policy, 0, len(lines))
	seen := map[string]bool{}
	for _, l := range lines {
		text, ok1 := open(l.Text)
		voice, ok2 := open(l.Voice)
		if !ok1 || !ok2 || len(l.Code) != 2 || l.Name == "" || l.Calling <= 0 || seen[l.Code] {
			return nil, fmt.Errorf("phone: the policy of countries: entry %q is not complete, or there twice", l.Code)
		}
		seen[l.Code] = true
		policy = append(policy, Country{Code: l.Code, Name: l.Name, Calling: l.Calling, Text: text, Voice: voice})
	}
	return policy, nil
}

func open(word string) (isOpen, known bool) {
	return word == "open", word == "open" || word == "closed"
}

// Country finds a country by its code.
func (p Policy) Country(code string) (Country, bool) {
	for _, c := range p {
		if c.Code == code {
			return c, true
		}
	}
	return Country{}, false
}

// Open tells whether the country is open for the channel.
func (c Country) Open(channel Channel) bool {
	switch channel {
	case SMS:
		return c.Text
	case Voice:
		return c.Voice
	}
	return false
}
