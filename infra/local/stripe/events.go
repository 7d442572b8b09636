package stripe

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

var listEventsSpec = append(spec{"type", "types.#", "created.gt", "created.gte", "created.lt", "created.lte"}, pageSpec...)

// emit records what happened, with the object as it stands at this instant, and puts its delivery on
// the queue that is sent once the lock is free.
func (s *Sandbox) emit(kind string, object any, c *apiCall) {
	snapshot, err := json.Marshal(object)
	if err != nil { // plain structs always encode; an event without its object must not be sent
		return
	}
	e := &event{ID: newID("evt_"), Object: "event", APIVersion: Version, Created: s.now().Unix(), Type: kind,
		Data: eventData{snapshot}}
	if c != nil {
		e.Request = eventRequest{c.request, c.key}
	}
	s.state.Events = append(s.state.Events, e)
	if s.options.WebhookURL != "" {
		e.PendingWebhooks = 1
		s.state.Unsent = append(s.state.Unsent, e.ID)
		s.queue = append(s.queue, newDelivery(e))
	}
}

func (s *Sandbox) getEvent(c apiCall) (any, *apiError) {
	if e := s.event(c.id); e != nil && s.kept(e) {
		return *e, nil
	}
	return nil, noSuch("event", c.id, "id")
}

func (s *Sandbox) listEvents(c apiCall) (any, *apiError) {
	kinds := c.params.texts("types")
	if v := c.params["type"]; v != "" {
		kinds = append(kinds, v)
	}
	var fit []event
	for _, e := range slices.Backward(s.state.Events) {
		if !s.kept(e) {
			break
		}
		if len(kinds) > 0 && !slices.Contains(kinds, e.Type) {
			continue
		}
		in, bad := within(e.Created, c.params)
		if bad != nil {
			return nil, bad
		}
		if in {
			fit = append(fit, *e)
		}
	}
	return page(fit, c.params, "/v1/events", func(e event) string { return e.ID })
}

func within(at int64, p params) (bool, *apiError) {
	for name, fits := range map[string]func(bound int64) bool{
		"gt": func(b int64) bool { return at > b }, "gte": func(b int64) bool { return at >= b },
		"lt": func(b int64) bool { return at < b }, "lte": func(b int64) bool { return at <= b },
	} {
		v, given := p["created."+name]
		if !given {
			continue
		}
		bound, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return false, invalid("created["+name+"]", "Invalid integer: "+v)
		}
		if !fits(bound) {
			return false, nil
		}
	}
	return true, nil
}

// kept tells whether Stripe still shows an event.
func (s *Sandbox) kept(e *event) bool { return s.now().Sub(time.Unix(e.Created, 0)) <= eventsKept }
