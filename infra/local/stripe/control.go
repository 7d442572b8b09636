package stripe

import (
	"context"
	"errors"
	"fmt"
)

// What the control methods cannot do.
var (
	ErrNoCheckout = errors.New("stripe sandbox: the order has no checkout session")
	ErrNotOpen    = errors.New("stripe sandbox: the order has no open checkout session")
	ErrNoInvoice  = errors.New("stripe sandbox: the order has no invoice")
	ErrNotPaid    = errors.New("stripe sandbox: the order has no paid charge to refund")
	// ErrKeptBack: it was done, and its events are held back or dropped, as asked.
	ErrKeptBack = errors.New("stripe sandbox: the event is held back or dropped, as asked")
)

// Pay does what a person with a good card does at the checkout of an order, or at its invoice's page, and
// answers when the product has taken in every event of it with a 2xx. The order is found by
// client_reference_id or by metadata[order]. Errors: ErrNoCheckout, ErrNotOpen, the context's, or the
// delivery's.
func (s *Sandbox) Pay(ctx context.Context, order string) error {
	err := s.atBill(ctx, order, func(b *bill) { s.payBill(b, b.Invoice.AmountRemaining) })
	if errors.Is(err, ErrNoInvoice) {
		return s.atOpen(ctx, order, s.pay)
	}
	return err
}

// Fail does what a person with a declined card does: the session stays open. Otherwise like Pay.
func (s *Sandbox) Fail(ctx context.Context, order string) error {
	return s.atOpen(ctx, order, s.decline)
}

// Expire ends the order's open session as if its time had come. Otherwise like Pay.
func (s *Sandbox) Expire(ctx context.Context, order string) error {
	return s.atOpen(ctx, order, func(co *checkout) {
		co.Session.ExpiresAt = min(co.Session.ExpiresAt, s.now().Unix())
		s.expire(co, nil)
	})
}

// Refund gives back what is left of the order's payment, as the seller's dashboard does. Otherwise like
// Pay; ErrNotPaid if there is nothing to give back.
func (s *Sandbox) Refund(ctx context.Context, order string) error {
	return s.atCharge(ctx, order, func(ch *charge) { s.refund(ch, ch.Amount-ch.AmountRefunded, nil, map[string]string{}, nil) })
}

// Sessions lists the ids of the order's sessions, oldest first.
func (s *Sandbox) Sessions(order string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, co := range s.ofOrder(order) {
		out = append(out, co.Session.ID)
	}
	return out
}

// PaySession pays one particular session, as a person with an old tab does.
func (s *Sandbox) PaySession(ctx context.Context, id string) error {
	err := ErrNoCheckout
	queue := s.act(func() {
		if co := s.checkout(id); co != nil {
			if err = ErrNotOpen; co.Session.Status == "open" {
				s.pay(co)
				err = nil
			}
		}
	})
	return settled(ctx, queue, err)
}

// Tamper changes what the API says of a session, for tests of a product that must notice: the callback
// sees the total in minor units and the currency.
func (s *Sandbox) Tamper(id string, change func(total *int64, currency *string)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	co := s.checkout(id)
	if co == nil {
		return ErrNoCheckout
	}
	change(&co.Session.AmountTotal, &co.Session.Currency)
	return nil
}

func (s *Sandbox) atOpen(ctx context.Context, order string, do func(*checkout)) error {
	err := ErrNoCheckout
	queue := s.act(func() {
		for _, co := range s.ofOrder(order) {
			if err = ErrNotOpen; co.Session.Status == "open" {
				do(co)
				err = nil
				return
			}
		}
	})
	return settled(ctx, queue, err)
}

func (s *Sandbox) ofOrder(order string) []*checkout {
	var out []*checkout
	for _, co := range s.state.Checkouts {
		o := co.Session
		if o.ClientReferenceID != nil && *o.ClientReferenceID == order || o.Metadata["order"] == order {
			out = append(out, co)
		}
	}
	return out
}

func settled(ctx context.Context, queue []*delivery, err error) error {
	if err != nil {
		return err
	}
	var all []error
	for _, d := range queue {
		if err := d.wait(ctx); err != nil {
			all = append(all, fmt.Errorf("%s: %w", d.event.ID, err))
		}
	}
	return errors.Join(all...)
}

// Events lists the events of the account, oldest first.
func (s *Sandbox) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Event, 0, len(s.state.Events))
	for _, e := range s.state.Events {
		out = append(out, Event{e.ID, e.Type})
	}
	return out
}
