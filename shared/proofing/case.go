package proofing

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"reflect"
	"slices"
	"time"

	"phoneotp/shared/account"
)

// ID names a case: 26 Crockford symbols in lower case.
type ID string

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

var encoding = base32.NewEncoding(crockford).WithPadding(base32.NoPadding)

// IDOf is the id of a license's case, by the license's digest.
func IDOf(license []byte) ID {
	sum := sha256.Sum256(append([]byte("phoneotp case\x00"), license...))
	return ID(encoding.EncodeToString(sum[:16]))
}

// ParseID reads an id that somebody sends. It returns ErrNone for what is none.
func ParseID(text string) (ID, error) {
	if b, err := encoding.DecodeString(text); err != nil || len(b) != 16 {
		return "", ErrNone
	}
	return ID(text), nil
}

// State is where a case stands; the package's comment has the table.
type State string

// The states.
const (
	Choose    State = "choose"
	InQuiz    State = "quiz"
	VideoOnly State = "video"
	Booked    State = "booked"
	Approval  State = "approval"
	Fraud     State = "fraud"
	Ready     State = "ready"
	Passed    State = "passed"
	Failed    State = "failed"
	Expired   State = "expired"
	Cancelled State = "cancelled"
)

func (s State) known() bool {
	switch s {
	case Passed, Failed, Expired, Cancelled:
		return true
	}
	return s.Open()
}

// Open tells whether anything can still come of a case in this state.
func (s State) Open() bool {
	switch s {
	case Choose, InQuiz, VideoOnly, Booked, Approval, Fraud, Ready:
		return true
	}
	return false
}

// The method that a case was passed by: what every assurance claim carries (product.md 4).
const (
	ByQuiz  = "kbv"
	ByVideo = "video"
)

// Limits of a case (product.md 4).
const (
	MaxFailures = 3
	MaxQuizzes  = 2
	IdleLife    = 30 * 24 * time.Hour // without an act
	FraudLife   = 14 * 24 * time.Hour // then it is failed
	ApproveLife = 14 * 24 * time.Hour // then a name that nobody decided about counts nothing
	ReviewSoon  = 72 * time.Hour      // within which a second agent should decide; then somebody is alarmed
	CodeLife    = 30 * 24 * time.Hour // of an activation code
	FreshCode   = 10 * time.Minute    // within which the agent may have another code
	JudgeTime   = 10 * time.Second    // what the verdict on answers may take beyond a quiz's deadline
	Overrun     = 30 * time.Minute    // after its end an appointment that nobody concluded is over
	PersonLife  = 30 * 24 * time.Hour // how long quizzes and failures count by person
)

// Case is one identity proofing as it stood when it was read.
type Case struct {
	ID         ID
	Account    account.ID
	License    []byte // digest
	Product    string
	State      State
	Version    int64
	Generation int64 // which execution of the workflow drives it
	OpenedAt   time.Time
	TouchedAt  time.Time // the idle clock
	Failures   int
	Quizzes    int
	Person     []byte // keyed digest, once known
	Consents   []Consent
	Quiz       *Quiz
	Booking    *Booking
	Review     *Review
	Code       *Code
	Method     string // once passed
	DecidedAt  time.Time
	Reference  string // the bureau's
	Flagged    bool   // staff should look
	Again      bool   // it was passed before: the name of that pass stays locked while it goes on

	token           []byte
	tokenVersion    int64
	tokenGeneration int64
}

// Consent is what somebody agreed to.
type Consent struct {
	How     string // "instant" or "video"
	Version string
	Hash    []byte // SHA-256 of the text
	At      time.Time
	From    string // the client's address
}

// Quiz is an open quiz: no word of it is here.
type Quiz struct {
	ID        string
	Deadline  time.Time
	Submitted bool

	sealed   []byte // nil until its questions came
	replaces bool   // one that was shown: it counts even if its own questions never come
}

// shown tells whether the holder has its questions and may still answer them.
func (q *Quiz) shown() bool { return q != nil && q.sealed != nil && !q.Submitted }

// Booking is what a case keeps of its appointment; the appointment itself lies in SLOTS_TABLE.
type Booking struct {
	ID       string
	Schedule string // whose hours it takes
	StartsAt time.Time
	EndsAt   time.Time
	Zone     string // the holder's, IANA
	Sequence int64  // grows with every reschedule
	Reminded int    // reminders sent: 0, 1 (24 hours before), 2 (15 minutes before)
}

// Review is what a second agent decides.
type Review struct {
	Appointment string
	Agent       account.ID // who concluded, and may not decide
	NameClass   string
	At          time.Time
	Why         string
}

// Code is an activation code, as its digest.
type Code struct {
	ExpiresAt time.Time
	PassedAt  time.Time  // the pass or its approval: FreshCode runs from here
	Agent     account.ID // who may have another one

	digest []byte
}

// lapse is what a deadline has decided about a case before anybody has written it down.
type lapse int

const (
	noLapse   lapse = iota
	quizLate        // not answered in time: a failure
	quizLost        // answered, and the bureau's verdict never came: counts nothing
	quizUnset       // never shown: counts nothing, and is no quiz
	idle
	appointmentOver
	approvalOver
	fraudOver
	codeOld
)

