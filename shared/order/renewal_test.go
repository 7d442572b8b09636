package order_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/phone"
)

// renewals is a shop with a holder, buyer 1, whose credential was bought when the shop opened.
type renewals struct {
	*fixture
	renewer order.Renewer
	bought  time.Time
}

func startRenewals(t *testing.T) *renewals {
	t.Helper()
	r := startUnheld(t)
	r.hold(t, "us", phone.USService, false)
	return r
}

// startUnheld is the same without the credential.
func startUnheld(t *testing.T) *renewals {
	t.Helper()
	f := start(t)
	accounttest.New(t, f.Fixture).Person(t, "buyer-1", f.now)
	credentials := f.fulfiller.Credentials
	f.cashier.Credentials, f.canceller.Credentials = credentials, credentials
	products, err := catalog.Load()
	fatal(t, err)
	return &renewals{fixture: f, bought: f.now, renewer: order.Renewer{
		Orders: f.fulfiller.Orders, Cashier: f.cashier, Canceller: f.canceller, Catalog: products, Credentials: credentials,
		Accounts: f.placer.Accounts, Notices: f.fulfiller.Notices, Audit: f.fulfiller.Audit,
	}}
}

func opening(product string, service phone.Service, proofing bool, at time.Time, license string) credential.Opening {
	return credential.Opening{Holder: buyer(1), License: []byte(license), Product: product, Service: service, Proofing: proofing, PurchasedAt: at}
}

// hold gives the holder an activated credential that was bought at the fixture's clock.
func (r *renewals) hold(t *testing.T, product string, service phone.Service, proofing bool) {
	t.Helper()
	fatal(t, r.DB.Commit(t.Context(), r.fulfiller.Credentials.Open(opening(product, service, proofing, r.bought, "the license of the first"), r.bought)))
	r.put(t, "SET st = :v, aa = :w", dynamo.S(string(credential.Active)), dynamo.Ms(r.bought))
}

// put changes the holder's item as no room may.
func (r *renewals) put(t *testing.T, set string, values ...dynamo.Value) {
	t.Helper()
	by := buyer(1)
	given := dynamo.Item{}
	for i, v := range values {
		given[":"+string(rune('v'+i))] = v
	}
	_, err := r.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String(r.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(by[:])},
		UpdateExpression: &set, ExpressionAttributeValues: given})
	fatal(t, err)
}

func (r *renewals) held(t *testing.T) *credential.Credential {
	t.Helper()
	c, err := r.fulfiller.Credentials.Find(t.Context(), buyer(1))
	fatal(t, err)
	return c
}

func renewing(product string, method order.Method) order.RenewalRequest {
	return order.RenewalRequest{Product: product, Payment: method, Billing: request().Billing}
}

// order orders the renewal of "us" under a key of its own.
func (r *renewals) order(t *testing.T, method order.Method) order.Order {
	t.Helper()
	o, made, err := r.renewer.Order(t.Context(), renewing("renew-us", method), r.by(fmt.Sprintf("%d", time.Now().UnixNano())))
	fatal(t, err)
	if !made {
		t.Fatalf("%s was open before", o.Number)
	}
	return o
}

// renewed orders and pays a renewal by card.
func (r *renewals) renewed(t *testing.T) order.Order {
	t.Helper()
	o := r.order(t, order.Card)
	r.pay(t, o.Number)
	if out := r.take(t, completed); out.Result != order.Done {
		t.Fatalf("paid: %+v", out)
	}
	return o
}

// terms checks how many terms the holder has, and that they count from the purchase.
func (r *renewals) terms(t *testing.T, what string, want int) {
	t.Helper()
	if c := r.held(t); c.Terms != want || !c.ExpiresAt.Equal(credential.Expiry(c.PurchasedAt, want)) {
		t.Errorf("%s: %d terms until %s, want %d", what, c.Terms, c.ExpiresAt, want)
	}
}

const (
	day       = 24 * time.Hour
	linkFresh = time.Minute
)

