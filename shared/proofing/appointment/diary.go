package appointment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/meeting"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/agenda"
)

// What happens to appointments, as the audit trail has it. Ref is the case's id, Detail has the appointment's.
const (
	EventBooked    audit.Event = "appointment-booked"
	EventMoved     audit.Event = "appointment-moved"
	EventCancelled audit.Event = "appointment-cancelled"
	EventOver      audit.Event = "appointment-over"
	EventClaimed   audit.Event = "appointment-claimed"
	EventConcluded audit.Event = "appointment-concluded"
	EventDecided   audit.Event = "appointment-second-decision"
)

// Diary is where appointments are made and held. It is safe for concurrent use.
type Diary struct {
	Desk   proofing.Desk // its Release is the Diary's own
	Slots  Slots
	Agenda *agenda.Agenda
	Links  meeting.Links
	Origin string // the portal's: what links to the room page begin with
}

// New builds a Diary over a desk, and gives the desk its Release.
func New(desk proofing.Desk, slots Slots, hours *agenda.Agenda, links meeting.Links, origin string) *Diary {
	d := &Diary{Desk: desk, Slots: slots, Agenda: hours, Links: links, Origin: origin}
	d.Desk.Release = slots.Releaser(desk)
	return d
}

// Free is a half hour that can be booked.
type Free struct {
	StartsAt string `json:"starts_at"`
	Free     int    `json:"free"` // agents
}

// Wish is a holder who books.
type Wish struct {
	Holder   account.ID
	StartsAt time.Time
	Zone     string // the holder's, IANA
	From     string // the client's address
	At       time.Time
}

// Free lists the half hours that a holder can book from one date to another, both included, in a zone that
// agenda.Zone takes. Full ones are left out.
func (d *Diary) Free(ctx context.Context, holder account.ID, from, to time.Time, zone *time.Location, now time.Time) ([]Free, error) {
	midnight := func(date time.Time) time.Time {
		return time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, zone)
	}
	return d.between(ctx, holder, midnight(from), midnight(to.AddDate(0, 0, 1)), now)
}

// between lists what is free from an instant until before another, as far as it may be booked now.
func (d *Diary) between(ctx context.Context, holder account.ID, from, to, now time.Time) ([]Free, error) {
	if first := now.Add(bookAhead); from.Before(first) {
		from = first
	}
	if last := now.Add(bookFar + time.Millisecond); to.After(last) {
		to = last
	}
	out := []Free{}
	if !from.Before(to) {
		return out, nil
	}
	slots := d.Agenda.Slots(from, to)
	taken, err := d.Slots.taken(ctx, places(slots))
	if err != nil {
		return nil, err
	}
	for _, s := range slots {
		if n := len(free(s, taken, holder)); n > 0 {
			out = append(out, Free{StartsAt: instant(s.At), Free: n})
		}
	}
	return out, nil
}

func places(slots []agenda.Slot) []place {
	var out []place
	for _, s := range slots {
		for _, agent := range s.Agents {
			out = append(out, place{agent, s.At.UnixMilli()})
		}
	}
	return out
}

// free are the agents of a slot who are neither taken nor the holder.
func free(s agenda.Slot, taken map[place]bool, holder account.ID) []account.ID {
	return slices.DeleteFunc(slices.Clone(s.Agents), func(agent account.ID) bool {
		return agent == holder || taken[place{agent, s.At.UnixMilli()}]
	})
}

// candidates are the agents whose hours a booking may take, the one with the fewest bookings that day first.
// There are none for a time that is no slot, too soon or too far.
func (d *Diary) candidates(ctx context.Context, holder account.ID, start, now time.Time) ([]account.ID, error) {
	if start.Before(now.Add(bookAhead)) || start.After(now.Add(bookFar)) {
		return nil, nil
	}
	slot := d.Agenda.At(start)
	if len(slot.Agents) == 0 {
		return nil, nil
	}
	day := start.UTC().Truncate(24 * time.Hour)
	taken, err := d.Slots.taken(ctx, places(d.Agenda.Slots(day, day.Add(24*time.Hour))))
	if err != nil {
		return nil, err
	}
	load := map[account.ID]int{}
	for p := range taken {
		load[p.agent]++
	}
	found := free(slot, taken, holder)
	slices.SortStableFunc(found, func(a, b account.ID) int { return load[a] - load[b] })
	return found, nil
}

// full is the refusal of a time that is not free, with those around it that are.
func (d *Diary) full(ctx context.Context, holder account.ID, start, now time.Time) error {
	around, err := d.between(ctx, holder, start.Add(-24*time.Hour), start.Add(7*24*time.Hour), now)
	if err != nil {
		return err
	}
	return ErrSlotTaken.With("slots", around)
}

// errDone: what was asked is as it is asked already.
var errDone = errors.New("appointment: it is so already")

