package stripe_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	sandbox "phoneotp/infra/local/stripe"
)

const secret = "whsec_test_of_the_sandbox"

// shop is the product's side: it takes in webhooks and remembers them, unless it is told to refuse.
type shop struct {
	mu     sync.Mutex
	refuse int
	got    []sdk.Event
	bad    []error
	raw    [][]byte
	sigs   []string
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse > 0 {
		s.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	s.raw, s.sigs = append(s.raw, body), append(s.sigs, r.Header.Get("Stripe-Signature"))
	e, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), secret)
	if err != nil {
		s.bad = append(s.bad, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.got = append(s.got, e)
}

func (s *shop) types() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, e := range s.got {
		out = append(out, string(e.Type))
	}
	return out
}

type fixture struct {
	*sandbox.Sandbox
	client *sdk.Client
	url    string
	shop   *shop
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{shop: &shop{}}
	hook := httptest.NewServer(f.shop)
	t.Cleanup(hook.Close)
	late := http.NewServeMux()
	api := httptest.NewServer(late)
	t.Cleanup(api.Close)
	sb, err := sandbox.New(sandbox.Options{BaseURL: api.URL, WebhookURL: hook.URL, WebhookSecret: secret,
		BackOff: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	late.Handle("/", sb)
	f.Sandbox, f.url, f.client = sb, api.URL, client(api.URL, "sk_test_sandbox")
	return f
}

func client(url, key string) *sdk.Client {
	return sdk.NewClient(key, sdk.WithBackends(sdk.NewBackendsWithConfig(&sdk.BackendConfig{
		// A connection that was used before would be dialled again by net/http itself when it is cut.
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		URL:        sdk.String(url), MaxNetworkRetries: sdk.Int64(0), LeveledLogger: &sdk.LeveledLogger{Level: sdk.LevelNull},
	})))
}

func order(number string) *sdk.CheckoutSessionCreateParams {
	p := &sdk.CheckoutSessionCreateParams{
		Mode: sdk.String("payment"), ClientReferenceID: sdk.String(number),
		SuccessURL: sdk.String("https://shop.example.test/back?s={CHECKOUT_SESSION_ID}"), CancelURL: sdk.String("https://shop.example.test/cart"),
		CustomerEmail: sdk.String("grace@example.test"),
		Metadata:      map[string]string{"order": number},
		PaymentIntentData: &sdk.CheckoutSessionCreatePaymentIntentDataParams{
			Metadata: map[string]string{"order": number, "of": "the intent"}},
		LineItems: []*sdk.CheckoutSessionCreateLineItemParams{line("Widget", "us", 3400, 2), line("Gadget", "intl", 7100, 1)},
	}
	p.AddExpand("line_items.data.price.product")
	return p
}

func line(name, code string, amount, n int64) *sdk.CheckoutSessionCreateLineItemParams {
	return &sdk.CheckoutSessionCreateLineItemParams{Quantity: sdk.Int64(n),
		PriceData: &sdk.CheckoutSessionCreateLineItemPriceDataParams{Currency: sdk.String("usd"), UnitAmount: sdk.Int64(amount),
			ProductData: &sdk.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: sdk.String(name), Metadata: map[string]string{"code": code}}}}
}

func (f *fixture) open(t *testing.T, number string) *sdk.CheckoutSession {
	t.Helper()
	cs, err := f.client.V1CheckoutSessions.Create(t.Context(), order(number))
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

func (f *fixture) session(t *testing.T, id string) *sdk.CheckoutSession {
	t.Helper()
	cs, err := f.client.V1CheckoutSessions.Retrieve(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

func TestCheckoutIsPaidAndTold(t *testing.T) {
	t.Parallel()
	f := start(t)
	cs := f.open(t, "SO-1")
	if cs.AmountTotal != 13900 || cs.Currency != "usd" || cs.Status != "open" || cs.PaymentStatus != "unpaid" || !strings.HasPrefix(cs.URL, f.url+"/c/pay/") {
		t.Fatalf("opened: %d %s %s %s %s", cs.AmountTotal, cs.Currency, cs.Status, cs.PaymentStatus, cs.URL)
	}
	if l := cs.LineItems.Data; len(l) != 2 || l[0].Price.Product.Metadata["code"] != "us" || l[0].Quantity != 2 || l[1].Price.UnitAmount != 7100 {
		t.Errorf("lines: %+v", l)
	}
	if err := f.Pay(t.Context(), "SO-1"); err != nil {
		t.Fatal(err)
	}
	if got := f.shop.types(); len(got) != 3 || len(f.Unsent()) != 0 {
		t.Errorf("taken in: %v, unsent %v", got, f.Unsent())
	}
	cs = f.session(t, cs.ID)
	if cs.Status != "complete" || cs.PaymentStatus != "paid" || cs.URL != "" || cs.PaymentIntent == nil || cs.LineItems != nil {
		t.Fatalf("paid: %s %s %q", cs.Status, cs.PaymentStatus, cs.URL)
	}
	pi, err := f.client.V1PaymentIntents.Retrieve(t.Context(), cs.PaymentIntent.ID, nil)
	if err != nil || pi.Status != "succeeded" || pi.AmountReceived != 13900 || pi.Metadata["of"] != "the intent" || cs.Metadata["of"] != "" {
		t.Errorf("intent: %+v, %v; session metadata %v", pi, err, cs.Metadata)
	}
	ch, err := f.client.V1Charges.Retrieve(t.Context(), pi.LatestCharge.ID, nil)
	if err != nil || !ch.Paid || ch.PaymentIntent.ID != pi.ID || ch.Metadata["order"] != "SO-1" {
		t.Errorf("charge: %+v, %v", ch, err)
	}
	if err := f.Pay(t.Context(), "SO-1"); err != sandbox.ErrNotOpen {
		t.Errorf("paid twice: %v", err)
	}
	if err := f.Pay(t.Context(), "SO-2"); err != sandbox.ErrNoCheckout {
		t.Errorf("unknown order: %v", err)
	}
}

func TestDeclinedCardLeavesTheSessionOpen(t *testing.T) {
	t.Parallel()
	f := start(t)
	cs := f.open(t, "SO-1")
	if err := f.Fail(t.Context(), "SO-1"); err != nil {
		t.Fatal(err)
	}
	if got := f.session(t, cs.ID); got.Status != "open" || got.URL == "" {
		t.Errorf("after a decline: %s %q", got.Status, got.URL)
	}
	if err := f.Pay(t.Context(), "SO-1"); err != nil {
		t.Fatal(err)
	}
	var failed, good int
	for ch, err := range f.client.V1Charges.List(t.Context(), &sdk.ChargeListParams{}).All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if ch.Status == "failed" && ch.FailureCode == "card_declined" {
			failed++
		} else if ch.Status == "succeeded" {
			good++
		}
	}
	if failed != 1 || good != 1 {
		t.Errorf("charges: %d failed, %d good", failed, good)
	}
}

func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	f := start(t)
	byCall, byTime, byHand := f.open(t, "SO-1"), f.open(t, "SO-2"), f.open(t, "SO-3")
	if cs, err := f.client.V1CheckoutSessions.Expire(t.Context(), byCall.ID, nil); err != nil || cs.Status != "expired" || cs.URL != "" {
		t.Errorf("expire: %+v, %v", cs, err)
	}
	if _, err := f.client.V1CheckoutSessions.Expire(t.Context(), byCall.ID, nil); status(err) != 400 {
		t.Errorf("expired twice: %v", err)
	}
	if err := f.Expire(t.Context(), "SO-3"); err != nil || f.session(t, byHand.ID).Status != "expired" {
		t.Errorf("control: %v", err)
	}
	f.Advance(24 * time.Hour)
	if got := f.session(t, byTime.ID); got.Status != "expired" {
		t.Errorf("a day later: %s", got.Status)
	}
	if err := f.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range f.Events() {
		if e.Type == "checkout.session.expired" {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d events of expiry, want 3", n)
	}
}

func TestListsArePagedNewestFirst(t *testing.T) {
	t.Parallel()
	f := start(t)
	var ids []string
	for range 5 {
		ids = append(ids, f.open(t, "SO-1").ID)
	}
	lp := &sdk.CheckoutSessionListParams{}
	lp.Limit = sdk.Int64(2)
	var got []string
	for cs, err := range f.client.V1CheckoutSessions.List(t.Context(), lp).All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append([]string{cs.ID}, got...)
	}
	if strings.Join(got, " ") != strings.Join(ids, " ") {
		t.Errorf("listed %v, want %v", got, ids)
	}
	if err := f.Pay(t.Context(), "SO-1"); err != nil {
		t.Fatal(err)
	}
	ep := &sdk.EventListParams{Types: []*string{sdk.String("checkout.session.completed")}}
	n := 0
	for e, err := range f.client.V1Events.List(t.Context(), ep).All(t.Context()) {
		if err != nil || e.GetObjectValue("id") != ids[0] {
			t.Errorf("event %+v, %v", e, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d completed events", n)
	}
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	f := start(t)
	cs := f.open(t, "SO-1")
	if err := f.Pay(t.Context(), "SO-1"); err != nil {
		t.Fatal(err)
	}
	pi := f.session(t, cs.ID).PaymentIntent.ID
	part := &sdk.RefundCreateParams{PaymentIntent: sdk.String(pi), Amount: sdk.Int64(3400), Reason: sdk.String("requested_by_customer")}
	re, err := f.client.V1Refunds.Create(t.Context(), part)
	if err != nil || re.Amount != 3400 || re.Status != "succeeded" {
		t.Fatalf("refund: %+v, %v", re, err)
	}
	if _, err := f.client.V1Refunds.Create(t.Context(), &sdk.RefundCreateParams{PaymentIntent: sdk.String(pi), Amount: sdk.Int64(13900)}); status(err) != 400 {
		t.Errorf("more than is left: %v", err)
	}
	if err := f.Refund(t.Context(), "SO-1"); err != nil {
		t.Fatal(err)
	}
	ch, err := f.client.V1Charges.Retrieve(t.Context(), re.Charge.ID, nil)
	if err != nil || !ch.Refunded || ch.AmountRefunded != 13900 {
		t.Errorf("charge: %+v, %v", ch, err)
	}
	if err := f.Refund(t.Context(), "SO-1"); err != sandbox.ErrNotPaid {
		t.Errorf("refunded twice: %v", err)
	}
}

func status(err error) int {
	if e, ok := err.(*sdk.Error); ok {
		return e.HTTPStatusCode
	}
	return 0
}

func TestSavedStateGoesOn(t *testing.T) {
	t.Parallel()
	f, g := start(t), start(t)
	cs := f.open(t, "SO-1")
	f.Hold()
	_ = f.Pay(t.Context(), "SO-1") // its events are held back, which the error says
	var saved strings.Builder
	if err := f.Save(&saved); err != nil {
		t.Fatal(err)
	}
	if err := g.Load(strings.NewReader(saved.String())); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for len(g.Unsent()) > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if got := g.session(t, cs.ID); got.Status != "complete" || len(g.shop.types()) != 3 {
		t.Errorf("loaded: %s, %v", got.Status, g.shop.types())
	}
}
