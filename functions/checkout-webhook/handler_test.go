package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"phoneotp/infra/bench/figures"
	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/secret"
)

const (
	current  = "whsec_the_current_one"
	previous = "whsec_the_one_before"
	document = `{"current":"k1","k1":"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01","stripe_key":"sk_test_webhook","stripe_webhook_secrets":"` + current + ` ` + previous + `"}`
)

// fixture is the function's handler, and a payment sandbox that delivers to it.
type fixture struct {
	*dynamotest.Fixture
	api    *httpapi.API
	stripe *sandbox.Sandbox
	placer order.Placer
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Fixture: dynamotest.Start(t)}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	var err error
	f.stripe, err = sandbox.New(sandbox.Options{BaseURL: server.URL, WebhookURL: server.URL + "/webhook", WebhookSecret: current, BackOff: make([]time.Duration, 20)})
	fatal(t, err)
	t.Cleanup(f.stripe.Close)
	mux.Handle("/", f.stripe)
	mux.HandleFunc("/webhook", f.serve)
	ring, err := secret.ParseRing([]byte(document))
	fatal(t, err)
	h, err := settings{
		tables: order.Tables{
			Orders: f.Table("ORDERS_TABLE"), Licenses: f.Table("LICENSES_TABLE"), Credentials: f.Table("CREDENTIALS_TABLE"), Cases: f.Table("CASES_TABLE"),
			Accounts: f.Table("ACCOUNTS_TABLE"), Outbox: f.Table("OUTBOX_TABLE"), Audit: f.Table("AUDIT_TABLE"),
		},
		slots: f.Table("SLOTS_TABLE"), stripe: server.URL, metrics: "phoneotp/test",
	}.handler(f.DB, ring, ring)
	fatal(t, err)
	f.api = &httpapi.API{Routes: h.routes(), Raw: true, Now: time.Now}
	f.placer = f.buyer(t, server.URL)
	return f
}

func (f *fixture) secret(t *testing.T, name, text string) string {
	t.Helper()
	api := secretsmanager.New(secretsmanager.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SECRETS_MANAGER")})
	made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(f.Table("OUTBOX_TABLE") + name), SecretString: &text})
	fatal(t, err)
	return *made.ARN
}

// buyer places orders, which another function does.
func (f *fixture) buyer(t *testing.T, stripe string) order.Placer {
	t.Helper()
	ring, err := secret.ParseRing([]byte(document))
	fatal(t, err)
	outbox, err := notice.NewOutbox(nil, f.Table("OUTBOX_TABLE"), ring)
	fatal(t, err)
	products, err := catalog.Load()
	fatal(t, err)
	client, err := payment.NewClient(ring.Value("stripe_key"), stripe)
	fatal(t, err)
	orders := order.Orders{DB: f.DB, Table: f.Table("ORDERS_TABLE")}
	return order.Placer{
		Orders: orders, Cashier: order.Cashier{Orders: orders, Payment: client, Origin: "https://otp.example.org"}, Catalog: products,
		Accounts: account.Accounts{DB: f.DB, Table: f.Table("ACCOUNTS_TABLE")}, Notices: outbox, Audit: audit.Log{Table: f.Table("AUDIT_TABLE")},
	}
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) place(t *testing.T) string {
	t.Helper()
	o, err := f.placer.Place(t.Context(), order.Request{Partner: "all", Payment: order.Card, Lines: []order.Ask{{Product: "us", Quantity: 1}},
		Billing: account.Billing{Name: "G", Line1: "1", City: "A", PostalCode: "2", Country: "US"},
	}, order.By{Account: account.IDOf("grace"), Key: fmt.Sprint("0123456789-", time.Now().UnixNano()), At: time.Now()})
	fatal(t, err)
	return o.Number
}

// serve hands a delivery over as the gateway does.
func (f *fixture) serve(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	w.WriteHeader(f.handle(body.Bytes(), map[string]string{"Stripe-Signature": r.Header.Get("Stripe-Signature"), "Content-Type": r.Header.Get("Content-Type")}, false))
}

func (f *fixture) handle(body []byte, headers map[string]string, encoded bool) int {
	e := events.APIGatewayV2HTTPRequest{RouteKey: "POST /api/webhooks/stripe", RawPath: "/api/webhooks/stripe", Body: string(body), Headers: headers, IsBase64Encoded: encoded}
	if encoded {
		e.Body = base64.StdEncoding.EncodeToString(body)
	}
	e.RequestContext.HTTP.Method = http.MethodPost
	res, err := f.api.Handle(context.Background(), e)
	if err != nil {
		return 0
	}
	return res.StatusCode
}

func (f *fixture) count(t *testing.T, variable string) int {
	t.Helper()
	out, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(f.Table(variable)), ConsistentRead: aws.Bool(true)})
	fatal(t, err)
	return len(out.Items)
}

