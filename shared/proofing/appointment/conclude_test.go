package appointment_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/proofing/appointment/appointmenttest"
)

func (m meeting) conclude(t *testing.T, agent account.ID, o appointment.Outcome, list *appointment.Checklist, at time.Time) (appointment.Concluded, error) {
	t.Helper()
	return m.Diary.Conclude(t.Context(), m.with, agent, appointment.Conclusion{Outcome: o, Reason: "as seen", Checklist: list}, at)
}

func TestAPassGivesACodeOnce(t *testing.T) {
	t.Parallel()
	m := claimed(t)
	got, err := m.conclude(t, agent1, "passed", appointmenttest.Checklist(), during)
	if err != nil || got.State != "passed" || len(got.Code.Reveal()) < 14 || got.Second {
		t.Fatalf("%+v, %v", got, err)
	}
	c := m.Find(t, m.id)
	if c.State != proofing.Ready || m.state(t) != appointment.Passed || c.Booking != nil {
		t.Errorf("%s, %s", c.State, m.state(t))
	}
	for _, table := range []string{"CASES_TABLE", "SLOTS_TABLE", "AUDIT_TABLE", "OUTBOX_TABLE"} {
		if holds(t, m.World, table, got.Code.Reveal()) {
			t.Errorf("%s holds the code", table)
		}
	}
	if !holds(t, m.World, "SLOTS_TABLE", "passport") || holds(t, m.World, "SLOTS_TABLE", "Hopper") {
		t.Error("of the document its kind is kept, its name is not")
	}
	last := during.Add(10*time.Minute - time.Millisecond)
	fresh, err := m.conclude(t, agent1, "passed", nil, last)
	if err != nil || fresh.Code == got.Code || fresh.Code == "" {
		t.Fatalf("a fresh code: %v, %v", fresh.Code == got.Code, err)
	}
	if _, err := m.conclude(t, agent1, "passed", nil, during.Add(10*time.Minute)); !errors.Is(err, proofing.ErrOver) {
		t.Errorf("after ten minutes: %v", err)
	}
	for o, agent := range map[appointment.Outcome]account.ID{"failed": agent1, "passed": agent2} {
		if _, err := m.conclude(t, agent, o, nil, during); !errors.Is(err, appointment.ErrClaimed) {
			t.Errorf("%s: %v", o, err)
		}
	}
	if _, err := m.Diary.Desk.Activate(t.Context(), m.Limits, m.holder.ID, m.id, got.Code, during); !errors.Is(err, proofing.ErrCodeWrong) {
		t.Errorf("the replaced code: %v", err)
	}
	if c, err := m.Diary.Desk.Activate(t.Context(), m.Limits, m.holder.ID, m.id, fresh.Code, during); err != nil || c.State != proofing.Passed || c.Method != proofing.ByVideo {
		t.Errorf("the fresh code: %s, %v", c.State, err)
	}
}

// holds tells whether a table holds a text anywhere, dashes apart.
func holds(t *testing.T, w *appointmenttest.World, table, text string) bool {
	t.Helper()
	raw, err := json.Marshal(w.Scan(t, table))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(strings.ReplaceAll(string(raw), "-", ""), strings.ReplaceAll(text, "-", ""))
}

