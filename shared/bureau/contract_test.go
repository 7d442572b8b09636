package bureau_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	standin "phoneotp/infra/local/bureau"
	"phoneotp/shared/bureau"
	"phoneotp/shared/secret"
)

var at = time.Date(2026, 11, 25, 20, 0, 0, 0, time.UTC)

// bench is an adapter in front of a stand-in.
type bench struct {
	*standin.Bureau
	client *bureau.Client
}

func start(t *testing.T) *bench {
	t.Helper()
	s := &standin.Bureau{Now: func() time.Time { return at }}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	values := map[string]secret.Text{}
	for _, name := range strings.Fields("tenant domain username password client_id client_secret subscriber pid_username pid_password") {
		values["bureau_"+name] = secret.Text("the-" + name)
	}
	c, err := bureau.CredentialsFrom(func(name string) secret.Text { return values[name] })
	if err != nil {
		t.Fatal(err)
	}
	return &bench{s, bureau.NewClient(c, server.URL)}
}

func grace(family string) bureau.Applicant {
	return bureau.Applicant{
		GivenName: "Grace", FamilyName: family, DateOfBirth: "1946-12-09", LastFour: "4321", Phone: "(202) 555-0143",
		Address: bureau.Address{Line1: "1 Navy Way", City: "Arlington", Region: "VA", PostalCode: "22201", Country: "US"},
	}
}

func (b *bench) begin(t *testing.T, family string) bureau.Step {
	t.Helper()
	step, err := b.client.Start(t.Context(), grace(family), "case-1", at)
	if err != nil {
		t.Fatal(err)
	}
	return step
}

// answers picks so many right choices and wrong ones after them.
func answers(step bureau.Step, right int) []int {
	out := make([]int, len(step.Questions))
	for i, q := range step.Questions {
		isRight := func(c secret.Text) bool { return strings.HasSuffix(c.Reveal(), " (right)") }
		if i < right {
			out[i] = slices.IndexFunc(q.Choices, isRight)
		} else {
			out[i] = slices.IndexFunc(q.Choices, func(c secret.Text) bool { return !isRight(c) })
		}
	}
	return out
}

// P-01, P-14: 1-based places; a wrong place would find no right choice.
func TestAQuizOfFourPassesWithThreeRight(t *testing.T) {
	for right, want := range map[int]bureau.Verdict{4: bureau.Passed, 3: bureau.Passed, 2: bureau.Failed, 0: bureau.Failed} {
		b := start(t)
		step := b.begin(t, "Hopper")
		if len(step.Questions) != 4 || step.Outcome != nil || len(step.Questions[0].Choices) < 4 || step.Session == "" {
			t.Fatalf("step of %d questions, outcome %v", len(step.Questions), step.Outcome)
		}
		end, err := b.client.Answer(t.Context(), step.Session, answers(step, right), at)
		if err != nil || end.Outcome == nil || end.Outcome.Verdict != want || end.Outcome.Reference == "" {
			t.Errorf("%d right: %+v, %v; want %s", right, end.Outcome, err, want)
		}
	}
}

// P-01.
func TestEachPersonaEndsAsItsNameSays(t *testing.T) {
	for family, want := range map[string]bureau.Verdict{
		"Nomatch": bureau.NoMatch, "Thinfile": bureau.ThinFile, "Locked": bureau.Locked, "Deceased": bureau.Deceased,
	} {
		step := start(t).begin(t, family)
		if step.Outcome == nil || step.Outcome.Verdict != want || len(step.Questions) != 0 {
			t.Errorf("%s: %+v", family, step.Outcome)
		}
	}
	b := start(t)
	if _, err := b.client.Start(t.Context(), grace("Down"), "case-1", at); !errors.Is(err, bureau.ErrUnavailable) || errors.Is(err, bureau.ErrMisconfigured) {
		t.Errorf("Down: %v", err)
	}
	step := b.begin(t, "Nodecision")
	if end, err := b.client.Answer(t.Context(), step.Session, answers(step, 4), at); err != nil || end.Outcome.Verdict != bureau.Undecided {
		t.Errorf("Nodecision: %+v, %v", end.Outcome, err)
	}
}

