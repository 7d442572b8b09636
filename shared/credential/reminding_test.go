package credential_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
)

// office is a world with its sweep, and the mails that it wrote.
type office struct {
	*credentialtest.World
	credential.Reminding
	buyers map[account.ID]account.ID // of holders; absent: nobody is known
	orders map[account.ID]string     // of holders' keys; absent: all in one
	log    audit.Reader
	seen   map[string]bool
	names  map[string]string // of account ids
}

func openOffice(t *testing.T) *office {
	t.Helper()
	w := world(t)
	outbox, err := notice.NewOutbox(w.DB, w.Table("OUTBOX_TABLE"), credentialtest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{World: w, buyers: map[account.ID]account.ID{}, orders: map[account.ID]string{}, seen: map[string]bool{}, names: map[string]string{},
		log: audit.Reader{DB: w.DB, Table: w.Table("AUDIT_TABLE")}}
	o.Reminding = credential.Reminding{
		Registry: w.Registry, Log: audit.Log{Table: w.Table("AUDIT_TABLE")}, Outbox: outbox,
		Buyer: func(_ context.Context, license []byte) (*credential.Buyer, error) {
			for holder, buyer := range o.buyers {
				if string(credentialtest.License(holder)) == string(license) {
					return &credential.Buyer{Account: buyer, Order: o.orderOf(holder), Last4: "K7QX", Entered: o.entered(holder)}, nil
				}
			}
			return nil, nil
		},
	}
	return o
}

func (o *office) orderOf(holder account.ID) string {
	if number := o.orders[holder]; number != "" {
		return number
	}
	return "SO-1234ABCD"
}

// entered are the keys of the order from which somebody has one.
func (o *office) entered(holder account.ID) func(context.Context) ([]credential.Entered, error) {
	return func(context.Context) (all []credential.Entered, err error) {
		for other, buyer := range o.buyers {
			if buyer == o.buyers[holder] && o.orderOf(other) == o.orderOf(holder) {
				all = append(all, credential.Entered{Holder: other, License: credentialtest.License(other)})
			}
		}
		return all, nil
	}
}

// who is somebody whom the tests know by name.
func (o *office) who(name string) credential.Asker {
	a := asker(name)
	o.names[a.Holder.String()] = name
	return a
}

// sweep runs once and tells what was mailed, as "expired to ada", sorted.
func (o *office) sweep(t *testing.T, now time.Time) []string {
	t.Helper()
	out, err := o.Sweep(t.Context(), now)
	if err != nil || out.Failed > 0 || out.Stopped {
		t.Fatalf("at %v: %+v, %v", now, out, err)
	}
	if out.Handled == 0 {
		return nil
	}
	return o.mails(t, now)
}

// mails are those that were not told before.
func (o *office) mails(t *testing.T, now time.Time) []string {
	t.Helper()
	found, err := o.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(o.Table("OUTBOX_TABLE")), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, item := range found.Items {
		id := dynamo.Read(item).Text("p")
		if o.seen[id] {
			continue
		}
		o.seen[id] = true
		taken, err := o.Outbox.Take(t.Context(), id, now)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimPrefix(string(taken.Kind), "credential-")+" to "+o.names[taken.Account()])
	}
	slices.Sort(out)
	return out
}

// open gives somebody an active credential without its phone, which the sweep does not look at.
func (o *office) open(t *testing.T, a credential.Asker) {
	t.Helper()
	o.Open(t, a.Holder, phone.USService, noon, noon)
	o.set(t, a.Holder, "aa", dynamo.Ms(noon))
	o.set(t, a.Holder, "da", dynamo.Ms(credential.NextReminder(noon.AddDate(1, 0, 0), noon)))
}

// set changes an attribute behind the product's back.
func (o *office) set(t *testing.T, holder account.ID, name string, v dynamo.Value) {
	t.Helper()
	_, err := o.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(o.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(holder[:])},
		UpdateExpression: aws.String("SET #a = :v"), ExpressionAttributeNames: map[string]string{"#a": name}, ExpressionAttributeValues: dynamo.Item{":v": v},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) renew(t *testing.T, holder account.ID, number string, ordered, paid time.Time) {
	t.Helper()
	if err := o.DB.Commit(t.Context(), o.World.Registry.RenewalOrdered(o.Find(t, holder), number)); err != nil {
		t.Fatalf("ordered %v: %v", ordered, err)
	}
	if err := o.DB.Commit(t.Context(), o.World.Registry.Renewed(o.Find(t, holder), number, paid)); err != nil {
		t.Fatalf("paid %v: %v", paid, err)
	}
}

