package order_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/license"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

func TestAFreshLinkClosesTheOldOne(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t)
	old := o.CheckoutURL(f.now)
	f.at(f.now.Add(10 * time.Minute))
	again, err := f.cashier.Again(t.Context(), o.Number, buyer(1), f.now)
	if err != nil || again.CheckoutURL(f.now) == "" || again.CheckoutURL(f.now) == old {
		t.Fatalf("fresh link: %q, %v", again.CheckoutURL(f.now), err)
	}
	ids := f.stripe.Sessions(o.Number)
	first, err := f.payment.GetCheckout(t.Context(), ids[0])
	if err != nil || first.Status != payment.Expired || len(ids) != 2 {
		t.Errorf("the old session: %+v, %v", first, err)
	}
	if out := f.take(t, "checkout.session.expired"); out.Result != order.Ignored { // a fresh one stands there
		t.Errorf("its expiry: %+v", out)
	}
	f.pay(t, o.Number)
	if out := f.take(t, completed); out.Result != order.Done {
		t.Errorf("paying by it: %+v", out)
	}
}

func TestAnExpiredSessionIsReplaced(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t)
	_ = f.stripe.Expire(t.Context(), o.Number) // its event is held, which the error says
	for _, want := range []order.Result{order.Lapsed, order.Ignored} {
		if out := f.take(t, "checkout.session.expired"); out.Result != want {
			t.Errorf("outcome: %+v", out)
		}
	}
	if v := f.view(t, o.Number); v.State != order.Placed || v.CheckoutURL(f.now) != "" {
		t.Errorf("after expiry: %s %q", v.State, v.CheckoutURL(f.now))
	}
	if again, err := f.cashier.Again(t.Context(), o.Number, buyer(1), f.now); err != nil || again.CheckoutURL(f.now) == "" {
		t.Errorf("fresh link: %v", err)
	}
}

func TestWhoMayHaveAFreshLinkAndWhen(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t)
	for _, number := range []string{o.Number, "SO-00000000", "SO-", "nonsense"} {
		if _, err := f.cashier.Again(t.Context(), number, buyer(2), f.now); !errors.Is(err, order.ErrUnknown) { // S-06
			t.Errorf("%s by another: %v", number, err)
		}
	}
	placed := f.now
	f.at(placed.Add(23*time.Hour + 30*time.Minute - time.Millisecond))
	if _, err := f.cashier.Again(t.Context(), o.Number, buyer(1), f.now); err != nil {
		t.Errorf("a moment before the last half hour: %v", err)
	}
	f.at(placed.Add(23*time.Hour + 30*time.Minute))
	if _, err := f.cashier.Again(t.Context(), o.Number, buyer(1), f.now); !errors.Is(err, order.ErrNotPayable) {
		t.Errorf("in the last half hour: %v", err)
	}
	f.at(placed)
	p := f.place(t)
	f.pay(t, p.Number)
	if _, err := f.cashier.Again(t.Context(), p.Number, buyer(1), f.now); !errors.Is(err, order.ErrNotPayable) {
		t.Errorf("paid, not told yet: %v", err)
	}
	if f.take(t, completed); len(f.keys(t, p.Number)) != 1 {
		t.Error("the payment was lost")
	}
	if _, err := f.cashier.Again(t.Context(), p.Number, buyer(1), f.now); !errors.Is(err, order.ErrNotPayable) {
		t.Errorf("fulfilled: %v", err)
	}
}

