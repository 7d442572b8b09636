package stripe

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// checkout is a session with what the API does not show of it: its lines and what the payment intent
// will carry, which Stripe keeps apart from the session's own metadata.
type checkout struct {
	Session  session
	Lines    []lineItem
	Products map[string]product // by product id
	Intent   intent             // its id is empty until somebody tries to pay
	Declined bool               // the last try at the page was declined
}

// state is the whole account, in the form in which it is saved. Slices are in order of creation.
type state struct {
	Checkouts   []*checkout
	Charges     []*charge
	Refunds     []*refund
	Disputes    []*dispute
	Warnings    []*fraudWarning
	Customers   []*customer
	Bills       []*bill
	CreditNotes []*creditNote
	Numbered    int // invoices that have a number

	InvoicePayments []invoicePayment

	Events  []*event
	Unsent  []string // ids of events that no 2xx has answered yet
	Answers map[string]answer
}

// answer is what an idempotency key remembers.
type answer struct {
	Hash   string
	At     time.Time
	Status int
	Body   json.RawMessage
}

func emptyState() state { return state{Answers: map[string]answer{}} }

// Save writes the account as JSON.
func (s *Sandbox) Save(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.NewEncoder(w).Encode(s.state)
}

// Load replaces the account by a saved one and sends what was not yet taken in.
func (s *Sandbox) Load(r io.Reader) error {
	loaded := emptyState()
	if err := json.NewDecoder(r).Decode(&loaded); err != nil {
		return fmt.Errorf("stripe sandbox: load: %w", err)
	}
	s.act(func() {
		s.state = loaded
		for _, id := range loaded.Unsent {
			if e := s.event(id); e != nil {
				s.queue = append(s.queue, newDelivery(e))
			}
		}
	})
	return nil
}

// Reset empties the account, its faults and its rules.
func (s *Sandbox) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.faults, s.rules, s.queue, s.held = emptyState(), nil, nil, nil, false
}

func (s *Sandbox) checkout(id string) *checkout {
	return find(s.state.Checkouts, func(c *checkout) bool { return c.Session.ID == id })
}

func (s *Sandbox) checkoutOfIntent(id string) *checkout {
	return find(s.state.Checkouts, func(c *checkout) bool { return c.Intent.ID != "" && c.Intent.ID == id })
}

func (s *Sandbox) charge(id string) *charge {
	return find(s.state.Charges, func(c *charge) bool { return c.ID == id })
}

func (s *Sandbox) event(id string) *event {
	return find(s.state.Events, func(e *event) bool { return e.ID == id })
}

func find[T any](all []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i]
	}
	return nil
}

// lapse expires the sessions whose time has come.
func (s *Sandbox) lapse() {
	now := s.now().Unix()
	for _, c := range s.state.Checkouts {
		if c.Session.Status == "open" && c.Session.ExpiresAt <= now {
			s.expire(c, nil)
		}
	}
}