func on(day float64) time.Time { return noon.Add(time.Duration(day * 24 * float64(time.Hour))) }

// The clock runs over 800 days, day by day: each reminder once, to the right people, none after a renewal, right
// again in the next term (issue 5).
func TestRemindersOverEightHundredDays(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	lone, given, renewed, late, early, idle, frozen, revoked, fresh := o.who("lone"), o.who("given"), o.who("renewed"), o.who("late"), o.who("early"), o.who("idle"), o.who("frozen"), o.who("revoked"), o.who("fresh")
	boss := o.who("boss").Holder
	for _, a := range []credential.Asker{lone, given, renewed, late, frozen, revoked, fresh} {
		o.Active(t, a, noon)
	}
	o.buyers[lone.Holder], o.buyers[given.Holder], o.buyers[renewed.Holder], o.buyers[idle.Holder] = lone.Holder, boss, boss, boss
	o.Open(t, idle.Holder, phone.USService, noon, noon) // entered, never activated
	o.Open(t, early.Holder, phone.USService, noon, noon)
	events := map[int]func(){
		100: func() {
			o.set(t, frozen.Holder, "st", dynamo.S("f"))
			if err := o.DB.Commit(t.Context(), o.World.Registry.Revoking(o.Find(t, revoked.Holder))); err != nil {
				t.Fatal(err)
			}
		},
		340: func() {
			o.Register(t, early, credentialtest.Number(t), on(340)) // activated when two of its reminders are over
			o.renew(t, renewed.Holder, "SO-00000001", on(340), on(340))
		},
		364: func() {
			if err := o.DB.Commit(t.Context(), o.World.Registry.RenewalOrdered(o.Find(t, late.Holder), "SO-00000002")); err != nil {
				t.Fatal(err)
			}
		},
		380: func() { // ordered in time, paid late
			if err := o.DB.Commit(t.Context(), o.World.Registry.Renewed(o.Find(t, late.Holder), "SO-00000002", on(380))); err != nil {
				t.Fatal(err)
			}
			if err := o.DB.Commit(t.Context(), o.World.Registry.Open(successor(fresh.Holder, on(380)), on(380))); err != nil { // a brand-new one
				t.Fatal(err)
			}
		},
	}
	got := map[string][]string{} // by person: "day kind"
	for day := range 800 {
		if event := events[day]; event != nil {
			event()
		}
		for _, mail := range o.sweep(t, on(float64(day))) {
			kind, to, _ := strings.Cut(mail, " to ")
			got[to] = append(got[to], fmt.Sprintf("%v %s", day, kind))
		}
	}
	once := []string{"305 expiring", "335 expiring", "350 expiring", "358 expiring", "365 expired", "395 over"}
	second := []string{"671 expiring", "701 expiring", "716 expiring", "724 expiring", "731 expired", "761 over"} // 2028 has a leap day
	want := map[string][]string{
		"lone": once, "given": once, "frozen": once,
		"renewed": append(slices.Clone(once[:2]), second...),
		"late":    append(slices.Clone(once[:5]), second...),
		"early":   once[2:], "idle": {"365 unused"},
		"fresh": append(slices.Clone(once[:5]), "746 unused"),
	}
	if all := slices.Concat(once, second); !slices.Equal(got["boss"], all) { // one for those that end together
		t.Errorf("boss: %v, want %v", got["boss"], all)
	}
	delete(got, "boss")
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !slices.Equal(got[name], want[name]) {
			t.Errorf("%s: %v, want %v", name, got[name], want[name])
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("others were mailed: %v", got)
	}
	o.audited(t, given.Holder, credential.EventReminded, credential.EventReminded, credential.EventReminded, credential.EventReminded, credential.EventExpired, credential.EventReminded)
	o.audited(t, idle.Holder, credential.EventExpired)
	if c := o.Find(t, given.Holder); !c.RemindAt.IsZero() {
		t.Error("what is over stands in the index")
	}
}

