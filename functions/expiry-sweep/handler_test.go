package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/secret"
	"phoneotp/shared/sweep"
)

const document = `{"current":"k1","k1":"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01","stripe_key":"sk_test_expiry"}`

var (
	purchaser, holder = account.IDOf("boss"), account.IDOf("grace")
	bought            = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
)

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ring(t *testing.T) *secret.Ring {
	t.Helper()
	r, err := secret.ParseRing([]byte(document))
	fatal(t, err)
	return r
}

// start is the function over tables of its own, where a boss has bought two keys and grace has entered one and
// activated her credential.
func start(t *testing.T) (*handler, *dynamotest.Fixture) {
	t.Helper()
	f := dynamotest.Start(t)
	h, err := settings{
		orders: f.Table("ORDERS_TABLE"), licenses: f.Table("LICENSES_TABLE"), credentials: f.Table("CREDENTIALS_TABLE"),
		outbox: f.Table("OUTBOX_TABLE"), audit: f.Table("AUDIT_TABLE"), metrics: "phoneotp/test",
	}.handler(f.DB, ring(t))
	fatal(t, err)
	redeem(t, f, h, sell(t, f, h))
	f.Faults.Clear()
	return h, f
}

// sell lets the boss buy two keys and returns one.
func sell(t *testing.T, f *dynamotest.Fixture, h *handler) string {
	t.Helper()
	api := httptest.NewUnstartedServer(nil)
	sb, err := sandbox.New(sandbox.Options{BaseURL: "http://" + api.Listener.Addr().String(), Now: func() time.Time { return bought }})
	fatal(t, err)
	api.Config.Handler = sb
	api.Start()
	t.Cleanup(api.Close)
	t.Cleanup(sb.Close)
	sb.Hold()
	client, err := payment.NewClient("sk_test_expiry", api.URL)
	fatal(t, err)
	products, err := catalog.Load()
	fatal(t, err)
	keys, err := license.NewKeyring(ring(t))
	fatal(t, err)
	orders, log := h.keys.Orders, h.keys.Audit
	placer := order.Placer{
		Orders: orders, Cashier: order.Cashier{Orders: orders, Payment: client, Origin: "https://otp.example.org"}, Catalog: products,
		Accounts: account.Accounts{DB: f.DB, Table: f.Table("ACCOUNTS_TABLE")}, Notices: h.keys.Notices, Audit: log,
	}
	o, err := placer.Place(t.Context(), order.Request{Partner: "all", Payment: order.Card, Lines: []order.Ask{{Product: "us", Quantity: 2}},
		Billing: account.Billing{Name: "B", Line1: "1", City: "A", PostalCode: "2", Country: "US"},
	}, order.By{Account: purchaser, Key: "0123456789-abcdef", At: bought})
	fatal(t, err)
	fatal(t, sb.Pay(t.Context(), o.Number))
	s, err := client.GetCheckout(t.Context(), sb.Sessions(o.Number)[0])
	fatal(t, err)
	fulfiller := order.Fulfiller{Orders: orders, Payment: client, Notices: h.keys.Notices, Audit: log, Credentials: h.reminders.Registry,
		Issuer: license.Issuer{Licenses: h.keys.Licenses, Keys: keys}}
	if out, err := fulfiller.Settle(t.Context(), s, bought); err != nil || out.Result != order.Done {
		t.Fatalf("%+v, %v", out, err)
	}
	view, err := order.Reader{Orders: orders, Licenses: h.keys.Licenses, Keyring: keys}.
		One(t.Context(), o.Number, purchaser, func(context.Context) (bool, error) { return true, nil }, bought)
	fatal(t, err)
	return view.Licenses[0].Plain.Shown()
}

// redeem lets grace enter a key and gives her an active credential without a phone, which the sweep does not look at.
func redeem(t *testing.T, f *dynamotest.Fixture, h *handler, key string) {
	t.Helper()
	products, err := catalog.Load()
	fatal(t, err)
	keys, err := license.NewKeyring(ring(t))
	fatal(t, err)
	r := license.Redeemer{Licenses: h.keys.Licenses, Keys: keys, Catalog: products, Credentials: h.reminders.Registry, PerAddress: 30,
		Limits: limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")}, Notices: h.keys.Notices, Audit: h.keys.Audit}
	_, err = r.Redeem(t.Context(), license.Entry{Input: key, Holder: holder, From: "192.0.2.1", At: bought})
	fatal(t, err)
	_, err = f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(f.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(holder[:])},
		UpdateExpression: aws.String("SET #st = :active, #aa = :now, #da = :due"), ExpressionAttributeNames: map[string]string{"#st": "st", "#aa": "aa", "#da": "da"},
		ExpressionAttributeValues: dynamo.Item{":active": dynamo.S("a"), ":now": dynamo.Ms(bought), ":due": dynamo.Ms(credential.NextReminder(bought.AddDate(1, 0, 0), bought))},
	})
	fatal(t, err)
}

