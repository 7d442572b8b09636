package support

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/history"
)

// Happened is one entry of a timeline.
type Happened struct {
	At    string `json:"at"`
	Event string `json:"event"`
	Text  string `json:"text"`
	By    string `json:"by"` // "holder", "anyone", "payment", "system", "operator", or the user ID of who of the staff
	Why   string `json:"why,omitempty"`
	From  string `json:"from,omitempty"`
	Ref   string `json:"ref,omitempty"`
	About string `json:"about,omitempty"` // the order that it is about; empty for the person

	at time.Time
}

// Timeline is what happened to a person and to the person's orders.
type Timeline struct {
	Entries []Happened `json:"entries"`
	Next    string     `json:"next,omitempty"` // for the page before; absent after the oldest
}

// page is how many entries of the account one answer has.
const page = 100

// timeline is a page of the account's entries, and those of its orders that lie in the same stretch of time, the newest
// first.
func (p Persons) timeline(ctx context.Context, mine history.Page, subject string, orders []string, before string, now time.Time) (Timeline, error) {
	out := Timeline{Entries: []Happened{}, Next: mine.Next}
	for _, l := range mine.Lines {
		out.Entries = append(out.Entries, tell(l, subject, ""))
	}
	from, until := stretch(mine.Page, before)
	for _, number := range orders {
		theirs, err := p.Trail.For(ctx, audit.Order(number))
		if err != nil {
			return Timeline{}, fmt.Errorf("timeline: %w", err)
		}
		for _, e := range theirs {
			if !e.At.Before(from) && e.At.Before(until) {
				out.Entries = append(out.Entries, tell(history.Line{Entry: e, Text: history.Sentence(e)}, subject, number))
			}
		}
	}
	slices.SortStableFunc(out.Entries, func(a, b Happened) int { return cmp.Compare(b.at.UnixMilli(), a.at.UnixMilli()) })
	return out, p.name(ctx, out.Entries, now)
}

// name puts the user ID in place of a staff account's id: one read for each of the staff that a page has. An account
// that is gone keeps its id.
func (p Persons) name(ctx context.Context, entries []Happened, now time.Time) error {
	known := map[string]string{}
	for i, e := range entries {
		id, staff := strings.CutPrefix(e.By, audit.Account(""))
		if !staff {
			continue
		}
		if _, seen := known[id]; !seen {
			known[id] = e.By
			of, err := account.ParseID(id)
			if err != nil {
				continue
			}
			a, err := p.Accounts.ByID(ctx, of, now)
			switch {
			case err == nil:
				known[id] = a.UserID
			case !errors.Is(err, account.ErrUnknown):
				return fmt.Errorf("timeline: %w", err)
			}
		}
		entries[i].By = known[id]
	}
	return nil
}

// stretch is the time that a page of the account's entries covers: from the oldest on it to where the page after it
// began. The first page reaches to the end of time, the last from its beginning.
func stretch(p audit.Page, before string) (from, until time.Time) {
	until = time.Unix(1<<40, 0)
	if at, ok := audit.PlaceAt(before); ok {
		until = at
	}
	if p.Next != "" {
		from = p.Entries[len(p.Entries)-1].At
	}
	return from, until
}

func tell(l history.Line, subject, about string) Happened {
	h := Happened{
		At: l.At.Format(time.RFC3339), Event: string(l.What), Text: l.Text, Why: l.Why, From: l.From, Ref: l.Ref, About: about, at: l.At,
	}
	switch by := history.Actor(l.Entry, subject); by {
	case history.Holder:
		h.By = "holder"
	case history.Staff:
		h.By = l.Actor
	case history.System:
		h.By = l.Actor // "system" or "operator"
	default:
		h.By = string(by)
	}
	return h
}
