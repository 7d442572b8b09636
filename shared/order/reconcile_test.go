package order_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/order"
)

func (f *fixture) run(t *testing.T) (order.Reconciled, error) {
	t.Helper()
	return order.Reconciler{Fulfiller: f.fulfiller}.Run(t.Context(), f.now)
}

// must runs reconciliation and expects no trouble.
func (f *fixture) must(t *testing.T) order.Reconciled {
	t.Helper()
	out, err := f.run(t)
	if err != nil || out.Failed > 0 || len(out.GivenUp) > 0 || out.Behind {
		t.Errorf("reconciliation: %+v, %v", out, err)
	}
	return out
}

// lost is one order of an outage: what happens to it at Stripe, and where reconciliation must bring it.
type lost struct {
	method order.Method
	happen []func(*fixture, context.Context, string) error
	state  order.State
	keys   []license.State
	person order.Result // if it is for one
}

// The happenings of an outage.
var (
	pays       = func(f *fixture, ctx context.Context, n string) error { return f.stripe.Pay(ctx, n) }
	declined   = func(f *fixture, ctx context.Context, n string) error { return f.stripe.Fail(ctx, n) }
	ends       = func(f *fixture, ctx context.Context, n string) error { return f.stripe.Expire(ctx, n) }
	refunded   = func(f *fixture, ctx context.Context, n string) error { return f.stripe.Refund(ctx, n) }
	refundFail = func(f *fixture, ctx context.Context, n string) error { return f.stripe.FailRefund(ctx, n) }
	refundPart = func(f *fixture, ctx context.Context, n string) error { return f.stripe.RefundPart(ctx, n, 100) }
	disputed   = func(f *fixture, ctx context.Context, n string) error { return f.stripe.Dispute(ctx, n) }
	won        = func(f *fixture, ctx context.Context, n string) error { return f.stripe.CloseDispute(ctx, n, "won") }
	lostTo     = func(f *fixture, ctx context.Context, n string) error { return f.stripe.CloseDispute(ctx, n, "lost") }
	wired      = func(f *fixture, ctx context.Context, n string) error { return f.stripe.MarkPaidOutOfBand(ctx, n) }
	part       = func(f *fixture, ctx context.Context, n string) error { return f.stripe.PayPart(ctx, n, 1000) }
	tooMuch    = func(f *fixture, ctx context.Context, n string) error { return f.stripe.PayPart(ctx, n, 9999) }
	voided     = func(f *fixture, ctx context.Context, n string) error { return f.stripe.VoidInvoice(ctx, n) }
	lateWire   = func(f *fixture, ctx context.Context, n string) error { return f.stripe.Wired(ctx, n) }
	givenUp    = func(f *fixture, ctx context.Context, n string) error { return f.stripe.MarkUncollectible(ctx, n) }
	credited   = func(f *fixture, ctx context.Context, n string) error { return f.stripe.Credit(ctx, n, 3400) }
	warned     = func(f *fixture, ctx context.Context, n string) error { return f.stripe.Warn(ctx, n) }
)

func all(happen ...func(*fixture, context.Context, string) error) []func(*fixture, context.Context, string) error {
	return happen
}

