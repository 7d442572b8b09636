package support

import (
	"cmp"

	"phoneotp/shared/credential"
	"phoneotp/shared/history"
)

// Code is what became of a code, or of a request for one, at one glance.
type Code struct {
	Tag     string     `json:"tag,omitempty"`    // absent where none was sent
	Channel string     `json:"channel"`          // "sms", "voice", "unknown"
	Ending  string     `json:"ending,omitempty"` // of the number that it went to, where that is known
	AskedAt string     `json:"asked_at"`
	State   string     `json:"state"` // history.CodeState
	Steps   []CodeStep `json:"steps"` // the oldest first
}

// CodeStep is something that happened to a code.
type CodeStep struct {
	Event string `json:"event"`
	At    string `json:"at"`
	Text  string `json:"text"`
}

// glance is how many codes are told.
const glance = 10

// codes are the newest that a page tells of.
func codes(page history.Page, held *credential.Credential) []Code {
	all := []Code{}
	for _, c := range page.Codes[:min(glance, len(page.Codes))] {
		one := Code{Tag: c.Tag, Channel: cmp.Or(c.Channel, "unknown"), Ending: ending(c.Phone, page, held), AskedAt: instant(c.Asked), State: string(c.State), Steps: []CodeStep{}}
		for _, s := range c.Steps {
			one.Steps = append(one.Steps, CodeStep{Event: string(s.What), At: instant(s.At), Text: s.Text})
		}
		all = append(all, one)
	}
	return all
}

// ending finds the last digits of a number by its id: among those of the credential, then where the page tells of it.
func ending(id string, page history.Page, held *credential.Credential) string {
	if id == "" {
		return ""
	}
	if held != nil {
		if p, ok := held.Phone(id); ok {
			return p.Number.Ending()
		}
		if held.Pending != nil && held.Pending.ID == id {
			return held.Pending.Number.Ending()
		}
	}
	for _, e := range page.Entries {
		if e.Ref == id {
			return e.Detail["ending"]
		}
	}
	return ""
}
