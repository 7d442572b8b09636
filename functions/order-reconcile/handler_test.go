package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/secret"
)

const document = `{"current":"k1","k1":"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01","stripe_key":"sk_test_reconcile"}`

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start is the function over tables of its own and a payment sandbox whose webhooks go nowhere, with one order placed now.
func start(t *testing.T) (*handler, *dynamotest.Fixture, *sandbox.Sandbox, string) {
	t.Helper()
	f := dynamotest.Start(t)
	api := httptest.NewUnstartedServer(nil)
	sb, err := sandbox.New(sandbox.Options{BaseURL: "http://" + api.Listener.Addr().String()})
	fatal(t, err)
	api.Config.Handler = sb
	api.Start()
	t.Cleanup(api.Close)
	t.Cleanup(sb.Close)
	ring, err := secret.ParseRing([]byte(document))
	fatal(t, err)
	h, err := settings{
		tables: order.Tables{
			Orders: f.Table("ORDERS_TABLE"), Licenses: f.Table("LICENSES_TABLE"), Credentials: f.Table("CREDENTIALS_TABLE"), Cases: f.Table("CASES_TABLE"),
			Accounts: f.Table("ACCOUNTS_TABLE"), Outbox: f.Table("OUTBOX_TABLE"), Audit: f.Table("AUDIT_TABLE"),
		},
		slots: f.Table("SLOTS_TABLE"), stripe: api.URL,
	}.handler(f.DB, ring, ring)
	fatal(t, err)
	outbox, err := notice.NewOutbox(nil, f.Table("OUTBOX_TABLE"), ring)
	fatal(t, err)
	products, err := catalog.Load()
	fatal(t, err)
	client, err := payment.NewClient(ring.Value("stripe_key"), api.URL)
	fatal(t, err)
	orders := order.Orders{DB: f.DB, Table: f.Table("ORDERS_TABLE")}
	placer := order.Placer{
		Orders: orders, Cashier: order.Cashier{Orders: orders, Payment: client, Origin: "https://otp.example.org"}, Catalog: products,
		Accounts: account.Accounts{DB: f.DB, Table: f.Table("ACCOUNTS_TABLE")}, Notices: outbox, Audit: audit.Log{Table: f.Table("AUDIT_TABLE")},
	}
	o, err := placer.Place(t.Context(), order.Request{Partner: "all", Payment: order.Card, Lines: []order.Ask{{Product: "us", Quantity: 1}},
		Billing: account.Billing{Name: "G", Line1: "1", City: "A", PostalCode: "2", Country: "US"},
	}, order.By{Account: account.IDOf("grace"), Key: "0123456789-abcdef", At: time.Now()})
	fatal(t, err)
	return h, f, sb, o.Number
}

func state(t *testing.T, f *dynamotest.Fixture, number string) string {
	t.Helper()
	item, err := f.DB.Get(t.Context(), f.Table("ORDERS_TABLE"), dynamo.Item{"p": dynamo.S(number)})
	fatal(t, err)
	return dynamo.Read(item).Text("st")
}

func TestTheScheduleEndsWhatWasNotPaid(t *testing.T) {
	t.Parallel()
	h, f, _, number := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	h.now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	if err := h.handle(ctx, event{Sweep: "orders"}); err != nil || state(t, f, number) != "placed" { // too little time left to begin
		t.Errorf("near the deadline: %v, %s", err, state(t, f, number))
	}
	for range 2 {
		if err := h.handle(t.Context(), event{Sweep: "orders"}); err != nil || state(t, f, number) != "cancelled" {
			t.Errorf("%v, %s", err, state(t, f, number))
		}
	}
	if err := h.handle(t.Context(), event{}); err == nil {
		t.Error("another event is taken")
	}
}

// TestARunCountsWhatItDid reads the metrics of the log. Each run says all of them, zeros too. Not parallel: it reads the
// log.
func TestARunCountsWhatItDid(t *testing.T) {
	h, f, sb, number := start(t)
	h.metrics.Namespace = "phoneotp/test"
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	run := func(name string, wrong bool, counts map[string]int) {
		t.Helper()
		log.Reset()
		if err := h.handle(t.Context(), event{Sweep: "orders"}); (err != nil) != wrong {
			t.Errorf("%s: %v", name, err)
		}
		for _, metric := range []string{metricRepaired, metricPerson, metricWithoutKeys, metricFailed, metricMissed} {
			if want := fmt.Sprintf(`"%s":%d}`, metric, counts[metric]); !strings.Contains(log.String(), want) {
				t.Errorf("%s: no %s in %s", name, want, log.String())
			}
		}
		if strings.Contains(log.String(), "Navy") || strings.Contains(log.String(), "grace") {
			t.Errorf("%s: the log holds something about a person", name)
		}
	}
	run("nothing to do", false, nil)
	fatal(t, sb.Pay(t.Context(), number))
	sb.Inject(sandbox.Fault{Kind: sandbox.Unavailable, Times: 1000})
	run("Stripe is down", true, map[string]int{metricFailed: 1})
	sb.ClearFaults()
	fatal(t, sb.Tamper(sb.Sessions(number)[0], func(total *int64, _ *string) { *total = 1 }))
	h.now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	run("held", false, map[string]int{metricRepaired: 1, metricPerson: 1})
	if s := log.String(); state(t, f, number) != "paid" {
		t.Errorf("%s: %s", state(t, f, number), s)
	}
	h.now = func() time.Time { return time.Now().Add(18 * time.Minute) }
	run("15 minutes later", false, map[string]int{metricWithoutKeys: 1})
	f.Faults.FromCall(0, dynamotest.CutRequest)
	run("the tables are down", true, map[string]int{metricFailed: 1})
}

func TestWire(t *testing.T) {
	t.Parallel()
	_, err := wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"ORDERS_TABLE", "LICENSES_TABLE", "CREDENTIALS_TABLE", "CASES_TABLE", "SLOTS_TABLE", "ACCOUNTS_TABLE", "METRICS_NAMESPACE", "OUTBOX_TABLE", "AUDIT_TABLE", "VAULT_SECRET", "COMMERCE_SECRET"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
	f := dynamotest.Start(t)
	api := secretsmanager.New(secretsmanager.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SECRETS_MANAGER")})
	made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(f.Table("OUTBOX_TABLE") + "-reconcile"), SecretString: aws.String(document)})
	fatal(t, err)
	if h, err := wire(t.Context(), f.Vars(map[string]string{"VAULT_SECRET": *made.ARN, "COMMERCE_SECRET": *made.ARN, "METRICS_NAMESPACE": "test"})); err != nil || h == nil {
		t.Errorf("with all of them: %v", err)
	}
}
