package front

import (
	"errors"
	"net/http"
	"time"
)

// Meeting is what the stand-in for a meeting room tells about a room. The verification word is not in it: only the
// product's own pages have that.
type Meeting struct {
	Room     string
	Holder   string // whose session it is
	StartsAt time.Time
	EndsAt   time.Time
	Zone     string // the holder's, IANA
	State    string // of the appointment
}

// ErrNoMeeting means that no appointment has the room.
var ErrNoMeeting = errors.New("no appointment has this room")

// Local is a time in the holder's zone.
func (m Meeting) Local(t time.Time) string {
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		zone = time.UTC
	}
	return t.In(zone).Format("Monday 2 January 2006, 15:04")
}

// Until is the end as a wall time.
func (m Meeting) Until() string {
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		zone = time.UTC
	}
	return m.EndsAt.In(zone).Format("15:04")
}

// Over tells whether the session takes place no more.
func (m Meeting) Over() bool { return m.State != "booked" && m.State != "claimed" }

// meeting is where MeetingLink leads on the local stack.
func (p Parts) meeting(w http.ResponseWriter, r *http.Request) {
	m, err := p.Meeting(r.Context(), r.PathValue("room"))
	switch {
	case err == nil:
		render(w, "meeting.gohtml", m)
	case errors.Is(err, ErrNoMeeting):
		problem(w, http.StatusNotFound, "no-meeting", err.Error())
	default:
		problem(w, http.StatusInternalServerError, "internal", err.Error())
	}
}
