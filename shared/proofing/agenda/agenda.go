package agenda

import (
	"bytes"
	_ "embed" // agents.json
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the machine of a function has no zones

	"phoneotp/shared/account"
)

// Length is how long an appointment takes (product.md 4: a half hour).
const Length = 30 * time.Minute

// Slot is a half hour in which agents work.
type Slot struct {
	At     time.Time    // UTC
	Agents []account.ID // who work then, in the order of the file
}

// Agenda is the hours of all agents. It does not change and is safe for concurrent use.
type Agenda struct{ agents []agent }

type agent struct {
	id     account.ID
	zone   *time.Location
	until  time.Time // end of training, exclusive; zero where none is stated
	week   [7][]span // by time.Weekday
	except map[string][]span
}

// span is from one minute of the day to another, half-open.
type span struct{ from, to int }

//go:embed agents.json
var file []byte

// Load reads the hours of this release.
func Load() (*Agenda, error) { return Read(file) }

// Read reads hours in the form of agents.json.
func Read(doc []byte) (*Agenda, error) {
	var in struct {
		Agents []struct {
			UserID     string              `json:"user_id"`
			Zone       string              `json:"zone"`
			Trained    string              `json:"trained_until"`
			Week       map[string][]string `json:"week"`
			Exceptions map[string][]string `json:"exceptions"`
		} `json:"agents"`
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, fmt.Errorf("agenda: %w", err)
	}
	var a Agenda
	for _, entry := range in.Agents {
		who := agent{id: account.IDOf(entry.UserID), except: map[string][]span{}}
		var err error
		if who.zone, err = Zone(entry.Zone); err != nil {
			return nil, fmt.Errorf("agenda: %s: %w", entry.UserID, err)
		}
		if entry.Trained != "" {
			last, err := time.Parse(time.DateOnly, entry.Trained)
			if err != nil {
				return nil, fmt.Errorf("agenda: %s: no date %q", entry.UserID, entry.Trained)
			}
			who.until = time.Date(last.Year(), last.Month(), last.Day()+1, 0, 0, 0, 0, who.zone)
		}
		for day, hours := range entry.Week {
			i := slices.Index(days, day)
			if i < 0 {
				return nil, fmt.Errorf("agenda: %s: no day %q", entry.UserID, day)
			}
			if who.week[i], err = spans(hours); err != nil {
				return nil, fmt.Errorf("agenda: %s, %s: %w", entry.UserID, day, err)
			}
		}
		for date, hours := range entry.Exceptions {
			if _, err := time.Parse(time.DateOnly, date); err != nil {
				return nil, fmt.Errorf("agenda: %s: no date %q", entry.UserID, date)
			}
			if who.except[date], err = spans(hours); err != nil {
				return nil, fmt.Errorf("agenda: %s, %s: %w", entry.UserID, date, err)
			}
		}
		if slices.ContainsFunc(a.agents, func(other agent) bool { return other.id == who.id }) {
			return nil, fmt.Errorf("agenda: %s stands there twice", entry.UserID)
		}
		a.agents = append(a.agents, who)
	}
	return &a, nil
}

// days are the names of days as the file has them, in the order of time.Weekday.
var days = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

var errHours = errors.New(`hours are as "09:00-17:00", in order, without overlap, until 24:00 at most`)

func spans(hours []string) ([]span, error) {
	var out []span
	for _, h := range hours {
		var fromHour, fromMinute, toHour, toMinute int
		if _, err := fmt.Sscanf(h, "%02d:%02d-%02d:%02d", &fromHour, &fromMinute, &toHour, &toMinute); err != nil || len(h) != len("09:00-17:00") {
			return nil, errHours
		}
		s := span{fromHour*60 + fromMinute, toHour*60 + toMinute}
		if fromMinute > 59 || toMinute > 59 || s.from < 0 || s.to > 24*60 || s.from >= s.to || len(out) > 0 && s.from < out[len(out)-1].to {
			return nil, errHours
		}
		out = append(out, s)
	}
	return out, nil
}

// Zone finds a time zone by its IANA name. Names that mean something else on each machine are refused.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" || strings.Contains(name, "..") {
		return nil, fmt.Errorf("%q is no time zone", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no time zone", name)
	}
	return zone, nil
}

// Slots are the slots that begin from an instant until before another, earliest first.
func (a *Agenda) Slots(from, to time.Time) []Slot {
	at := map[int64][]account.ID{}
	for _, who := range a.agents {
		for day := date(from.In(who.zone)).AddDate(0, 0, -1); day.Before(to.Add(48 * time.Hour)); day = day.AddDate(0, 0, 1) {
			for _, start := range who.starts(day) {
				if !start.Before(from) && start.Before(to) {
					at[start.UnixMilli()] = append(at[start.UnixMilli()], who.id)
				}
			}
		}
	}
	slots := make([]Slot, 0, len(at))
	for ms, agents := range at {
		slots = append(slots, Slot{At: time.UnixMilli(ms).UTC(), Agents: agents})
	}
	slices.SortFunc(slots, func(x, y Slot) int { return x.At.Compare(y.At) })
	return slots
}

// At is the slot that begins at an instant; without agents if nobody works then.
func (a *Agenda) At(start time.Time) Slot {
	if found := a.Slots(start, start.Add(time.Millisecond)); len(found) == 1 {
		return found[0]
	}
	return Slot{At: start}
}

// Trained tells whether an agent may hold sessions at an instant: until the end of the day that the file states, in
// the agent's zone. Who stands there without a date, or not at all, is not bound.
func (a *Agenda) Trained(id account.ID, now time.Time) bool {
	for _, who := range a.agents {
		if who.id == id {
			return who.until.IsZero() || now.Before(who.until)
		}
	}
	return true
}

// date is the calendar date of a time, as midnight UTC.
func date(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// starts are the instants at which the agent's slots of a date begin.
func (w agent) starts(day time.Time) []time.Time {
	hours, other := w.except[day.Format(time.DateOnly)]
	if !other {
		hours = w.week[day.Weekday()]
	}
	var out []time.Time
	for _, s := range hours {
		for minute := s.from; minute+int(Length/time.Minute) <= s.to; minute += int(Length / time.Minute) {
			out = append(out, instants(day.Add(time.Duration(minute)*time.Minute), w.zone)...)
		}
	}
	return out
}

// instants are when the clocks of a zone show a wall time, given as if it were UTC: once, twice or never.
// time.Date would move a skipped time and take the first of two.
func instants(wall time.Time, zone *time.Location) []time.Time {
	var out []time.Time
	for _, around := range []time.Duration{-26 * time.Hour, 26 * time.Hour} { // no zone is further from UTC than 14 hours
		_, offset := wall.Add(around).In(zone).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		_, really := at.In(zone).Zone()
		if really == offset && !slices.ContainsFunc(out, at.Equal) {
			out = append(out, at)
		}
	}
	return out
}
