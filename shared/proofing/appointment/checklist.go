package appointment

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"phoneotp/shared/account"
	"phoneotp/shared/fault"
	"phoneotp/shared/names"
)

// Outcome is how an agent ends an appointment.
type Outcome string

// The outcomes (api.md).
const (
	SaysPassed     Outcome = "passed"
	SaysFailed     Outcome = "failed"
	SaysIncomplete Outcome = "incomplete"
	SaysNoShow     Outcome = "no-show"
	SaysFraud      Outcome = "fraud"
)

func (o Outcome) known() bool {
	return slices.Contains([]Outcome{SaysPassed, SaysFailed, SaysIncomplete, SaysNoShow, SaysFraud}, o)
}

// Checklist is what an agent has seen (product.md 4).
type Checklist struct {
	Consent   bool     `json:"consent"`
	InView    bool     `json:"in_view"`
	Cues      []bool   `json:"cues"`
	Document  Evidence `json:"document"`
	FaceMatch bool     `json:"face_match"`
}

// Evidence is the document as the agent reads it.
type Evidence struct {
	Type      string `json:"type"`
	Country   string `json:"country"`    // ISO 3166-1 alpha-2
	ExpiresOn string `json:"expires_on"` // 2006-01-02
	Last4     string `json:"last4"`
	Name      string `json:"name"` // as it is printed, in Latin letters
	Genuine   bool   `json:"genuine"`
}

// Document is what is kept of it.
type Document struct {
	Type, Country, ExpiresOn, Last4 string
	NameClass                       names.Class
}

// documentTypes are the documents that prove who somebody is.
var documentTypes = []string{"passport", "passport-card", "driver-license", "id-card", "residence-permit"}

// Conclusion is an agent's end of an appointment.
type Conclusion struct {
	Outcome   Outcome
	Reason    string
	Checklist *Checklist // required for passed
}

const maxReason = 500

// check notes what is wrong with the form of a conclusion, whatever its outcome.
func (c Conclusion) check() error {
	var check fault.Check
	check.Field(c.Outcome.known(), "/outcome", wordOutcome)
	checkReason(&check, c.Reason)
	return check.Err()
}

func checkReason(check *fault.Check, reason string) {
	check.Field(strings.TrimSpace(reason) != "", "/reason", wordRequired)
	check.Field(utf8.RuneCountInString(reason) <= maxReason && !strings.ContainsFunc(reason, unicode.IsControl), "/reason", wordLong)
}

// allows tells what of a document is kept and how its name compares, or why "passed" is not allowed: every point
// in the order of the checklist.
func (l *Checklist) allows(holder account.Account, now time.Time) (Document, error) {
	if l == nil {
		l = &Checklist{}
	}
	var wrong *fault.Error
	need := func(ok bool, pointer, detail string) {
		if ok {
			return
		}
		if wrong == nil {
			wrong = ErrIncomplete
		}
		wrong = wrong.At("/checklist"+pointer, detail)
	}
	need(l.Consent, "/consent", wordNotChecked)
	need(l.InView, "/in_view", wordNotChecked)
	for i, pointer := range []string{"/cues/0", "/cues/1"} {
		need(i < len(l.Cues) && l.Cues[i], pointer, wordNotChecked)
	}
	d := l.Document
	expires, err := time.Parse(time.DateOnly, d.ExpiresOn)
	need(slices.Contains(documentTypes, d.Type), "/document/type", wordType)
	need(len(d.Country) == 2 && strings.ToUpper(d.Country) == d.Country && !strings.ContainsFunc(d.Country, notAlphanumeric), "/document/country", wordRequired)
	need(err == nil, "/document/expires_on", wordDate)
	need(err != nil || !now.After(expires.Add(36*time.Hour)), "/document/expires_on", wordExpired) // its last day ends somewhere else later than here
	need(d.Last4 != "" && len(d.Last4) <= 4 && !strings.ContainsFunc(d.Last4, notAlphanumeric), "/document/last4", wordLast4)
	_, err = names.Clean(d.Name)
	need(err == nil, "/document/name", wordNameMissing)
	need(d.Genuine, "/document/genuine", wordNotChecked)
	need(l.FaceMatch, "/face_match", wordNotChecked)
	class := names.Against(names.Name{Given: holder.GivenName, Family: holder.FamilyName}, d.Name)
	need(err != nil || class != names.Mismatch, "/document/name", wordName)
	if wrong != nil {
		return Document{}, wrong
	}
	return Document{Type: d.Type, Country: d.Country, ExpiresOn: d.ExpiresOn, Last4: d.Last4, NameClass: class}, nil
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
