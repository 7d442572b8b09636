package support_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/support"
)

func (w *world) found(t *testing.T, typed string) []string {
	t.Helper()
	all, err := w.finder.Search(t.Context(), first, typed, noon)
	fatal(t, err)
	var ids []string
	for _, f := range all {
		ids = append(ids, f.UserID)
	}
	slices.Sort(ids)
	return ids
}

func TestSearchNamesPeopleExactly(t *testing.T) {
	w := start(t)
	a, n := w.active(t, "grace")
	fatal(t, w.writer.Reindex(t.Context(), a.ID, noon))
	w.Person(t, "grace2", noon)
	for typed, want := range map[string][]string{
		"grace": {"grace"}, "GRACE ": {"grace"}, "grace@example.test": {"grace"}, "Grace@Example.TEST": {"grace"},
		n.Ending() + " Hopper": {"grace"}, "hopper " + n.Ending(): {"grace"},
		"grac": nil, "Hopper": nil, "Grace Hopper": nil, n.Ending(): nil, n.Ending() + " Hoppers": nil, "SO-00000000": nil, "%%%": nil, "grace@": nil, n.E164(): nil,
		"a\x00b": nil, strings.Repeat("x", 120): nil,
	} {
		if got := w.found(t, typed); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", typed, got, want)
		}
	}
	for _, typed := range []string{"", "ab", "  ab  ", strings.Repeat("x", 121)} {
		if _, err := w.finder.Search(t.Context(), first, typed, noon); !errors.Is(err, support.ErrSearch) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// An order leads to its purchaser: a user ID that looks like its number finds both.
func TestSearchByOrderNumber(t *testing.T) {
	w := start(t)
	a := w.Person(t, "grace", noon)
	number := "SO-ABCDEFGH"
	w.order(t, a, number)
	for _, typed := range []string{number, "so-abcdefgh", " SO-ABCDEFGH "} {
		if got := w.found(t, typed); !slices.Equal(got, []string{"grace"}) {
			t.Errorf("%q finds %v", typed, got)
		}
	}
	if got := w.found(t, "SO-ABCDEFGJ"); got != nil {
		t.Errorf("another number finds %v", got)
	}
	w.Person(t, "so-abcdefgh", noon)
	if got := w.found(t, number); !slices.Equal(got, []string{"grace", "so-abcdefgh"}) {
		t.Errorf("both: %v", got)
	}
}

func (w *world) of(t *testing.T, userID, before string, now time.Time) support.Person {
	t.Helper()
	p, err := w.persons.Of(t.Context(), first.Account, userID, before, first.From, now)
	fatal(t, err)
	return p
}

func TestAPersonIsShownWithoutSecrets(t *testing.T) {
	w := start(t)
	a, n := w.proofed(t, "grace")
	w.order(t, a, "SO-ABCDEFGH")
	w.lock(t, a)
	p := w.of(t, "GRACE", "", noon)
	if p.Account.UserID != "grace" || !p.Account.NameLocked || p.Account.ConfirmedAt == nil || p.Credential.State != "active" || *p.Credential.ProofingMethod != "video" {
		t.Errorf("%+v, %+v", p.Account, p.Credential)
	}
	if len(p.Phones) != 1 || p.Phones[0].Ending != n.Ending() || len(p.Limits) != 1 || p.Limits[0].Rule != "codes-off" || len(p.Sessions) != 1 || p.Sessions[0].From == "" {
		t.Errorf("%+v, %+v, %+v", p.Phones, p.Limits, p.Sessions)
	}
	if p.Case == nil || p.Case.State != "passed" || p.Case.Method == nil || len(p.Orders) != 1 || p.Orders[0].Number != "SO-ABCDEFGH" {
		t.Errorf("%+v, %+v", p.Case, p.Orders)
	}
	raw, err := json.Marshal(p)
	fatal(t, err)
	for what, secret := range map[string]string{"number": n.E164()[3:], "password": accounttest.Password.Reveal(), "hash": "argon2", "code": w.holders.Code(t, n).Reveal()} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("a %s is shown: %s", what, raw)
		}
	}
	if _, err := w.persons.Of(t.Context(), first.Account, "nobody", "", "", noon); !errors.Is(err, support.ErrNobody) {
		t.Errorf("nobody: %v", err)
	}
	bare := w.of(t, w.Person(t, "bare", noon).UserID, "", noon)
	if raw, _ := json.Marshal(bare); strings.Contains(string(raw), `:null,"phones":null`) || bare.Credential != nil || bare.Case != nil || bare.Phones == nil || bare.Limits == nil || bare.Codes == nil || bare.Orders == nil || bare.Sessions == nil {
		t.Errorf("who has nothing: %s", raw)
	}
}

// Every view is recorded before anything is shown, and is on the very page that it makes.
func TestEveryViewIsRecorded(t *testing.T) {
	w := start(t)
	a := w.Person(t, "grace", noon)
	for n := 1; n <= 2; n++ {
		p := w.of(t, "grace", "", noon)
		seen := 0
		for _, e := range p.Timeline.Entries {
			if e.Event == string(support.EventViewed) {
				seen++
			}
		}
		if seen != n {
			t.Errorf("view %d: %d on the page", n, seen)
		}
	}
	if e := w.last(t, a, support.EventViewed); e.Actor != audit.Account(first.Account.String()) || e.From != first.From {
		t.Errorf("%+v", e)
	}
	w.Faults.FromCall(1, dynamotest.CutRequest) // nothing can be recorded: nothing is shown
	p, err := w.persons.Of(t.Context(), first.Account, "grace", "", "", noon)
	w.Faults.Clear()
	if err == nil || p.Account.UserID != "" {
		t.Errorf("shown without a record: %+v, %v", p.Account, err)
	}
}