func TestARenewalIsOrderedWithItsCheckout(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	r.at(r.bought.Add(340 * day))
	r.Faults.Clear()
	o, made, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("a"))
	fatal(t, err)
	if calls := r.Faults.Calls(); len(calls) != 3 { // quality.md 1 row 1, with the session's read
		t.Errorf("calls: %+v, want 3", calls)
	}
	if !made || o.State != order.Placed || !o.Renewal() || o.Keys() != 0 || len(o.Lines) != 1 || o.Lines[0].Product != "renew-us" || o.Total.Amount != 3400 || o.CheckoutURL(r.now) == "" {
		t.Errorf("order: %+v", o)
	}
	if c := r.held(t); c.Renewal != o.Number || c.View(r.now).Renewable || c.Terms != 1 {
		t.Errorf("credential: order %q, %d terms", c.Renewal, c.Terms)
	}
	who, err := r.placer.Accounts.ByID(t.Context(), buyer(1), r.now)
	fatal(t, err)
	if who.Billing == nil || *who.Billing != request().Billing {
		t.Errorf("the account's billing address: %+v", who.Billing)
	}
	if v := r.view(t, o.Number); v.Billing != request().Billing || len(v.Licenses) != 0 || !v.Renewal() {
		t.Errorf("kept: %+v", v.Order)
	}
	if got := r.events(t, o.Number); len(got) != 1 || got[0] != order.EventPlaced || r.item(t, o.Number)["da"] == nil {
		t.Errorf("audit: %v", got)
	}
	if err := r.resender.Resend(t.Context(), o.Number, buyer(1), from, r.now); !errors.Is(err, order.ErrNoKeys) {
		t.Errorf("its keys again: %v", err)
	}
}

func TestWhoMayRenewAndWhen(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	end := credential.Expiry(r.bought, 1)
	for _, c := range []struct {
		name    string
		at      time.Time
		grace   time.Duration
		product string
		set     string
		value   dynamo.Value
		want    error
		next    string
	}{
		{"the last millisecond", end.Add(-time.Millisecond), 0, "renew-us", "", nil, nil, ""},
		{"the very instant", end, 0, "renew-us", "", nil, order.ErrRenewalNotOpen, "choose-product"},
		{"in the grace", end.Add(30*day - time.Millisecond), 30 * day, "renew-us", "", nil, nil, ""},
		{"after the grace", end.Add(30 * day), 30 * day, "renew-us", "", nil, order.ErrRenewalNotOpen, "choose-product"},
		{"another variant", r.bought, 0, "renew-us-proofed", "", nil, order.ErrRenewalWrongProduct, ""},
		{"another region", r.bought, 0, "renew-intl", "", nil, order.ErrRenewalWrongProduct, ""},
		{"the store's own", r.bought, 0, "us", "", nil, order.ErrRenewalWrongProduct, ""},
		{"no product of ours", r.bought, 0, "gold", "", nil, order.ErrRenewalWrongProduct, ""},
		{"too late before wrong", end, 0, "us", "", nil, order.ErrRenewalNotOpen, "choose-product"},
		{"frozen", r.bought, 0, "renew-us", "SET st = :v", dynamo.S("f"), nil, ""},
		{"revoked", r.bought, 0, "renew-us", "SET st = :v", dynamo.S("v"), order.ErrRenewalNotOpen, "contact-support"},
		{"renewed before", r.bought, 0, "renew-us", "SET te = :v", dynamo.N(2), order.ErrRenewalNotOpen, ""},
		{"not activated", r.bought, 0, "renew-us", "REMOVE aa", nil, order.ErrRenewalNotOpen, "register-phone"},
		{"no credential", r.bought, 0, "renew-us", "", nil, order.ErrRenewalNotOpen, "choose-product"},
	} {
		r.at(c.at)
		r.renewer.Grace = c.grace
		r.hold1(t, c.set, c.value)
		by := r.by(c.name + "-key")
		by.Key = fmt.Sprintf("%064x", c.name)[:64]
		if c.name == "no credential" {
			by.Account = buyer(2)
		}
		o, _, err := r.renewer.Order(t.Context(), renewing(c.product, order.Card), by)
		e, _ := fault.Of(err)
		if !errors.Is(err, c.want) || c.want == nil && err != nil || e != nil && e.Next != c.next {
			t.Errorf("%s: %v, %+v", c.name, err, e)
		}
		if c.name == "renewed before" && (e == nil || !e.RetryAt.Equal(end)) {
			t.Errorf("%s: %+v", c.name, e)
		}
		if err == nil {
			_, err := r.canceller.Cancel(t.Context(), o.Number, buyer(1), from, r.now)
			fatal(t, err)
		}
	}
}

