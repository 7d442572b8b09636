package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"phoneotp/shared/bureau"
	"phoneotp/shared/credential"
	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/limit"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

type handler struct {
	sessions session.Sessions
	quizzes  proofing.Quizzes
	diary    *appointment.Diary
	limits   limit.Counters
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"GET /api/proofing":                  h.view,
		"POST /api/proofing/instant":         h.instant,
		"POST /api/proofing/instant/answers": h.answers,
		"GET /api/proofing/slots":            h.slots,
		"POST /api/proofing/appointment":     h.book,
		"PUT /api/proofing/appointment":      h.move,
		"DELETE /api/proofing/appointment":   h.cancel,
		"POST /api/proofing/activation-code": h.activate,
	}
}

const (
	textRequired  = "is required"
	textDate      = "must be a date, as 2026-01-31"
	textDigits    = "must be four digits"
	textConfirmed = "must be confirmed: it is checked against your documents"
)

// current is the case of whoever is signed in.
func (h *handler) current(ctx context.Context, s session.Session, now time.Time) (proofing.Case, error) {
	held, err := h.diary.Desk.Credentials.Find(ctx, s.Account)
	if err != nil {
		return proofing.Case{}, err
	}
	return h.diary.Desk.Current(ctx, held, now)
}

func (h *handler) view(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.current(ctx, s, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	holder, err := h.diary.Desk.Accounts.ByID(ctx, s.Account, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	booked, err := h.diary.View(ctx, c, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	type consent struct {
		TextVersion string `json:"text_version"`
		Text        string `json:"text"`
	}
	return httpapi.JSON(http.StatusOK, struct {
		ID                   proofing.ID       `json:"id"`
		Consent              consent           `json:"consent"`
		State                string            `json:"state"`
		Methods              []string          `json:"methods"`
		AttemptsLeft         int               `json:"attempts_left"`
		Appointment          *appointment.View `json:"appointment"`
		ActivationCodeNeeded bool              `json:"activation_code_needed"`
	}{c.ID, consent{proofing.ConsentVersion, proofing.ConsentText}, c.ViewState(), c.Methods(holder.Country), c.AttemptsLeft(), booked, c.CodeNeeded()})
}

// agreement is what comes before a quiz and a booking.
type agreement struct {
	Consent *struct {
		Accepted    *bool  `json:"accepted"`
		TextVersion string `json:"text_version"`
	} `json:"consent"`
	NameConfirmed bool `json:"name_confirmed"`
}

func (a agreement) check(c *fault.Check) {
	c.Field(a.Consent != nil, "/consent", textRequired)
	if a.Consent != nil {
		c.Field(a.Consent.Accepted != nil, "/consent/accepted", textRequired)
		c.Field(a.Consent.TextVersion != "", "/consent/text_version", textRequired)
	}
	c.Field(a.NameConfirmed, "/name_confirmed", textConfirmed)
}

func (a agreement) given() error {
	return proofing.CheckConsent(*a.Consent.Accepted, a.Consent.TextVersion)
}

// applicant is who the bureau is asked about. It is never stored or logged.
type applicant struct {
	DateOfBirth secret.Text `json:"date_of_birth"`
	SSNLast4    secret.Text `json:"ssn_last4"`
	Address     struct {
		Line1      string `json:"line1"`
		Line2      string `json:"line2"`
		City       string `json:"city"`
		Region     string `json:"region"`
		PostalCode string `json:"postal_code"`
		Country    string `json:"country"`
	} `json:"address"`
	Phone string `json:"phone"`
}

var fourDigits = regexp.MustCompile(`^[0-9]{4}$`)

func (a applicant) check(c *fault.Check, now time.Time) {
	born, err := time.Parse(time.DateOnly, a.DateOfBirth.Reveal())
	c.Field(err == nil && born.Before(now) && born.Year() > 1900, "/applicant/date_of_birth", textDate)
	c.Field(a.SSNLast4 == "" || fourDigits.MatchString(a.SSNLast4.Reveal()), "/applicant/ssn_last4", textDigits)
	c.Field(a.Phone != "", "/applicant/phone", textRequired)
	for _, f := range []struct{ value, name string }{
		{a.Address.Line1, "line1"}, {a.Address.City, "city"}, {a.Address.Region, "region"}, {a.Address.PostalCode, "postal_code"}, {a.Address.Country, "country"},
	} {
		c.Field(f.value != "", "/applicant/address/"+f.name, textRequired)
	}
}

func (h *handler) instant(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		agreement
		Applicant *applicant `json:"applicant"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	in.check(&check)
	check.Field(in.Applicant != nil, "/applicant", textRequired)
	if in.Applicant != nil {
		in.Applicant.check(&check, req.At)
	}
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	if err := in.given(); err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.current(ctx, s, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	a := in.Applicant
	sat, err := h.quizzes.Start(ctx, c.ID, proofing.Sitting{
		Holder: s.Account, Birth: a.DateOfBirth, Last4: a.SSNLast4, Phone: a.Phone, From: req.Address, At: req.At,
		Address: bureau.Address{
			Line1: a.Address.Line1, Line2: a.Address.Line2, City: a.Address.City, Region: a.Address.Region, PostalCode: a.Address.PostalCode, Country: a.Address.Country,
		},
	})
	if err != nil {
		return httpapi.Response{}, err
	}
	return told(sat)
}

func (h *handler) answers(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		QuizID  string `json:"quiz_id"`
		Answers []struct {
			QuestionID string `json:"question_id"`
			ChoiceID   string `json:"choice_id"`
		} `json:"answers"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	check.Field(in.QuizID != "", "/quiz_id", textRequired)
	check.Field(len(in.Answers) > 0, "/answers", textRequired)
	given := make([]proofing.Answer, len(in.Answers))
	for i, a := range in.Answers {
		check.Field(a.QuestionID != "", fmt.Sprintf("/answers/%d/question_id", i), textRequired)
		check.Field(a.ChoiceID != "", fmt.Sprintf("/answers/%d/choice_id", i), textRequired)
		given[i] = proofing.Answer{Question: a.QuestionID, Choice: a.ChoiceID}
	}
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.current(ctx, s, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	sat, err := h.quizzes.Answer(ctx, c.ID, in.QuizID, given, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return told(sat)
}

// told is a quiz, or what came of it (api.md, Proofing). Questions stand in this answer and nowhere else.
func told(sat proofing.Sat) (httpapi.Response, error) {
	if sat.Quiz == nil {
		return httpapi.JSON(http.StatusOK, struct {
			Outcome      string `json:"outcome"`
			AttemptsLeft int    `json:"attempts_left"`
			Next         string `json:"next"`
		}{sat.Case.Outcome(), sat.Case.AttemptsLeft(), sat.Case.Next()})
	}
	type choice struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	type question struct {
		ID      string   `json:"id"`
		Text    string   `json:"text"`
		Choices []choice `json:"choices"`
	}
	type quiz struct {
		ID        string     `json:"id"`
		Questions []question `json:"questions"`
		ExpiresAt string     `json:"expires_at"`
	}
	shown := quiz{ID: sat.Quiz.ID, ExpiresAt: sat.Quiz.ExpiresAt.UTC().Format(time.RFC3339)}
	for _, q := range sat.Quiz.Questions {
		out := question{ID: q.ID, Text: q.Text.Reveal()}
		for _, c := range q.Choices {
			out.Choices = append(out.Choices, choice{c.ID, c.Text.Reveal()})
		}
		shown.Questions = append(shown.Questions, out)
	}
	return httpapi.JSON(http.StatusOK, struct {
		Quiz quiz `json:"quiz"`
	}{shown})
}

func (h *handler) activate(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	var in struct {
		Code secret.Text `json:"code"`
	}
	if err := httpapi.Body(req, &in); err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	check.Field(in.Code != "", "/code", textRequired)
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	c, err := h.current(ctx, s, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	if _, err := h.diary.Desk.Activate(ctx, h.limits, s.Account, c.ID, in.Code, req.At); err != nil {
		return httpapi.Response{}, err
	}
	held, err := h.diary.Desk.Credentials.Find(ctx, s.Account)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, struct {
		Credential credential.View `json:"credential"`
		Next       string          `json:"next"`
	}{held.View(req.At), "register-phone"})
}