// P-04: the verdict is over all six; the first batch is taken once.
func TestAnswersMayBringMoreQuestions(t *testing.T) {
	for further, want := range map[int]bureau.Verdict{2: bureau.Passed, 1: bureau.Failed} {
		b := start(t)
		first := b.begin(t, "Morequestions")
		second, err := b.client.Answer(t.Context(), first.Session, answers(first, 3), at)
		if err != nil || second.Outcome != nil || len(second.Questions) != 2 || second.Session == first.Session {
			t.Fatalf("second step: %d questions, %+v, %v", len(second.Questions), second.Outcome, err)
		}
		if again, err := b.client.Answer(t.Context(), first.Session, answers(first, 3), at); err != nil || again.Outcome.Verdict != bureau.Expired {
			t.Errorf("the first batch again: %+v, %v", again.Outcome, err)
		}
		end, err := b.client.Answer(t.Context(), second.Session, answers(second, further), at)
		if err != nil || end.Outcome == nil || end.Outcome.Verdict != want {
			t.Errorf("3 and %d right: %+v, %v; want %s", further, end.Outcome, err, want)
		}
	}
}

// P-02.
func TestAMissingDecisionIsLookedForInTheFinalElement(t *testing.T) {
	for right, want := range map[int]bureau.Verdict{4: bureau.Passed, 0: bureau.Failed} {
		b := start(t)
		step := b.begin(t, "Hopper")
		b.Play(standin.FinalOnly)
		if end, err := b.client.Answer(t.Context(), step.Session, answers(step, right), at); err != nil || end.Outcome.Verdict != want {
			t.Errorf("%d right: %+v, %v", right, end.Outcome, err)
		}
	}
	b := start(t)
	step := b.begin(t, "Hopper")
	b.Play(standin.NoDecision)
	if end, err := b.client.Answer(t.Context(), step.Session, answers(step, 4), at); !errors.Is(err, bureau.ErrUnavailable) || end.Outcome != nil {
		t.Errorf("no decision at all: %+v, %v", end.Outcome, err)
	}
}

// P-01, P-15: 200 with trouble in it is trouble, at the start and after the answers.
func TestTroubleWithStatus200IsTrouble(t *testing.T) {
	for _, trouble := range []standin.Trouble{standin.ErrorBody, standin.UnknownResult, standin.NoElements, standin.Garbage, standin.ServerError} {
		b := start(t)
		b.Play(trouble)
		if step, err := b.client.Start(t.Context(), grace("Hopper"), "case-1", at); !errors.Is(err, bureau.ErrUnavailable) || step.Outcome != nil || step.Questions != nil {
			t.Errorf("%s at the start: %+v, %v", trouble, step.Outcome, err)
		}
		step := b.begin(t, "Hopper")
		b.Play(trouble)
		if end, err := b.client.Answer(t.Context(), step.Session, answers(step, 4), at); !errors.Is(err, bureau.ErrUnavailable) || end.Outcome != nil {
			t.Errorf("%s after the answers: %+v, %v", trouble, end.Outcome, err)
		}
	}
	for _, trouble := range []standin.Trouble{standin.FewQuestions, standin.FewChoices, standin.EarlyAccept} {
		b := start(t)
		b.Play(trouble)
		if step, err := b.client.Start(t.Context(), grace("Hopper"), "case-1", at); !errors.Is(err, bureau.ErrUnfit) || !errors.Is(err, bureau.ErrUnavailable) || step.Questions != nil {
			t.Errorf("%s: %v", trouble, err)
		}
	}
}

// P-03 at the bureau's side: too late.
func TestTheBureausOwnTimeEnds(t *testing.T) {
	b := start(t)
	step := b.begin(t, "Hopper")
	b.Now = func() time.Time { return at.Add(standin.Window + time.Second) }
	if end, err := b.client.Answer(t.Context(), step.Session, answers(step, 4), at); err != nil || end.Outcome.Verdict != bureau.Expired {
		t.Errorf("late answers: %+v, %v", end.Outcome, err)
	}
	if bureau.Window != standin.Window {
		t.Errorf("the adapter says %s, the bureau %s", bureau.Window, standin.Window)
	}
}