func TestFreshLinksAskedForAtOnceLeaveOneOpen(t *testing.T) { // S-07
	t.Parallel()
	f := start(t)
	o := f.place(t)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := f.cashier.Again(t.Context(), o.Number, buyer(1), f.now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	open := 0
	for _, id := range f.stripe.Sessions(o.Number) {
		s, err := f.payment.GetCheckout(t.Context(), id)
		fatal(t, err)
		if s.Status == payment.Open {
			open++
		}
	}
	if open > 1 {
		t.Errorf("%d sessions are open", open)
	}
	f.at(f.now.Add(time.Minute))
	if again, err := f.cashier.Again(t.Context(), o.Number, buyer(1), f.now); err != nil || again.CheckoutURL(f.now) == "" {
		t.Errorf("afterwards: %v", err)
	}
}

func TestCancelling(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t)
	if _, err := f.canceller.Cancel(t.Context(), o.Number, buyer(2), from, f.now); !errors.Is(err, order.ErrUnknown) {
		t.Errorf("by another: %v", err)
	}
	for range 2 {
		got, err := f.canceller.Cancel(t.Context(), o.Number, buyer(1), from, f.now)
		if err != nil || got.State != order.Cancelled {
			t.Fatalf("cancelled: %+v, %v", got.State, err)
		}
	}
	if got := f.events(t, o.Number); len(got) != 2 || f.item(t, o.Number)["da"] != nil {
		t.Errorf("audit: %v", got)
	}
	if s, err := f.payment.GetCheckout(t.Context(), f.stripe.Sessions(o.Number)[0]); err != nil || s.Status != payment.Expired {
		t.Errorf("its session: %+v, %v", s, err)
	}
	if _, err := f.cashier.Again(t.Context(), o.Number, buyer(1), f.now); !errors.Is(err, order.ErrNotPayable) {
		t.Errorf("a link for it: %v", err)
	}
}

func TestCancellingWhatWasJustPaid(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t)
	f.pay(t, o.Number)
	if _, err := f.canceller.Cancel(t.Context(), o.Number, buyer(1), from, f.now); !errors.Is(err, order.ErrNotCancellable) {
		t.Errorf("err = %v", err)
	}
	if out := f.take(t, completed); out.Result != order.Done {
		t.Errorf("outcome: %+v", out)
	}
	if _, err := f.canceller.Cancel(t.Context(), o.Number, buyer(1), from, f.now); !errors.Is(err, order.ErrNotCancellable) {
		t.Errorf("fulfilled: %v", err)
	}
}

func TestAPaymentForACancelledOrderIsForAPerson(t *testing.T) { // S-15
	t.Parallel()
	f := start(t)
	o := f.place(t)
	s, err := f.payment.GetCheckout(t.Context(), f.stripe.Sessions(o.Number)[0])
	fatal(t, err)
	_, err = f.canceller.Cancel(t.Context(), o.Number, buyer(1), from, f.now)
	fatal(t, err)
	s.Status, s.Paid, s.Payment = payment.Complete, true, "pi_late"
	for range 2 {
		if out, err := f.fulfiller.Settle(t.Context(), s, f.now); err != nil || out.Result != order.PaidAgain || !out.Alarming() {
			t.Errorf("outcome: %+v, %v", out, err)
		}
	}
	if v := f.view(t, o.Number); v.State != order.Cancelled || len(v.Licenses) != 0 {
		t.Errorf("order: %s, %d keys", v.State, len(v.Licenses))
	}
}

func TestStripeIsDownWhenSomebodyCancels(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t)
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.ErrorBefore, Times: 3})
	if _, err := f.canceller.Cancel(t.Context(), o.Number, buyer(1), from, f.now); !errors.Is(err, payment.ErrUnavailable) {
		t.Errorf("err = %v", err)
	}
	if v := f.view(t, o.Number); v.State != order.Placed || v.CheckoutURL(f.now) == "" {
		t.Errorf("order: %s", v.State)
	}
}

// redeem marks an order's first key as entered, which another room does.
func (f *fixture) redeem(t *testing.T, number string) {
	t.Helper()
	k, err := license.Parse(f.keys(t, number)[0])
	fatal(t, err)
	out, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(f.Table("LICENSES_TABLE"))})
	fatal(t, err)
	for _, item := range out.Items {
		if dynamo.Read(item).Text("l4") != k.Last4() {
			continue
		}
		by := buyer(9)
		_, err := f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String(f.Table("LICENSES_TABLE")), Key: dynamo.Item{"p": item["p"]}, UpdateExpression: aws.String("SET st = :s, h = :h REMOVE v"),
			ExpressionAttributeValues: dynamo.Item{":s": dynamo.S(string(license.Registered)), ":h": dynamo.B(by[:])},
		})
		fatal(t, err)
	}
}

