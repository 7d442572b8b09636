package proofing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/bureau"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/metric"
	"phoneotp/shared/secret"
)

// Quizzes is instant proofing: a bureau's questions. It is safe for concurrent use.
type Quizzes struct {
	Desk
	Bureau bureau.Bureau
	Count  metric.Counter
}

// What an operator must look at, as metrics.
const (
	MetricUnfit   = "QuizUnfit"     // the bureau's quiz breaks the rules of product.md 4, and was not shown
	MetricRefused = "BureauRefused" // the bureau refuses our credentials or our form of asking
)

// count tells an operator of what the bureau does that waiting does not mend.
func (z Quizzes) count(err error, now time.Time) {
	if errors.Is(err, bureau.ErrUnfit) {
		z.Count.Count(now, MetricUnfit, 1)
	}
	if errors.Is(err, bureau.ErrMisconfigured) {
		z.Count.Count(now, MetricRefused, 1)
	}
}

// QuizLife is how long a quiz may be answered, by the server's clock (product.md 4).
const QuizLife = 5 * time.Minute

// Sitting is somebody who asks for a quiz. Consent and name were confirmed.
type Sitting struct {
	Holder  account.ID
	Birth   secret.Text // 2006-01-02
	Last4   secret.Text // may be empty
	Address bureau.Address
	Phone   string
	From    string // the client's address
	At      time.Time
}

// Shown is a quiz as the holder sees it, for the answer alone: it is kept nowhere.
type Shown struct {
	ID        string
	ExpiresAt time.Time
	Questions []Question
}

// Question is one question with an id of ours, and its choices with theirs.
type Question struct {
	ID      string
	Text    secret.Text
	Choices []Choice
}

// Choice is one choice.
type Choice struct {
	ID   string
	Text secret.Text
}

// Sat is what came of asking or answering: a quiz, or the case with its outcome.
type Sat struct {
	Quiz *Shown
	Case Case
}

// Answer is a choice for a question, by ids of ours.
type Answer struct{ Question, Choice string }

// sheet is what a case keeps of an open quiz, sealed: the bureau's session and the ids, in the bureau's order.
type sheet struct {
	Session   string     `json:"s"`
	Questions []sheetRow `json:"q"`
}

type sheetRow struct {
	ID      string   `json:"i"`
	Choices []string `json:"c"`
}

// Start asks the bureau for a quiz. The quiz is counted before the bureau is asked, by case and by person, and
// given back if no questions came. Asking again before answering replaces the quiz and counts once.
//
// It returns ErrInstantNotOffered before any call for addresses outside the 50 states and DC and accounts outside
// the US, ErrAttemptsUsed, ErrBusy, ErrOver, or bureau.ErrUnavailable.
func (z Quizzes) Start(ctx context.Context, id ID, s Sitting) (Sat, error) {
	if !bureau.Covers(s.Address) {
		return Sat{}, ErrInstantNotOffered
	}
	var found account.Account
	var opened Case
	var kept seat
	for try := range tries {
		var err error
		if found, err = z.Accounts.ByID(ctx, s.Holder, s.At); err != nil {
			return Sat{}, err
		}
		if found.Country != "US" {
			return Sat{}, ErrInstantNotOffered
		}
		if opened, kept, err = z.reserve(ctx, id, found, s); err == nil {
			break
		}
		if !errors.Is(err, account.ErrMoved) || try == tries-1 { // the name was changed meanwhile: ask by the new one
			return Sat{}, err
		}
	}
	if opened.State != InQuiz {
		return Sat{}, ErrAttemptsUsed
	}
	step, err := z.Bureau.Start(ctx, bureau.Applicant{
		GivenName: found.GivenName, FamilyName: found.FamilyName, DateOfBirth: s.Birth, LastFour: s.Last4, Address: s.Address, Phone: s.Phone,
	}, opened.Quiz.ID, s.At)
	if err == nil && step.Outcome != nil && step.Outcome.Verdict == bureau.Passed {
		err = fmt.Errorf("proofing: the bureau passes somebody without a question: %w", bureau.ErrUnavailable)
	}
	if err != nil {
		z.count(err, s.At)
		return Sat{}, z.giveBack(ctx, opened, kept, s.At, err)
	}
	return z.take(ctx, opened, opened.Quiz.ID, step, s.At)
}

// seat is what giving a quiz back needs to know of the case before it.
type seat struct {
	before  *Quiz  // the quiz that it was to replace
	person  []byte // whose that was
	counted bool   // it was counted by person
}

