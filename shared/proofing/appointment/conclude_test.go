package appointment_test

import (
	"encoding/json"
	"errors"
	"fmt"
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

var (
	agent1, agent2 = account.IDOf("agent1"), account.IDOf("agent2")
	during         = ten.Add(11 * time.Minute)
)

// meeting is an appointment at ten that agent1 has claimed.
type meeting struct {
	*appointmenttest.World
	holder account.Account
	id     proofing.ID
	with   string // the appointment
}

func claimed(t *testing.T) meeting {
	t.Helper()
	w := start(t, "agent1", "agent2")
	m := meeting{World: w}
	m.holder, m.id = w.Holder(t, "grace", now)
	m.again(t, ten)
	return m
}

// again books once more and claims.
func (m *meeting) again(t *testing.T, at time.Time) {
	t.Helper()
	m.with = m.Booked(t, m.holder, m.id, at, at.Add(-10*time.Hour)).ID
	if _, err := m.Diary.Claim(t.Context(), m.with, agent1, at); err != nil {
		t.Fatal(err)
	}
}

func (m meeting) conclude(t *testing.T, agent account.ID, o appointment.Outcome, list *appointment.Checklist, at time.Time) (appointment.Concluded, error) {
	t.Helper()
	return m.Diary.Conclude(t.Context(), m.with, agent, appointment.Conclusion{Outcome: o, Reason: "as seen", Checklist: list}, at)
}

func (m meeting) state(t *testing.T) appointment.State {
	t.Helper()
	a, err := m.Diary.Slots.Find(t.Context(), m.with)
	if err != nil {
		t.Fatal(err)
	}
	return a.State
}

func TestV13TheFirstAgentHasIt(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	v := w.Booked(t, holder, id, ten, now)
	agents := make([]account.ID, 20)
	for i := range agents {
		agents[i] = account.IDOf(fmt.Sprintf("agent%d", i))
	}
	won, lost := race(len(agents), func(i int) error {
		_, err := w.Diary.Claim(t.Context(), v.ID, agents[i], ten)
		return err
	}, appointment.ErrClaimed)
	a, err := w.Diary.Slots.Find(t.Context(), v.ID)
	if won != 1 || lost != len(agents)-1 || err != nil || a.State != appointment.Claimed {
		t.Fatalf("%d won, %d lost, %s, %v", won, lost, a.State, err)
	}
	first, err := w.Diary.Claim(t.Context(), v.ID, *a.Agent, ten)
	again, errAgain := w.Diary.Claim(t.Context(), v.ID, *a.Agent, ten.Add(time.Minute))
	if err != nil || errAgain != nil || fmt.Sprint(first) != fmt.Sprint(again) || len(first.Cues) != 2 || first.Cues[0] == first.Cues[1] || first.VerificationWord != a.Word || len(first.Checklist) < 5 {
		t.Errorf("claiming again: %+v, %+v", first, again)
	}
	if shown, err := w.Diary.View(t.Context(), w.Find(t, id), ten); err != nil || shown.VerificationWord != first.VerificationWord || shown.MeetingURL != first.MeetingURL || first.MeetingURL == "" {
		t.Errorf("the holder sees %+v, %v", shown, err)
	}
	if events := w.Events(t, "a#"+holder.ID.String()); strings.Count(fmt.Sprint(events), "appointment-claimed") != 1 {
		t.Errorf("claims in the audit trail: %v", events)
	}
}

func TestV09CuesAreDrawn(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	first := w.Person(t, "grace", now)
	seen, pairs := map[string]bool{}, map[string]bool{}
	for i := range 12 {
		holder := w.Another(t, fmt.Sprintf("grace%d", i), first)
		v := w.Booked(t, holder, w.Case(t, holder, now), ten.Add(time.Duration(i)*30*time.Minute), now)
		s, err := w.Diary.Claim(t.Context(), v.ID, agent1, ten.Add(time.Duration(i)*30*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.Diary.Slots.Find(t.Context(), v.ID)
		if err != nil || len(a.Cues) != 2 || a.Cues[0] == a.Cues[1] {
			t.Errorf("stored cues %v, %v", a.Cues, err)
		}
		seen[s.Cues[0]], seen[s.Cues[1]] = true, true
		pairs[strings.Join(a.Cues, " ")] = true
	}
	if len(seen) < 5 || len(pairs) < 5 { // by chance once in more than 10^9
		t.Errorf("%d cues, %d pairs in 12 claims", len(seen), len(pairs))
	}
}

func TestV14TheRoomOpensAndCloses(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	v := w.Booked(t, holder, id, ten, now)
	for at, open := range map[time.Time]bool{
		ten.Add(-10*time.Minute - time.Millisecond): false, ten.Add(-10 * time.Minute): true, ten.Add(time.Hour - time.Millisecond): true, ten.Add(time.Hour): false,
	} {
		shown, err := w.Diary.View(t.Context(), w.Find(t, id), at)
		if err != nil || (shown.MeetingURL != "") != open {
			t.Errorf("%v: %+v, %v", at, shown, err)
		}
	}
	for _, at := range []time.Time{ten.Add(-10*time.Minute - time.Millisecond), ten.Add(time.Hour)} {
		if _, err := w.Diary.Claim(t.Context(), v.ID, agent1, at); !errors.Is(err, appointment.ErrNotOpen) {
			t.Errorf("%v: %v", at, err)
		}
	}
	if _, err := w.Diary.Claim(t.Context(), v.ID, holder.ID, ten); !errors.Is(err, appointment.ErrOwn) {
		t.Errorf("the holder claims: %v", err)
	}
	for _, unknown := range []string{"", "x", strings.Repeat("0", 26)} {
		if _, err := w.Diary.Claim(t.Context(), unknown, agent1, ten); !errors.Is(err, appointment.ErrUnknown) {
			t.Errorf("%q: %v", unknown, err)
		}
	}
	if _, err := w.Diary.Conclude(t.Context(), v.ID, agent1, appointment.Conclusion{Outcome: "passed", Reason: "x", Checklist: appointmenttest.Checklist()}, ten); !errors.Is(err, appointment.ErrNotClaimed) {
		t.Errorf("concluded without a claim: %v", err)
	}
	if _, err := w.Diary.Claim(t.Context(), v.ID, agent1, ten); err != nil {
		t.Error(err)
	}
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

func review() *appointment.Checklist {
	l := appointmenttest.Checklist()
	l.Document.Name = "Grace Hopper Jr"
	return l
}

func TestV10ANameInReviewNeedsASecondAgent(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{true, false} {
		m := claimed(t)
		got, err := m.conclude(t, agent1, "passed", review(), during)
		if err != nil || got.State != "second-approval" || got.Case != m.id || got.Code != "" || !got.Second {
			t.Fatalf("%+v, %v", got, err)
		}
		c := m.Find(t, m.id)
		if c.State != proofing.Approval || c.Review.NameClass != "review" || c.Review.Agent != agent1 || m.state(t) != appointment.Approval {
			t.Errorf("%s, %+v", c.State, c.Review)
		}
		if again, err := m.conclude(t, agent1, "passed", review(), during); err != nil || again != got {
			t.Errorf("again: %+v, %v", again, err)
		}
		for _, who := range []struct {
			agent account.ID
			want  error
		}{{agent1, appointment.ErrSameAgent}, {m.holder.ID, appointment.ErrOwn}} {
			if _, err := m.Diary.Decide(t.Context(), m.id, who.agent, appointment.Decision{Approve: true, Reason: "x"}, during); !errors.Is(err, who.want) {
				t.Errorf("%v, want %v", err, who.want)
			}
		}
		if _, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: true}, during); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("without a reason: %v", err)
		}
		later := during.Add(2 * time.Hour)
		state, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: approve, Reason: "compared"}, later)
		c = m.Find(t, m.id)
		if !approve {
			if err != nil || state != "failed" || c.Failures != 1 || c.State != proofing.Choose || m.state(t) != appointment.Failed {
				t.Errorf("not approved: %s, %v, %s, %d failures", state, err, c.State, c.Failures)
			}
			continue
		}
		if err != nil || state != "passed" || c.State != proofing.Ready || m.state(t) != appointment.Passed {
			t.Errorf("approved: %s, %v, %s", state, err, c.State)
		}
		if _, err := m.conclude(t, agent2, "passed", nil, later); !errors.Is(err, appointment.ErrClaimed) {
			t.Errorf("the second agent asks for the code: %v", err)
		}
		code, err := m.conclude(t, agent1, "passed", nil, later.Add(9*time.Minute))
		if err != nil || code.Code == "" {
			t.Fatalf("the first agent asks for the code: %v", err)
		}
		if c, err := m.Diary.Desk.Activate(t.Context(), m.Limits, m.holder.ID, m.id, code.Code, later); err != nil || c.State != proofing.Passed {
			t.Errorf("the code: %s, %v", c.State, err)
		}
		if _, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: false, Reason: "x"}, later); !errors.Is(err, proofing.ErrOver) {
			t.Errorf("decided again: %v", err)
		}
	}
}

