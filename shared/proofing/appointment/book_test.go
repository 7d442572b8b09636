package appointment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/proofing/appointment/appointmenttest"
)

var (
	now = appointmenttest.Monday
	ten = now.Add(10 * time.Hour) // of that Monday, in everybody's hours
)

func start(t *testing.T, agents ...string) *appointmenttest.World {
	t.Helper()
	return appointmenttest.New(t, dynamotest.Start(t), agents...)
}

func wish(holder account.Account, at time.Time) appointment.Wish {
	return appointment.Wish{Holder: holder.ID, StartsAt: at, Zone: "America/Denver", From: "192.0.2.1", At: now}
}

// slots counts the half hours that are taken.
func slots(t *testing.T, w *appointmenttest.World) int {
	t.Helper()
	n := 0
	for _, item := range w.Scan(t, "SLOTS_TABLE") {
		if dynamo.Read(item).Text("p")[:2] == "s#" {
			n++
		}
	}
	return n
}

// kinds are the kinds of notices that were written, each once.
func kinds(t *testing.T, w *appointmenttest.World, of ...notice.Kind) map[notice.Kind]int {
	t.Helper()
	out := map[notice.Kind]int{}
	for _, item := range w.Scan(t, "OUTBOX_TABLE") {
		if k := notice.Kind(dynamo.Read(item).Text("k")); slices.Contains(of, k) {
			out[k]++
		}
	}
	return out
}

func TestABookingIsOneTransaction(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1", "agent2")
	holder, id := w.Holder(t, "grace", now)
	v := w.Booked(t, holder, id, ten, now)
	want := appointment.View{ID: v.ID, StartsAt: "2026-11-23T10:00:00Z", Zone: "America/Denver", State: "booked", RoomURL: appointmenttest.Origin + "/proofing/appointment"}
	if v != want {
		t.Errorf("%+v, want %+v", v, want)
	}
	c := w.Find(t, id)
	if c.State != proofing.Booked || c.Booking.ID != v.ID || c.Booking.Zone != "America/Denver" || len(c.Consents) != 1 || c.Consents[0].How != "video" || c.Generation != 2 {
		t.Errorf("case: %+v", c)
	}
	if found, err := w.Accounts.ByID(t.Context(), holder.ID, now); err != nil || !found.NameLocked {
		t.Errorf("the name is not locked: %v", err)
	}
	if n := kinds(t, w, notice.KindAppointmentBooked); n[notice.KindAppointmentBooked] != 1 || slots(t, w) != 1 {
		t.Errorf("%v, %d slots", n, slots(t, w))
	}
	again, err := w.Diary.Book(t.Context(), id, wish(holder, ten)) // the same once more
	if err != nil || again != v || slots(t, w) != 1 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := w.Diary.Book(t.Context(), id, wish(holder, ten.Add(time.Hour))); !errors.Is(err, proofing.ErrBusy) || slots(t, w) != 1 {
		t.Errorf("another time: %v", err)
	}
	events := fmt.Sprint(w.Events(t, "a#"+holder.ID.String()))
	for _, e := range []string{"proofing-consent", "appointment-booked"} {
		if !strings.Contains(events, e) {
			t.Errorf("no %s in %s", e, events)
		}
	}
}

func TestV01AHundredBookingsOfOneSlot(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	const n = 100
	ids, people := make([]proofing.ID, n), make([]account.Account, n)
	first := w.Person(t, "grace", now)
	for i := range ids {
		people[i] = w.Another(t, fmt.Sprintf("grace%d", i), first)
		ids[i] = w.Case(t, people[i], now)
	}
	won, full := race(n, func(i int) error {
		_, err := w.Diary.Book(t.Context(), ids[i], wish(people[i], ten))
		return err
	}, appointment.ErrSlotTaken)
	if won != 1 || full != n-1 || slots(t, w) != 1 {
		t.Errorf("%d won, %d were refused, %d slots", won, full, slots(t, w))
	}
}

// race does n things at once and counts who succeeds and who meets a fault.
func race(n int, do func(i int) error, refused ...error) (won, lost int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			err := do(i)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case slices.ContainsFunc(refused, func(f error) bool { return errors.Is(err, f) }):
				lost++
			}
		})
	}
	wg.Wait()
	return won, lost
}

func TestV02OneHolderBooksTwoSlots(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1", "agent2")
	holder, id := w.Holder(t, "grace", now)
	won, busy := race(10, func(i int) error {
		_, err := w.Diary.Book(t.Context(), id, wish(holder, ten.Add(time.Duration(i)*30*time.Minute)))
		return err
	}, proofing.ErrBusy)
	if won != 1 || busy != 9 || slots(t, w) != 1 {
		t.Errorf("%d won, %d were refused, %d slots", won, busy, slots(t, w))
	}
}

