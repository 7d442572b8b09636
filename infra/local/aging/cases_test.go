package aging

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
)

var (
	opened = time.Date(2026, 11, 25, 20, 0, 0, 0, time.UTC)
	starts = time.Date(2026, 11, 27, 15, 30, 0, 0, time.UTC)
)

// bench is tables with a booked case of grace's and the executions that were started.
type bench struct {
	*dynamotest.Fixture
	Ager
	started []string
}

func caseBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{Fixture: dynamotest.Start(t)}
	b.Ager = Ager{
		DB: b.Client, Tables: Tables{Cases: b.Table("CASES_TABLE"), Slots: b.Table("SLOTS_TABLE")},
		Restart: func(_ context.Context, name string) error { b.started = append(b.started, name); return nil },
	}
	me := account.IDOf("grace")
	for table, items := range map[string][]dynamo.Item{
		b.Tables.Cases: {
			{
				"p": dynamo.S("c#mine"), "a": dynamo.B(me[:]), "st": dynamo.S("booked"), "v": dynamo.N(3), "g": dynamo.N(2), "at": dynamo.Ms(opened), "tt": dynamo.Ms(opened),
				"pe": dynamo.B([]byte{1, 2}), "co": dynamo.L(dynamo.M(dynamo.Item{"h": dynamo.S("video"), "at": dynamo.Ms(opened)})),
				"ap": dynamo.M(dynamo.Item{"i": dynamo.S("one"), "at": dynamo.Ms(starts), "en": dynamo.Ms(starts.Add(30 * time.Minute))}),
			},
			{"p": dynamo.S("c#old"), "a": dynamo.B(me[:]), "st": dynamo.S("failed"), "v": dynamo.N(1), "g": dynamo.N(1), "at": dynamo.Ms(opened)},
			{"p": dynamo.S("c#other"), "a": dynamo.B([]byte("sixteen bytes 16")), "st": dynamo.S("choose"), "v": dynamo.N(1), "g": dynamo.N(1), "at": dynamo.Ms(opened)},
			{"p": dynamo.S("p#0102"), "q": dynamo.L(dynamo.Ms(opened)), "f": dynamo.L(), "x": dynamo.Lifetime(opened)},
		},
		b.Tables.Slots: {
			{"p": dynamo.S("a#one"), "c": dynamo.S("mine"), "g": dynamo.S("agent"), "st": dynamo.S("booked"), "at": dynamo.Ms(starts), "en": dynamo.Ms(starts.Add(30 * time.Minute)), "dy": dynamo.S("2026-11-27"), "m": dynamo.B([]byte("mark"))},
			{"p": dynamo.S("s#agent#" + ms(starts)), "i": dynamo.S("one")},
			{"p": dynamo.S("a#past"), "c": dynamo.S("old"), "g": dynamo.S("agent"), "st": dynamo.S("failed"), "at": dynamo.Ms(opened), "en": dynamo.Ms(opened), "dy": dynamo.S("2026-11-25"), "m": dynamo.B([]byte("mark"))},
		},
	} {
		for _, item := range items {
			if _, err := b.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b
}

func ms(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func (b *bench) read(t *testing.T, table, key string) *dynamo.Fields {
	t.Helper()
	item, err := b.get(t.Context(), table, key)
	if err != nil {
		t.Fatal(err)
	}
	return dynamo.Read(item)
}

func TestACaseMovesWithItsPersonAndItsAppointment(t *testing.T) {
	b := caseBench(t)
	if err := b.cases(t.Context(), account.IDOf("grace"), time.Hour); err != nil {
		t.Fatal(err)
	}
	mine := b.read(t, b.Tables.Cases, "c#mine")
	consent := dynamo.Read(dynamo.Item{"k": mine.List("co")[0]}).Map("k")
	past := func(at time.Time) int64 { return at.Add(-time.Hour).UnixMilli() }
	for name, c := range map[string]struct{ got, want int64 }{
		"opened":              {mine.Int("at"), past(opened)},
		"consent":             {consent.Int("at"), past(opened)},
		"its appointment":     {mine.Map("ap").Int("at"), past(starts)},
		"generation":          {mine.Int("g"), 3},
		"version":             {mine.Int("v"), 4},
		"ended case":          {b.read(t, b.Tables.Cases, "c#old").Int("at"), past(opened)},
		"its generation":      {b.read(t, b.Tables.Cases, "c#old").Int("g"), 1},
		"another's":           {b.read(t, b.Tables.Cases, "c#other").Int("at"), opened.UnixMilli()},
		"the person's quiz":   {dynamo.Read(dynamo.Item{"q": b.read(t, b.Tables.Cases, "p#0102").List("q")[0]}).Int("q"), past(opened)},
		"the person's life":   {b.read(t, b.Tables.Cases, "p#0102").Int("x"), past(opened) / 1000},
		"the appointment":     {b.read(t, b.Tables.Slots, "a#one").Int("at"), past(starts)},
		"the appointment end": {b.read(t, b.Tables.Slots, "a#one").Int("en"), past(starts.Add(30 * time.Minute))},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
	if !slices.Equal(b.started, []string{"mine-3"}) {
		t.Errorf("started %v", b.started)
	}
}

func TestAnAppointmentBeginsNow(t *testing.T) {
	b := caseBench(t)
	now := opened.Add(1500 * time.Millisecond)
	if err := b.Begin(t.Context(), "one", now); err != nil {
		t.Fatal(err)
	}
	start := opened.Add(time.Second)
	a, held := b.read(t, b.Tables.Slots, "a#one"), b.read(t, b.Tables.Cases, "c#mine")
	if !a.Time("at").Equal(start) || a.Text("dy") != "2026-11-25" || string(a.Bytes("m")) == "mark" || !a.Time("en").Equal(start.Add(30*time.Minute)) {
		t.Errorf("appointment at %s on %s", a.Time("at"), a.Text("dy"))
	}
	if !held.Map("ap").Time("at").Equal(start) || !held.Time("tt").Equal(opened) || held.Int("g") != 3 {
		t.Errorf("case at %s, generation %d", held.Map("ap").Time("at"), held.Int("g"))
	}
	if b.read(t, b.Tables.Slots, "s#agent#"+ms(starts)).Has("i") || b.read(t, b.Tables.Slots, "s#agent#"+ms(start)).MayText("i") != "one" {
		t.Error("the half hour has not moved with it")
	}
	if !slices.Equal(b.started, []string{"mine-3"}) {
		t.Errorf("started %v", b.started)
	}
	for _, id := range []string{"past", "none"} {
		if err := b.Begin(t.Context(), id, now); !errors.Is(err, ErrNoAppointment) {
			t.Errorf("%s: %v", id, err)
		}
	}
}