func TestV11FraudIsSilent(t *testing.T) {
	t.Parallel()
	for _, unfounded := range []bool{true, false} {
		m := claimed(t)
		got, err := m.conclude(t, agent1, "fraud", appointmenttest.Checklist(), during)
		c := m.Find(t, m.id)
		if err != nil || got.State != "second-approval" || c.State != proofing.Fraud || c.ViewState() != "in-review" {
			t.Fatalf("%+v, %v, %s", got, err, c.ViewState())
		}
		if shown, err := m.Diary.View(t.Context(), c, during); err != nil || shown != nil {
			t.Errorf("the holder sees %+v", shown)
		}
		if sent := m.Scan(t, "OUTBOX_TABLE"); strings.Contains(fmt.Sprint(kindsOf(sent)), "fraud") {
			t.Error("the holder is told")
		}
		state, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: unfounded, Reason: "looked again"}, during)
		c = m.Find(t, m.id)
		want, wantState := proofing.Failed, "failed"
		if unfounded {
			want, wantState = proofing.VideoOnly, "incomplete"
		}
		if err != nil || state != wantState || c.State != want || c.Failures != 0 {
			t.Errorf("unfounded %v: %s, %s, %v", unfounded, state, c.State, err)
		}
	}
	m := claimed(t)
	if _, err := m.conclude(t, agent1, "fraud", nil, during); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: true, Reason: "late"}, during.Add(14*24*time.Hour)); !errors.Is(err, proofing.ErrOver) {
		t.Errorf("after 14 days: %v", err)
	}
	if c := m.Find(t, m.id); c.State != proofing.Failed {
		t.Errorf("after 14 days: %s", c.State)
	}
}