// outage is everything that can happen to orders while no webhook arrives.
func outage() map[string]lost {
	issued, void, suspended := []license.State{license.Issued}, []license.State{license.Void}, []license.State{license.Suspended}
	return map[string]lost{
		"card, paid":                  {order.Card, all(declined, pays), order.Fulfilled, issued, ""},
		"card, abandoned":             {order.Card, all(declined, ends), order.Cancelled, nil, ""},
		"card, untouched":             {order.Card, nil, order.Cancelled, nil, ""},
		"card, refunded":              {order.Card, all(pays, refunded), order.Refunded, void, ""},
		"card, refund failed":         {order.Card, all(pays, refunded, refundFail), order.Fulfilled, issued, ""},
		"card, refunded in part":      {order.Card, all(pays, refundPart), order.Fulfilled, issued, order.Decide},
		"card, disputed":              {order.Card, all(pays, disputed), order.Disputed, suspended, ""},
		"card, dispute won":           {order.Card, all(pays, disputed, won), order.Fulfilled, issued, ""},
		"card, dispute lost":          {order.Card, all(pays, disputed, lostTo), order.Refunded, void, ""},
		"card, warned":                {order.Card, all(pays, warned), order.Fulfilled, issued, order.Decide},
		"invoice, paid":               {order.Invoice, all(pays), order.Fulfilled, issued, ""},
		"invoice, out of band":        {order.Invoice, all(wired), order.Fulfilled, issued, ""},
		"invoice, in part":            {order.Invoice, all(part), order.Placed, nil, ""},
		"invoice, overpaid":           {order.Invoice, all(tooMuch), order.Fulfilled, issued, order.Overpaid},
		"invoice, voided":             {order.Invoice, all(voided), order.Cancelled, nil, ""},
		"invoice, voided, part paid":  {order.Invoice, all(part, voided), order.Cancelled, nil, order.Decide},
		"invoice, voided then wired":  {order.Invoice, all(voided, lateWire), order.Paid, nil, order.Held},
		"invoice, given up":           {order.Invoice, all(givenUp), order.Placed, nil, ""},
		"invoice, given up then paid": {order.Invoice, all(givenUp, pays), order.Fulfilled, issued, ""},
		"invoice, credited away":      {order.Invoice, all(credited), order.Paid, nil, order.Held},
		"invoice, refunded":           {order.Invoice, all(pays, refunded), order.Refunded, void, ""},
		"invoice, disputed":           {order.Invoice, all(pays, disputed), order.Disputed, suspended, ""},
	}
}

// TestS17AWebhookOutageOfTwoDays lets everything happen while no webhook arrives. Reconciliation alone brings every
// order to its right state, says what it repaired and what is for a person, and finds nothing more to do.
func TestS17AWebhookOutageOfTwoDays(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	numbers := map[string]string{}
	for name, c := range outage() {
		f.at(f.now.Add(time.Minute))
		if c.method == order.Invoice {
			numbers[name] = f.invoice(t).Number
		} else {
			numbers[name] = f.place(t).Number
		}
		for _, happen := range c.happen {
			f.at(f.now.Add(time.Second))
			happened(t, happen(f, t.Context(), numbers[name]))
		}
	}
	f.at(f.now.Add(48 * time.Hour))
	out := f.must(t)
	for name, c := range outage() {
		f.expect(t, name, numbers[name], c.state, c.keys...)
		var people []order.Result
		for _, p := range out.People {
			if p.Order == numbers[name] {
				people = append(people, p.Result)
			}
		}
		if c.person == "" && len(people) > 0 || c.person != "" && !slices.Contains(people, c.person) {
			t.Errorf("%s: for a person as %v, want %q", name, people, c.person)
		}
	}
	if out.Cancelled != 2 || len(out.Repairs) < 18 {
		t.Errorf("cancelled %d, repaired %d", out.Cancelled, len(out.Repairs))
	}
	mails, keys := f.count(t, "OUTBOX_TABLE"), f.count(t, "LICENSES_TABLE")
	f.at(f.now.Add(time.Minute))
	if again := f.must(t); len(again.Repairs) != 0 || len(again.People) != 0 || again.Cancelled != 0 || f.count(t, "OUTBOX_TABLE") != mails || f.count(t, "LICENSES_TABLE") != keys {
		t.Errorf("a second run: %+v", again)
	}
	for _, e := range f.stripe.Events() { // the webhooks come after all, days late
		out := f.redeliver(t, e.ID)
		if out.Changed {
			t.Errorf("late %s: %+v", e.Type, out)
		}
	}
}

// redeliver takes one event as the webhook function would.
func (f *fixture) redeliver(t *testing.T, id string) order.Outcome {
	t.Helper()
	body, header, err := f.stripe.Signed(id)
	fatal(t, err)
	e, err := f.webhook.Parse(body, header, f.now)
	fatal(t, err)
	out, err := f.fulfiller.Take(t.Context(), e, f.now)
	fatal(t, err)
	return out
}

func TestReconciliationGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	f := start(t)
	var numbers []string
	for range 30 {
		o := f.place(t)
		f.pay(t, o.Number)
		numbers = append(numbers, o.Number)
	}
	f.at(f.now.Add(2 * time.Minute)) // their links are good for longer: the events alone bring them on
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.Slow, Method: http.MethodGet, Wait: 25 * time.Millisecond, Times: 10_000})
	runs := 0
	for done := 0; done < len(numbers) && runs < 100; runs++ {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second+300*time.Millisecond) // of which 15 s are kept
		_, err := order.Reconciler{Fulfiller: f.fulfiller}.Run(ctx, f.now)
		cancel()
		fatal(t, err)
		done = f.count(t, "LICENSES_TABLE")
	}
	if runs < 2 {
		t.Errorf("%d run was enough: the test shows nothing", runs)
	}
	for _, number := range numbers {
		f.expect(t, "in the end", number, order.Fulfilled, license.Issued)
	}
}

func TestStripeIsInTroubleWhileReconciling(t *testing.T) { // quality.md 2 row 7
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{
		"down":          {Kind: sandbox.Unavailable, Times: 1000},
		"an error":      {Kind: sandbox.ErrorBefore, Times: 1000},
		"rate limited":  {Kind: sandbox.TooMany, Times: 1000},
		"cut":           {Kind: sandbox.DropBefore, Times: 1000},
		"events down":   {Kind: sandbox.Unavailable, Path: "/v1/events", Times: 3},
		"sessions down": {Kind: sandbox.Unavailable, Path: "/v1/checkout/sessions", Times: 1000},
	} {
		f := start(t)
		first, second := f.place(t), f.place(t)
		f.pay(t, first.Number)
		f.pay(t, second.Number)
		f.at(f.now.Add(time.Hour))
		fault.Method = http.MethodGet
		f.stripe.Inject(fault)
		if out, err := f.run(t); err == nil || name != "events down" && (out.Failed == 0 && len(out.Repairs) != 0) {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
		f.stripe.ClearFaults()
		f.must(t)
		f.expect(t, name, first.Number, order.Fulfilled, license.Issued)
		f.expect(t, name, second.Number, order.Fulfilled, license.Issued)
	}
}

func TestACrashWhileReconciling(t *testing.T) { // quality.md 2 rows 3 and 4
	t.Parallel()
	for _, kind := range []dynamotest.Fault{dynamotest.CutRequest, dynamotest.CutReply} {
		for call := 0; ; call++ {
			f := start(t)
			paid, given, abandoned := f.place(t), f.place(t), f.place(t)
			f.pay(t, paid.Number)
			f.pay(t, given.Number)
			happened(t, f.stripe.Refund(t.Context(), given.Number))
			f.at(f.now.Add(25 * time.Hour))
			f.Faults.FromCall(call, kind) // dead from here on
			_, err := f.run(t)
			total := len(f.Faults.Calls())
			f.Faults.Clear()
			f.must(t)
			f.expect(t, fmt.Sprint("paid, call ", call), paid.Number, order.Fulfilled, license.Issued)
			f.expect(t, fmt.Sprint("refunded, call ", call), given.Number, order.Refunded, license.Void)
			f.expect(t, fmt.Sprint("abandoned, call ", call), abandoned.Number, order.Cancelled)
			if n := f.count(t, "LICENSES_TABLE"); n != 2 {
				t.Errorf("call %d: %d keys", call, n)
			}
			if err == nil && total <= call {
				if call < 8 {
					t.Errorf("only %d calls", call)
				}
				break
			}
			call += 2 // every third, in turn with the next kind
		}
	}
}

func TestManyReconciliationsAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t)
	var numbers []string
	for range 6 {
		o := f.place(t, order.Ask{"us", 3})
		f.pay(t, o.Number)
		numbers = append(numbers, o.Number)
	}
	f.at(f.now.Add(time.Hour))
	before := f.count(t, "OUTBOX_TABLE")
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := f.run(t); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, number := range numbers {
		f.expect(t, "by one of them", number, order.Fulfilled, license.Issued, license.Issued, license.Issued)
	}
	if n := f.count(t, "OUTBOX_TABLE") - before; n != 6 || f.count(t, "LICENSES_TABLE") != 18 {
		t.Errorf("%d mails, %d keys", n, f.count(t, "LICENSES_TABLE"))
	}
}

