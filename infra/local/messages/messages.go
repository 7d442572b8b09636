package messages

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind is how a message travels.
type Kind string

// The kinds, as the contract of /_local/messages names them.
const (
	SMS   Kind = "sms"
	Voice Kind = "voice"
	Email Kind = "email"
)

// Attachment is a file in a mail.
type Attachment struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Content []byte `json:"content"` // base64 in JSON
}

// Message is one text, call or mail.
type Message struct {
	Number      int          `json:"number"` // 1, 2, ... in the order they came
	At          time.Time    `json:"at"`
	Kind        Kind         `json:"kind"`
	To          string       `json:"to"` // +12025550123, or a mail address; several are joined by ", "
	Subject     string       `json:"subject,omitempty"`
	Body        string       `json:"body"` // of a call: what the voice says
	Code        string       `json:"code,omitempty"`
	LicenseKeys []string     `json:"license_keys,omitempty"`
	Links       []string     `json:"links,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Raw         []byte       `json:"raw,omitempty"` // of a mail: its MIME source, if it was sent as such
}

// Filter chooses messages. The zero value chooses all.
type Filter struct {
	To    string    // part of the recipient, without regard to case
	Kinds []Kind    // none: all
	After time.Time // came later than this
	Since int       // has a greater number than this
}

func (f Filter) fits(m Message) bool {
	return m.Number > f.Since && m.At.After(f.After) &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, m.Kind)) &&
		strings.Contains(strings.ToLower(m.To), strings.ToLower(f.To))
}

// Box keeps messages. Its methods are safe for concurrent use.
type Box struct {
	Now func() time.Time // set before use

	mu  sync.Mutex
	all []Message // oldest first
}

// Add keeps a message that comes now, with what can be picked out of its body.
func (b *Box) Add(m Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m.Number = len(b.all) + 1
	m.At = b.Now().UTC()
	m.Code = code(m)
	if m.Kind == Email {
		m.LicenseKeys = licenseKeys(m.Body)
	}
	m.Links = links(m.Body)
	b.all = append(b.all, m)
}

// List returns the chosen messages, newest first.
func (b *Box) List(f Filter) []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []Message{}
	for _, m := range slices.Backward(b.all) {
		if f.fits(m) {
			list = append(list, m)
		}
	}
	return list
}

// Count is how many messages there are, which is the newest one's number.
func (b *Box) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.all)
}

// Recipients lists who has messages, in the order of their newest one.
func (b *Box) Recipients() []string {
	var list []string
	for _, m := range b.List(Filter{}) {
		if !slices.Contains(list, m.To) {
			list = append(list, m.To)
		}
	}
	return list
}

// Save writes everything as JSON.
func (b *Box) Save(w io.Writer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return json.NewEncoder(w).Encode(b.all)
}

// Load replaces everything by what Save wrote.
func (b *Box) Load(r io.Reader) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return json.NewDecoder(r).Decode(&b.all)
}