// Book takes a half hour. The consent was checked and the name confirmed; asking again for the time that is
// booked changes nothing. A quiz that is open is abandoned with it, and counts at once, in the same transaction: only a
// booking that is made ends it.
//
// It returns ErrSlotTaken with what is free, proofing.ErrBusy for a holder who has a booking or whose last try an
// abandoned quiz would be, or what the case refuses.
func (d *Diary) Book(ctx context.Context, id proofing.ID, w Wish) (View, error) {
	for range tries {
		v, err := d.book(ctx, id, w)
		if !errors.Is(err, account.ErrMoved) { // the name was corrected meanwhile: lock the new one
			return v, err
		}
	}
	return View{}, fmt.Errorf("book: %w", dynamo.ErrBusy)
}

func (d *Diary) book(ctx context.Context, id proofing.ID, w Wish) (View, error) {
	who, err := d.Desk.Accounts.ByID(ctx, w.Holder, w.At)
	if err != nil {
		return View{}, fmt.Errorf("book: %w", err)
	}
	a := Appointment{ID: drawID(), Case: id, Holder: w.Holder, Zone: w.Zone, State: Booked, room: meeting.DrawRoom(), mark: drawMark(12)}
	given := proofing.NewConsent("video", w.From, w.At)
	return d.place(ctx, id, w.Holder, w.StartsAt, w.At, func(c *proofing.Case, agent account.ID) ([]dynamo.Write, error) {
		if c.State == proofing.Booked && c.Booking.StartsAt.Equal(w.StartsAt) {
			return nil, errDone
		}
		left, err := d.Desk.Leave(ctx, c, w.At) // an open quiz ends with the booking
		if err != nil {
			return nil, err
		}
		a.at(w.StartsAt, agent)
		if err := c.Book(a.booking(), given, w.At); err != nil {
			return nil, err
		}
		return append(left,
			d.Slots.take(a), d.Slots.put(a), d.Desk.Accounts.LockNameAs(who), d.Desk.Log.Write(c.ConsentEntry(given)),
			d.Desk.Log.Write(entry(*c, a, EventBooked, "", "", w.At)), d.Desk.Outbox.Write(notice.AppointmentBooked(w.Holder.String(), a.notice(), w.At), w.At),
		), nil
	})
}

// Move takes another half hour for the appointment of a case and gives the old one back.
//
// It returns ErrUnknown without an appointment, ErrTooLate, or ErrSlotTaken with what is free.
func (d *Diary) Move(ctx context.Context, id proofing.ID, holder account.ID, start, now time.Time) (View, error) {
	if err := d.changeable(ctx, id, now); err != nil {
		return View{}, err
	}
	return d.place(ctx, id, holder, start, now, func(c *proofing.Case, agent account.ID) ([]dynamo.Write, error) {
		before, err := d.current(ctx, *c, now)
		if err != nil {
			return nil, err
		}
		if before.StartsAt.Equal(start) {
			return nil, errDone
		}
		after := before
		after.at(start, agent)
		after.Sequence++
		if err := c.Rebook(after.booking(), now); err != nil {
			return nil, err
		}
		return []dynamo.Write{
			d.Slots.take(after), d.Slots.free(before), d.Slots.save(before, after), d.Desk.Log.Write(entry(*c, after, EventMoved, "", "", now)),
			d.Desk.Outbox.Write(notice.AppointmentMoved(holder.String(), after.notice(), now), now),
		}, nil
	})
}

// place changes a case for a half hour of the first agent who can have it.
func (d *Diary) place(ctx context.Context, id proofing.ID, holder account.ID, start, now time.Time, decide func(c *proofing.Case, agent account.ID) ([]dynamo.Write, error)) (View, error) {
	agents, err := d.candidates(ctx, holder, start, now)
	if err != nil {
		return View{}, err
	}
	agents = append(agents, account.ID{}) // nobody: to tell what is so already from what is full
	for _, agent := range agents {
		after, err := d.Desk.Change(ctx, id, now, func(c *proofing.Case) ([]dynamo.Write, error) {
			writes, err := decide(c, agent)
			if err == nil && agent == (account.ID{}) {
				return nil, errTaken
			}
			return writes, err
		})
		switch {
		case errors.Is(err, errTaken):
			continue
		case errors.Is(err, errDone):
			if after, err = d.Desk.Cases.Find(ctx, id); err != nil {
				return View{}, err
			}
		case err != nil:
			return View{}, err
		}
		view, err := d.View(ctx, after, now)
		if err != nil || view == nil {
			return View{}, errors.Join(err, errMoved)
		}
		return *view, nil
	}
	return View{}, d.full(ctx, holder, start, now)
}

// Cancel gives the appointment of a case back; nothing counts. It returns ErrUnknown without one, or ErrTooLate.
func (d *Diary) Cancel(ctx context.Context, id proofing.ID, now time.Time) error {
	_, err := d.Desk.Change(ctx, id, now, func(c *proofing.Case) ([]dynamo.Write, error) {
		before, err := d.current(ctx, *c, now)
		if err != nil {
			return nil, err
		}
		writes := append(d.Slots.end(before, Cancelled, "", now), d.Desk.Log.Write(entry(*c, before, EventCancelled, "", "", now)),
			d.Desk.Outbox.Write(notice.AppointmentCancelled(c.Account.String(), cancelled(before), now), now))
		return writes, c.Unbook(now)
	})
	return err
}

