package appointment

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/agenda"
)

// When what is allowed (product.md 4).
const (
	bookAhead = 2 * time.Hour       // the least
	bookFar   = 28 * 24 * time.Hour // the most
	changeBy  = time.Hour           // before the start
	opens     = 10 * time.Minute    // before the start
	closes    = proofing.Overrun    // after the end
	absent    = 10 * time.Minute    // after the start, when the holder has not come
)

// State is where an appointment stands; the package's comment has the table.
type State string

// The states.
const (
	Booked     State = "booked"
	Claimed    State = "claimed"
	Passed     State = "passed"
	Failed     State = "failed"
	Incomplete State = "incomplete"
	NoShow     State = "no-show"
	Approval   State = "approval"
	Fraud      State = "fraud"
	Over       State = "over"
	Cancelled  State = "cancelled"
)

func (s State) known() bool {
	switch s {
	case Booked, Claimed, Passed, Failed, Incomplete, NoShow, Approval, Fraud, Over, Cancelled:
		return true
	}
	return false
}

// Appointment is a video session as it stood when it was read.
type Appointment struct {
	ID          string
	Case        proofing.ID
	Holder      account.ID
	Schedule    account.ID // whose hours it takes
	StartsAt    time.Time
	EndsAt      time.Time
	Zone        string
	Sequence    int64
	State       State
	Agent       *account.ID // who claimed it
	ClaimedAt   time.Time
	Word        string
	Cues        []string // keys of the pool
	ConcludedAt time.Time
	Reason      string
	Document    *Document // what a conclusion keeps of the document

	room string
	mark []byte
}

// open tells whether room and claim are open: half-open at the end.
func (a Appointment) open(now time.Time) bool {
	return !now.Before(a.StartsAt.Add(-opens)) && now.Before(a.EndsAt.Add(closes))
}

// live tells whether it still takes place.
func (a Appointment) live() bool { return a.State == Booked || a.State == Claimed }

func (a Appointment) notice() notice.Appointment {
	return notice.Appointment{ID: a.ID, StartsAt: a.StartsAt, Length: a.EndsAt.Sub(a.StartsAt), Zone: a.Zone, Sequence: a.Sequence}
}

func (a Appointment) booking() proofing.Booking {
	return proofing.Booking{ID: a.ID, Schedule: a.Schedule.String(), StartsAt: a.StartsAt, EndsAt: a.EndsAt, Zone: a.Zone, Sequence: a.Sequence}
}

// at moves it to a slot.
func (a *Appointment) at(start time.Time, schedule account.ID) {
	a.StartsAt, a.EndsAt, a.Schedule = start.UTC(), start.Add(agenda.Length).UTC(), schedule
}

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// drawID draws the id of an appointment: 26 Crockford symbols in lower case.
func drawID() string { return encoding.EncodeToString(drawMark(16)) }

// parseID refuses what is no id before it costs a read.
func parseID(id string) error {
	if b, err := encoding.DecodeString(id); err != nil || len(b) != 16 {
		return ErrUnknown
	}
	return nil
}

func drawMark(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// below draws a number from 0 to less than n, uniformly.
func below(n int) int {
	most := 256 - 256%n
	for {
		if b := int(drawMark(1)[0]); b < most {
			return b % n
		}
	}
}

func drawWord() string {
	all := strings.Fields(words)
	return all[below(len(all))]
}

// drawCues draws two different cues.
func drawCues() []string {
	first := below(len(pool))
	second := below(len(pool) - 1)
	if second >= first {
		second++
	}
	return []string{pool[first].key, pool[second].key}
}
