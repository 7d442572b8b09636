package audit_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestEntriesComeBackInTheOrderOfTime(t *testing.T) {
	f := dynamotest.Start(t)
	log := audit.Log{Table: f.Table("AUDIT_TABLE")}
	reader := audit.Reader{DB: f.DB, Table: log.Table}
	subject := audit.Account("x")
	full := audit.Entry{
		Subject: subject, Actor: audit.Account("staff"), What: "codes-unlocked", At: noon.Add(time.Minute), Why: "asked by phone\r\nline two",
		From: "192.0.2.1", Ref: "KM", Detail: map[string]string{"ending": "0123", "channel": "sms"},
	}
	short := audit.Entry{Subject: subject, What: "signed-in", At: noon}
	other := audit.Entry{Subject: audit.Order("SO-00000000"), Actor: audit.Stripe, What: "order-paid", At: noon}
	if err := f.DB.Commit(t.Context(), log.Write(full), log.Write(short), log.Write(other)); err != nil {
		t.Fatal(err)
	}
	got, err := reader.For(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	short.Actor = subject // nobody else did it
	if d := cmp.Diff([]audit.Entry{short, full}, got); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
}

func TestPagesGoBackFromTheNewest(t *testing.T) {
	f := dynamotest.Start(t)
	log := audit.Log{Table: f.Table("AUDIT_TABLE")}
	reader := audit.Reader{DB: f.DB, Table: log.Table}
	subject := audit.Account("x")
	for i := range 5 {
		if err := f.DB.Commit(t.Context(), log.Write(audit.Entry{Subject: subject, What: "signed-in", At: noon.Add(time.Duration(i) * time.Second)})); err != nil {
			t.Fatal(err)
		}
	}
	var seen []time.Time
	place, pages := "", 0
	for {
		page, err := reader.Newest(t.Context(), subject, place, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			seen = append(seen, e.At)
		}
		pages++
		if place = page.Next; place == "" {
			break
		}
	}
	var want []time.Time
	for i := 4; i >= 0; i-- {
		want = append(want, noon.Add(time.Duration(i)*time.Second))
	}
	if d := cmp.Diff(want, seen); d != "" || pages != 3 {
		t.Errorf("%d pages (-want +got):\n%s", pages, d)
	}
	for place, want := range map[string]int{"nonsense": 5, "0": 0} {
		if page, err := reader.Newest(t.Context(), subject, place, 9); err != nil || len(page.Entries) != want || page.Next != "" {
			t.Errorf("from %q: %d entries, %v", place, len(page.Entries), err)
		}
	}
	if page, err := reader.Newest(t.Context(), audit.Account("nobody"), "", 9); err != nil || len(page.Entries) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestTheSameInstantKeepsBothEntries(t *testing.T) {
	f := dynamotest.Start(t)
	log := audit.Log{Table: f.Table("AUDIT_TABLE")}
	e := audit.Entry{Subject: audit.Account("x"), What: "signed-in", At: noon}
	if err := f.DB.Commit(t.Context(), log.Write(e), log.Write(e)); err != nil {
		t.Fatal(err)
	}
	if got := count(t, f, log, e.Subject); got != 2 {
		t.Errorf("%d entries, want 2", got)
	}
}

func TestAnEventDeliveredAgainIsOneEntry(t *testing.T) {
	f := dynamotest.Start(t)
	log := audit.Log{Table: f.Table("AUDIT_TABLE")}
	e := audit.Entry{Subject: audit.Account("x"), Actor: audit.System, What: "code-sent", At: noon}
	for range 3 {
		if err := f.DB.Commit(t.Context(), log.WriteOnce(e, "300000000000000499659", 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.DB.Commit(t.Context(), log.WriteOnce(e, "300000000000000499660", 0)); err != nil {
		t.Fatal(err)
	}
	if got := count(t, f, log, e.Subject); got != 2 {
		t.Errorf("%d entries, want 2", got)
	}
}

// A stream's clock tells seconds: what it tells of one second must not change places.
func TestEntriesOfOneInstantStandInTheStreamsOrder(t *testing.T) {
	f := dynamotest.Start(t)
	log := audit.Log{Table: f.Table("AUDIT_TABLE")}
	var want []audit.Event
	var writes []dynamo.Write
	for i, sequence := range []string{"9", "10", "99999999999999999999", "100000000000000000000", "100000000000000000001"} {
		for nth := range 2 {
			what := audit.Event(fmt.Sprint("event-", i, "-", nth))
			want = append(want, what)
			writes = append(writes, log.WriteOnce(audit.Entry{Subject: audit.Account("x"), What: what, At: noon}, sequence, nth))
		}
	}
	slices.Reverse(writes)
	if err := f.DB.Commit(t.Context(), append(writes, log.WriteOnce(audit.Entry{Subject: audit.Account("y"), What: "odd", At: noon}, "no number", 0))...); err != nil {
		t.Fatal(err)
	}
	got, err := audit.Reader{DB: f.DB, Table: log.Table}.For(t.Context(), audit.Account("x"))
	if err != nil {
		t.Fatal(err)
	}
	var seen []audit.Event
	for _, e := range got {
		seen = append(seen, e.What)
	}
	if d := cmp.Diff(want, seen); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
}

func TestALostAnswerLeavesOneEntry(t *testing.T) {
	f := dynamotest.Start(t)
	log := audit.Log{Table: f.Table("AUDIT_TABLE")}
	e := audit.Entry{Subject: audit.Account("x"), What: "signed-in", At: noon}
	f.Faults.OnCall(0, dynamotest.CutReply)
	if err := f.DB.Commit(t.Context(), log.Write(e)); err != nil {
		t.Fatal(err)
	}
	f.Faults.Clear()
	if got := count(t, f, log, e.Subject); got != 1 {
		t.Errorf("%d entries, want 1", got)
	}
}

func count(t *testing.T, f *dynamotest.Fixture, log audit.Log, subject string) int {
	t.Helper()
	got, err := audit.Reader{DB: f.DB, Table: log.Table}.For(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return len(got)
}