// The timeline has each entry of the account and of its orders once, the newest first, over all pages.
func TestTheTimelineHasEverythingOnce(t *testing.T) {
	w := start(t)
	a := w.Person(t, "grace", monday)
	w.order(t, a, "SO-ABCDEFGH")
	var want []string
	var writes []dynamo.Write
	for i := range 250 {
		at := monday.Add(time.Duration(i) * time.Minute)
		subject, ref := audit.Account(a.ID.String()), fmt.Sprint("n", i)
		if i%5 == 4 {
			subject = audit.Order("SO-ABCDEFGH")
		}
		writes = append(writes, w.Log.Write(audit.Entry{Subject: subject, Actor: audit.System, What: "signed-in", At: at, Ref: ref, Why: "why " + ref}))
		want = append(want, ref)
	}
	for chunk := range slices.Chunk(writes, 50) {
		fatal(t, w.DB.Commit(t.Context(), chunk...))
	}
	slices.Reverse(want)
	var got []string
	before, pages := "", 0
	last := time.Time{}
	for {
		p := w.of(t, "grace", before, noon)
		pages++
		for _, e := range p.Timeline.Entries {
			if !strings.HasPrefix(e.Ref, "n") {
				continue
			}
			got = append(got, e.Ref)
			at, err := time.Parse(time.RFC3339, e.At)
			fatal(t, err)
			if !last.IsZero() && at.After(last) {
				t.Errorf("%s comes after %s", e.At, last)
			}
			last = at
			if (e.About != "") != (e.Ref[len(e.Ref)-1] == '4' || e.Ref[len(e.Ref)-1] == '9') || e.By != "system" || e.Why != "why "+e.Ref {
				t.Errorf("%+v", e)
			}
		}
		if before = p.Timeline.Next; before == "" {
			break
		}
	}
	if !slices.Equal(got, want) || pages < 3 {
		t.Errorf("%d entries over %d pages, want %d: %v", len(got), pages, len(want), got)
	}
	if p := w.of(t, "grace", "no place", noon); p.Timeline.Entries == nil {
		t.Error("a place that is none")
	}
}

// Two entries of one millisecond at a page's edge, and an order's entry of the same one, are shown once.
func TestTheTimelineAtAPagesEdge(t *testing.T) {
	w := start(t)
	a := w.Person(t, "grace", monday.Add(-time.Hour))
	w.order(t, a, "SO-ABCDEFGH")
	var writes []dynamo.Write
	for i := range 103 { // all at the same instant
		writes = append(writes, w.Log.Write(audit.Entry{Subject: audit.Account(a.ID.String()), What: "signed-in", At: monday, Ref: fmt.Sprint("n", i)}))
	}
	for i := range 3 {
		writes = append(writes, w.Log.Write(audit.Entry{Subject: audit.Order("SO-ABCDEFGH"), What: "order-held", At: monday, Ref: fmt.Sprint("o", i)}))
	}
	for chunk := range slices.Chunk(writes, 50) {
		fatal(t, w.DB.Commit(t.Context(), chunk...))
	}
	seen := map[string]int{}
	for before := ""; ; {
		p := w.of(t, "grace", before, noon)
		for _, e := range p.Timeline.Entries {
			if strings.HasPrefix(e.Ref, "n") || strings.HasPrefix(e.Ref, "o") {
				seen[e.Ref]++
			}
		}
		if before = p.Timeline.Next; before == "" {
			break
		}
	}
	if len(seen) != 106 {
		t.Errorf("%d of 106 are shown", len(seen))
	}
	for ref, n := range seen {
		if n != 1 {
			t.Errorf("%s is shown %d times", ref, n)
		}
	}
}

// Must show of issue 7: a search and a person's page cost the same among many people.
func TestSearchCostsTheSameAmongManyPeople(t *testing.T) {
	w := start(t)
	a, n := w.active(t, "grace")
	fatal(t, w.writer.Reindex(t.Context(), a.ID, noon))
	w.order(t, a, "SO-ABCDEFGH")
	cost := func(what func()) (units float64) {
		w.Faults.Clear()
		w.Faults.Meter()
		what()
		for _, c := range w.Faults.Calls() {
			units += c.Units
		}
		w.Faults.Clear()
		return units
	}
	ways := map[string]func(){
		"user ID": func() { w.found(t, "grace") }, "email": func() { w.found(t, "grace@example.test") },
		"order": func() { w.found(t, "SO-ABCDEFGH") }, "digits": func() { w.found(t, n.Ending()+" Hopper") },
	}
	before := map[string]float64{}
	for name, way := range ways {
		before[name] = cost(way)
	}
	w.crowd(t, a, many)
	for name, way := range ways {
		if after := cost(way); after != before[name] || after == 0 {
			t.Errorf("by %s: %v units among one, %v among %d", name, before[name], after, many)
		}
	}
	t.Logf("units: %v among 1 and among %d", before, many)
}
