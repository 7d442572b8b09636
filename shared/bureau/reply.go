package bureau

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"phoneotp/shared/secret"
)

// A quiz beyond these is nonsense, whatever the bureau meant.
const (
	mostQuestions = 10
	mostChoices   = 10
	longestText   = 300 // letters of a question or a choice (api.md shows no more of a choice)
)

// code is a number that the bureau writes now as a number, now as a text.
type code string

// UnmarshalJSON takes both.
func (c *code) UnmarshalJSON(b []byte) error {
	*c = code(strings.Trim(string(b), `"`))
	if *c == "null" {
		*c = ""
	}
	return nil
}

// reply is the form of an answer, with what we read of it.
type reply struct {
	ResponseHeader struct {
		ExpRequestID    string `json:"expRequestId"`
		OverallResponse struct {
			Decision string `json:"decision"`
		} `json:"overallResponse"`
		ResponseCode code   `json:"responseCode"`
		ResponseType string `json:"responseType"`
	} `json:"responseHeader"`
	ClientResponsePayload struct {
		DecisionElements []element `json:"decisionElements"`
	} `json:"clientResponsePayload"`
}

type element struct {
	Decisions []struct {
		Element string `json:"element"`
		Value   string `json:"value"`
	} `json:"decisions"`
	WarningsErrors []struct {
		ResponseType string `json:"responseType"`
		ResponseCode code   `json:"responseCode"`
	} `json:"warningsErrors"`
	OtherData struct {
		JSON struct {
			FraudSolutions struct {
				Response struct {
					Products struct {
						PreciseIDServer precise `json:"preciseIDServer"`
					} `json:"products"`
				} `json:"response"`
			} `json:"fraudSolutions"`
		} `json:"json"`
	} `json:"otherData"`
}

type precise struct {
	Summary struct {
		Scores struct {
			PreciseIDScore code `json:"preciseIDScore"`
		} `json:"scores"`
	} `json:"summary"`
	KBA struct {
		General struct {
			SessionID string `json:"sessionID"`
		} `json:"general"`
		QuestionSet []struct {
			QuestionText   string `json:"questionText"`
			QuestionSelect struct {
				QuestionChoice []string `json:"questionChoice"`
			} `json:"questionSelect"`
		} `json:"questionSet"`
	} `json:"kba"`
	KBAScore struct {
		General struct {
			KBAResultCode code `json:"kbaresultCode"`
		} `json:"general"`
	} `json:"kbascore"`
}

// The codes that end a quiz, by where they stand; see the package's comment.
var (
	messageStops = map[code]Verdict{"57": ThinFile, "710": Expired}
	scoreStops   = map[code]Verdict{"9001": Deceased, "9013": Locked}
	resultStops  = map[code]Verdict{"8": Deceased, "9": NoMatch}
)

// first reads the answer to a start.
func (r reply) first(ref string) (Step, error) {
	step, err := r.next(ref)
	switch {
	case err != nil:
		return Step{}, err
	case step.Outcome != nil && step.Outcome.Verdict == Passed: // nobody has answered anything
		return Step{}, trouble(ErrUnfit)
	case step.Outcome == nil && len(step.Questions) < LeastQuestions:
		return Step{}, trouble(ErrUnfit)
	}
	return step, nil
}

// next reads an answer: a stop, questions, or a decision, in this order.
func (r reply) next(ref string) (Step, error) {
	if len(r.ClientResponsePayload.DecisionElements) == 0 {
		return Step{}, trouble(fmt.Errorf("an answer without a decision element, code %q", r.ResponseHeader.ResponseCode))
	}
	e := r.ClientResponsePayload.DecisionElements[0]
	p := e.OtherData.JSON.FraudSolutions.Response.Products.PreciseIDServer
	stop, err := stopOf(e, p)
	if err != nil {
		return Step{}, err
	}
	if stop == "" && len(p.KBA.QuestionSet) > 0 {
		return asked(p, ref)
	}
	if stop == "" {
		if stop, err = r.decision(e); err != nil {
			return Step{}, err
		}
	}
	return Step{Outcome: &Outcome{Verdict: stop, Reference: r.ResponseHeader.ExpRequestID}}, nil
}

// stopOf finds a code that ends the quiz. Of two, the death counts: it is the one that staff must see.
func stopOf(e element, p precise) (Verdict, error) {
	stop := scoreStops[p.Summary.Scores.PreciseIDScore]
	if result := p.KBAScore.General.KBAResultCode; result != "" && result != "0" {
		v, known := resultStops[result]
		if !known {
			return "", trouble(fmt.Errorf("result code %q is not known", result))
		}
		if stop == "" || v == Deceased {
			stop = v
		}
	}
	for _, w := range e.WarningsErrors {
		v, known := messageStops[w.ResponseCode]
		switch {
		case known && stop == "":
			stop = v
		case !known && stop == "" && !strings.HasPrefix(strings.ToUpper(w.ResponseType), "WARN") && !strings.EqualFold(w.ResponseType, "INFO"):
			return "", trouble(fmt.Errorf("error code %q", w.ResponseCode))
		}
	}
	return stop, nil
}

// decision reads the verdict, from the final element if the overall one is missing.
func (r reply) decision(e element) (Verdict, error) {
	said := r.ResponseHeader.OverallResponse.Decision
	if said == "" {
		for _, d := range e.Decisions {
			if d.Element == "finalDecision" {
				said = d.Value
			}
		}
	}
	switch said {
	case "":
		return "", trouble(errors.New("an answer without a decision"))
	case "ACCEPT", "ACC":
		return Passed, nil
	case "REFER", "REF", "R10":
		return Failed, nil
	}
	return Undecided, nil
}

// asked makes a step of the bureau's questions.
func asked(p precise, ref string) (Step, error) {
	s := session{ID: p.KBA.General.SessionID, Ref: ref}
	fit := s.ID != "" && len(p.KBA.QuestionSet) <= mostQuestions
	var questions []Question
	for _, q := range p.KBA.QuestionSet {
		choices := q.QuestionSelect.QuestionChoice
		fit = fit && legible(q.QuestionText) && len(choices) >= LeastChoices && len(choices) <= mostChoices
		asked := Question{Text: secret.Text(q.QuestionText)}
		for _, text := range choices {
			fit = fit && legible(text)
			asked.Choices = append(asked.Choices, secret.Text(text))
		}
		questions = append(questions, asked)
		s.Choices = append(s.Choices, len(choices))
	}
	if !fit {
		return Step{}, trouble(ErrUnfit)
	}
	sealed, err := s.text()
	return Step{Session: sealed, Questions: questions}, err
}

func legible(text string) bool {
	return strings.TrimSpace(text) != "" && utf8.RuneCountInString(text) <= longestText
}

// session is what an answer needs of the questions.
type session struct {
	ID      string `json:"id"`
	Ref     string `json:"ref"`
	Choices []int  `json:"choices"` // how many each question has
}

func (s session) text() (Session, error) {
	b, err := json.Marshal(s)
	return Session(b), err
}

func openSession(text Session) (session, error) {
	var s session
	if json.Unmarshal([]byte(text.Reveal()), &s) != nil || s.ID == "" || len(s.Choices) == 0 {
		return session{}, errors.New("bureau: the session cannot be read")
	}
	return s, nil
}

// fits tells whether there is one choice for each question.
func (s session) fits(choices []int) error {
	if len(choices) != len(s.Choices) {
		return ErrChoices
	}
	for i, c := range choices {
		if c < 0 || c >= s.Choices[i] {
			return ErrChoices
		}
	}
	return nil
}
