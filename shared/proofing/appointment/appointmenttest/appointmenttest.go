// Package appointmenttest gives tests holders whose case is open and agents who hold sessions with them, made by
// the real doers on the test's own tables.
package appointmenttest

import (
	"fmt"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/meeting"
	"phoneotp/shared/phone"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/agenda"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/session/sessiontest"
)

// Origin is the portal's.
const Origin = "https://otp.example.org"

// Monday is when people book; the hours of Agents begin that day at 09:00 UTC.
var Monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// World is the room over one fixture.
type World struct {
	*sessiontest.World
	Diary    *appointment.Diary
	Licenses license.Licenses
	issuer   license.Issuer
}

// Hours is an agenda of agents who work from nine to five every weekday, in UTC.
func Hours(t testing.TB, agents ...string) *agenda.Agenda {
	t.Helper()
	doc := `{"agents":[`
	for i, a := range agents {
		if i > 0 {
			doc += ","
		}
		doc += fmt.Sprintf(`{"user_id":%q,"zone":"UTC","week":{"monday":["09:00-17:00"],"tuesday":["09:00-17:00"],"wednesday":["09:00-17:00"],"thursday":["09:00-17:00"],"friday":["09:00-17:00"]}}`, a)
	}
	hours, err := agenda.Read([]byte(doc + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return hours
}

// New builds the room over a fixture, with the hours of these agents.
func New(t testing.TB, f *dynamotest.Fixture, agents ...string) *World {
	t.Helper()
	w := &World{World: sessiontest.New(t, f)}
	ring := accounttest.Ring(t)
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	keys, err := proofing.NewKeys(ring)
	fatal(err)
	codes, err := proofing.CodeKey(ring)
	fatal(err)
	numbers, err := credential.NewNumbers(ring)
	fatal(err)
	links, err := meeting.NewLinks("https://meet.example.org/{room}")
	fatal(err)
	keyring, err := license.NewKeyring(ring)
	fatal(err)
	w.Licenses = license.Licenses{DB: f.DB, Table: f.Table("LICENSES_TABLE")}
	w.issuer = license.Issuer{Licenses: w.Licenses, Keys: keyring}
	desk := proofing.Desk{
		Cases: proofing.Cases{DB: f.DB, Table: f.Table("CASES_TABLE"), Keys: keys}, Accounts: w.Accounts, Licenses: w.Licenses,
		Credentials: &credential.Registry{DB: f.DB, Table: f.Table("CREDENTIALS_TABLE"), Numbers: numbers}, Outbox: w.Outbox, Log: w.Log, Codes: codes,
	}
	w.Diary = appointment.New(desk, appointment.Slots{DB: f.DB, Table: f.Table("SLOTS_TABLE")}, Hours(t, agents...), links, Origin)
	return w
}

// Case gives a holder a credential of a product with proofing and its open case.
func (w *World) Case(t testing.TB, holder account.Account, now time.Time) proofing.ID {
	t.Helper()
	l, write, err := w.issuer.Issue("us-proofed", "SO-TEST0001", now)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.DB.Commit(t.Context(), write); err != nil {
		t.Fatal(err)
	}
	d := w.Diary.Desk
	o := credential.Opening{Holder: holder.ID, License: l.Digest, Product: l.Product, Service: phone.USService, Proofing: true, PurchasedAt: now}
	if err := w.DB.Commit(t.Context(), append(d.Opening(o, now), d.Credentials.Open(o, now))...); err != nil {
		t.Fatal(err)
	}
	return proofing.IDOf(l.Digest)
}

// Holder makes an account, Grace Hopper's, with an open case.
func (w *World) Holder(t testing.TB, userID string, now time.Time) (account.Account, proofing.ID) {
	t.Helper()
	holder := w.Person(t, userID, now)
	return holder, w.Case(t, holder, now)
}

// Another makes a further person like one that stands there, without the cost of a password.
func (w *World) Another(t testing.TB, userID string, like account.Account) account.Account {
	t.Helper()
	for _, item := range w.Scan(t, "ACCOUNTS_TABLE") {
		if dynamo.Read(item).Text("p") != "a#"+like.ID.String() {
			continue
		}
		like.ID, like.UserID = account.IDOf(userID), userID
		item["p"], item["u"] = dynamo.S("a#"+like.ID.String()), dynamo.S(userID)
		if err := w.DB.Commit(t.Context(), dynamo.Create(w.Accounts.Table, dynamo.Item{"p": item["p"]}, item, func(dynamo.Item) error { return nil })); err != nil {
			t.Fatal(err)
		}
		return like
	}
	t.Fatal("nobody to be like")
	return like
}

// Booked books a start for a holder.
func (w *World) Booked(t testing.TB, holder account.Account, id proofing.ID, start, now time.Time) appointment.View {
	t.Helper()
	v, err := w.Diary.Book(t.Context(), id, appointment.Wish{Holder: holder.ID, StartsAt: start, Zone: "America/Denver", From: "192.0.2.1", At: now})
	if err != nil {
		t.Fatalf("book: %v", err)
	}
	return v
}

// Find reads a case.
func (w *World) Find(t testing.TB, id proofing.ID) proofing.Case {
	t.Helper()
	c, err := w.Diary.Desk.Cases.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Checklist is one that allows "passed" for Grace Hopper.
func Checklist() *appointment.Checklist {
	return &appointment.Checklist{
		Consent: true, InView: true, Cues: []bool{true, true}, FaceMatch: true,
		Document: appointment.Evidence{Type: "passport", Country: "US", ExpiresOn: "2031-01-01", Last4: "1234", Name: "Grace Hopper", Genuine: true},
	}
}