// reserve counts the quiz. A person who has used up the quizzes elsewhere is sent to video.
func (z Quizzes) reserve(ctx context.Context, id ID, found account.Account, s Sitting) (Case, seat, error) {
	digest := z.Cases.Keys.personOf(found.GivenName, found.FamilyName, s.Birth, s.Last4)
	var kept seat
	after, err := z.Change(ctx, id, s.At, func(c *Case) ([]dynamo.Write, error) {
		again := c.State == InQuiz
		switch {
		case c.State == VideoOnly || c.State == Choose && c.Quizzes >= MaxQuizzes:
			return nil, ErrAttemptsUsed
		case again && c.Quiz.Submitted:
			return nil, ErrBusy
		}
		if err := c.require(Choose, InQuiz); err != nil {
			return nil, err
		}
		p, err := z.Cases.person(ctx, digest, s.At)
		if err != nil {
			return nil, err
		}
		kept = seat{before: c.Quiz, person: c.Person, counted: !again || string(c.Person) != string(digest)}
		var writes []dynamo.Write
		if kept.counted {
			if !p.maySit() {
				return z.sendAway(ctx, c, digest, s.At)
			}
			p.quizzes = append(p.quizzes, s.At)
			writes = append(writes, z.Cases.savePerson(p, s.At))
		}
		if !again {
			c.Quizzes++
		}
		given := NewConsent("instant", s.From, s.At)
		c.State, c.Person = InQuiz, digest
		c.Quiz = &Quiz{ID: newID(), Deadline: s.At.Add(QuizLife), replaces: again && (kept.before.shown() || kept.before.replaces)}
		c.consent(given)
		c.touch(s.At)
		return append(writes, z.Accounts.LockNameAs(found), z.Log.Write(c.ConsentEntry(given)), z.Log.Write(c.Entry(EventQuiz, "", "", s.At))), nil
	})
	return after, kept, err
}

// sendAway leaves video alone to a person whose quizzes are used up. A quiz that somebody else was shown in this case is
// abandoned with that.
func (z Quizzes) sendAway(ctx context.Context, c *Case, digest []byte, now time.Time) ([]dynamo.Write, error) {
	var writes []dynamo.Write
	if c.State == InQuiz && c.Quiz.shown() {
		var err error
		if writes, err = z.Fail(ctx, c, "", "the quiz was left for another person's", now); err != nil || c.State == Failed {
			return writes, err
		}
	}
	c.State, c.Quiz, c.Person = VideoOnly, nil, digest
	c.touch(now)
	return append(writes, z.Log.Write(c.Entry(EventNotPassed, audit.System, "the person's quizzes are used up", now))), nil
}

// ConsentEntry is the audit entry of a consent: text version, hash and address.
func (c Case) ConsentEntry(given Consent) audit.Entry {
	e := c.Entry(EventConsent, "", "", given.At)
	e.From, e.Detail = given.From, map[string]string{"method": given.How, "text_version": given.Version, "sha256": hex.EncodeToString(given.Hash)}
	return e
}

// giveBack ends a quiz to which no questions came: it is no quiz. One that was shown before stands again, with its own
// deadline, so that nobody gets rid of questions by asking for others in vain.
func (z Quizzes) giveBack(ctx context.Context, opened Case, kept seat, now time.Time, why error) error {
	_, err := z.Change(ctx, opened.ID, now, func(c *Case) ([]dynamo.Write, error) {
		if !c.sits(opened.Quiz.ID) {
			return nil, nil
		}
		var writes []dynamo.Write
		if kept.counted {
			var err error
			if writes, err = z.unsit(ctx, c.Person, now); err != nil {
				return nil, err
			}
		}
		switch {
		case kept.before.shown():
			c.Quiz, c.Person = kept.before, kept.person
		case c.Quiz.replaces:
			c.State, c.Quiz = c.rest(), nil
		default:
			c.Quizzes--
			c.State, c.Quiz = c.rest(), nil
		}
		return writes, nil
	})
	switch {
	case errors.Is(why, bureau.ErrUnwritable):
		return errors.Join(ErrInstantNotOffered, err)
	case errors.Is(why, bureau.ErrUnavailable):
		return fmt.Errorf("%w: %w", bureau.ErrUnavailable.Because(becauseBureau).Then("video"), errors.Join(why, err))
	}
	return errors.Join(why, err)
}

// sits tells whether this very quiz is open.
func (c Case) sits(quiz string) bool { return c.State == InQuiz && c.Quiz.ID == quiz }