func TestThePurchaserSeesKeysUntilTheyAreEntered(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t, order.Ask{"us", 2})
	f.pay(t, o.Number)
	f.take(t, completed)
	if _, err := f.reader.One(t.Context(), o.Number, buyer(2), show(true), f.now); !errors.Is(err, order.ErrUnknown) {
		t.Errorf("another account: %v", err)
	}
	weak, err := f.reader.One(t.Context(), o.Number, buyer(1), show(false), f.now)
	fatal(t, err)
	for _, k := range weak.Licenses {
		if k.Plain != nil || k.State != license.Issued || len(k.Last4) != 4 {
			t.Errorf("at password strength: %+v", k)
		}
	}
	f.redeem(t, o.Number)
	shown, hidden := 0, 0
	for _, k := range f.view(t, o.Number).Licenses {
		if k.Plain != nil {
			shown++
		} else if k.State == license.Registered {
			hidden++
		}
	}
	if shown != 1 || hidden != 1 {
		t.Errorf("%d shown, %d hidden", shown, hidden)
	}
	if v, err := f.reader.One(t.Context(), o.Number, buyer(1), show(true), o.PlacedAt.AddDate(1, 0, 1)); err != nil || v.Licenses[0].Plain != nil || v.Licenses[1].Plain != nil {
		t.Errorf("a year later: %v", err)
	}
	never := func(context.Context) (bool, error) { t.Error("asked without a reason"); return false, nil }
	p := f.place(t)
	views, err := f.reader.Of(t.Context(), never, f.now, p)
	if err != nil || len(views[0].Licenses) != 0 {
		t.Errorf("unpaid: %+v, %v", views, err)
	}
}

func TestOrdersAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	f := start(t)
	var numbers []string
	for range 3 {
		numbers = append(numbers, f.place(t).Number)
		f.at(f.now.Add(time.Second))
	}
	f.pay(t, numbers[1])
	f.take(t, completed)
	got, err := f.reader.All(t.Context(), buyer(1), show(true), f.now)
	if err != nil || len(got) != 3 {
		t.Fatalf("%d orders, %v", len(got), err)
	}
	for i, v := range got {
		if v.Number != numbers[2-i] || (len(v.Licenses) == 1) != (i == 1) {
			t.Errorf("%d: %s with %d keys", i, v.Number, len(v.Licenses))
		}
	}
	if got, err := f.reader.All(t.Context(), buyer(2), show(true), f.now); err != nil || len(got) != 0 {
		t.Errorf("another account: %d, %v", len(got), err)
	}
}

func TestSendingTheKeysAgain(t *testing.T) { // K-11: the same key again, product.md 2, so none is revoked
	t.Parallel()
	f := start(t)
	resend := func(number string, by int) error {
		return f.resender.Resend(t.Context(), number, buyer(by), from, f.now)
	}
	o := f.place(t)
	if err := resend(o.Number, 1); !errors.Is(err, order.ErrNoKeys) {
		t.Errorf("unpaid: %v", err)
	}
	f.pay(t, o.Number)
	f.take(t, completed)
	if err := resend(o.Number, 2); !errors.Is(err, order.ErrUnknown) {
		t.Errorf("by another: %v", err)
	}
	before := f.count(t, "OUTBOX_TABLE")
	for range 3 {
		fatal(t, resend(o.Number, 1))
	}
	err := resend(o.Number, 1)
	if e, _ := fault.Of(err); !errors.Is(err, order.ErrResendLimit) || !e.RetryAt.Equal(f.now.Add(time.Hour)) {
		t.Errorf("the fourth time: %v", err)
	}
	if n := f.count(t, "OUTBOX_TABLE") - before; n != 3 {
		t.Errorf("%d mails", n)
	}
	f.at(f.now.Add(time.Hour))
	f.redeem(t, o.Number)
	if err := resend(o.Number, 1); !errors.Is(err, order.ErrNoKeys) {
		t.Errorf("after redemption: %v", err)
	}
}
