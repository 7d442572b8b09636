package notice_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

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
