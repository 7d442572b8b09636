package stripe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Signature is how a delivery is signed.
type Signature int

// What a signature can be asked to be.
const (
	Good   Signature = iota
	Wrong            // with another secret
	Stale            // right, but 301 s old
	Future           // right, but 301 s ahead
)

// Rule changes how events are delivered.
type Rule struct {
	Type       string        // prefix of the event's type; empty: any
	Times      int           // how many events it holds for; 0: until Reset or ClearRules
	Copies     int           // deliveries of each event, one after another; 0 is 1
	Delay      time.Duration // before the first
	Signature  Signature     // a delivery that is signed badly is tried once
	APIVersion string        // of the event, instead of Version
	Drop       bool          // never sent, until Redeliver
}

// Deliver adds a rule; the oldest that fits an event is used.
func (s *Sandbox) Deliver(r Rule) {
	if r.Times == 0 {
		r.Times = -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, r)
}

// ClearRules forgets every rule.
func (s *Sandbox) ClearRules() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Hold keeps every further delivery back until Release.
func (s *Sandbox) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = true
}

// Unsent lists the events that no 2xx has answered, oldest first.
func (s *Sandbox) Unsent() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Event, 0, len(s.state.Unsent))
	for _, id := range s.state.Unsent {
		if e := s.event(id); e != nil {
			out = append(out, Event{e.ID, e.Type})
		}
	}
	return out
}

// Event names one event of the account.
type Event struct{ ID, Type string }

// Release ends Hold and delivers the given events one after another, each taken in before the next goes
// out; without ids it takes all that are unsent, in their order.
func (s *Sandbox) Release(ctx context.Context, ids ...string) error {
	if len(ids) == 0 {
		for _, e := range s.Unsent() {
			ids = append(ids, e.ID)
		}
	}
	s.mu.Lock()
	s.held = false
	s.mu.Unlock()
	for _, id := range ids {
		if err := s.Redeliver(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// Redeliver sends one event once more, whatever became of it before, and waits until it is taken in.
func (s *Sandbox) Redeliver(ctx context.Context, id string) error {
	s.mu.Lock()
	e := s.event(id)
	s.mu.Unlock()
	if e == nil {
		return fmt.Errorf("stripe sandbox: no event %s", id)
	}
	d := newDelivery(e)
	d.plain = true
	s.send(d)
	return d.wait(ctx)
}

// delivery is one event on its way to the product.
type delivery struct {
	event *event
	plain bool          // no rule and no Hold applies
	done  chan struct{} // closed when taken in or given up
	err   error         // set before done is closed
}

func newDelivery(e *event) *delivery { return &delivery{event: e, done: make(chan struct{})} }

func (d *delivery) end(err error) {
	d.err = err
	close(d.done)
}

// wait returns when the product has taken the event in with a 2xx.
func (d *delivery) wait(ctx context.Context) error {
	select {
	case <-d.done:
		return d.err
	case <-ctx.Done():
		return fmt.Errorf("stripe sandbox: %s not taken in: %w", d.event.Type, ctx.Err())
	}
}

// send starts a delivery. It must be called without the lock.
func (s *Sandbox) send(d *delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rule Rule
	if !d.plain {
		rule = s.takeRule(d.event.Type)
	}
	switch {
	case s.closed:
		d.end(fmt.Errorf("stripe sandbox: closed before %s was sent", d.event.Type))
	case rule.Drop, s.held && !d.plain:
		d.end(fmt.Errorf("%w: %s", ErrKeptBack, d.event.Type))
	default:
		s.running.Go(func() { d.end(s.deliver(d.event, rule)) })
	}
}

func (s *Sandbox) takeRule(kind string) Rule {
	for i := range s.rules {
		if r := &s.rules[i]; r.Times != 0 && strings.HasPrefix(kind, r.Type) {
			r.Times = max(r.Times-1, -1)
			return *r
		}
	}
	return Rule{}
}

func (s *Sandbox) deliver(e *event, rule Rule) error {
	if !s.pause(rule.Delay) {
		return s.life.Err()
	}
	for range max(rule.Copies, 1) {
		if err := s.deliverOnce(e, rule); err != nil {
			return err
		}
	}
	return nil
}

// deliverOnce tries until a 2xx, with the waits of Options.BackOff between.
func (s *Sandbox) deliverOnce(e *event, rule Rule) error {
	var last error
	for try := 0; ; try++ {
		if last = s.post(e, rule); last == nil {
			s.takenIn(e)
			return nil
		}
		if rule.Signature != Good { // it would be refused for ever
			return last
		}
		if try == len(s.options.BackOff) {
			return last
		}
		if !s.pause(s.options.BackOff[try]) {
			return s.life.Err()
		}
	}
}

func (s *Sandbox) takenIn(e *event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.PendingWebhooks = 0
	s.state.Unsent = slices.DeleteFunc(s.state.Unsent, func(id string) bool { return id == e.ID })
}

func (s *Sandbox) post(e *event, rule Rule) error {
	body, header, err := s.signed(e, rule)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(s.life, http.MethodPost, s.options.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (sandbox)")
	req.Header.Set("Stripe-Signature", header)
	res, err := s.options.Client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection can be used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("stripe sandbox: %s answered %d", e.Type, res.StatusCode)
	}
	return nil
}

// Signed is what a delivery of the event carries now: the exact body and its Stripe-Signature header, for
// tests that hand it over themselves.
func (s *Sandbox) Signed(id string) (body []byte, header string, err error) {
	s.mu.Lock()
	e := s.event(id)
	s.mu.Unlock()
	if e == nil {
		return nil, "", fmt.Errorf("stripe sandbox: no event %s", id)
	}
	return s.signed(e, Rule{})
}

func (s *Sandbox) signed(e *event, rule Rule) ([]byte, string, error) {
	s.mu.Lock()
	sent, at := *e, s.now()
	s.mu.Unlock()
	if rule.APIVersion != "" {
		sent.APIVersion = rule.APIVersion
	}
	body, err := json.Marshal(sent)
	if err != nil {
		return nil, "", err
	}
	secret := s.options.WebhookSecret
	switch rule.Signature {
	case Wrong:
		secret += "other"
	case Stale:
		at = at.Add(-301 * time.Second)
	case Future:
		at = at.Add(301 * time.Second)
	case Good:
	}
	return body, sign(secret, at, body), nil
}

func (s *Sandbox) pause(d time.Duration) bool {
	if d <= 0 {
		return s.life.Err() == nil
	}
	select {
	case <-s.life.Done():
		return false
	case <-time.After(d):
		return true
	}
}
