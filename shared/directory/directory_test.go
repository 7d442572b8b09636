package directory_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/directory"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/phone"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

type world struct {
	*credentialtest.World
	people *accounttest.World
	writer directory.Writer
}

func start(t *testing.T) *world {
	t.Helper()
	f := dynamotest.Start(t)
	w := &world{World: credentialtest.New(t, f), people: accounttest.New(t, f)}
	index, err := directory.NewIndex(f.DB, f.Table("DIRECTORY_TABLE"), credentialtest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	w.writer = directory.Writer{Index: index, Accounts: w.people.Accounts, Credentials: w.Registry}
	return w
}

// holder is somebody named Grace Hopper with a registered number.
func (w *world) holder(t *testing.T, userID string) (account.Account, phone.Number) {
	t.Helper()
	a := w.people.Person(t, userID, noon)
	w.Open(t, a.ID, phone.USService, noon, noon)
	n := credentialtest.Number(t)
	w.Register(t, credential.Asker{Holder: a.ID, Session: "s"}, n, noon)
	return a, n
}

func (w *world) index(t *testing.T, a account.Account) {
	t.Helper()
	if err := w.writer.Reindex(t.Context(), a.ID, noon); err != nil {
		t.Fatal(err)
	}
}

func (w *world) finds(t *testing.T, ending, family string, want ...account.Account) {
	t.Helper()
	got, err := w.writer.Index.Find(t.Context(), ending, family)
	if err != nil {
		t.Fatal(err)
	}
	found := map[account.ID]bool{}
	for _, id := range got {
		found[id] = true
	}
	if len(got) != len(want) || len(found) != len(want) {
		t.Errorf("%s %s finds %v, want %d", ending, family, got, len(want))
	}
	for _, a := range want {
		if !found[a.ID] {
			t.Errorf("%s %s does not find %s", ending, family, a.UserID)
		}
	}
}

func TestPeopleAreFoundByDigitsAndName(t *testing.T) {
	w := start(t)
	a, n := w.holder(t, "grace")
	w.finds(t, n.Ending(), "Hopper")
	w.index(t, a)
	for _, name := range []string{"Hopper", "hopper", " HOPPER ", "Hoppér"} {
		w.finds(t, n.Ending(), name, a)
	}
	for _, name := range []string{"Hoppers", "Grace", "", "%"} {
		w.finds(t, n.Ending(), name)
	}
	w.finds(t, "", "Hopper")
	w.index(t, a) // again: nothing changes
	w.finds(t, n.Ending(), "Hopper", a)
}

func TestAChangedNameLeavesNoOldEntry(t *testing.T) {
	w := start(t)
	a, n := w.holder(t, "grace")
	w.index(t, a)
	family := "Murray"
	if _, err := w.people.Profiles.Change(t.Context(), a.ID, account.Patch{FamilyName: &family}, "192.0.2.1", noon); err != nil {
		t.Fatal(err)
	}
	w.index(t, a)
	w.finds(t, n.Ending(), "Hopper")
	w.finds(t, n.Ending(), "Murray", a)
	if n := len(w.people.Scan(t, "DIRECTORY_TABLE")); n != 2 {
		t.Errorf("%d items, want the entry and its list", n)
	}
}

func TestWhoHasNoNumberIsNotListed(t *testing.T) {
	w := start(t)
	a := w.people.Person(t, "grace", noon)
	w.index(t, a)
	w.Open(t, a.ID, phone.USService, noon, noon)
	w.index(t, a)
	if err := w.writer.Reindex(t.Context(), account.IDOf("nobody"), noon); err != nil {
		t.Fatal(err)
	}
	if n := len(w.people.Scan(t, "DIRECTORY_TABLE")); n != 0 {
		t.Errorf("%d items", n)
	}
}

func TestLostAnswersLeaveTheIndexRight(t *testing.T) {
	w := start(t)
	a, n := w.holder(t, "grace")
	for call := range 4 {
		for _, fault := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict} {
			w.Faults.OnCall(call, fault)
			_ = w.writer.Reindex(t.Context(), a.ID, noon)
			w.Faults.Clear()
			w.index(t, a)
			w.finds(t, n.Ending(), "Hopper", a)
		}
	}
}

// Many indexings at once, while the name changes, end with the last name.
func TestIndexingsAtOnceEndWithTheNewestName(t *testing.T) {
	w := start(t)
	a, n := w.holder(t, "grace")
	var wg sync.WaitGroup
	for i := range 5 {
		family := fmt.Sprint("Hopper", string(rune('a'+i)))
		if _, err := w.people.Profiles.Change(t.Context(), a.ID, account.Patch{FamilyName: &family}, "192.0.2.1", noon); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			wg.Go(func() { // as a stream does, until it is done
				for w.writer.Reindex(t.Context(), a.ID, noon) != nil {
				}
			})
		}
	}
	wg.Wait()
	w.index(t, a)
	w.finds(t, n.Ending(), "Hoppere", a)
	if n := len(w.people.Scan(t, "DIRECTORY_TABLE")); n != 2 {
		t.Errorf("%d items, want the entry and its list", n)
	}
}

// Must show of issue 7: a search costs the same however many people there are.
func TestASearchCostsTheSameAmongManyPeople(t *testing.T) {
	w := start(t)
	a, n := w.holder(t, "grace")
	w.index(t, a)
	cost := func() (units float64) {
		w.Faults.Clear()
		w.Faults.Meter()
		w.finds(t, n.Ending(), "Hopper", a)
		calls := w.Faults.Calls()
		if len(calls) != 1 {
			t.Errorf("%d calls", len(calls))
		}
		for _, c := range calls {
			units += c.Units
		}
		return units
	}
	before := cost()
	w.Faults.Clear()
	var writes []dynamo.Write
	for i := range 1000 {
		writes = append(writes, directory.Entry(w.writer.Index, fmt.Sprintf("%04d", i), fmt.Sprint("Name", i), account.IDOf(fmt.Sprint("u", i))))
		if len(writes) == 100 {
			if err := w.DB.Commit(t.Context(), writes...); err != nil {
				t.Fatal(err)
			}
			writes = nil
		}
	}
	if after := cost(); before != after || after == 0 {
		t.Errorf("%v units among one, %v among a thousand", before, after)
	}
}
