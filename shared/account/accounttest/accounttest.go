// Package accounttest gives tests people: accounts made by the real doers on the test's own tables, and the
// mails that those cause.
package accounttest

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

// Password is everybody's.
const Password = secret.Text("violet otter 5f0c1a")

// World is the account room over one fixture.
type World struct {
	*dynamotest.Fixture
	Accounts  account.Accounts
	Registrar account.Registrar
	Passwords account.Passwords // End lists no sessions; the session room's tests set the real one
	Profiles  account.Profiles
	Operator  account.Operator
	Outbox    *notice.Outbox
	Log       audit.Log
	Limits    limit.Counters
}

// Ring is a secret document for tests, the same every time.
func Ring(t testing.TB) *secret.Ring {
	t.Helper()
	r, err := secret.ParseRing([]byte(`{"current":"k1","k1":"` + strings.Repeat("test", 16) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// New builds the room over a fixture.
func New(t testing.TB, f *dynamotest.Fixture) *World {
	t.Helper()
	outbox, err := notice.NewOutbox(f.DB, f.Table("OUTBOX_TABLE"), Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	w := &World{
		Fixture: f, Outbox: outbox,
		Accounts: account.Accounts{DB: f.DB, Table: f.Table("ACCOUNTS_TABLE")},
		Log:      audit.Log{Table: f.Table("AUDIT_TABLE")},
		Limits:   limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")},
	}
	w.Registrar = account.Registrar{Accounts: w.Accounts, Outbox: outbox, Log: w.Log, Limits: w.Limits}
	w.Passwords = account.Passwords{Accounts: w.Accounts, Outbox: outbox, Log: w.Log, Limits: w.Limits, End: w.endNone}
	w.Profiles = account.Profiles{Accounts: w.Accounts, Log: w.Log}
	w.Operator = account.Operator{Accounts: w.Accounts, Log: w.Log, End: w.endNone}
	return w
}

func (w *World) endNone(ctx context.Context, id account.ID, _ string, now time.Time, commit func(account.Account, []dynamo.Write) error) error {
	found, err := w.Accounts.ByID(ctx, id, now)
	if err != nil {
		return err
	}
	return commit(found, nil)
}

// Registration is a fit one for a user ID, with the email <user ID>@example.test.
func Registration(userID string) account.Registration {
	return account.Registration{
		UserID: userID, Email: userID + "@example.test", GivenName: "Grace", FamilyName: "Hopper", Country: "US",
		Password: Password, From: "192.0.2.1",
	}
}

// Person registers and confirms an account.
func (w *World) Person(t testing.TB, userID string, now time.Time) account.Account {
	t.Helper()
	made, err := w.Registrar.Register(t.Context(), Registration(userID), now)
	if err != nil {
		t.Fatalf("register %s: %v", userID, err)
	}
	token := w.Token(t, notice.KindConfirmAccount, now)
	if err := w.Registrar.Confirm(t.Context(), token, "192.0.2.1", now); err != nil {
		t.Fatalf("confirm %s: %v", userID, err)
	}
	found, err := w.Accounts.ByID(t.Context(), made.ID, now)
	if err != nil {
		t.Fatalf("read %s: %v", userID, err)
	}
	return found
}

var link = regexp.MustCompile(`#token=([A-Za-z0-9_-]+)`)

// Token takes the one unsent notice of a kind out of the outbox and returns the token in its link.
func (w *World) Token(t testing.TB, kind notice.Kind, now time.Time) secret.Text {
	t.Helper()
	taken := w.Mails(t, kind, now)
	if len(taken) != 1 {
		t.Fatalf("%d notices of kind %s, want 1", len(taken), kind)
	}
	letter, err := notice.Compose(taken[0], notice.Facts{Origin: "https://otp.example.test"})
	if err != nil {
		t.Fatal(err)
	}
	found := link.FindStringSubmatch(letter.Text.Reveal())
	if found == nil {
		t.Fatalf("the notice of kind %s has no link with a token", kind)
	}
	return secret.Text(found[1])
}

// Mails takes all unsent notices of a kind out of the outbox.
func (w *World) Mails(t testing.TB, kind notice.Kind, now time.Time) []notice.Taken {
	t.Helper()
	var all []notice.Taken
	for _, item := range w.Scan(t, "OUTBOX_TABLE") {
		f := dynamo.Read(item)
		if f.Text("k") != string(kind) || f.Has("s") {
			continue
		}
		taken, err := w.Outbox.Take(t.Context(), f.Text("p"), now)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Outbox.MarkSent(t.Context(), taken, now); err != nil {
			t.Fatal(err)
		}
		all = append(all, taken)
	}
	return all
}

// Scan returns every item of a table.
func (w *World) Scan(t testing.TB, variable string) []dynamo.Item {
	t.Helper()
	name := w.Table(variable)
	var all []dynamo.Item
	p := dynamodb.NewScanPaginator(w.Client, &dynamodb.ScanInput{TableName: &name})
	for p.HasMorePages() {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
	}
	return all
}

// Events lists what the audit trail says about a subject, the oldest first.
func (w *World) Events(t testing.TB, subject string) []audit.Event {
	t.Helper()
	entries, err := audit.Reader{DB: w.DB, Table: w.Log.Table}.For(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	var events []audit.Event
	for _, e := range entries {
		events = append(events, e.What)
	}
	return events
}
