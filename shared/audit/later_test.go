package audit_test

import (
	"fmt"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
)

// refs are what entries are about, as one text.
func refs(entries []audit.Entry) (text string) {
	for _, e := range entries {
		text += e.Ref
	}
	return text
}

// What lies on both sides of a page's edges is read with it, by one bounded query more where that is asked for.
func TestWhatLiesAroundAPage(t *testing.T) {
	f := dynamotest.Start(t)
	log, reader := audit.Log{Table: f.Table("AUDIT_TABLE")}, audit.Reader{DB: f.DB, Table: f.Table("AUDIT_TABLE")}
	subject := audit.Account("ada")
	var writes []dynamo.Write
	for i := range 26 { // a to z, one a minute, but l and m in one millisecond
		at := noon.Add(time.Duration(i) * time.Minute)
		if i == 12 {
			at = noon.Add(11 * time.Minute)
		}
		writes = append(writes, log.WriteOnce(audit.Entry{Subject: subject, What: "signed-in", At: at, Ref: string(rune('a' + i))}, fmt.Sprint(1000+i), 0))
	}
	writes = append(writes, log.Write(audit.Entry{Subject: audit.Account("adb"), What: "signed-in", At: noon.Add(20 * time.Minute), Ref: "!"}))
	if err := f.DB.Commit(t.Context(), writes...); err != nil {
		t.Fatal(err)
	}
	first, err := reader.Newest(t.Context(), subject, "", 14) // z to m
	if err != nil || refs(first.Entries) != "zyxwvutsrqponm" || refs(first.Older) != "lkjihgfe" {
		t.Fatalf("%q with %q, %v", refs(first.Entries), refs(first.Older), err)
	}
	second, err := reader.Newest(t.Context(), subject, first.Next, 10)
	if err != nil || refs(second.Entries) != "lkjihgfedc" || refs(second.Older) != "ba" || second.Next == "" {
		t.Fatalf("%q with %q, %v", refs(second.Entries), refs(second.Older), err)
	}
	f.Faults.Clear()
	for _, row := range []struct {
		from  string
		until time.Duration
		most  int32
		want  string
	}{
		{first.Next, 13 * time.Minute, 99, "nm"}, {first.Next, 13*time.Minute - time.Millisecond, 99, "m"}, {first.Next, 11 * time.Minute, 99, "m"},
		{first.Next, 11*time.Minute - time.Millisecond, 99, ""}, {first.Next, time.Hour, 3, "onm"}, {first.Next, -time.Hour, 99, ""},
		{"", time.Hour, 99, ""}, {"no place", time.Hour, 99, ""},
	} {
		got, err := reader.Later(t.Context(), subject, row.from, noon.Add(row.until), row.most)
		if err != nil || refs(got) != row.want {
			t.Errorf("from %q to %s: %q, %v; want %q", row.from, row.until, refs(got), err, row.want)
		}
	}
	if asked := f.Faults.Asked(); len(asked) != 4 {
		t.Errorf("asked %v", asked)
	}
}

func TestWhatLiesAroundCannotBeRead(t *testing.T) {
	f := dynamotest.Start(t)
	reader := audit.Reader{DB: f.DB, Table: f.Table("AUDIT_TABLE")}
	f.Faults.FromCall(0, dynamotest.CutRequest)
	if got, err := reader.Later(t.Context(), audit.Account("ada"), "01ARZ3NDEKTSV4RRFFQ69G5FAV", noon, 9); err == nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}
