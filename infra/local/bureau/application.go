package bureau

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// incoming is what the stand-in wants of a request, strictly.
type incoming struct {
	Header struct {
		TenantID          string `json:"tenantId"`
		RequestType       string `json:"requestType"`
		ClientReferenceID string `json:"clientReferenceId"`
		MessageTime       string `json:"messageTime"`
	} `json:"header"`
	Payload struct {
		Control []struct {
			Option string `json:"option"`
			Value  string `json:"value"`
		} `json:"control"`
		Contacts []struct {
			Person struct {
				PersonDetails struct {
					DateOfBirth string `json:"dateOfBirth"`
				} `json:"personDetails"`
				Names []struct {
					FirstName string `json:"firstName"`
					SurName   string `json:"surName"`
				} `json:"names"`
			} `json:"person"`
			Addresses []struct {
				AddressType       string `json:"addressType"`
				Street            string `json:"street"`
				PostTown          string `json:"postTown"`
				StateProvinceCode string `json:"stateProvinceCode"`
				Postal            string `json:"postal"`
			} `json:"addresses"`
			Telephones []struct {
				Number string `json:"number"`
			} `json:"telephones"`
			IdentityDocuments []struct {
				DocumentType   string `json:"documentType"`
				DocumentNumber string `json:"documentNumber"`
			} `json:"identityDocuments"`
		} `json:"contacts"`
		Application struct {
			ProductDetails struct {
				ProductType string `json:"productType"`
			} `json:"productDetails"`
		} `json:"application"`
		KBA *struct {
			SessionID string            `json:"sessionId"`
			Questions int               `json:"outWalletQuestionsRequest"`
			Answers   map[string]string `json:"answers"`
		} `json:"kba"`
	} `json:"payload"`
}

var (
	goodName   = regexp.MustCompile(`^[A-Za-z '-]{1,32}$`)
	goodStreet = regexp.MustCompile(`^[a-zA-Z0-9# \-'.]{1,60}$`)
	goodState  = regexp.MustCompile(`^[A-Z]{2}$`)
	goodZIP    = regexp.MustCompile(`^[0-9]{5}(-[0-9]{4})?$`)
	goodPhone  = regexp.MustCompile(`^[0-9]{10}$`)
	goodFour   = regexp.MustCompile(`^[0-9]{4}$`)
)

// application answers a start or answers.
func (b *Bureau) application(w http.ResponseWriter, r *http.Request, text []byte) {
	if !b.admitted(r) {
		write(w, http.StatusUnauthorized, map[string]any{"errors": "unauthorized"})
		return
	}
	var in incoming
	if err := json.Unmarshal(text, &in); err != nil {
		write(w, http.StatusBadRequest, map[string]any{"errors": "not of the form"})
		return
	}
	if wrong := in.wrong(); wrong != "" {
		write(w, http.StatusOK, problem("ERROR", "100", wrong))
		return
	}
	switch b.take(ServerError, Garbage, ErrorBody, SessionOver, UnknownResult, NoElements) {
	case ServerError:
		write(w, http.StatusInternalServerError, map[string]any{"errors": "trouble"})
	case Garbage:
		_, _ = w.Write([]byte("<html>maintenance</html>"))
	case ErrorBody:
		write(w, http.StatusOK, problem("ERROR", "999", "something else"))
	case SessionOver:
		write(w, http.StatusOK, problem("ERROR", "710", "Session timeout"))
	case UnknownResult:
		write(w, http.StatusOK, stopped(77, "something else"))
	case NoElements:
		write(w, http.StatusOK, map[string]any{"responseHeader": map[string]any{}, "clientResponsePayload": map[string]any{"decisionElements": []any{}}})
	default:
		if in.Payload.KBA == nil {
			b.start(w, in)
		} else {
			b.answer(w, r, in)
		}
	}
}