func TestTheAgentWithTheFewestBookings(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1", "agent2")
	first := w.Person(t, "grace", now)
	got := map[string]int{}
	for i := range 4 {
		holder := w.Another(t, fmt.Sprintf("grace%d", i), first)
		id := w.Case(t, holder, now)
		w.Booked(t, holder, id, ten.Add(time.Duration(i/2)*time.Hour), now)
		got[w.Find(t, id).Booking.Schedule]++
	}
	if len(got) != 2 || got[account.IDOf("agent1").String()] != 2 {
		t.Errorf("bookings by agent: %v", got)
	}
	holder := w.Another(t, "grace9", first)
	_, err := w.Diary.Book(t.Context(), w.Case(t, holder, now), wish(holder, ten))
	f, ok := fault.Of(err)
	if !ok || f.Code != "slot-taken" {
		t.Fatal(err)
	}
	fresh, ok := f.Extra["slots"].([]appointment.Free)
	if !ok || len(fresh) == 0 || fresh[0] != (appointment.Free{StartsAt: "2026-11-23T09:00:00Z", Free: 2}) || slices.ContainsFunc(fresh, func(s appointment.Free) bool { return s.StartsAt == "2026-11-23T10:00:00Z" }) {
		t.Errorf("fresh slots: %v", f.Extra["slots"])
	}
}