func kindsOf(items []dynamo.Item) (out []string) {
	for _, item := range items {
		out = append(out, dynamo.Read(item).Text("k"))
	}
	return out
}

func TestTheListOfADay(t *testing.T) {
	t.Parallel()
	m := claimed(t)
	if _, err := m.conclude(t, agent1, "passed", review(), during); err != nil {
		t.Fatal(err)
	}
	another := m.Another(t, "grace1", m.holder)
	id := m.Case(t, another, now)
	v := m.Booked(t, another, id, ten.Add(time.Hour), now)
	gone := m.Another(t, "grace2", m.holder)
	goneID := m.Case(t, gone, now)
	m.Booked(t, gone, goneID, ten.Add(2*time.Hour), now)
	if err := m.Diary.Cancel(t.Context(), goneID, now); err != nil {
		t.Fatal(err)
	}
	person := appointment.Person{Name: "Grace Hopper", Country: "US"}
	want := []appointment.Listed{
		{ID: m.with, StartsAt: "2026-11-23T10:00:00Z", Holder: person, State: "second-approval", CaseID: string(m.id)},
		{ID: v.ID, StartsAt: "2026-11-23T11:00:00Z", Holder: person, State: "booked"},
	}
	got, err := m.Diary.OfDay(t.Context(), now, now)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, %v", got, err)
	}
	if next, err := m.Diary.OfDay(t.Context(), now.AddDate(0, 0, 1), now); err != nil || len(next) != 0 {
		t.Errorf("the next day: %+v, %v", next, err)
	}
}

// TestCancellingDuringASession holds that a refund ends even a claimed appointment, and what it held comes back.
func TestCancellingDuringASession(t *testing.T) {
	t.Parallel()
	m := claimed(t)
	if _, err := m.Diary.Desk.Cancel(t.Context(), m.id, "operator", "refunded", during); err != nil {
		t.Fatal(err)
	}
	if m.state(t) != appointment.Cancelled || slots(t, m.World) != 0 {
		t.Errorf("%s, %d slots", m.state(t), slots(t, m.World))
	}
	if _, err := m.conclude(t, agent1, "passed", appointmenttest.Checklist(), during); !errors.Is(err, appointment.ErrClaimed) {
		t.Errorf("concluded all the same: %v", err)
	}
}