// P-05: the answers arrive once, however the call ends.
func TestAnswersAreSentOnce(t *testing.T) {
	for _, family := range []string{"Slow", "Hopper"} {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			b := start(t)
			step := b.begin(t, family)
			if family == "Hopper" {
				b.Play(standin.Lost)
			}
			b.Asked()
			began := time.Now()
			_, err := b.client.Answer(t.Context(), step.Session, answers(step, 4), at)
			if !errors.Is(err, bureau.ErrUnavailable) || time.Since(began) > 4500*time.Millisecond {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
			if calls := b.Asked(); len(calls) != 1 {
				t.Errorf("%d calls", len(calls))
			}
		})
	}
}

// P-06.
func TestATokenIsFetchedAtMostThreeTimes(t *testing.T) {
	down := standin.TokenDown
	for _, c := range []struct {
		name    string
		trouble []standin.Trouble
		calls   int // token calls
		wrong   error
	}{
		{"twice down", []standin.Trouble{down, down}, 3, nil},
		{"thrice down", []standin.Trouble{down, down, down}, 3, bureau.ErrUnavailable},
		{"no token in it", []standin.Trouble{standin.TokenEmpty}, 2, nil},
		{"refused", []standin.Trouble{standin.TokenRefused}, 1, bureau.ErrMisconfigured},
	} {
		b := start(t)
		b.Play(c.trouble...)
		_, err := b.client.Start(t.Context(), grace("Hopper"), "case-1", at)
		if !errors.Is(err, c.wrong) || c.wrong != nil && !errors.Is(err, bureau.ErrUnavailable) {
			t.Errorf("%s: %v", c.name, err)
		}
		if calls := tokens(b.Asked()); calls != c.calls {
			t.Errorf("%s: %d token calls, want %d", c.name, calls, c.calls)
		}
	}
}

func tokens(calls []standin.Call) int {
	n := 0
	for _, c := range calls {
		if strings.Contains(c.Path, "token") {
			n++
		}
	}
	return n
}

func TestATokenServesUntilItsEnd(t *testing.T) {
	b := start(t)
	b.begin(t, "Hopper")
	b.begin(t, "Hopper")
	if n := tokens(b.Asked()); n != 1 {
		t.Errorf("%d token calls for two starts", n)
	}
	if _, err := b.client.Start(t.Context(), grace("Hopper"), "case-1", at.Add(29*time.Minute+time.Second)); err != nil {
		t.Fatal(err)
	}
	if n := tokens(b.Asked()); n != 1 {
		t.Errorf("%d token calls near the end", n)
	}
	b.Play(standin.TokenForgot)
	if _, err := b.client.Start(t.Context(), grace("Hopper"), "case-1", at); !errors.Is(err, bureau.ErrMisconfigured) {
		t.Errorf("a token that is no longer taken: %v", err)
	}
	b.begin(t, "Hopper")
}

// P-03: what does not fit is refused before anything is sent.
func TestAnswersMustFitTheQuestions(t *testing.T) {
	b := start(t)
	step := b.begin(t, "Hopper")
	b.Asked()
	for _, choices := range [][]int{nil, {0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 5}, {-1, 0, 0, 0}} {
		if _, err := b.client.Answer(t.Context(), step.Session, choices, at); !errors.Is(err, bureau.ErrChoices) {
			t.Errorf("%v: %v", choices, err)
		}
	}
	for _, session := range []bureau.Session{"", "{}", "nonsense"} {
		if _, err := b.client.Answer(t.Context(), session, []int{0, 0, 0, 0}, at); err == nil {
			t.Errorf("session %q is taken", session.Reveal())
		}
	}
	if calls := b.Asked(); len(calls) != 0 {
		t.Errorf("%d calls went out", len(calls))
	}
}

