package order_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

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
)

const (
	document = `{"current":"k1","k1":"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01"}`
	hook     = "whsec_test_of_orders"
	origin   = "https://otp.example.test"
	from     = "192.0.2.7"
)

// fixture is a shop: the rooms over tables of their own, and a payment sandbox.
type fixture struct {
	*dynamotest.Fixture
	stripe    *sandbox.Sandbox
	payment   *payment.Client
	webhook   *payment.Webhook
	placer    *order.Placer
	cashier   order.Cashier
	canceller order.Canceller
	fulfiller order.Fulfiller
	resender  order.Resender
	reader    order.Reader
	now       time.Time    // the request's clock
	clock     atomic.Int64 // the same for Stripe, which looks at it by itself
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Fixture: dynamotest.Start(t)}
	f.at(time.Now().UTC().Truncate(time.Millisecond))
	f.startStripe(t)
	ring, err := secret.ParseRing([]byte(document))
	fatal(t, err)
	outbox, err := notice.NewOutbox(nil, f.Table("OUTBOX_TABLE"), ring)
	fatal(t, err)
	keys, err := license.NewKeyring(ring)
	fatal(t, err)
	numbers, err := credential.NewNumbers(ring)
	fatal(t, err)
	products, err := catalog.Load()
	fatal(t, err)
	orders := order.Orders{DB: f.DB, Table: f.Table("ORDERS_TABLE")}
	licenses := license.Licenses{DB: f.DB, Table: f.Table("LICENSES_TABLE")}
	log := audit.Log{Table: f.Table("AUDIT_TABLE")}
	accounts := account.Accounts{DB: f.DB, Table: f.Table("ACCOUNTS_TABLE")}
	f.cashier = order.Cashier{Orders: orders, Payment: f.payment, Origin: origin, Accounts: accounts}
	f.placer = &order.Placer{Orders: orders, Cashier: f.cashier, Catalog: products, Notices: outbox, Audit: log, Accounts: accounts}
	f.canceller = order.Canceller{Orders: orders, Payment: f.payment, Audit: log}
	registry := &credential.Registry{DB: f.DB, Table: f.Table("CREDENTIALS_TABLE"), Numbers: numbers}
	f.fulfiller = order.Fulfiller{Orders: orders, Payment: f.payment, Notices: outbox, Audit: log,
		Issuer: license.Issuer{Licenses: licenses, Keys: keys}, Credentials: registry, Cases: cases(t, f.Fixture, ring, registry, outbox)}
	f.resender = order.Resender{Orders: orders, Licenses: licenses, Notices: outbox, Audit: log,
		Limits: limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")}}
	f.reader = order.Reader{Orders: orders, Licenses: licenses, Keyring: keys}
	return f
}

func (f *fixture) startStripe(t *testing.T) {
	t.Helper()
	mux := http.NewServeMux()
	api := httptest.NewServer(mux)
	t.Cleanup(api.Close)
	sb, err := sandbox.New(sandbox.Options{BaseURL: api.URL, WebhookURL: api.URL + "/nobody", WebhookSecret: hook, Now: func() time.Time { return time.UnixMilli(f.clock.Load()) }})
	fatal(t, err)
	t.Cleanup(sb.Close)
	sb.Hold() // events are handed over by the tests
	mux.Handle("/", sb)
	f.stripe = sb
	f.payment, err = payment.NewClient("sk_test_orders", api.URL)
	fatal(t, err)
	f.webhook, err = payment.NewWebhook(hook, false)
	fatal(t, err)
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// at sets the clock of shop and Stripe.
func (f *fixture) at(now time.Time) {
	f.now = now
	f.clock.Store(now.UnixMilli())
}

func buyer(n int) account.ID { return account.IDOf(fmt.Sprintf("buyer-%d", n)) }

func request(lines ...order.Ask) order.Request {
	if len(lines) == 0 {
		lines = []order.Ask{{Product: "us", Quantity: 1}}
	}
	return order.Request{Partner: "all", Payment: order.Card, Lines: lines,
		Billing: account.Billing{Name: "Grace Hopper", Line1: "1 Navy Way", City: "Arlington", Region: "VA", PostalCode: "22201", Country: "US"}}
}

func (f *fixture) by(key string) order.By {
	return order.By{Account: buyer(1), Key: key + "-0123456789abcdef", From: from, At: f.now}
}

func (f *fixture) place(t *testing.T, lines ...order.Ask) order.Order {
	t.Helper()
	o, err := f.placer.Place(t.Context(), request(lines...), f.by(fmt.Sprintf("%d", time.Now().UnixNano())))
	fatal(t, err)
	return o
}

// pay settles the order's session at Stripe a second later. The webhook is not sent.
func (f *fixture) pay(t *testing.T, number string) {
	t.Helper()
	f.at(f.now.Add(time.Second))
	if err := f.stripe.Pay(t.Context(), number); errors.Is(err, sandbox.ErrNotOpen) || errors.Is(err, sandbox.ErrNoCheckout) {
		t.Fatal(err)
	}
}

// event returns the newest event of a type, as the webhook function takes it in.
func (f *fixture) event(t *testing.T, kind string) payment.Event {
	t.Helper()
	events := f.stripe.Events()
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Type == kind {
			body, header, err := f.stripe.Signed(events[i].ID)
			fatal(t, err)
			e, err := f.webhook.Parse(body, header, f.now)
			fatal(t, err)
			return e
		}
	}
	t.Fatalf("no event %s", kind)
	return payment.Event{}
}

func (f *fixture) take(t *testing.T, kind string) order.Outcome {
	t.Helper()
	out, err := f.fulfiller.Take(t.Context(), f.event(t, kind), f.now)
	fatal(t, err)
	return out
}

const completed = "checkout.session.completed"

func show(may bool) order.MayShow {
	return func(context.Context) (bool, error) { return may, nil }
}

func (f *fixture) view(t *testing.T, number string) order.View {
	t.Helper()
	v, err := f.reader.One(t.Context(), number, buyer(1), show(true), f.now)
	fatal(t, err)
	return v
}

// keys are the keys of an order in clear.
func (f *fixture) keys(t *testing.T, number string) []string {
	t.Helper()
	var out []string
	for _, k := range f.view(t, number).Licenses {
		if k.Plain == nil {
			t.Fatalf("a key of %s is not shown: %+v", number, k)
		}
		out = append(out, k.Plain.Shown())
	}
	return out
}

func (f *fixture) count(t *testing.T, variable string) int {
	t.Helper()
	return len(f.all(t, variable))
}

// all is what lies in a table.
func (f *fixture) all(t *testing.T, variable string) []dynamo.Item {
	t.Helper()
	out, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(f.Table(variable)), ConsistentRead: aws.Bool(true)})
	fatal(t, err)
	return out.Items
}

// item is an order as it lies in the table.
func (f *fixture) item(t *testing.T, number string) dynamo.Item {
	t.Helper()
	item, err := f.DB.Get(t.Context(), f.Table("ORDERS_TABLE"), dynamo.Item{"p": dynamo.S(number)})
	fatal(t, err)
	return item
}

// events lists what the audit trail has of an order.
func (f *fixture) events(t *testing.T, number string) []audit.Event {
	t.Helper()
	entries, err := audit.Reader{DB: f.DB, Table: f.Table("AUDIT_TABLE")}.For(t.Context(), audit.Order(number))
	fatal(t, err)
	var out []audit.Event
	for _, e := range entries {
		out = append(out, e.What)
	}
	return out
}