// lapse tells which deadline has passed. All are half-open: at the instant it has.
func (c Case) lapse(now time.Time) lapse {
	passed := func(t time.Time) bool { return !now.Before(t) }
	switch c.State {
	case InQuiz:
		switch {
		case !passed(c.Quiz.Deadline):
		case c.Quiz.sealed == nil && !c.Quiz.replaces:
			return quizUnset
		case c.Quiz.sealed == nil:
			return quizLost
		case c.Quiz.Submitted && !passed(c.Quiz.Deadline.Add(JudgeTime)): // the bureau is being asked
		case c.Quiz.Submitted:
			return quizLost
		default:
			return quizLate
		}
	case Choose, VideoOnly:
		if passed(c.TouchedAt.Add(IdleLife)) {
			return idle
		}
	case Booked:
		if passed(c.Booking.EndsAt.Add(Overrun)) {
			return appointmentOver
		}
	case Approval:
		if passed(c.Review.At.Add(ApproveLife)) {
			return approvalOver
		}
	case Fraud:
		if passed(c.Review.At.Add(FraudLife)) {
			return fraudOver
		}
	case Ready:
		if passed(c.Code.ExpiresAt) {
			return codeOld
		}
	}
	return noLapse
}

// Overdue tells whether a second agent should have decided by now.
func (c Case) Overdue(now time.Time) bool {
	return (c.State == Approval || c.State == Fraud) && !now.Before(c.Review.At.Add(ReviewSoon))
}

// AttemptsLeft is how many failures are left before the key is void.
func (c Case) AttemptsLeft() int { return max(0, MaxFailures-c.Failures) }

// rest is the state of a case in which nothing runs.
func (c Case) rest() State {
	if c.Quizzes >= MaxQuizzes {
		return VideoOnly
	}
	return Choose
}

// copy is a case of its own: changing it leaves the other as it is.
func (c Case) copy() Case {
	c.Consents = slices.Clone(c.Consents)
	if c.Quiz != nil {
		q := *c.Quiz
		c.Quiz = &q
	}
	if c.Booking != nil {
		b := *c.Booking
		c.Booking = &b
	}
	if c.Review != nil {
		r := *c.Review
		c.Review = &r
	}
	if c.Code != nil {
		k := *c.Code
		c.Code = &k
	}
	return c
}

// same tells whether nothing was changed.
func (c Case) same(other Case) bool { return reflect.DeepEqual(c, other) }

// consent keeps the last consent to each method; the audit trail has them all.
func (c *Case) consent(given Consent) {
	c.Consents = append(slices.DeleteFunc(c.Consents, func(k Consent) bool { return k.How == given.How }), given)
}

// touch is an act: the idle clock starts again.
func (c *Case) touch(now time.Time) { c.TouchedAt = now }

// require refuses an act in another state than these.
func (c *Case) require(states ...State) error {
	for _, s := range states {
		if c.State == s {
			return nil
		}
	}
	if !c.State.Open() {
		return ErrOver
	}
	return ErrBusy
}

// Book takes an appointment: allowed where nothing runs, and again where the activation code was lost. Another
// generation of the workflow begins, since it waits for other instants now.
func (c *Case) Book(b Booking, consent Consent, now time.Time) error {
	if err := c.require(Choose, VideoOnly, Ready); err != nil {
		return err
	}
	c.State, c.Booking, c.Review, c.Code = Booked, &b, nil, nil
	c.consent(consent)
	c.Generation++
	c.touch(now)
	return nil
}

// Rebook moves the appointment; the next generation begins. b.Sequence must be one more.
func (c *Case) Rebook(b Booking, now time.Time) error {
	if err := c.require(Booked); err != nil {
		return err
	}
	if b.Sequence != c.Booking.Sequence+1 {
		return fmt.Errorf("proofing: sequence %d after %d", b.Sequence, c.Booking.Sequence)
	}
	c.Booking = &b
	c.Generation++
	c.touch(now)
	return nil
}

// Unbook ends the appointment with nothing counted: cancelled by either side, could not finish, no-show of an
// agent. The next generation begins.
func (c *Case) Unbook(now time.Time) error {
	if err := c.require(Booked); err != nil {
		return err
	}
	c.State, c.Booking = c.rest(), nil
	c.Generation++
	c.touch(now)
	return nil
}

// Hand hands a concluded appointment to a second agent. to is Approval or Fraud.
func (c *Case) Hand(to State, r Review, now time.Time) error {
	if err := c.require(Booked); err != nil {
		return err
	}
	if to != Approval && to != Fraud {
		return fmt.Errorf("proofing: a review is no %q", to)
	}
	c.State, c.Review, c.Booking = to, &r, nil
	c.touch(now)
	return nil
}

// Clear ends a suspicion of fraud: on to video again, nothing counted as a failure. No quiz is left from then on, so
// that the way on stays video after a booking that is cancelled too.
func (c *Case) Clear(now time.Time) error {
	if err := c.require(Fraud); err != nil {
		return err
	}
	c.State, c.Review, c.Quizzes = VideoOnly, nil, MaxQuizzes
	c.touch(now)
	return nil
}

// reopen lets an expired case go on where nothing runs; the next generation begins. What was counted stays counted.
func (c *Case) reopen(now time.Time) {
	c.State, c.DecidedAt = c.rest(), time.Time{}
	c.Generation++
	c.touch(now)
}
