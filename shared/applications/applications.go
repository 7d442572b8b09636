package applications

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/session"
)

// Application is one relying application.
type Application struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Level   int    `json:"level"`   // that a session needs: 1 to 3, as credential.Level
	Content string `json:"content"` // plain text, paragraphs parted by empty lines
}

//go:embed applications.json
var document []byte

// Register is every application. It does not change.
type Register struct{ all []Application }

// Load reads the applications of this build.
func Load() (*Register, error) { return Parse(document) }

// Parse reads applications and refuses data that cannot be served.
func Parse(doc []byte) (*Register, error) {
	var r Register
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(&r.all); err != nil {
		return nil, fmt.Errorf("applications: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("applications: more than one document")
	}
	for i, a := range r.all {
		switch {
		case a.ID == "" || a.Name == "" || a.Content == "":
			return nil, fmt.Errorf("applications: number %d is not complete", i+1)
		case a.Level < credential.LevelPassword || a.Level > credential.LevelProofed:
			return nil, fmt.Errorf("applications: %s has level %d", a.ID, a.Level)
		case slices.ContainsFunc(r.all[:i], func(b Application) bool { return b.ID == a.ID }):
			return nil, fmt.Errorf("applications: %s is there twice", a.ID)
		}
	}
	return &r, nil
}

// All lists the applications in the order in which they are shown.
func (r *Register) All() []Application { return slices.Clone(r.all) }

// Find returns an application by its id, or ErrUnknown.
func (r *Register) Find(id string) (Application, error) {
	for _, a := range r.all {
		if a.ID == id {
			return a, nil
		}
	}
	return Application{}, ErrUnknown
}

// Step is what a person must do next for an application to open; the values are those of "next" and "missing"
// in the API.
type Step string

// The steps, in the order in which a person takes them.
const (
	None           Step = ""
	Redeem         Step = "redeem"
	Renew          Step = "renew"
	ContactSupport Step = "contact-support"
	ChooseProduct  Step = "choose-product"
	Prove          Step = "prove"
	RegisterPhone  Step = "register-phone"
	Elevate        Step = "elevate"
)

// Missing is the first step that keeps an application shut for a session and the credential of its account
// (nil if there is none); None if it opens.
func (a Application) Missing(s session.Session, c *credential.Credential, now time.Time) Step {
	if credential.Level(s, c, now) >= a.Level {
		return None
	}
	if step := missingOf(c, a.Level, now); step != None {
		return step
	}
	return Elevate
}

// missingOf is what the credential itself still lacks for a level above password.
func missingOf(c *credential.Credential, need int, now time.Time) Step {
	switch {
	case c == nil || c.State == credential.Revoked:
		return Redeem
	case !c.Live(now):
		return Renew
	case c.State == credential.Frozen:
		return ContactSupport
	case need == credential.LevelProofed && !c.NeedsProofing:
		return ChooseProduct
	case c.State == credential.Proofing, c.State == credential.Registered && c.NeedsProofing:
		return Prove
	case c.State != credential.Active:
		return RegisterPhone
	case need == credential.LevelProofed && c.Method == "":
		return Prove
	}
	return None
}

// Open tells whether an application opens: nil, or ErrTooWeak of package credential with what is missing and
// how to get it.
func (a Application) Open(s session.Session, c *credential.Credential, now time.Time) error {
	step := a.Missing(s, c, now)
	if step == None {
		return nil
	}
	return credential.ErrTooWeak.Because(needs(a) + ways[step]).Then(string(step))
}
