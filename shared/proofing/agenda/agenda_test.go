package agenda_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/proofing/agenda"
)

func read(t *testing.T, agents string) *agenda.Agenda {
	t.Helper()
	a, err := agenda.Read([]byte(`{"agents":[` + agents + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func one(zone, day, hours string) string {
	return fmt.Sprintf(`{"user_id":"a","zone":%q,"week":{%q:[%q]}}`, zone, day, hours)
}

func utc(s string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return at
}

// starts are the beginnings of slots, as an instant in UTC.
func starts(slots []agenda.Slot) []string {
	var out []string
	for _, s := range slots {
		out = append(out, s.At.Format("2006-01-02 15:04"))
	}
	return out
}

func TestTheHoursOfThisRelease(t *testing.T) {
	a, err := agenda.Load()
	if err != nil {
		t.Fatal(err)
	}
	slots := a.Slots(utc("2026-11-23 00:00"), utc("2026-11-30 00:00")) // Monday to Sunday
	if len(slots) != 5*16 || slots[0].At != utc("2026-11-23 14:00") || slots[79].At != utc("2026-11-27 21:30") {
		t.Errorf("%d slots", len(slots))
	}
	both := []account.ID{account.IDOf("agent1"), account.IDOf("agent2")}
	for _, s := range slots {
		if !slices.Equal(s.Agents, both) || !slices.Equal(a.At(s.At).Agents, both) {
			t.Errorf("%v: %v", s.At, s.Agents)
		}
	}
	if a.At(utc("2026-11-23 14:10")).Agents != nil || a.At(utc("2026-11-28 15:00")).Agents != nil {
		t.Error("somebody works at a time that is no slot")
	}
}

// TestV04DaylightSaving has the nights on which clocks change.
func TestV04DaylightSaving(t *testing.T) {
	for name, c := range map[string]struct {
		zone, day, hours, from, to string
		want                       []string
	}{
		"spring: 02:00 and 02:30 are skipped": {"America/New_York", "sunday", "01:00-04:00", "2027-03-14 00:00", "2027-03-15 00:00",
			[]string{"2027-03-14 06:00", "2027-03-14 06:30", "2027-03-14 07:00", "2027-03-14 07:30"}},
		"autumn: 01:00 and 01:30 come twice": {"America/New_York", "sunday", "00:30-02:30", "2026-11-01 00:00", "2026-11-02 00:00",
			[]string{"2026-11-01 04:30", "2026-11-01 05:00", "2026-11-01 05:30", "2026-11-01 06:00", "2026-11-01 06:30", "2026-11-01 07:00"}},
		"nine o'clock the Friday before":        {"America/New_York", "friday", "09:00-10:00", "2027-03-12 00:00", "2027-03-13 00:00", []string{"2027-03-12 14:00", "2027-03-12 14:30"}},
		"nine o'clock the Monday after":         {"America/New_York", "monday", "09:00-10:00", "2027-03-15 00:00", "2027-03-16 00:00", []string{"2027-03-15 13:00", "2027-03-15 13:30"}},
		"a zone without":                        {"America/Phoenix", "sunday", "02:00-03:00", "2027-03-14 00:00", "2027-03-15 00:00", []string{"2027-03-14 09:00", "2027-03-14 09:30"}},
		"half an hour":                          {"Australia/Lord_Howe", "sunday", "01:30-02:30", "2026-04-04 00:00", "2026-04-05 12:00", []string{"2026-04-04 14:30", "2026-04-04 15:00", "2026-04-04 15:30"}},
		"Kolkata, at half past":                 {"Asia/Kolkata", "monday", "09:00-10:00", "2026-11-23 00:00", "2026-11-24 00:00", []string{"2026-11-23 03:30", "2026-11-23 04:00"}},
		"Apia, its Monday is Sunday in UTC":     {"Pacific/Apia", "monday", "09:00-10:00", "2026-11-22 00:00", "2026-11-23 00:00", []string{"2026-11-22 20:00", "2026-11-22 20:30"}},
		"Apia, the day that was not":            {"Pacific/Apia", "friday", "09:00-10:00", "2011-12-29 00:00", "2011-12-31 12:00", nil},
		"until midnight":                        {"Pacific/Kiritimati", "monday", "23:00-24:00", "2026-11-22 00:00", "2026-11-24 00:00", []string{"2026-11-23 09:00", "2026-11-23 09:30"}},
		"what is left over is no slot":          {"UTC", "monday", "09:00-09:59", "2026-11-23 00:00", "2026-11-24 00:00", []string{"2026-11-23 09:00"}},
		"London, the spring gap":                {"Europe/London", "sunday", "00:30-02:30", "2027-03-28 00:00", "2027-03-29 00:00", []string{"2027-03-28 00:30", "2027-03-28 01:00"}},
		"half-open: from is in, the end is not": {"UTC", "monday", "09:00-10:30", "2026-11-23 09:30", "2026-11-23 10:00", []string{"2026-11-23 09:30"}},
	} {
		slots := read(t, one(c.zone, c.day, c.hours)).Slots(utc(c.from), utc(c.to))
		if got := starts(slots); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for i, s := range slots[:max(0, len(slots)-1)] {
			if slots[i+1].At.Sub(s.At) < agenda.Length {
				t.Errorf("%s: slots overlap at %v", name, s.At)
			}
		}
	}
}

func TestV05Exceptions(t *testing.T) {
	a := read(t, `{"user_id":"a","zone":"UTC","week":{"monday":["09:00-10:00"]},"exceptions":{"2026-11-23":[],"2026-11-24":["12:00-13:00"]}},`+
		`{"user_id":"b","zone":"UTC","week":{"monday":["09:30-10:30"]}}`)
	slots := a.Slots(utc("2026-11-22 00:00"), utc("2026-12-01 00:00"))
	want := []string{"2026-11-23 09:30", "2026-11-23 10:00", "2026-11-24 12:00", "2026-11-24 12:30", "2026-11-30 09:00", "2026-11-30 09:30", "2026-11-30 10:00"}
	if got := starts(slots); !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	if len(slots[0].Agents) != 1 || slots[0].Agents[0] != account.IDOf("b") || len(slots[5].Agents) != 2 {
		t.Errorf("who works: %+v", slots)
	}
}

// V-10: the last day of training is a day of the agent's zone.
func TestV10TrainingEnds(t *testing.T) {
	a := read(t, `{"user_id":"a","zone":"America/New_York","trained_until":"2026-11-30"},{"user_id":"b","zone":"UTC"}`)
	for _, c := range []struct {
		who, at string
		want    bool
	}{{"a", "2026-12-01 04:59", true}, {"a", "2026-12-01 05:00", false}, {"b", "2036-12-01 05:00", true}, {"c", "2036-12-01 05:00", true}} {
		if got := a.Trained(account.IDOf(c.who), utc(c.at)); got != c.want {
			t.Errorf("%s at %s: %v", c.who, c.at, got)
		}
	}
}

func TestFilesThatAreWrong(t *testing.T) {
	for name, doc := range map[string]string{
		"no JSON":        `{`,
		"another member": `{"agents":[{"user_id":"a","zone":"UTC","hours":{}}]}`,
		"no zone":        `{"agents":[{"user_id":"a"}]}`,
		"Local":          `{"agents":[{"user_id":"a","zone":"Local"}]}`,
		"a path":         `{"agents":[{"user_id":"a","zone":"../UTC"}]}`,
		"a day":          `{"agents":[` + one("UTC", "mon", "09:00-10:00") + `]}`,
		"backwards":      `{"agents":[` + one("UTC", "monday", "10:00-09:00") + `]}`,
		"past midnight":  `{"agents":[` + one("UTC", "monday", "10:00-24:30") + `]}`,
		"short":          `{"agents":[` + one("UTC", "monday", "9:00-10:00") + `]}`,
		"minutes":        `{"agents":[` + one("UTC", "monday", "09:60-11:00") + `]}`,
		"overlap":        `{"agents":[{"user_id":"a","zone":"UTC","week":{"monday":["09:00-11:00","10:30-12:00"]}}]}`,
		"a date":         `{"agents":[{"user_id":"a","zone":"UTC","exceptions":{"25.12.2026":[]}}]}`,
		"a last day":     `{"agents":[{"user_id":"a","zone":"UTC","trained_until":"soon"}]}`,
		"twice":          `{"agents":[{"user_id":"a","zone":"UTC"},{"user_id":"A","zone":"UTC"}]}`,
	} {
		if _, err := agenda.Read([]byte(doc)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