func (f *fixture) state(t *testing.T, number string) string {
	t.Helper()
	item, err := f.DB.Get(t.Context(), f.Table("ORDERS_TABLE"), dynamo.Item{"p": dynamo.S(number)})
	fatal(t, err)
	return dynamo.Read(item).Text("st")
}

// event is the newest event of a type, signed.
func (f *fixture) event(t *testing.T, kind string) ([]byte, string) {
	t.Helper()
	all := f.stripe.Events()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Type == kind {
			body, header, err := f.stripe.Signed(all[i].ID)
			fatal(t, err)
			return body, header
		}
	}
	t.Fatalf("no event %s", kind)
	return nil, ""
}

func TestAPaidOrderIsFulfilledByItsWebhook(t *testing.T) {
	t.Parallel()
	f := start(t)
	number := f.place(t)
	fatal(t, f.stripe.Fail(t.Context(), number))
	fatal(t, f.stripe.Pay(t.Context(), number)) // answers when all its events were taken in with 2xx
	if f.state(t, number) != "fulfilled" || f.count(t, "LICENSES_TABLE") != 1 || f.count(t, "OUTBOX_TABLE") != 2 {
		t.Errorf("%s, %d licenses, %d notices", f.state(t, number), f.count(t, "LICENSES_TABLE"), f.count(t, "OUTBOX_TABLE"))
	}
	body, header := f.event(t, "checkout.session.completed")
	f.Faults.Clear()
	if status := f.handle(body, map[string]string{"stripe-signature": header}, true); status != http.StatusOK { // base64, lower case
		t.Errorf("once more: %d", status)
	}
	if calls := f.Faults.Calls(); len(calls) != 1 {
		t.Errorf("a repeat makes %+v, want one read", calls)
	}
}

func TestCallsOfACardWebhook(t *testing.T) { // quality.md 1 row 1
	t.Parallel()
	f := start(t)
	number := f.place(t)
	f.stripe.Hold()
	_ = f.stripe.Pay(t.Context(), number) // held back, which the error says
	body, header := f.event(t, "checkout.session.completed")
	f.Faults.Clear()
	if status := f.handle(body, map[string]string{"stripe-signature": header}, false); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	figures.Exactly(t, 1, "AWS calls, card webhook", float64(len(f.Faults.Asked())), 2)
}

func TestTheSameEventAHundredTimes(t *testing.T) {
	t.Parallel()
	f := start(t)
	number := f.place(t)
	f.stripe.Hold()
	_ = f.stripe.Pay(t.Context(), number)
	body, header := f.event(t, "checkout.session.completed")
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if status := f.handle(body, map[string]string{"stripe-signature": header}, false); status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		})
	}
	wg.Wait()
	if f.state(t, number) != "fulfilled" || f.count(t, "LICENSES_TABLE") != 1 || f.count(t, "OUTBOX_TABLE") != 2 {
		t.Errorf("%s, %d licenses, %d notices", f.state(t, number), f.count(t, "LICENSES_TABLE"), f.count(t, "OUTBOX_TABLE"))
	}
}

func TestBadDeliveriesLeaveNoTrace(t *testing.T) { // S-09, S-10
	t.Parallel()
	f := start(t)
	number := f.place(t)
	f.stripe.Hold()
	_ = f.stripe.Pay(t.Context(), number)
	body, header := f.event(t, "checkout.session.completed")
	f.Faults.Clear()
	for name, c := range map[string]struct {
		body   []byte
		header string
		status int
	}{
		"no signature":         {body, "", http.StatusBadRequest},
		"nonsense":             {body, "t=1,v1=00", http.StatusBadRequest},
		"a byte more":          {append([]byte(" "), body...), header, http.StatusBadRequest},
		"one mebibyte":         {bytes.Repeat([]byte("x"), 1<<20), header, http.StatusRequestEntityTooLarge},
		"from a day ago":       {body, strings.Replace(header, "t=", "t=1", 1), http.StatusBadRequest},
		"nothing, not even JS": {nil, header, http.StatusBadRequest},
	} {
		if status := f.handle(c.body, map[string]string{"stripe-signature": c.header}, false); status != c.status {
			t.Errorf("%s: %d, want %d", name, status, c.status)
		}
	}
	if calls := f.Faults.Calls(); len(calls) != 0 || f.state(t, number) != "placed" {
		t.Errorf("calls: %+v", calls)
	}
}

func TestTroubleIsToldToStripeAndOver(t *testing.T) { // S-10
	t.Parallel()
	for _, c := range []func(f *fixture){
		func(f *fixture) { f.Faults.FromCall(0, dynamotest.CutRequest) },
		func(f *fixture) { f.Faults.FromCall(1, dynamotest.CutRequest) },
		func(f *fixture) {
			f.stripe.Inject(sandbox.Fault{Kind: sandbox.Unavailable, Method: http.MethodGet, Times: 3})
		},
	} {
		f := start(t)
		number := f.place(t)
		f.stripe.Hold()
		_ = f.stripe.Pay(t.Context(), number)
		body, header := f.event(t, "checkout.session.completed")
		c(f)
		if status := f.handle(body, map[string]string{"stripe-signature": header}, false); status != http.StatusServiceUnavailable {
			t.Errorf("in trouble: %d", status)
		}
		f.Faults.Clear()
		if status := f.handle(body, map[string]string{"stripe-signature": header}, false); status != http.StatusOK || f.state(t, number) != "fulfilled" {
			t.Errorf("afterwards: %d %s", status, f.state(t, number))
		}
	}
}