func TestV09TheServerDecidesWhetherItIsAPass(t *testing.T) { // V-15
	t.Parallel()
	m := claimed(t)
	for pointer, spoil := range map[string]func(l *appointment.Checklist){
		"/checklist/consent":             func(l *appointment.Checklist) { l.Consent = false }, // V-12
		"/checklist/in_view":             func(l *appointment.Checklist) { l.InView = false },
		"/checklist/cues/0":              func(l *appointment.Checklist) { l.Cues[0] = false },
		"/checklist/cues/1":              func(l *appointment.Checklist) { l.Cues = l.Cues[:1] },
		"/checklist/face_match":          func(l *appointment.Checklist) { l.FaceMatch = false },
		"/checklist/document/genuine":    func(l *appointment.Checklist) { l.Document.Genuine = false },
		"/checklist/document/type":       func(l *appointment.Checklist) { l.Document.Type = "library-card" },
		"/checklist/document/country":    func(l *appointment.Checklist) { l.Document.Country = "us" },
		"/checklist/document/expires_on": func(l *appointment.Checklist) { l.Document.ExpiresOn = "2026-11-21" },
		"/checklist/document/last4":      func(l *appointment.Checklist) { l.Document.Last4 = "12345" },
		"/checklist/document/name":       func(l *appointment.Checklist) { l.Document.Name = "Alan Turing" },
	} {
		list := appointmenttest.Checklist()
		spoil(list)
		_, err := m.conclude(t, agent1, "passed", list, during)
		f, ok := fault.Of(err)
		if !ok || !errors.Is(err, appointment.ErrIncomplete) || len(f.Fields) != 1 || f.Fields[0].Pointer != pointer {
			t.Errorf("%s: %v", pointer, err)
		}
	}
	if _, err := m.conclude(t, agent1, "passed", nil, during); !errors.Is(err, appointment.ErrIncomplete) {
		t.Errorf("no checklist: %v", err)
	}
	bad := appointmenttest.Checklist()
	bad.Document.ExpiresOn, bad.Document.Name = "31.12.2031", "Gr\u200bace"
	if f, ok := fault.Of(second(m.conclude(t, agent1, "passed", bad, during))); !ok || len(f.Fields) != 2 {
		t.Errorf("two things: %+v", f)
	}
	for _, says := range []appointment.Conclusion{{Outcome: "perhaps", Reason: "x"}, {Outcome: "failed"}, {Outcome: "failed", Reason: strings.Repeat("x", 501)}, {Outcome: "failed", Reason: "a\nb"}} {
		if _, err := m.Diary.Conclude(t.Context(), m.with, agent1, says, during); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%+v: %v", says, err)
		}
	}
	if c := m.Find(t, m.id); c.State != proofing.Booked || m.state(t) != appointment.Claimed {
		t.Errorf("a refusal changed something: %s, %s", c.State, m.state(t))
	}
	last := appointmenttest.Checklist()
	last.Document.ExpiresOn = "2026-11-23" // its last day
	if got, err := m.conclude(t, agent1, "passed", last, during); err != nil || got.State != "passed" {
		t.Errorf("on its last day: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestOutcomesThatAreNoPass(t *testing.T) {
	t.Parallel()
	for o, want := range map[appointment.Outcome]struct {
		failures int
		state    appointment.State
	}{"failed": {1, appointment.Failed}, "incomplete": {0, appointment.Incomplete}, "no-show": {1, appointment.NoShow}} {
		m := claimed(t)
		got, err := m.conclude(t, agent1, o, nil, during)
		c := m.Find(t, m.id)
		if err != nil || got.State != string(want.state) || got.Code != "" || c.Failures != want.failures || c.State != proofing.Choose || c.Booking != nil || m.state(t) != want.state {
			t.Errorf("%s: %+v, %v, %d failures, %s", o, got, err, c.Failures, c.State)
		}
		if again, err := m.conclude(t, agent1, o, nil, during); err != nil || again != got || m.Find(t, m.id).Version != c.Version {
			t.Errorf("%s again: %+v, %v", o, again, err)
		}
		m.again(t, ten.Add(24*time.Hour))
	}
}

func TestV08NoShows(t *testing.T) {
	t.Parallel()
	m := claimed(t)
	if _, err := m.conclude(t, agent1, "no-show", nil, ten.Add(9*time.Minute)); !errors.Is(err, appointment.ErrWaitLonger) {
		t.Errorf("after nine minutes: %v", err)
	}
	over := ten.Add(time.Hour) // nobody concluded it: ours
	if _, err := m.conclude(t, agent1, "no-show", nil, over); !errors.Is(err, appointment.ErrNotOpen) {
		t.Errorf("an hour later: %v", err)
	}
	c, err := m.Diary.Desk.Change(t.Context(), m.id, over, func(*proofing.Case) ([]dynamo.Write, error) { return nil, nil })
	if err != nil || c.State != proofing.Choose || c.Failures != 0 || c.Booking != nil || m.state(t) != appointment.Over || slots(t, m.World) != 0 {
		t.Errorf("an appointment that the agent forgot: %s, %d failures, %s, %v", c.State, c.Failures, m.state(t), err)
	}
	if sent := kinds(t, m.World, notice.KindAppointmentMissed); sent[notice.KindAppointmentMissed] != 1 {
		t.Errorf("apologies: %v", sent)
	}
	if _, err := m.conclude(t, agent1, "no-show", nil, ten.Add(59*time.Minute)); !errors.Is(err, appointment.ErrClaimed) {
		t.Errorf("after it is over: %v", err)
	}
	v := m.Booked(t, m.holder, m.id, ten.Add(24*time.Hour), over) // nobody claims this one
	c, err = m.Diary.Desk.Change(t.Context(), m.id, ten.Add(25*time.Hour), func(*proofing.Case) ([]dynamo.Write, error) { return nil, nil })
	if a, errFind := m.Diary.Slots.Find(t.Context(), v.ID); err != nil || errFind != nil || c.Failures != 0 || c.State != proofing.Choose || a.State != appointment.Over {
		t.Errorf("an agent who did not come: %s, %d failures, %s, %v", c.State, c.Failures, a.State, err)
	}
}

// TestV08TheHolderIsLate has somebody who comes after 9 and after 11 minutes: as long as the agent has not said that
// nobody came, the session takes place.
func TestV08TheHolderIsLate(t *testing.T) {
	t.Parallel()
	for _, minutes := range []time.Duration{9, 11} {
		m := claimed(t)
		at := ten.Add(minutes * time.Minute)
		if shown, err := m.Diary.View(t.Context(), m.Find(t, m.id), at); err != nil || shown.MeetingURL == "" {
			t.Errorf("minute %d: the room is shut: %+v, %v", minutes, shown, err)
		}
		if minutes == 9 {
			if _, err := m.conclude(t, agent1, "no-show", nil, at); !errors.Is(err, appointment.ErrWaitLonger) {
				t.Errorf("minute %d: %v", minutes, err)
			}
		}
		if got, err := m.conclude(t, agent1, "passed", appointmenttest.Checklist(), at); err != nil || got.Code == "" || m.Find(t, m.id).Failures != 0 {
			t.Errorf("minute %d: %+v, %v", minutes, got, err)
		}
	}
	m := claimed(t)
	if got, err := m.conclude(t, agent1, "no-show", nil, ten.Add(10*time.Minute)); err != nil || got.State != "no-show" || m.Find(t, m.id).Failures != 1 {
		t.Errorf("at ten minutes: %+v, %v", got, err)
	}
	if _, err := m.conclude(t, agent1, "passed", appointmenttest.Checklist(), ten.Add(11*time.Minute)); !errors.Is(err, appointment.ErrClaimed) {
		t.Errorf("too late, it was said that nobody came: %v", err)
	}
}

func TestThreeFailuresVoidTheKey(t *testing.T) {
	t.Parallel()
	m := claimed(t)
	for i := range 3 {
		if i > 0 {
			m.again(t, ten.Add(time.Duration(24*i)*time.Hour))
		}
		if _, err := m.conclude(t, agent1, "failed", nil, ten.Add(time.Duration(24*i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	c := m.Find(t, m.id)
	l, err := m.Licenses.Find(t.Context(), c.License)
	if c.State != proofing.Failed || err != nil || len(l) != 1 || l[0].State != license.Void {
		t.Errorf("%s, %+v, %v", c.State, l, err)
	}
}