// P-11.
func TestNamesAndStreetsGoOutInTheBureausAlphabet(t *testing.T) {
	b := start(t)
	for _, c := range []struct{ given, family, street, wantGiven, wantFamily, wantStreet string }{
		{"José María", "Núñez-Ibáñez", "12 Calle Peñón, Apt. #4", "Jose Maria", "Nunez-Ibanez", "12 Calle Penon Apt. #4"},
		{"Søren", "O’Neill Ærø", "1/2 Main", "Soren", "O'Neill AEro", "1 2 Main"},
		{"", "Sukarno", "1 Main", "", "Sukarno", "1 Main"},
		{"John Q.", "Straße", "1 Main", "John Q", "Strasse", "1 Main"},
		{strings.Repeat("Ab", 20), strings.Repeat("Cd", 20), "1 Main", strings.Repeat("Ab", 16), strings.Repeat("Cd", 16), "1 Main"},
	} {
		a := grace(c.family)
		a.GivenName, a.Address.Line1 = c.given, c.street
		b.Asked()
		if _, err := b.client.Start(t.Context(), a, "case-1", at); err != nil {
			t.Errorf("%s: %v", c.family, err)
			continue
		}
		calls := b.Asked()
		text, err := json.Marshal(calls[len(calls)-1].Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"firstName":"` + c.wantGiven + `"`, `"surName":"` + c.wantFamily + `"`, `"street":"` + c.wantStreet + `"`, `"number":"2025550143"`} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s is not in %s", want, text)
			}
		}
	}
	b.Asked()
	for name, change := range map[string]func(*bureau.Applicant){
		"another script":    func(a *bureau.Applicant) { a.FamilyName = "Хоппер" },
		"no family name":    func(a *bureau.Applicant) { a.FamilyName = "" },
		"a given name of 2": func(a *bureau.Applicant) { a.GivenName = "2" },
		"a long street":     func(a *bureau.Applicant) { a.Address.Line1 = strings.Repeat("x", 61) },
		"no date":           func(a *bureau.Applicant) { a.DateOfBirth = "1946-02-30" },
		"a leading dash":    func(a *bureau.Applicant) { a.FamilyName = "-Hopper" },
		"a digit in a name": func(a *bureau.Applicant) { a.FamilyName = "Hopp3r" },
		"a leading dot":     func(a *bureau.Applicant) { a.Address.Line1 = ".1 Navy Way" },
		"a sign in a city":  func(a *bureau.Applicant) { a.Address.City = "Arling+ton" },
		"three digits, O":   func(a *bureau.Applicant) { a.LastFour = "432O" },
		"five digits":       func(a *bureau.Applicant) { a.LastFour = "12345" },
	} {
		a := grace("Hopper")
		change(&a)
		if _, err := b.client.Start(t.Context(), a, "case-1", at); !errors.Is(err, bureau.ErrUnwritable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if calls := b.Asked(); len(calls) != 0 {
		t.Errorf("%d calls went out", len(calls))
	}
}

// P-09: no last four is allowed and leaves nothing in its place.
func TestWhatIsNotGivenDoesNotGoOut(t *testing.T) {
	b := start(t)
	a := grace("Hopper")
	a.LastFour, a.Phone = "", "12345"
	if _, err := b.client.Start(t.Context(), a, "case-1", at); err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Asked() {
		if text, _ := json.Marshal(c.Body); strings.Contains(string(text), "identityDocuments") || strings.Contains(string(text), "telephones") {
			t.Errorf("it went out: %s", text)
		}
	}
}

// P-12: neither types nor errors print what they hold.
func TestNothingPersonalPrints(t *testing.T) {
	b := start(t)
	canaries := []string{"Hopper", "1946", "4321", "Navy", "Choice 1", "555"}
	step := b.begin(t, "Hopper")
	printed := fmt.Sprintf("%v %+v %#v %+v %#v", grace("Hopper"), grace("Hopper"), grace("Hopper"), step, step)
	for _, trouble := range []standin.Trouble{standin.Garbage, standin.ErrorBody, standin.UnknownResult, standin.FewChoices, standin.ServerError} {
		b.Play(trouble)
		_, err := b.client.Start(t.Context(), grace("Hopper"), "case-1", at)
		printed += fmt.Sprintf(" %v %+v", err, err)
	}
	for _, c := range canaries {
		if strings.Contains(printed, c) {
			t.Errorf("%q is in %s", c, printed)
		}
	}
	if s := step.Session.Reveal(); strings.Contains(s, "Choice") || strings.Contains(s, "Hopper") || strings.Contains(s, "1946") {
		t.Errorf("the session holds more than it needs: %s", s)
	}
}