func TestReconciliationThatStoodStillTooLong(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	f.must(t)
	o, i := f.sold(t, order.Card), f.invoice(t)
	happened(t, f.stripe.MarkPaidOutOfBand(t.Context(), i.Number))
	happened(t, f.stripe.Refund(t.Context(), o.Number))
	f.at(f.now.Add(31 * 24 * time.Hour))
	out, err := f.run(t)
	if err != nil || !out.Behind || len(out.Repairs) != 1 {
		t.Errorf("after 31 days: %+v, %v", out, err)
	}
	f.expect(t, "by the open orders", i.Number, order.Fulfilled, license.Issued)
	f.expect(t, "for a person", o.Number, order.Fulfilled, license.Issued)
	f.at(f.now.Add(time.Minute))
	f.must(t)
}

func TestAnEventThatCannotBeTakenIsGivenUp(t *testing.T) {
	t.Parallel()
	f := start(t)
	stuck := f.sold(t, order.Card)
	f.at(f.now.Add(31 * 24 * time.Hour)) // the payment's event is gone
	happened(t, f.stripe.Refund(t.Context(), stuck.Number))
	_, err := f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{ // and nobody knows of the payment
		TableName: aws.String(f.Table("ORDERS_TABLE")), Key: dynamo.Item{"p": dynamo.S(stuck.Number)}, UpdateExpression: aws.String("SET st = :s"),
		ExpressionAttributeValues: dynamo.Item{":s": dynamo.S(string(order.Placed))},
	})
	fatal(t, err)
	later := f.place(t)
	f.pay(t, later.Number)
	if out, err := f.run(t); err == nil || out.Failed == 0 || len(out.GivenUp) != 0 {
		t.Errorf("at first: %+v, %v", out, err)
	}
	f.expect(t, "behind it", later.Number, order.Fulfilled, license.Issued)
	f.at(f.now.Add(3*24*time.Hour + time.Minute))
	if out, err := f.run(t); err == nil || out.Failed != 0 || len(out.GivenUp) == 0 {
		t.Errorf("after three days: %+v, %v", out, err)
	}
	f.at(f.now.Add(time.Hour))
	f.must(t)
}

func TestOrdersPaidWithoutKeysAreCounted(t *testing.T) { // S-21
	t.Parallel()
	f := start(t)
	o := f.place(t)
	f.pay(t, o.Number)
	fatal(t, f.stripe.Tamper(f.stripe.Sessions(o.Number)[0], func(total *int64, _ *string) { *total = 1 }))
	if out := f.take(t, completed); out.Result != order.Held {
		t.Fatalf("outcome: %+v", out)
	}
	held := f.now
	for after, want := range map[time.Duration]int{15*time.Minute - time.Millisecond: 0, 15 * time.Minute: 1, 40 * 24 * time.Hour: 1} {
		f.at(held.Add(after))
		if out, err := f.run(t); err != nil || len(out.WithoutKeys) != want {
			t.Errorf("%s after payment: %v, %v", after, out.WithoutKeys, err)
		}
	}
	f.at(held.Add(time.Hour))
	happened(t, f.stripe.Refund(t.Context(), o.Number))
	f.take(t, "charge.refunded")
	if out := f.must(t); len(out.WithoutKeys) != 0 {
		t.Errorf("after the refund: %v", out.WithoutKeys)
	}
	f.expect(t, "refunded", o.Number, order.Refunded)
	happened(t, f.stripe.FailRefund(t.Context(), o.Number))
	f.take(t, "refund.failed")
	if out := f.must(t); len(out.WithoutKeys) != 1 {
		t.Errorf("after the refund failed: %v", out.WithoutKeys)
	}
}

func TestThousandsOfEventsAreGoneThrough(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t)
	for range 700 { // 1400 events of no effect, over a day
		f.at(f.now.Add(2 * time.Second))
		happened(t, f.stripe.Fail(t.Context(), o.Number))
	}
	p := f.place(t)
	f.pay(t, p.Number)
	f.at(f.now.Add(2 * time.Minute))
	if out := f.must(t); len(out.Repairs) != 1 || out.Repairs[0].Order != p.Number {
		t.Errorf("repaired: %+v", out.Repairs)
	}
}