// take writes down what the bureau said to the quiz and tells it.
func (z Quizzes) take(ctx context.Context, at Case, quiz string, step bureau.Step, now time.Time) (Sat, error) {
	if step.Outcome != nil {
		return z.judge(ctx, at.ID, quiz, *step.Outcome, now)
	}
	shown, rows := show(step.Questions)
	after, err := z.Change(ctx, at.ID, now, func(c *Case) ([]dynamo.Write, error) {
		if !c.sits(quiz) {
			return nil, ErrQuizExpired
		}
		if c.Quiz.Submitted { // further questions are a step of their own
			c.Quiz = &Quiz{ID: newID(), Deadline: now.Add(QuizLife)}
		}
		plain, err := json.Marshal(sheet{Session: step.Session.Reveal(), Questions: rows})
		if err != nil {
			return nil, fmt.Errorf("proofing: %w", err)
		}
		c.Quiz.sealed, err = z.Cases.Keys.quiz.Seal(plain, []byte(c.Quiz.ID))
		return nil, err
	})
	if err != nil {
		return Sat{}, err
	}
	shown.ID, shown.ExpiresAt = after.Quiz.ID, after.Quiz.Deadline
	return Sat{Quiz: &shown, Case: after}, nil
}

// judge writes down the bureau's verdict: only a pass is one.
func (z Quizzes) judge(ctx context.Context, id ID, quiz string, o bureau.Outcome, now time.Time) (Sat, error) {
	after, err := z.Change(ctx, id, now, func(c *Case) ([]dynamo.Write, error) {
		if !c.sits(quiz) {
			return nil, ErrQuizExpired
		}
		c.Reference = o.Reference
		if o.Verdict == bureau.Passed {
			return z.pass(c, ByQuiz, now), nil
		}
		writes, err := z.Fail(ctx, c, "", string(o.Verdict), now)
		if o.Verdict == bureau.Deceased {
			c.Flagged = true
			writes = append(writes, z.Log.Write(c.Entry(EventFlagged, audit.System, string(o.Verdict), now)))
		}
		return writes, err
	})
	return Sat{Case: after}, err
}

// Answer sends the answers of a quiz to the bureau, once. It returns ErrQuizExpired for one that is late, answered,
// replaced or nobody's, fault.ErrInvalid for answers that do not fit, which change nothing, or
// bureau.ErrUnavailable: then nothing counts but the quiz is over.
func (z Quizzes) Answer(ctx context.Context, id ID, quiz string, answers []Answer, now time.Time) (Sat, error) {
	var sent sheet
	var choices []int
	at, err := z.Change(ctx, id, now, func(c *Case) ([]dynamo.Write, error) {
		if !c.sits(quiz) || c.Quiz.Submitted || c.Quiz.sealed == nil {
			return nil, ErrQuizExpired
		}
		plain, err := z.Cases.Keys.quiz.Open(c.Quiz.sealed, []byte(quiz))
		if err == nil {
			err = json.Unmarshal(plain, &sent)
		}
		if err != nil {
			return nil, fmt.Errorf("proofing: quiz of case %s: %w", id, err)
		}
		if choices, err = sent.choices(answers); err != nil {
			return nil, err
		}
		c.Quiz.Submitted = true
		c.touch(now)
		return nil, nil
	})
	if err != nil {
		return Sat{}, err
	}
	step, err := z.Bureau.Answer(ctx, secret.Text(sent.Session), choices, now)
	if err == nil {
		return z.take(ctx, at, quiz, step, now)
	}
	z.count(err, now)
	_, lost := z.Change(ctx, id, now, func(c *Case) ([]dynamo.Write, error) {
		if c.sits(quiz) {
			c.State, c.Quiz = c.rest(), nil
		}
		return nil, nil
	})
	return Sat{}, fmt.Errorf("%w: %w", bureau.ErrUnavailable.Because(becauseUnknown).Then("video"), errors.Join(err, lost))
}

// choices puts the answers into the bureau's order.
func (s sheet) choices(answers []Answer) ([]int, error) {
	given := map[string]string{}
	for _, a := range answers {
		given[a.Question] = a.Choice
	}
	places := make([]int, len(s.Questions))
	fits := len(answers) == len(s.Questions)
	for i, q := range s.Questions {
		places[i] = -1
		for j, c := range q.Choices {
			if c == given[q.ID] {
				places[i] = j
			}
		}
		fits = fits && places[i] >= 0
	}
	var check fault.Check
	check.Field(fits, "/answers", textOnceEach)
	return places, check.Err()
}

// show mints ids for the bureau's questions and choices.
func show(questions []bureau.Question) (Shown, []sheetRow) {
	var shown Shown
	var rows []sheetRow
	for _, q := range questions {
		out, row := Question{ID: newID(), Text: q.Text}, sheetRow{}
		row.ID = out.ID
		for _, text := range q.Choices {
			c := Choice{ID: newID(), Text: text}
			out.Choices, row.Choices = append(out.Choices, c), append(row.Choices, c.ID)
		}
		shown.Questions, rows = append(shown.Questions, out), append(rows, row)
	}
	return shown, rows
}

// newID is a random id that says nothing.
func newID() string { return rand.Text()[:20] }
