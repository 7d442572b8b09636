package payment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v85"
)

// Logged is an event as Stripe's list has it.
type Logged struct {
	Event
	At time.Time // when it was made, to the second
}

// eventsPage is how many events one call lists, the most that Stripe allows.
const eventsPage = 100

// Events lists a page of the account's events made from an instant on and before another, newest first, following
// the event after, empty for the first page. Stripe keeps them for 30 days. It returns ErrUnavailable.
func (c *Client) Events(ctx context.Context, from, to time.Time, after string) (page []Logged, more bool, err error) {
	p := &stripe.EventListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: from.Unix(), LesserThan: to.Unix()}}
	p.Limit, p.Single = stripe.Int64(eventsPage), true
	if after != "" {
		p.StartingAfter = stripe.String(after)
	}
	page, err = retry(ctx, func(ctx context.Context) ([]Logged, error) {
		var all []Logged
		list := c.api.V1Events.List(ctx, p)
		for e, err := range list.All(ctx) {
			if err != nil {
				return nil, err
			}
			all = append(all, logged(e))
		}
		return all, nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("list events: %w", err)
	}
	return page, len(page) == eventsPage, nil
}

func logged(e *stripe.Event) Logged {
	out := Logged{Event: Event{ID: e.ID, Type: string(e.Type)}, At: time.Unix(e.Created, 0).UTC()}
	if e.Data != nil {
		out.about(e.Data.Raw)
	}
	return out
}

// about reads what an event's object is, and which order its metadata names.
func (e *Event) about(object json.RawMessage) {
	var in struct {
		ID       string          `json:"id"`
		Object   string          `json:"object"`
		Metadata json.RawMessage `json:"metadata"`
	}
	_ = json.Unmarshal(object, &in) // without an object it is about nothing that we know
	var metadata map[string]string
	_ = json.Unmarshal(in.Metadata, &metadata) // objects of other kinds have others
	e.Object, e.ObjectID, e.Order = in.Object, in.ID, metadata[metadataOrder]
}
