package notice

import (
	"net/url"
	"strconv"
	"time"
	_ "time/tzdata" // the machine of a function has no zones

	"phoneotp/shared/mail/attachment"
	"phoneotp/shared/mail/invitation"
)

// Kinds about video appointments (product.md 4).
const (
	KindAppointmentBooked    Kind = "appointment-booked"
	KindAppointmentMoved     Kind = "appointment-moved"
	KindAppointmentCancelled Kind = "appointment-cancelled"
	KindAppointmentReminder  Kind = "appointment-reminder"
	KindAppointmentMissed    Kind = "appointment-missed"
)

// Appointment is what a mail about an appointment needs to know of it.
type Appointment struct {
	ID       string // names it in calendars for good
	StartsAt time.Time
	Length   time.Duration
	Zone     string // the holder's, IANA
	Sequence int64  // grows by one with every change, its cancellation included
}

const (
	paramAppointment = "appointment"
	paramStart       = "start"
	paramEnd         = "end"
	paramZone        = "zone"
	paramSequence    = "sequence"
)

func (a Appointment) to(kind Kind, holder string, at time.Time) Notice {
	return toAccount(kind, holder, map[string]string{
		paramAppointment: a.ID, paramStart: instant(a.StartsAt), paramEnd: instant(a.StartsAt.Add(a.Length)), paramZone: a.Zone,
		paramSequence: strconv.FormatInt(a.Sequence, 10), paramAt: instant(at),
	})
}

// AppointmentBooked confirms a booking, with an invitation for the calendar.
func AppointmentBooked(holder string, a Appointment, at time.Time) Notice {
	return a.to(KindAppointmentBooked, holder, at)
}

// AppointmentMoved tells of the new time, with an update for the calendar.
func AppointmentMoved(holder string, a Appointment, at time.Time) Notice {
	return a.to(KindAppointmentMoved, holder, at)
}

// AppointmentCancelled tells that it does not take place, and takes it out of the calendar.
func AppointmentCancelled(holder string, a Appointment, at time.Time) Notice {
	return a.to(KindAppointmentCancelled, holder, at)
}

// AppointmentReminder reminds of an appointment; the mail names its time, not how long it is until then.
func AppointmentReminder(holder string, a Appointment, at time.Time) Notice {
	return a.to(KindAppointmentReminder, holder, at)
}

// AppointmentMissed apologises for an appointment that no agent held or ended. It counts nothing.
func AppointmentMissed(holder string, a Appointment, at time.Time) Notice {
	return a.to(KindAppointmentMissed, holder, at)
}

// appointmentMail words the kinds of this file.
func appointmentMail(kind Kind, p params) (subject string, paragraphs []string, ok bool) {
	page := p.page("/proofing/appointment")
	const bring = "Have an unexpired government photo ID ready, the paper or card itself, and a device with a camera and a microphone in a quiet place with light on your face."
	switch kind {
	case KindAppointmentBooked:
		return "Your video session is booked", []string{
			"Your identity check by video is booked for\n" + p.appointment(),
			"The room opens 10 minutes before. Sign in and go to your appointment:\n" + page,
			bring,
			"You can move or cancel it on that page until 1 hour before. The invitation for your calendar is attached.",
		}, true
	case KindAppointmentMoved:
		return "Your video session was moved", []string{
			"Your identity check by video now takes place at\n" + p.appointment(),
			"The appointment:\n" + page,
			"The attached invitation changes it in your calendar.",
		}, true
	case KindAppointmentCancelled:
		return "Your video session was cancelled", []string{
			"Your identity check by video does not take place:\n" + p.appointment(),
			"The attached message takes it out of your calendar. What you can do now is shown here:\n" + p.page("/proofing"),
		}, true
	case KindAppointmentReminder:
		return "Your video session is coming up", []string{
			"Your identity check by video takes place at\n" + p.appointment(),
			"The room opens 10 minutes before. Sign in and go to your appointment:\n" + page,
			bring,
		}, true
	case KindAppointmentMissed:
		return "We are sorry about your video session", []string{
			"Your identity check by video could not be held or finished:\n" + p.appointment(),
			"It does not count as a try. Please choose another time:\n" + p.page("/proofing"),
		}, true
	}
	return "", nil, false
}

// appointment is its time in the holder's zone and in UTC.
func (p params) appointment() string {
	start, err := time.Parse(time.RFC3339, p.with[paramStart])
	if err != nil {
		return "the time that was agreed"
	}
	utc := "    " + start.Format("Mon 2 January 2006, 15:04") + " UTC"
	zone, err := time.LoadLocation(p.with[paramZone])
	if err != nil || zone == time.UTC || p.with[paramZone] == "" {
		return utc
	}
	return "    " + start.In(zone).Format("Mon 2 January 2006, 15:04 MST") + " (" + p.with[paramZone] + ")\n" + utc
}

// invitations are the files that go with a notice.
func invitations(kind Kind, p params) ([]attachment.File, error) {
	switch kind {
	case KindAppointmentBooked, KindAppointmentMoved, KindAppointmentCancelled:
	default:
		return nil, nil
	}
	var err error
	parse := func(name string) time.Time {
		t, wrong := time.Parse(time.RFC3339, p.with[name])
		if wrong != nil {
			err = wrong
		}
		return t
	}
	start, end, stamp := parse(paramStart), parse(paramEnd), parse(paramAt)
	sequence, wrong := strconv.ParseInt(p.with[paramSequence], 10, 64)
	if wrong != nil {
		err = wrong
	}
	origin, wrong := url.Parse(p.facts.Origin)
	if wrong != nil {
		err = wrong
	}
	if err != nil {
		return nil, err
	}
	e := invitation.Event{
		UID: p.with[paramAppointment] + "@" + origin.Hostname(), Sequence: sequence, Cancelled: kind == KindAppointmentCancelled,
		Stamp: stamp, Start: start, Length: end.Sub(start), Organizer: p.facts.From, Attendee: p.facts.Address, Name: p.facts.Name,
		Summary: "Identity check by video (Phone OTP)", URL: p.page("/proofing/appointment"),
		Description: "Sign in and go to your appointment: " + p.page("/proofing/appointment") + "\nThe room opens 10 minutes before. Have your photo ID ready.",
	}
	return []attachment.File{e.Attachment()}, nil
}