// hold1 brings the credential back to its first state and changes one thing.
func (r *renewals) hold1(t *testing.T, set string, value dynamo.Value) {
	t.Helper()
	r.put(t, "SET st = :v, aa = :w, te = :x, ex = :y", dynamo.S("a"), dynamo.Ms(r.bought), dynamo.N(1), dynamo.Ms(credential.Expiry(r.bought, 1)))
	switch {
	case value != nil:
		r.put(t, set, value)
	case set != "":
		by := buyer(1)
		_, err := r.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String(r.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(by[:])}, UpdateExpression: &set})
		fatal(t, err)
	}
}

func TestTheTwinFollowsProofingAndRegion(t *testing.T) {
	t.Parallel()
	for product, c := range map[string]struct {
		service  phone.Service
		proofing bool
	}{
		"us-proofed": {phone.USService, true}, "us": {phone.USService, false},
		"intl-proofed": {phone.InternationalService, true}, "intl": {phone.InternationalService, false},
	} {
		r := startUnheld(t)
		r.hold(t, product, c.service, c.proofing)
		s, err := r.renewer.Standing(t.Context(), buyer(1), r.now)
		if err != nil || s.Twin == nil || s.Twin.Code != "renew-"+product || s.Eligibility != credential.Eligible || s.Open != nil {
			t.Errorf("%s: %+v, %v", product, s, err)
		}
		if o, _, err := r.renewer.Order(t.Context(), renewing("renew-"+product, order.Card), r.by("a")); err != nil || o.Total != s.Twin.Price {
			t.Errorf("%s: %v", product, err)
		}
	}
}

func TestWhatIsWrongWithARenewalIsTold(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	for pointer, spoil := range map[string]func(*order.RenewalRequest){
		"/product":      func(a *order.RenewalRequest) { a.Product = "" },
		"/payment":      func(a *order.RenewalRequest) { a.Payment = "cheque" },
		"/billing/city": func(a *order.RenewalRequest) { a.Billing.City = "" },
	} {
		ask := renewing("renew-us", order.Card)
		spoil(&ask)
		_, _, err := r.renewer.Order(t.Context(), ask, r.by("a"))
		e, ok := fault.Of(err)
		if !ok || e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer != pointer {
			t.Errorf("%s: %v %+v", pointer, err, e)
		}
	}
	by := r.by("a")
	by.Key = "short"
	if _, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), by); !errors.Is(err, order.ErrKeyRequired) {
		t.Errorf("a short key: %v", err)
	}
	if r.count(t, "ORDERS_TABLE") != 0 || r.held(t).Renewal != "" {
		t.Error("something was written")
	}
}