// wrong says what the vendor would not take.
func (in incoming) wrong() string {
	control := map[string]string{}
	for _, o := range in.Payload.Control {
		control[o.Option] = o.Value
	}
	for _, name := range []string{"SUBSCRIBER_SUB_CODE", "PID_USERNAME", "PID_PASSWORD"} {
		if control[name] == "" {
			return name + " is missing"
		}
	}
	h, p := in.Header, in.Payload
	switch {
	case h.TenantID == "" || h.RequestType != "PreciseIdOnly" || h.ClientReferenceID == "" || h.MessageTime == "":
		return "the header is not complete"
	case control["PRODUCT_OPTION"] != "24":
		return "PRODUCT_OPTION is not 24"
	case p.KBA != nil:
		return ""
	case p.Application.ProductDetails.ProductType != "WRITTEN_INSTRUCTIONS":
		return "nobody allowed it"
	case len(p.Contacts) != 1 || len(p.Contacts[0].Person.Names) != 1 || len(p.Contacts[0].Addresses) != 1:
		return "one person with one name and one address"
	}
	c := p.Contacts[0]
	n, a := c.Person.Names[0], c.Addresses[0]
	_, err := time.Parse(time.DateOnly, c.Person.PersonDetails.DateOfBirth)
	good := err == nil && goodName.MatchString(n.SurName) && (n.FirstName == "" || goodName.MatchString(n.FirstName)) &&
		goodStreet.MatchString(a.Street) && goodStreet.MatchString(a.PostTown) && goodState.MatchString(a.StateProvinceCode) && goodZIP.MatchString(a.Postal)
	for _, t := range c.Telephones {
		good = good && goodPhone.MatchString(t.Number)
	}
	for _, d := range c.IdentityDocuments {
		good = good && d.DocumentType == "SSN" && goodFour.MatchString(d.DocumentNumber)
	}
	if !good {
		return "input is not of the form"
	}
	return ""
}

func (b *Bureau) start(w http.ResponseWriter, in incoming) {
	family := strings.ToLower(in.Payload.Contacts[0].Person.Names[0].SurName)
	switch family {
	case "nomatch":
		write(w, http.StatusOK, stopped(9, "Consumer not found"))
	case "deceased":
		write(w, http.StatusOK, stopped(8, "Deceased"))
	case "locked":
		write(w, http.StatusOK, envelope("REFER", map[string]any{"summary": map[string]any{"scores": map[string]any{"preciseIDScore": "9013"}}}, nil, nil))
	case "thinfile":
		write(w, http.StatusOK, problem("WARN", "57", "Cannot formulate questions"))
	case "down":
		write(w, http.StatusServiceUnavailable, map[string]any{"errors": "down"})
	default:
		questions, choices := 4, 5
		switch b.take(FewQuestions, FewChoices, EarlyAccept) {
		case FewQuestions:
			questions = 3
		case FewChoices:
			choices = 3
		case EarlyAccept:
			write(w, http.StatusOK, envelope("ACCEPT", map[string]any{}, nil, nil))
			return
		}
		s := &session{family: family, until: b.now().Add(Window), more: family == "morequestions"}
		write(w, http.StatusOK, b.ask(s, questions, choices))
	}
}

func (b *Bureau) answer(w http.ResponseWriter, r *http.Request, in incoming) {
	kba := in.Payload.KBA
	b.mu.Lock()
	s := b.sessions[kba.SessionID]
	delete(b.sessions, kba.SessionID) // answers are taken once
	b.mu.Unlock()
	if s == nil || b.now().After(s.until) {
		write(w, http.StatusOK, problem("ERROR", "710", "Session timeout"))
		return
	}
	if kba.Questions != len(s.right) || len(kba.Answers) != len(s.right) {
		write(w, http.StatusOK, problem("ERROR", "100", "one answer for each question"))
		return
	}
	for i, right := range s.right {
		if kba.Answers[fmt.Sprintf("outWalletAnswer%d", i+1)] == strconv.Itoa(right) {
			s.good++
		}
	}
	lost := b.take(Lost) != ""
	if s.family == "slow" || lost {
		b.hold(r, lost)
		panic(http.ErrAbortHandler) // no answer at all
	}
	if s.more {
		s.more = false
		write(w, http.StatusOK, b.ask(s, 2, 5))
		return
	}
	write(w, http.StatusOK, b.decide(s))
}

// hold keeps a caller waiting, unless the answer is to be lost at once.
func (b *Bureau) hold(r *http.Request, lost bool) {
	if lost {
		return
	}
	patience := b.Patience
	if patience == 0 {
		patience = 20 * time.Second
	}
	select {
	case <-r.Context().Done():
	case <-time.After(patience):
	}
}

func (b *Bureau) decide(s *session) map[string]any {
	decision, final := "REFER", "REF"
	if 4*s.good >= 3*s.asked { // 75 % of all, rounded up
		decision, final = "ACCEPT", "ACC"
	}
	if s.family == "nodecision" {
		decision, final = "NODECISION", "ND"
	}
	switch b.take(FinalOnly, NoDecision) {
	case FinalOnly:
		decision = ""
	case NoDecision:
		decision, final = "", ""
	}
	product := map[string]any{"kbascore": map[string]any{"general": map[string]any{"kbaresultCode": 0, "kbaresultCodeDescription": ""}}}
	return envelope(decision, product, []any{
		map[string]any{"element": "fraudScore", "value": "ACC"}, map[string]any{"element": "finalDecision", "value": final},
	}, nil)
}
