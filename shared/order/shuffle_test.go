package order_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
)

// TestEventsOfOneOrderShuffled lets everything that can happen to an order happen, by card and by invoice, and hands
// its events over in 200 random orders with duplicates. What is refused for now comes again later, as Stripe does it.
// The end is always the same, and keys are issued and mailed once (S-01, S-03, S-14, S-15, S-16).
func TestEventsOfOneOrderShuffled(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	var names []string
	stories := outage()
	for name, c := range stories {
		if len(c.happen) > 0 && name != "card, abandoned" { // those are ended by the clock alone
			names = append(names, name)
		}
	}
	slices.Sort(names)
	keys := 0
	for round := range 200 {
		name := names[round%len(names)]
		c := stories[name]
		before := len(f.stripe.Events())
		var o order.Order
		if c.method == order.Invoice {
			o = f.invoice(t)
		} else {
			o = f.place(t)
		}
		for _, happen := range c.happen {
			f.at(f.now.Add(time.Second))
			happened(t, happen(f, t.Context(), o.Number))
		}
		f.shuffled(t, name, before)
		f.expect(t, name, o.Number, c.state, c.keys...)
		keys += len(c.keys)
	}
	if issued, mailed := f.count(t, "LICENSES_TABLE"), f.keyMails(t); issued != keys || mailed != keys {
		t.Errorf("%d keys issued and %d mailed, want %d", issued, mailed, keys)
	}
}

// shuffled hands over every event since one, two to four times each, in random order.
func (f *fixture) shuffled(t *testing.T, name string, since int) {
	t.Helper()
	var events []string
	for _, e := range f.stripe.Events()[since:] {
		for range 2 + rand.IntN(3) {
			events = append(events, e.ID)
		}
	}
	rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for n := 0; len(events) > 0; n++ {
		if n > 2000 {
			t.Fatalf("%s: %d events are never taken", name, len(events))
		}
		id := events[0]
		events = events[1:]
		body, header, err := f.stripe.Signed(id)
		fatal(t, err)
		e, err := f.webhook.Parse(body, header, f.now)
		fatal(t, err)
		if _, err = f.fulfiller.Take(t.Context(), e, f.now); errors.Is(err, dynamo.ErrBusy) {
			events = append(events, id)
		} else {
			fatal(t, err)
		}
	}
}

func (f *fixture) keyMails(t *testing.T) int {
	t.Helper()
	n := 0
	for _, kind := range f.mails(t) {
		if kind == notice.KindLicenseKey {
			n++
		}
	}
	return n
}