func TestWhatNeedsAPersonIsLoggedAndTakenIn(t *testing.T) {
	f := start(t) // not parallel: it reads the log
	number := f.place(t)
	f.stripe.Hold()
	_ = f.stripe.Pay(t.Context(), number)
	fatal(t, f.stripe.Tamper(f.stripe.Sessions(number)[0], func(total *int64, _ *string) { *total = 1 }))
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	body, header := f.event(t, "checkout.session.completed")
	if status := f.handle(body, map[string]string{"stripe-signature": header}, false); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if s := log.String(); !strings.Contains(s, `"level":"ERROR"`) || !strings.Contains(s, "payment needs a person") || !strings.Contains(s, number) || !strings.Contains(s, `"why":"amount"`) {
		t.Errorf("log: %s", s)
	}
	if s := log.String(); strings.Contains(s, "grace") || strings.Contains(s, "Navy") {
		t.Errorf("the log holds something about a person: %s", s)
	}
	if f.state(t, number) != "paid" || f.count(t, "LICENSES_TABLE") != 0 {
		t.Errorf("%s, %d licenses", f.state(t, number), f.count(t, "LICENSES_TABLE"))
	}
}

func TestWire(t *testing.T) {
	t.Parallel()
	_, err := wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"ORDERS_TABLE", "LICENSES_TABLE", "CREDENTIALS_TABLE", "METRICS_NAMESPACE", "OUTBOX_TABLE", "AUDIT_TABLE", "VAULT_SECRET", "COMMERCE_SECRET"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
	f := &fixture{Fixture: dynamotest.Start(t)}
	arn := f.secret(t, "-fresh", `{"current":"k1","k1":"`+strings.Repeat("k", 64)+`","stripe_key":"sk_test_webhook","stripe_webhook_secrets":""}`)
	if _, err := wire(t.Context(), f.Vars(map[string]string{"VAULT_SECRET": arn, "COMMERCE_SECRET": arn, "METRICS_NAMESPACE": "test"})); err == nil || !strings.Contains(err.Error(), "stripe_webhook_secrets") {
		t.Errorf("without webhook secrets: %v", err)
	}
	arn = f.secret(t, "-whole", document)
	if served, err := wire(t.Context(), f.Vars(map[string]string{"VAULT_SECRET": arn, "COMMERCE_SECRET": arn, "METRICS_NAMESPACE": "test"})); err != nil || !served.Raw || len(served.Routes) != 1 {
		t.Errorf("with all of them: %v", err)
	}
}

// TestWhatIsCounted reads the metrics of the log: a type that is not handled, the secret that is being replaced, and
// what is for a person. All are answered 2xx (S-09, S-10).
func TestWhatIsCounted(t *testing.T) {
	f := start(t) // not parallel: it reads the log
	number := f.place(t)
	f.stripe.Hold()
	_ = f.stripe.Pay(t.Context(), number)
	fatal(t, f.stripe.Tamper(f.stripe.Sessions(number)[0], func(total *int64, _ *string) { *total = 1 }))
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	good, header := f.event(t, "checkout.session.completed")
	unknown, unknownHeader := f.event(t, "charge.succeeded")
	for name, c := range map[string]struct {
		body   []byte
		header string
		metric string
	}{
		"for a person":      {good, header, "PaymentNeedsPerson"},
		"not handled":       {unknown, unknownHeader, "PaymentEventUnknown"},
		"the secret before": {unknown, resigned(unknown, unknownHeader), "WebhookSecretOld"},
	} {
		log.Reset()
		if status := f.handle(c.body, map[string]string{"stripe-signature": c.header}, false); status != http.StatusOK {
			t.Errorf("%s: %d", name, status)
		}
		if s := log.String(); !strings.Contains(s, `"`+c.metric+`":1`) || !strings.Contains(s, `"Namespace":"phoneotp/test"`) {
			t.Errorf("%s: log %s", name, s)
		}
	}
	log.Reset()
	if status := f.handle(good, map[string]string{"stripe-signature": unknownHeader}, false); status != http.StatusBadRequest || !strings.Contains(log.String(), `"WebhookRefused":1`) {
		t.Errorf("another's signature: %d %s", status, log.String())
	}
}

// resigned signs a body at its header's time with the secret that is being replaced.
func resigned(body []byte, header string) string {
	at, _, _ := strings.Cut(strings.TrimPrefix(header, "t="), ",")
	mac := hmac.New(sha256.New, []byte(previous))
	_, _ = fmt.Fprintf(mac, "%s.%s", at, body)
	return "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
