package notice_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"phoneotp/shared/notice"
)

var appointment = notice.Appointment{
	ID: "01hxaaaaaaaaaaaaaaaaaaaaaa", StartsAt: time.Date(2026, 11, 3, 17, 0, 0, 0, time.UTC), Length: 30 * time.Minute, Zone: "America/Denver",
}

// TestV07Invitations holds that a booking, its moves and its end are one event of the calendar.
func TestV07Invitations(t *testing.T) {
	f := start(t)
	facts := notice.Facts{Origin: origin, GivenName: "Grace", Name: "Grace \"Amazing\" Hopper\r\nX-EVIL:1", Address: "grace@example.test", From: "otp@example.org"}
	moved, off := appointment, appointment
	moved.Sequence, moved.StartsAt = 1, moved.StartsAt.Add(24*time.Hour)
	off.Sequence = 2
	for name, c := range map[string]struct {
		notice         notice.Notice
		method, status string
		sequence       string
		start          time.Time
	}{
		"booked":    {notice.AppointmentBooked("a", appointment, now), "REQUEST", "CONFIRMED", "0", appointment.StartsAt},
		"moved":     {notice.AppointmentMoved("a", moved, now), "REQUEST", "CONFIRMED", "1", moved.StartsAt},
		"cancelled": {notice.AppointmentCancelled("a", off, now), "CANCEL", "CANCELLED", "2", off.StartsAt},
	} {
		letter := f.compose(t, c.notice, facts)
		if len(letter.Attachments) != 1 || !strings.HasSuffix(letter.Attachments[0].Type, "method="+c.method) {
			t.Fatalf("%s: attachments %+v", name, letter.Attachments)
		}
		calendar, err := ics.ParseCalendar(bytes.NewReader(letter.Attachments[0].Data))
		if err != nil {
			t.Fatal(err)
		}
		e := calendar.Events()[0]
		at, err := e.GetStartAt()
		if err != nil || !at.Equal(c.start) || e.Id() != appointment.ID+"@otp.example.org" || e.GetProperty(ics.ComponentPropertyStatus).Value != c.status ||
			e.GetProperty(ics.ComponentPropertySequence).Value != c.sequence || e.Attendees()[0].Email() != "grace@example.test" || bytes.Contains(letter.Attachments[0].Data, []byte("\nX-EVIL")) {
			t.Errorf("%s: %s", name, letter.Attachments[0].Data)
		}
	}
	booked := f.compose(t, notice.AppointmentBooked("a", appointment, now), facts).Text.Reveal()
	if !strings.Contains(booked, "Tue 3 November 2026, 10:00 MST (America/Denver)") || !strings.Contains(booked, "Tue 3 November 2026, 17:00 UTC") {
		t.Errorf("both zones:\n%s", booked)
	}
	for _, n := range []notice.Notice{notice.AppointmentReminder("a", appointment, now), notice.AppointmentMissed("a", appointment, now)} {
		if letter := f.compose(t, n, facts); len(letter.Attachments) != 0 {
			t.Errorf("%s has a file", n.Kind)
		}
	}
}

// TestV07LinesOfAnInvitation holds that a calendar can read every line: CRLF, 75 octets at most, no rune cut in two, and
// names that are long, of many bytes or full of signs come back as they are.
func TestV07LinesOfAnInvitation(t *testing.T) {
	f := start(t)
	for _, name := range []string{
		strings.Repeat("Wilhelmina ", 12) + "Hopper", strings.Repeat("Łucja Ødegård ", 9), strings.Repeat("山田花子", 25), "José, María; \\ \"Pepe\": Núñez",
		"Grace\r\nATTENDEE:mailto:evil@example.test\r\nEND:VEVENT\r\nBEGIN:VEVENT", "Grace\nMETHOD:CANCEL",
	} {
		facts := notice.Facts{Origin: origin, GivenName: "Grace", Name: name, Address: "grace@example.test", From: "otp@example.org"}
		data := f.compose(t, notice.AppointmentBooked("a", appointment, now), facts).Attachments[0].Data
		if !utf8.Valid(data) || !bytes.HasSuffix(data, []byte("END:VCALENDAR\r\n")) {
			t.Errorf("%q: %q", name, data)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\r\n"), "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) || line == "" {
				t.Errorf("%q: a line of %d octets: %q", name, len(line), line)
			}
		}
		calendar, err := ics.ParseCalendar(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if n := len(calendar.Events()); n != 1 || len(calendar.Events()[0].Attendees()) != 1 || bytes.Count(data, []byte("\r\nMETHOD:")) != 1 {
			t.Errorf("%q: %d events\n%s", name, n, data)
		}
	}
	first := f.compose(t, notice.AppointmentBooked("a", appointment, now), notice.Facts{Origin: origin, Address: "a@example.test", From: "otp@example.org"})
	renamed := f.compose(t, notice.AppointmentMoved("a", appointment, now.Add(time.Hour)), notice.Facts{Origin: origin, Name: "Another Name", Address: "b@example.test", From: "otp@example.org"})
	uid := func(l notice.Letter) string {
		c, err := ics.ParseCalendar(bytes.NewReader(l.Attachments[0].Data))
		if err != nil {
			t.Fatal(err)
		}
		return c.Events()[0].Id()
	}
	if uid(first) != uid(renamed) {
		t.Errorf("the event changes its name: %s, %s", uid(first), uid(renamed))
	}
}
