package invitation_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"phoneotp/shared/mail/invitation"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func event() invitation.Event {
	return invitation.Event{
		UID: "01hx@otp.example.org", Stamp: noon, Start: noon.Add(48 * time.Hour), Length: 30 * time.Minute, Organizer: "no-reply@otp.example.org",
		Attendee: "grace@example.test", Name: "Grace Hopper", Summary: "Identity check; by video, with Phone OTP",
		Description: "Have your passport ready.\nThe room opens 10 minutes before.", URL: "https://otp.example.org/proofing/appointment",
	}
}

// parse reads an invitation with somebody else's parser.
func parse(t *testing.T, data []byte) (*ics.Calendar, *ics.VEvent) {
	t.Helper()
	c, err := ics.ParseCalendar(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if len(c.Events()) != 1 {
		t.Fatalf("%d events", len(c.Events()))
	}
	return c, c.Events()[0]
}

func property(e *ics.VEvent, name ics.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

func method(c *ics.Calendar) string {
	for _, p := range c.CalendarProperties {
		if p.IANAToken == string(ics.PropertyMethod) {
			return p.Value
		}
	}
	return ""
}

func TestV07ARequestAnUpdateAndACancellation(t *testing.T) {
	booked, moved, off := event(), event(), event()
	moved.Sequence, moved.Start = 1, moved.Start.Add(time.Hour)
	off.Sequence, off.Cancelled = 2, true
	for name, c := range map[string]struct {
		event            invitation.Event
		method, sequence string
		status           string
	}{
		"booked":    {booked, "REQUEST", "0", "CONFIRMED"},
		"moved":     {moved, "REQUEST", "1", "CONFIRMED"},
		"cancelled": {off, "CANCEL", "2", "CANCELLED"},
	} {
		a := c.event.Attachment()
		if a.Name != "invite.ics" || a.Type != "text/calendar; charset=utf-8; method="+c.method {
			t.Errorf("%s: %s, %s", name, a.Name, a.Type)
		}
		calendar, e := parse(t, a.Data)
		if method(calendar) != c.method || e.Id() != booked.UID || property(e, ics.ComponentPropertySequence) != c.sequence || property(e, ics.ComponentPropertyStatus) != c.status {
			t.Errorf("%s: method %s, uid %s, sequence %s, status %s", name, method(calendar), e.Id(), property(e, ics.ComponentPropertySequence), property(e, ics.ComponentPropertyStatus))
		}
		start, err := e.GetStartAt()
		end, errEnd := e.GetEndAt()
		if err != nil || errEnd != nil || !start.Equal(c.event.Start) || !end.Equal(c.event.Start.Add(30*time.Minute)) {
			t.Errorf("%s: from %v to %v", name, start, end)
		}
		if got := ics.FromText(property(e, ics.ComponentPropertySummary)); got != c.event.Summary {
			t.Errorf("%s: summary %q", name, got)
		}
		if len(e.Attendees()) != 1 || e.Attendees()[0].Email() != "grace@example.test" || property(e, ics.ComponentPropertyOrganizer) != "mailto:no-reply@otp.example.org" {
			t.Errorf("%s: attendees %v", name, e.Attendees())
		}
	}
}

func TestV07LinesEndAndFold(t *testing.T) {
	e := event()
	e.Name, e.Description = strings.Repeat("Ødegård王 ", 20), strings.Repeat("möglichst 😀 ", 40)
	data := e.Attachment().Data
	if !bytes.HasSuffix(data, []byte("END:VCALENDAR\r\n")) {
		t.Error("the last line does not end")
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") || line == "" {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
	_, got := parse(t, data)
	if ics.FromText(property(got, ics.ComponentPropertyDescription)) != e.Description {
		t.Error("the description was changed by folding")
	}
}

func TestV07NothingIsInjected(t *testing.T) {
	evil := "x\r\nATTENDEE:mailto:mallory@example.test\r\nX-EVIL:1\nY\r;:\"," + "\x00\x1b"
	e := event()
	e.Name, e.Summary, e.Description, e.URL, e.UID = evil, evil, evil, evil, evil
	data := e.Attachment().Data
	_, got := parse(t, data)
	if len(got.Attendees()) != 1 || got.Attendees()[0].Email() != "grace@example.test" {
		t.Errorf("attendees: %v", got.Attendees())
	}
	for _, line := range strings.Split(string(data), "\r\n") {
		if strings.HasPrefix(line, "X-EVIL") || strings.ContainsAny(line, "\r\n\x00\x1b") {
			t.Errorf("line %q", line)
		}
	}
	e.Name = "<>"
	if _, got := parse(t, e.Attachment().Data); len(got.Attendees()) != 1 {
		t.Error("a name without a letter")
	}
}