func (o *office) audited(t *testing.T, holder account.ID, want ...audit.Event) {
	t.Helper()
	entries, err := o.log.For(t.Context(), audit.Account(holder.String()))
	if err != nil {
		t.Fatal(err)
	}
	var got []audit.Event
	for _, e := range entries {
		if e.Actor == audit.System {
			got = append(got, e.What)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("audit of %s: %v, want %v", o.names[holder.String()], got, want)
	}
}

// After an outage, however long, only the latest due is sent, and the term goes on as if nothing had been.
func TestAnOutageSendsTheLatestDueOnly(t *testing.T) {
	for name, row := range map[string]struct {
		from, until float64 // of the outage
		want        []string
		events      []audit.Event
	}{
		"ten days over one":             {302, 312, []string{"expiring"}, []audit.Event{credential.EventReminded}},
		"ten days over two":             {349, 359, []string{"expiring"}, []audit.Event{credential.EventReminded}},
		"ten days over the end":         {357, 367, []string{"expired"}, []audit.Event{credential.EventExpired}},
		"a hundred days over it all":    {300, 400, []string{"over"}, []audit.Event{credential.EventExpired}},
		"a hundred days, not all of it": {280, 380, []string{"expired"}, []audit.Event{credential.EventExpired}},
		"a year":                        {300, 665, []string{"over"}, []audit.Event{credential.EventExpired}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := openOffice(t)
			a := o.who("grace")
			o.Active(t, a, noon)
			for _, day := range []float64{305, 335, 350, 358, 365, 395} {
				if day < row.from {
					o.sweep(t, on(day))
				}
			}
			before := len(o.seen)
			entries, err := o.log.For(t.Context(), audit.Account(a.Holder.String()))
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, kind := range row.want {
				want = append(want, kind+" to grace")
			}
			if got := o.sweep(t, on(row.until)); !slices.Equal(got, want) {
				t.Errorf("mailed %v, want %v", got, want)
			}
			if got := o.sweep(t, on(row.until+0.5)); len(got) > 0 {
				t.Errorf("mailed again: %v", got)
			}
			var events []audit.Event
			for _, e := range entries {
				events = append(events, e.What)
			}
			o.audited(t, a.Holder, append(events, row.events...)...)
			later := 0
			for _, day := range []float64{305, 335, 350, 358, 365, 395} {
				if day > row.until {
					if got := o.sweep(t, on(day)); len(got) != 1 {
						t.Errorf("day %v: %v", day, got)
					}
					later++
				}
			}
			if len(o.seen) != before+1+later {
				t.Errorf("%d mails in all, want %d", len(o.seen), before+1+later)
			}
		})
	}
}

// What a mail says of the way on is what stands at that moment: a grace, or a renewal that waits for its payment.
func TestMailsNameTheWayOn(t *testing.T) {
	for name, row := range map[string]struct {
		grace time.Duration
		order string
		day   float64
		want  string
	}{
		"before":                {0, "", 350, "After that date no renewal can be ordered"},
		"at the end":            {0, "", 365, "It cannot be renewed any more"},
		"in the grace":          {30 * 24 * time.Hour, "", 365, "can still be renewed until 1 July 2027"},
		"after the grace":       {30 * 24 * time.Hour, "", 395, "It cannot be renewed any more"},
		"ordered and not paid":  {0, "SO-00000007", 365, "order SO-00000007, which is not paid yet"},
		"ordered, a month over": {0, "SO-00000007", 395, "order SO-00000007, which is not paid yet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := openOffice(t)
			o.Grace = row.grace
			a := o.who("grace")
			o.open(t, a)
			if row.order != "" {
				if err := o.DB.Commit(t.Context(), o.World.Registry.RenewalOrdered(o.Find(t, a.Holder), row.order)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := o.Sweep(t.Context(), on(row.day)); err != nil {
				t.Fatal(err)
			}
			found, err := o.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(o.Table("OUTBOX_TABLE")), ConsistentRead: aws.Bool(true)})
			if err != nil || len(found.Items) != 1 {
				t.Fatalf("%d mails, %v", len(found.Items), err)
			}
			taken, err := o.Outbox.Take(t.Context(), dynamo.Read(found.Items[0]).Text("p"), on(row.day))
			if err != nil {
				t.Fatal(err)
			}
			letter, err := notice.Compose(taken, notice.Facts{Origin: credentialtest.Origin})
			if err != nil || !strings.Contains(letter.Text.Reveal(), row.want) {
				t.Errorf("%v, it does not say %q:\n%s", err, row.want, letter.Text.Reveal())
			}
		})
	}
}
