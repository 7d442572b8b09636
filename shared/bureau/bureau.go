package bureau

import (
	"context"
	"fmt"
	"time"

	"phoneotp/shared/secret"
)

// Bureau asks questions and judges the answers. A second implementation exists for each vendor.
type Bureau interface {
	// Start names somebody to the bureau. It answers a step with questions, or at once with a verdict where
	// no quiz is possible. Ref is our reference: it stands in the bureau's books and says nothing about the person.
	// Errors: ErrUnwritable, ErrUnavailable (perhaps with ErrUnfit or ErrMisconfigured).
	Start(ctx context.Context, a Applicant, ref string, now time.Time) (Step, error)
	// Answer gives the chosen place, from 0, for each question of the session's step, in the step's order. It
	// answers a verdict or further questions, with a session that replaces the one before. Errors: ErrChoices,
	// ErrUnavailable (the answers may have arrived; they are never sent again).
	Answer(ctx context.Context, s Session, choices []int, now time.Time) (Step, error)
}

// Window is how long the bureau waits for answers to a step, from the instant it asked.
const Window = 5 * time.Minute

// The least quiz that may be shown (product.md 4).
const (
	LeastQuestions = 4
	LeastChoices   = 4
)

// Applicant is what the bureau is told about a person. It prints as a placeholder.
type Applicant struct {
	GivenName   string
	FamilyName  string
	DateOfBirth secret.Text // 2006-01-02
	LastFour    secret.Text // of the social security number; may be empty
	Address     Address
	Phone       string // as typed; only national digits go out; may be empty
}

// Address is where a person lives.
type Address struct {
	Line1      string
	Line2      string
	City       string
	Region     string // two letters
	PostalCode string // ZIP or ZIP+4
	Country    string // two letters
}

// Format prints a placeholder whatever the verb.
func (Applicant) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[applicant]")) }

// Format prints a placeholder whatever the verb.
func (Address) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[address]")) }

// Session is what Answer needs of the step before, opaque to everybody but the adapter. It is a secret: seal it
// before it is stored.
type Session = secret.Text

// Step is what the bureau says next: either Questions with a Session, or an Outcome.
type Step struct {
	Session   Session
	Questions []Question
	Outcome   *Outcome
}

// Question is one question with its choices in the bureau's order.
type Question struct {
	Text    secret.Text
	Choices []secret.Text
}

// Outcome is how a bureau ends.
type Outcome struct {
	Verdict   Verdict
	Reference string // the bureau's, kept with the result (product.md 4)
}

// Verdict is what a bureau says at the end. Only Passed is a pass; every other counts as a failed quiz and is
// told in the same words (product.md 4).
type Verdict string

// The verdicts.
const (
	Passed    Verdict = "passed"
	Failed    Verdict = "failed"
	NoMatch   Verdict = "no-match"  // nobody like this is in the files
	ThinFile  Verdict = "thin-file" // too little is known to ask about
	Locked    Verdict = "locked"    // the person has frozen the file
	Deceased  Verdict = "deceased"  // also flagged for staff
	Undecided Verdict = "undecided" // referred, or no decision
	Expired   Verdict = "expired"   // the bureau's own time is over
)
