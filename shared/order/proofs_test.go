package order_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/meeting"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/proofing/appointment/appointmenttest"
	"phoneotp/shared/secret"
)

// cases is the proofing room over the fixture's tables, as the webhook has it.
func cases(t *testing.T, f *dynamotest.Fixture, ring *secret.Ring, registry *credential.Registry, outbox *notice.Outbox) proofing.Desk {
	t.Helper()
	keys, err := proofing.NewKeys(ring)
	fatal(t, err)
	codes, err := proofing.CodeKey(ring)
	fatal(t, err)
	desk := proofing.Desk{
		Cases: proofing.Cases{DB: f.DB, Table: f.Table("CASES_TABLE"), Keys: keys}, Accounts: account.Accounts{DB: f.DB, Table: f.Table("ACCOUNTS_TABLE")},
		Licenses: license.Licenses{DB: f.DB, Table: f.Table("LICENSES_TABLE")}, Credentials: registry, Outbox: outbox, Log: audit.Log{Table: f.Table("AUDIT_TABLE")}, Codes: codes,
	}
	desk.Release = appointment.Slots{DB: f.DB, Table: f.Table("SLOTS_TABLE")}.Releaser(desk)
	return desk
}

// enters enters a key with proofing, as the function does.
func (f *fixture) enters(ctx context.Context, key string, holder account.ID) (license.Entered, error) {
	products, err := catalog.Load()
	if err != nil {
		return license.Entered{}, err
	}
	r := license.Redeemer{Licenses: f.fulfiller.Issuer.Licenses, Keys: f.reader.Keyring, Catalog: products, Credentials: f.fulfiller.Credentials,
		Limits: limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")}, Notices: f.fulfiller.Notices, Audit: f.fulfiller.Audit, PerAddress: 30,
		Resuming: f.fulfiller.Cases.Reopening}
	return r.Redeem(ctx, license.Entry{Input: key, Holder: holder, From: from, At: f.now}, func(o credential.Opening) []dynamo.Write {
		return f.fulfiller.Cases.Opening(o, f.now)
	})
}

// proofs sells one product with proofing and enters its key.
func (f *fixture) proofs(t *testing.T) (number string, id proofing.ID) {
	t.Helper()
	number = f.sold(t, order.Card, order.Ask{Product: "us-proofed", Quantity: 1}).Number
	return number, f.entered(t, f.keys(t, number)[0])
}

func (f *fixture) entered(t *testing.T, key string) proofing.ID {
	t.Helper()
	in, err := f.enters(t.Context(), key, buyer(9))
	fatal(t, err)
	return proofing.IDOf(in.License.Digest)
}

func (f *fixture) diary(t *testing.T) *appointment.Diary {
	t.Helper()
	links, err := meeting.NewLinks("https://meet.example.org/{room}")
	fatal(t, err)
	return appointment.New(f.fulfiller.Cases, appointment.Slots{DB: f.DB, Table: f.Table("SLOTS_TABLE")}, appointmenttest.Hours(t, "agent"), links, origin)
}

// slot is a half hour that can be booked: eleven o'clock of the next weekday but one.
func (f *fixture) slot() time.Time {
	day := f.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 2)
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	return day.Add(11 * time.Hour)
}

// person makes the account of buyer 9, whose name a case locks.
func (f *fixture) person(t *testing.T) {
	t.Helper()
	by := buyer(9)
	p := "a#" + by.String()
	fatal(t, f.DB.Commit(t.Context(), dynamo.Create(f.Table("ACCOUNTS_TABLE"), dynamo.Item{"p": dynamo.S(p)}, dynamo.Item{
		"p": dynamo.S(p), "u": dynamo.S("buyer-9"), "m": dynamo.S("nine@example.test"), "g": dynamo.S("Grace"), "fn": dynamo.S("Hopper"), "c": dynamo.S("US"),
		"h": dynamo.S("none"), "at": dynamo.Ms(f.now), "cf": dynamo.Ms(f.now), "r": dynamo.B([]byte("r")), "ep": dynamo.N(0), "sn": dynamo.N(0),
	}, func(dynamo.Item) error { return nil })))
}

func (f *fixture) book(t *testing.T, id proofing.ID) {
	t.Helper()
	_, err := f.diary(t).Book(t.Context(), id, appointment.Wish{Holder: buyer(9), StartsAt: f.slot(), Zone: "UTC", From: from, At: f.now})
	fatal(t, err)
}

// become puts a case into a state by the room's own acts.
func (f *fixture) become(t *testing.T, id proofing.ID, to proofing.State) {
	t.Helper()
	desk := f.fulfiller.Cases
	change := func(decide proofing.Decide) {
		t.Helper()
		_, err := desk.Change(t.Context(), id, f.now, decide)
		fatal(t, err)
	}
	switch to {
	case proofing.Choose:
	case proofing.Booked:
		f.book(t, id)
	case proofing.Approval, proofing.Fraud:
		f.book(t, id)
		f.conclude(t, id, map[proofing.State]appointment.Outcome{proofing.Approval: appointment.SaysPassed, proofing.Fraud: appointment.SaysFraud}[to])
	case proofing.Ready:
		f.book(t, id)
		change(func(c *proofing.Case) ([]dynamo.Write, error) {
			_, writes, err := desk.Ready(c, account.IDOf("agent"), f.now)
			return writes, err
		})
	default:
		change(func(c *proofing.Case) ([]dynamo.Write, error) {
			c.State = to
			if to == proofing.InQuiz {
				c.Quiz = &proofing.Quiz{ID: "a quiz", Deadline: f.now.Add(time.Minute)}
			}
			return nil, nil
		})
	}
}

// conclude lets an agent hold the session, with a name that a second agent must look at.
func (f *fixture) conclude(t *testing.T, id proofing.ID, says appointment.Outcome) {
	t.Helper()
	f.at(f.slot())
	c, err := f.fulfiller.Cases.Cases.Find(t.Context(), id)
	fatal(t, err)
	diary, agent := f.diary(t), account.IDOf("agent")
	_, err = diary.Claim(t.Context(), c.Booking.ID, agent, f.now)
	fatal(t, err)
	list := appointmenttest.Checklist()
	list.Document.Name = "Grace Hopper Jr"
	_, err = diary.Conclude(t.Context(), c.Booking.ID, agent, appointment.Conclusion{Outcome: says, Reason: "a test", Checklist: list}, f.now)
	fatal(t, err)
}

// outbox counts what waits by kind.
func (f *fixture) outbox(t *testing.T) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, item := range f.all(t, "OUTBOX_TABLE") {
		n[dynamo.Read(item).Text("k")]++
	}
	return n
}

// slots are the half hours that are taken.
func (f *fixture) slots(t *testing.T) int {
	t.Helper()
	return len(slices.DeleteFunc(f.all(t, "SLOTS_TABLE"), func(i dynamo.Item) bool { return !strings.HasPrefix(dynamo.Read(i).Text("p"), "s#") }))
}

// gone holds what is promised after a refund in the middle of proofing: everything is given back.
func (f *fixture) gone(t *testing.T, what, number string, id proofing.ID) {
	t.Helper()
	f.expect(t, what, number, order.Refunded, license.Void)
	c, err := f.fulfiller.Cases.Cases.Find(t.Context(), id)
	fatal(t, err)
	held, err := f.fulfiller.Credentials.Find(t.Context(), buyer(9))
	fatal(t, err)
	if c.State != proofing.Cancelled || c.Booking != nil || c.Quiz != nil || c.Code != nil || held.State != credential.Revoked {
		t.Errorf("%s: case %s, credential %s", what, c.State, held.State)
	}
}