// kinds are the notices about ends that were written, as "kind to whom".
func kinds(t *testing.T, f *dynamotest.Fixture, at time.Time) []string {
	t.Helper()
	outbox, err := notice.NewOutbox(f.DB, f.Table("OUTBOX_TABLE"), ring(t))
	fatal(t, err)
	found, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(f.Table("OUTBOX_TABLE")), ConsistentRead: aws.Bool(true)})
	fatal(t, err)
	names := map[string]string{purchaser.String(): "boss", holder.String(): "grace"}
	var out []string
	for _, item := range found.Items {
		kind := dynamo.Read(item).Text("k")
		if !strings.HasPrefix(kind, "credential-") && kind != "keys-expired" {
			continue
		}
		taken, err := outbox.Take(t.Context(), dynamo.Read(item).Text("p"), at)
		fatal(t, err)
		out = append(out, kind+" to "+names[taken.Account()])
	}
	slices.Sort(out)
	return out
}

// lines are what a run logs; the process has one log, so tests that read it do not run in parallel.
func lines(t *testing.T, run func()) []map[string]any {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	run()
	var out []map[string]any
	for line := range strings.Lines(log.String()) {
		var one map[string]any
		fatal(t, json.Unmarshal([]byte(line), &one))
		out = append(out, one)
	}
	return out
}

// counted finds a metric among lines; -1 if it is not there.
func counted(all []map[string]any, name string) float64 {
	for _, line := range all {
		if n, ok := line[name].(float64); ok && line["_aws"] != nil {
			return n
		}
	}
	return -1
}

func TestTheScheduleRemindsAndEnds(t *testing.T) {
	h, f := start(t)
	at := bought
	h.now = func() time.Time { return at }
	run := func(after time.Duration, swept float64, want ...string) {
		t.Helper()
		at = bought.AddDate(1, 0, 0).Add(after)
		for i := range 2 { // the schedule may come twice
			all := lines(t, func() {
				if err := h.handle(t.Context(), event{Sweep: "expiry"}); err != nil {
					t.Errorf("%v: %v", after, err)
				}
			})
			if got := counted(all, metricSwept); i == 0 && got != swept || i == 1 && got != 0 || counted(all, metricLeft) != 0 {
				t.Errorf("%v: the heartbeat says %v, %v left", after, got, counted(all, metricLeft))
			}
		}
		if got := kinds(t, f, at); !slices.Equal(got, want) {
			t.Errorf("%v: mailed %v, want %v", after, got, want)
		}
	}
	day := 24 * time.Hour
	run(-60*day-time.Millisecond, 0)
	run(-60*day, 1, "credential-expiring to boss", "credential-expiring to grace")
	run(0, 2, "credential-expired to boss", "credential-expired to grace", "credential-expiring to boss", "credential-expiring to grace", "keys-expired to boss")
	entries, err := audit.Reader{DB: f.DB, Table: f.Table("AUDIT_TABLE")}.For(t.Context(), audit.Account(holder.String()))
	fatal(t, err)
	if last := entries[len(entries)-1]; last.What != credential.EventExpired || last.Actor != audit.System || last.Detail["expires_at"] != "2027-03-10T12:00:00Z" {
		t.Errorf("audit: %+v", last)
	}
}

func TestWhatIsLeftIsTold(t *testing.T) {
	h, f := start(t)
	h.now = func() time.Time { return bought.AddDate(1, 0, 0) }
	short, cancel := context.WithTimeout(t.Context(), sweep.Leave)
	defer cancel()
	all := lines(t, func() {
		if err := h.handle(short, event{Sweep: "expiry"}); err != nil {
			t.Errorf("too little time left to begin: %v", err)
		}
	})
	if counted(all, metricSwept) != 0 || counted(all, metricLeft) != 2 {
		t.Errorf("too little time left to begin: %v", all)
	}
	f.Faults.FromCall(0, dynamotest.Throttle)
	all = lines(t, func() {
		if err := h.handle(t.Context(), event{Sweep: "expiry"}); err == nil {
			t.Error("a throttled table is no error")
		}
	})
	if counted(all, metricSwept) != 0 || counted(all, metricLeft) < 16 {
		t.Errorf("throttled: %v", all)
	}
	f.Faults.Clear()
	if got := kinds(t, f, bought); len(got) > 0 {
		t.Errorf("mailed %v", got)
	}
	if err := h.handle(t.Context(), event{}); err == nil {
		t.Error("another event is taken")
	}
}

func TestWire(t *testing.T) {
	_, err := wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"ORDERS_TABLE", "LICENSES_TABLE", "CREDENTIALS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "VAULT_SECRET", "METRICS_NAMESPACE", "RENEWAL_GRACE_DAYS"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
	f := dynamotest.Start(t)
	api := secretsmanager.New(secretsmanager.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SECRETS_MANAGER")})
	made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(f.Table("OUTBOX_TABLE") + "-expiry"), SecretString: aws.String(document)})
	fatal(t, err)
	h, err := wire(t.Context(), f.Vars(map[string]string{"VAULT_SECRET": *made.ARN, "METRICS_NAMESPACE": "phoneotp/test", "RENEWAL_GRACE_DAYS": "30"}))
	if err != nil || h == nil || h.reminders.Grace != 30*24*time.Hour {
		t.Errorf("with all of them: %v", err)
	}
}