func TestV05WhatCanBeBooked(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1", "grace")
	holder, id := w.Holder(t, "grace", now) // who also works as an agent
	denver, err := time.LoadLocation("America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	at := now.Add(9*time.Hour + 10*time.Minute)
	free, err := w.Diary.Free(t.Context(), holder.ID, now, now.AddDate(0, 0, 60), denver, at)
	if err != nil || free[0] != (appointment.Free{StartsAt: "2026-11-23T11:30:00Z", Free: 1}) || free[len(free)-1].StartsAt != "2026-12-21T09:00:00Z" {
		t.Fatalf("%d free, %v", len(free), err)
	}
	day, err := w.Diary.Free(t.Context(), holder.ID, now.AddDate(0, 0, 2), now.AddDate(0, 0, 2), denver, at)
	if err != nil || len(day) != 16 || day[0].StartsAt != "2026-11-25T09:00:00Z" {
		t.Errorf("a day: %v, %v", day, err)
	}
	if past, err := w.Diary.Free(t.Context(), holder.ID, now.AddDate(0, 0, -9), now.AddDate(0, 0, -3), denver, at); err != nil || len(past) != 0 {
		t.Errorf("the past: %v, %v", past, err)
	}
	for name, start := range map[string]time.Time{
		"in the past": now.Add(9 * time.Hour), "too soon": now.Add(11 * time.Hour), "too far": now.AddDate(0, 0, 28).Add(9*time.Hour + 30*time.Minute),
		"no slot": now.Add(12*time.Hour + time.Minute), "at night": now.Add(27 * time.Hour), "on Sunday": now.AddDate(0, 0, 6).Add(10 * time.Hour),
	} {
		ask := wish(holder, start)
		ask.At = at
		if _, err := w.Diary.Book(t.Context(), id, ask); !errors.Is(err, appointment.ErrSlotTaken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c := w.Find(t, id); c.State != proofing.Choose || slots(t, w) != 0 {
		t.Errorf("a refusal changed something: %+v", c)
	}
}

func TestMoving(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	if _, err := w.Diary.Move(t.Context(), id, holder.ID, ten, now); !errors.Is(err, appointment.ErrUnknown) {
		t.Errorf("without an appointment: %v", err)
	}
	first := w.Booked(t, holder, id, ten, now)
	moved, err := w.Diary.Move(t.Context(), id, holder.ID, ten.Add(24*time.Hour), now)
	if err != nil || moved.ID != first.ID || moved.StartsAt != "2026-11-24T10:00:00Z" || slots(t, w) != 1 {
		t.Fatalf("%+v, %v, %d slots", moved, err, slots(t, w))
	}
	if c := w.Find(t, id); c.Booking.Sequence != 1 || c.Generation != 3 {
		t.Errorf("case: %+v", c.Booking)
	}
	if again, err := w.Diary.Move(t.Context(), id, holder.ID, ten.Add(24*time.Hour), now); err != nil || again != moved || w.Find(t, id).Booking.Sequence != 1 {
		t.Errorf("again: %+v, %v", again, err)
	}
	late := ten.Add(23 * time.Hour)
	if _, err := w.Diary.Move(t.Context(), id, holder.ID, ten.Add(48*time.Hour), late); !errors.Is(err, appointment.ErrTooLate) {
		t.Errorf("an hour before: %v", err)
	}
	if err := w.Diary.Cancel(t.Context(), id, late); !errors.Is(err, appointment.ErrTooLate) {
		t.Errorf("an hour before: %v", err)
	}
	if err := w.Diary.Cancel(t.Context(), id, late.Add(-time.Millisecond)); err != nil || slots(t, w) != 0 {
		t.Errorf("cancel: %v, %d slots", err, slots(t, w))
	}
	if c := w.Find(t, id); c.State != proofing.Choose || c.Failures != 0 || c.Booking != nil {
		t.Errorf("after: %+v", c)
	}
	if err := w.Diary.Cancel(t.Context(), id, now); !errors.Is(err, appointment.ErrUnknown) {
		t.Errorf("twice: %v", err)
	}
	sent := kinds(t, w, notice.KindAppointmentBooked, notice.KindAppointmentMoved, notice.KindAppointmentCancelled)
	if sent[notice.KindAppointmentBooked] != 1 || sent[notice.KindAppointmentMoved] != 1 || sent[notice.KindAppointmentCancelled] != 1 {
		t.Errorf("mails: %v", sent)
	}
}

// TestV03MovesRaceWithCancellation holds that the old half hour is freed once, and the sequence grows by one with
// each change that was made.
func TestV03MovesRaceWithCancellation(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	w.Booked(t, holder, id, ten, now)
	moved, _ := race(4, func(i int) error {
		_, err := w.Diary.Move(t.Context(), id, holder.ID, ten.Add(time.Duration(i+1)*24*time.Hour), now)
		return err
	})
	if c := w.Find(t, id); c.Booking.Sequence != int64(moved) || moved == 0 || slots(t, w) != 1 {
		t.Errorf("sequence %d after %d moves, %d slots", c.Booking.Sequence, moved, slots(t, w))
	}
	race(5, func(i int) error {
		if i == 0 {
			_, err := w.Diary.Desk.Cancel(t.Context(), id, "operator", "refunded", now)
			return err
		}
		_, err := w.Diary.Move(t.Context(), id, holder.ID, ten.Add(time.Duration(i)*time.Hour), now)
		return err
	})
	if c := w.Find(t, id); c.State != proofing.Cancelled || slots(t, w) != 0 {
		t.Errorf("%s, %d slots: nothing may be held", c.State, slots(t, w))
	}
	if sent := kinds(t, w, notice.KindAppointmentCancelled); sent[notice.KindAppointmentCancelled] != 1 {
		t.Errorf("cancellations: %v", sent)
	}
}

// TestTheNameIsCorrectedMeanwhile changes the name between the reading of the account and the booking.
func TestTheNameIsCorrectedMeanwhile(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	holder, id := w.Holder(t, "grace", now)
	given := "Gracia"
	done := false
	w.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
		if !done && c.Operation == "TransactWriteItems" {
			done = true
			if _, err := w.Profiles.Change(context.Background(), holder.ID, account.Patch{GivenName: &given}, "192.0.2.1", now); err != nil {
				t.Error(err)
			}
		}
		return dynamotest.None
	})
	_, err := w.Diary.Book(t.Context(), id, wish(holder, ten))
	w.Faults.Clear()
	found, errFind := w.Accounts.ByID(t.Context(), holder.ID, now)
	if err != nil || errFind != nil || !found.NameLocked || found.GivenName != given || slots(t, w) != 1 {
		t.Errorf("%v, locked %v, %s, %d slots", err, found.NameLocked, found.GivenName, slots(t, w))
	}
}

// TestOneAnswerLost books once for each call of a booking, with that call's answer cut (quality.md 2 row 3).
func TestOneAnswerLost(t *testing.T) {
	t.Parallel()
	w := start(t, "agent1")
	for cut := 0; ; cut++ {
		holder := w.Person(t, fmt.Sprintf("grace%d", cut), now)
		id := w.Case(t, holder, now)
		w.Faults.Clear()
		w.Faults.OnCall(cut, dynamotest.CutReply)
		v, err := w.Diary.Book(t.Context(), id, wish(holder, ten.Add(time.Duration(cut)*30*time.Minute)))
		calls := len(w.Faults.Calls())
		w.Faults.Clear()
		if err != nil || slots(t, w) != cut+1 || w.Find(t, id).Booking.ID != v.ID {
			t.Fatalf("call %d cut: %v, %d slots", cut, err, slots(t, w))
		}
		if cut > calls {
			return
		}
	}
}
