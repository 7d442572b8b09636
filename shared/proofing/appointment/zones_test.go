package appointment_test

import (
	"fmt"
	"testing"
	"time"

	"phoneotp/shared/proofing/agenda"
	"phoneotp/shared/proofing/appointment"
)

// around is an agent who works day and night in a zone.
func around(t *testing.T, zone string) *agenda.Agenda {
	t.Helper()
	days := ""
	for _, d := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		days += fmt.Sprintf(`,%q:["00:00-24:00"]`, d)
	}
	a, err := agenda.Read([]byte(fmt.Sprintf(`{"agents":[{"user_id":"agent1","zone":%q,"week":{%s}}]}`, zone, days[1:])))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestV04ADayOfTheHolders asks for one date in the holder's zone: it has as many half hours as its clocks show, whatever
// the agent's clocks do.
func TestV04ADayOfTheHolders(t *testing.T) {
	t.Parallel()
	w := start(t)
	holder, id := w.Holder(t, "grace", now)
	for name, c := range map[string]struct {
		agent, holder, day string
		first, last        string
		slots              int
	}{
		"gap for the holder":     {"UTC", "America/New_York", "2027-03-14", "2027-03-14T05:00:00Z", "2027-03-15T03:30:00Z", 46},
		"overlap for the holder": {"UTC", "America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T04:30:00Z", 50},
		"gap for the agent":      {"America/New_York", "UTC", "2027-03-14", "2027-03-14T00:00:00Z", "2027-03-14T23:30:00Z", 48},
		"overlap for the agent":  {"America/New_York", "UTC", "2026-11-01", "2026-11-01T00:00:00Z", "2026-11-01T23:30:00Z", 48},
		"gap for both":           {"America/New_York", "America/New_York", "2027-03-14", "2027-03-14T05:00:00Z", "2027-03-15T03:30:00Z", 46},
		"overlap for both":       {"America/New_York", "America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T04:30:00Z", 50},
		"both, on other nights":  {"Europe/Berlin", "America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T04:30:00Z", 50},
		"neither":                {"America/Phoenix", "America/Phoenix", "2026-11-01", "2026-11-01T07:00:00Z", "2026-11-02T06:30:00Z", 48},
		"Kolkata":                {"America/New_York", "Asia/Kolkata", "2026-11-24", "2026-11-23T18:30:00Z", "2026-11-24T18:00:00Z", 48},
		"Apia":                   {"America/New_York", "Pacific/Apia", "2026-11-24", "2026-11-23T11:00:00Z", "2026-11-24T10:30:00Z", 48},
	} {
		zone, err := time.LoadLocation(c.holder)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		w.Diary.Agenda = around(t, c.agent)
		free, err := w.Diary.Free(t.Context(), holder.ID, day, day, zone, day.AddDate(0, 0, -2))
		if err != nil || len(free) != c.slots || free[0].StartsAt != c.first || free[len(free)-1].StartsAt != c.last {
			t.Errorf("%s: %d slots from %v, %v", name, len(free), free, err)
			continue
		}
		for i, s := range free[1:] {
			a, _ := time.Parse(time.RFC3339, free[i].StartsAt)
			if b, _ := time.Parse(time.RFC3339, s.StartsAt); b.Sub(a) != agenda.Length {
				t.Errorf("%s: %s after %s", name, s.StartsAt, free[i].StartsAt)
			}
		}
	}
	// Both half hours that the clocks call 01:30 can be had, and what is kept is the instant.
	w.Diary.Agenda = around(t, "America/New_York")
	before := time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC)
	for i, at := range []time.Time{time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC), time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC)} {
		v, err := w.Diary.Book(t.Context(), id, appointment.Wish{Holder: holder.ID, StartsAt: at, Zone: "America/New_York", From: "192.0.2.1", At: before})
		if err != nil || v.StartsAt != at.Format(time.RFC3339) || v.Zone != "America/New_York" {
			t.Fatalf("%d: %+v, %v", i, v, err)
		}
		if err := w.Diary.Cancel(t.Context(), id, before); err != nil {
			t.Fatal(err)
		}
	}
}

// TestV05AnAgentOnLeave has an agent who goes away after the booking: nothing more can be booked, what is booked stays,
// and a colleague claims it.
func TestV05AnAgentOnLeave(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	v := w.Booked(t, holder, id, ten, now)
	hours, err := agenda.Read([]byte(`{"agents":[{"user_id":"agent1","zone":"UTC","week":{"monday":["09:00-17:00"]},"exceptions":{"2026-11-23":[]}},{"user_id":"agent2","zone":"UTC"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	w.Diary.Agenda = hours
	if free, err := w.Diary.Free(t.Context(), holder.ID, now, now, time.UTC, now); err != nil || len(free) != 0 {
		t.Errorf("free on a day of leave: %v, %v", free, err)
	}
	if shown, err := w.Diary.View(t.Context(), w.Find(t, id), ten); err != nil || shown.ID != v.ID {
		t.Errorf("the booking: %+v, %v", shown, err)
	}
	if _, err := w.Diary.Claim(t.Context(), v.ID, agent2, ten); err != nil {
		t.Errorf("a colleague: %v", err)
	}
}