// cancelled is what a calendar is told of an appointment that does not take place.
func cancelled(a Appointment) notice.Appointment {
	n := a.notice()
	n.Sequence++
	return n
}

// end are the writes that end an appointment and free its half hour.
func (s Slots) end(before Appointment, state State, reason string, now time.Time) []dynamo.Write {
	after := before
	after.State, after.Reason, after.ConcludedAt = state, reason, now
	after.Sequence++
	return []dynamo.Write{s.free(before), s.save(before, after)}
}

// Releaser returns what a proofing.Desk needs to give appointments back: of a case that is cancelled, or whose
// appointment nobody ended, or about which no second agent decided. None counts anything.
func (s Slots) Releaser(desk proofing.Desk) func(context.Context, proofing.Case, string, time.Time) ([]dynamo.Write, error) {
	return func(ctx context.Context, c proofing.Case, why string, now time.Time) ([]dynamo.Write, error) {
		id := ""
		if c.Booking != nil {
			id = c.Booking.ID
		} else if c.Review != nil {
			id = c.Review.Appointment
		}
		before, err := s.Find(ctx, id)
		if errors.Is(err, ErrUnknown) && c.Booking == nil {
			return nil, nil // a review without its session holds nothing
		}
		if err != nil {
			return nil, err
		}
		to, event, reason := Cancelled, EventCancelled, why
		if State(why) == Over {
			to, event, reason = Over, EventOver, ""
		}
		said := desk.Log.Write(entry(c, before, event, audit.System, reason, now))
		missed := desk.Outbox.Write(notice.AppointmentMissed(c.Account.String(), before.notice(), now), now)
		switch {
		case before.live() && to == Over:
			return append(s.end(before, to, reason, now), said, missed), nil
		case before.live():
			return append(s.end(before, to, reason, now), said, desk.Outbox.Write(notice.AppointmentCancelled(c.Account.String(), cancelled(before), now), now)), nil
		case before.State != Approval && before.State != Fraud:
			return nil, fmt.Errorf("appointment %s is %s: %w", before.ID, before.State, errMoved) // concluded since the case was read
		}
		after := before // the session was held: its half hour is over, its conclusion stands
		after.State = to
		writes := []dynamo.Write{s.save(before, after), said}
		if to == Over {
			writes = append(writes, missed)
		}
		return writes, nil
	}
}

// changeable refuses what is too late before a slot is looked for.
func (d *Diary) changeable(ctx context.Context, id proofing.ID, now time.Time) error {
	c, err := d.Desk.Cases.Find(ctx, id)
	if err != nil {
		return err
	}
	return changeableCase(c, now)
}

func changeableCase(c proofing.Case, now time.Time) error {
	switch {
	case c.State != proofing.Booked:
		return ErrUnknown
	case !now.Before(c.Booking.StartsAt.Add(-changeBy)):
		return ErrTooLate
	}
	return nil
}

// current is the appointment of a case that the holder may still change.
func (d *Diary) current(ctx context.Context, c proofing.Case, now time.Time) (Appointment, error) {
	if err := changeableCase(c, now); err != nil {
		return Appointment{}, err
	}
	return d.Slots.Find(ctx, c.Booking.ID)
}

// tries bounds how often a booking is decided again after the name was corrected meanwhile.
const tries = 8

// entry is an audit entry about an appointment; it is written where the holder's stand.
func entry(c proofing.Case, a Appointment, what audit.Event, actor, why string, now time.Time) audit.Entry {
	e := c.Entry(what, actor, why, now)
	e.Detail = map[string]string{"appointment": a.ID, "starts_at": instant(a.StartsAt)}
	return e
}

// View is an appointment as its holder sees it (api.md, Appointment).
type View struct {
	ID               string `json:"id"`
	StartsAt         string `json:"starts_at"`
	Zone             string `json:"zone"`
	State            string `json:"state"`
	RoomURL          string `json:"room_url"`
	VerificationWord string `json:"verification_word,omitempty"`
	MeetingURL       string `json:"meeting_url,omitempty"`
}

// View shows the appointment of a case; nil if none is booked. The link to the call is there while the room is
// open, the verification word from the claim on.
func (d *Diary) View(ctx context.Context, c proofing.Case, now time.Time) (*View, error) {
	if c.Booking == nil {
		return nil, nil
	}
	a, err := d.Slots.Find(ctx, c.Booking.ID)
	if err != nil {
		return nil, err
	}
	v := &View{ID: a.ID, StartsAt: instant(a.StartsAt), Zone: a.Zone, State: string(a.State), RoomURL: d.Origin + "/proofing/appointment", VerificationWord: a.Word}
	if a.live() && a.open(now) {
		v.MeetingURL = d.Links.To(a.room)
	}
	return v, nil
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