func TestAskingAgainGivesTheOpenRenewal(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	placed := r.now
	first, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("a"))
	fatal(t, err)
	ask := func(what, key string, method order.Method, made bool) order.Order {
		t.Helper()
		o, fresh, err := r.renewer.Order(t.Context(), renewing("renew-us", method), r.by(key))
		if err != nil || o.Number != first.Number || fresh != made || o.CheckoutURL(r.now) == "" {
			t.Errorf("%s: %s, new %v, link %q, %v", what, o.Number, fresh, o.CheckoutURL(r.now), err)
		}
		return o
	}
	r.at(placed.Add(59 * time.Second))
	if o := ask("the same request", "a", order.Card, true); o.CheckoutURL(r.now) != first.CheckoutURL(placed) {
		t.Error("the same request has another link")
	}
	if o := ask("a moment later", "b", order.Card, false); o.CheckoutURL(r.now) != first.CheckoutURL(placed) {
		t.Error("a moment later the link was closed")
	}
	r.at(placed.Add(10 * time.Minute))
	later := ask("later, by invoice", "c", order.Invoice, false)
	if later.CheckoutURL(r.now) == first.CheckoutURL(placed) || later.Payment != order.Card {
		t.Error("later the link is the old one")
	}
	if old, err := r.payment.GetCheckout(t.Context(), r.stripe.Sessions(first.Number)[0]); err != nil || old.Status != payment.Expired {
		t.Errorf("the old session: %s, %v", old.Status, err)
	}
	if _, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("c")); !errors.Is(err, order.ErrKeyReused) {
		t.Errorf("the key of another request: %v", err)
	}
	if _, _, err := r.renewer.Order(t.Context(), renewing("renew-intl", order.Card), r.by("d")); !errors.Is(err, order.ErrRenewalWrongProduct) {
		t.Errorf("another product: %v", err)
	}
	s, err := r.renewer.Standing(t.Context(), buyer(1), r.now)
	if err != nil || s.Eligibility != credential.OrderOpen || s.Open == nil || s.Open.Number != first.Number {
		t.Errorf("standing: %+v, %v", s, err)
	}
	r.pay(t, first.Number)
	r.at(r.now.Add(linkFresh))
	if _, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("e")); !errors.Is(err, order.ErrNotPayable) {
		t.Errorf("paid, not told yet: %v", err)
	}
	r.take(t, completed)
	if _, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("f")); !errors.Is(err, order.ErrRenewalNotOpen) {
		t.Errorf("paid: %v", err)
	}
	for key, made := range map[string]bool{"a": true, "b": false} { // as they were answered
		if o, fresh, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by(key)); err != nil || o.Number != first.Number || fresh != made || o.State != order.Fulfilled {
			t.Errorf("key %s, afterwards: %s, new %v, %v", key, o.State, fresh, err)
		}
	}
	if n := r.count(t, "OUTBOX_TABLE"); n != 1+2 { // with the account's own
		t.Errorf("%d notices", n)
	}
}

func TestFiftyRenewalsAtOnceAreOne(t *testing.T) { // issue 5
	t.Parallel()
	r := startRenewals(t)
	numbers := make(chan string, 50)
	made := make(chan string, 50)
	var wg sync.WaitGroup
	for i := range cap(numbers) {
		wg.Go(func() {
			o, fresh, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by(fmt.Sprintf("key-%02d", i)))
			if errors.Is(err, dynamo.ErrBusy) {
				return
			}
			if err != nil {
				t.Error(err)
			}
			numbers <- o.Number
			if fresh {
				made <- o.Number
			}
		})
	}
	wg.Wait()
	close(numbers)
	close(made)
	open := r.held(t).Renewal
	for n := range numbers {
		if n != open {
			t.Errorf("order %s beside %s", n, open)
		}
	}
	if len(made) != 1 || r.count(t, "OUTBOX_TABLE") != 1+1 {
		t.Errorf("%d orders were made, %d notices", len(made), r.count(t, "OUTBOX_TABLE"))
	}
	r.at(r.now.Add(time.Second))
	o, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("after"))
	if err != nil || o.Number != open || o.CheckoutURL(r.now) == "" {
		t.Errorf("afterwards: %v", err)
	}
	sessions := 0
	for _, id := range r.stripe.Sessions(open) {
		if s, err := r.payment.GetCheckout(t.Context(), id); err == nil && s.Status == payment.Open {
			sessions++
		}
	}
	if sessions != 1 {
		t.Errorf("%d sessions are open", sessions)
	}
}
