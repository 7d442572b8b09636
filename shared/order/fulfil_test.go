package order_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

func TestAPaymentIssuesTheKeys(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t, order.Ask{"us", 2}, order.Ask{"intl-proofed", 1})
	f.pay(t, o.Number)
	e := f.event(t, completed)
	paid := f.now.Add(5 * time.Minute)
	f.Faults.Clear()
	out, err := f.fulfiller.Take(t.Context(), e, paid)
	if err != nil || out.Result != order.Done || out.Order != o.Number || out.Alarming() {
		t.Fatalf("outcome: %+v, %v", out, err)
	}
	if calls := f.Faults.Calls(); len(calls) != 2 { // quality.md 1 row 1
		t.Errorf("calls: %+v, want 2", calls)
	}
	v := f.view(t, o.Number)
	if v.State != order.Fulfilled || len(v.Licenses) != 3 || !v.PaidAt.Equal(paid) || v.CheckoutURL(f.now) != "" {
		t.Errorf("order: %s, %d keys", v.State, len(v.Licenses))
	}
	seen := map[string]bool{}
	for _, k := range f.keys(t, o.Number) {
		if _, err := license.Parse(k); err != nil || seen[k] {
			t.Errorf("key %v", err)
		}
		seen[k] = true
	}
	if got := f.events(t, o.Number); !slices.Equal(got, []audit.Event{order.EventPlaced, order.EventFulfilled}) {
		t.Errorf("audit: %v", got)
	}
	if n := f.count(t, "OUTBOX_TABLE"); n != 2 || f.item(t, o.Number)["da"] != nil {
		t.Errorf("%d notices; due: %v", n, f.item(t, o.Number)["da"])
	}
}

func TestTheSameEventAHundredTimes(t *testing.T) { // S-01, issue 3
	t.Parallel()
	f := start(t)
	o := f.place(t)
	f.pay(t, o.Number)
	e := f.event(t, completed)
	results := make(chan order.Result, 100)
	var wg sync.WaitGroup
	for range cap(results) {
		wg.Go(func() {
			out, err := f.fulfiller.Take(t.Context(), e, f.now)
			if err != nil {
				t.Error(err)
			}
			results <- out.Result
		})
	}
	wg.Wait()
	close(results)
	for r := range results {
		if r != order.Done && r != order.Already {
			t.Errorf("result %s", r)
		}
	}
	before := f.keys(t, o.Number)
	for range 100 {
		if out := f.take(t, completed); out.Result != order.Already {
			t.Fatalf("later: %s", out.Result)
		}
	}
	if after := f.keys(t, o.Number); len(after) != 1 || !slices.Equal(before, after) {
		t.Errorf("keys: %d", len(after))
	}
	if f.count(t, "LICENSES_TABLE") != 1 || f.count(t, "OUTBOX_TABLE") != 2 || len(f.events(t, o.Number)) != 2 {
		t.Errorf("%d licenses, %d notices, audit %v", f.count(t, "LICENSES_TABLE"), f.count(t, "OUTBOX_TABLE"), f.events(t, o.Number))
	}
}

func TestFiftyKeys(t *testing.T) { // S-18
	t.Parallel()
	f := start(t)
	o := f.place(t, order.Ask{"us", 20}, order.Ask{"us-proofed", 10}, order.Ask{"intl", 10}, order.Ask{"intl-proofed", 10})
	f.pay(t, o.Number)
	f.take(t, completed)
	keys := f.keys(t, o.Number)
	slices.Sort(keys)
	if len(slices.Compact(keys)) != 50 || f.count(t, "OUTBOX_TABLE") != 2 {
		t.Errorf("%d keys, %d notices", len(slices.Compact(keys)), f.count(t, "OUTBOX_TABLE"))
	}
}

func TestWhatDiffersIsHeld(t *testing.T) { // S-05
	t.Parallel()
	for name, tamper := range map[string]func(total *int64, currency *string){
		"amount":   func(total *int64, _ *string) { *total = 1 },
		"currency": func(_ *int64, currency *string) { *currency = "eur" },
	} {
		f := start(t)
		o := f.place(t)
		f.pay(t, o.Number)
		fatal(t, f.stripe.Tamper(f.stripe.Sessions(o.Number)[0], tamper))
		for range 3 {
			out := f.take(t, completed)
			if out.Result != order.Held && out.Result != order.Already || out.Result == order.Held && (out.Why != name || !out.Alarming()) {
				t.Errorf("%s: %+v", name, out)
			}
		}
		v := f.view(t, o.Number)
		if v.State != order.Paid || v.HeldBecause != name || len(v.Licenses) != 0 || f.count(t, "LICENSES_TABLE") != 0 {
			t.Errorf("%s: %s because of %q, %d keys", name, v.State, v.HeldBecause, len(v.Licenses))
		}
		if got := f.events(t, o.Number); len(got) != 2 || got[1] != order.EventHeld {
			t.Errorf("%s: audit %v", name, got)
		}
		if _, err := f.canceller.Cancel(t.Context(), o.Number, buyer(1), from, f.now); !errors.Is(err, order.ErrNotCancellable) {
			t.Errorf("%s: cancelled: %v", name, err)
		}
		if _, err := f.cashier.Again(t.Context(), o.Number, buyer(1), f.now); !errors.Is(err, order.ErrNotPayable) {
			t.Errorf("%s: paid again: %v", name, err)
		}
	}
}

func TestEveryDifferenceIsSeen(t *testing.T) { // S-05
	t.Parallel()
	f := start(t)
	for name, change := range map[string]func(*payment.Session){
		"mode":      func(s *payment.Session) { s.Live = true },
		"lines":     func(s *payment.Session) { s.Lines = nil },
		"product":   func(s *payment.Session) { s.Lines[0].Product = "intl" },
		"price":     func(s *payment.Session) { s.Lines[0].Price.Amount++ },
		"quantity":  func(s *payment.Session) { s.Lines[0].Quantity++ },
		"":          func(*payment.Session) {},
		"amount":    func(s *payment.Session) { s.Total.Amount-- },
		"currency":  func(s *payment.Session) { s.Total.Currency = "EUR" },
		"nothing 2": func(s *payment.Session) { s.Lines = append(s.Lines, s.Lines[0]) },
	} {
		o := f.place(t, order.Ask{"us", 2})
		f.pay(t, o.Number)
		s, err := f.payment.GetCheckout(t.Context(), f.stripe.Sessions(o.Number)[0])
		fatal(t, err)
		change(&s)
		out, err := f.fulfiller.Settle(t.Context(), s, f.now)
		fatal(t, err)
		switch {
		case name == "" && out.Result != order.Done, name != "" && out.Result != order.Held:
			t.Errorf("%q: %+v", name, out)
		case name != "" && name != "nothing 2" && out.Why != name:
			t.Errorf("%q: held because of %q", name, out.Why)
		}
	}
}

func TestWhatIsNotPaidIssuesNothing(t *testing.T) { // S-04
	t.Parallel()
	f := start(t)
	o := f.place(t)
	s, err := f.payment.GetCheckout(t.Context(), f.stripe.Sessions(o.Number)[0])
	fatal(t, err)
	s.Status = payment.Complete // a delayed method: complete and unpaid
	for _, s := range []payment.Session{s, {Status: payment.Complete, Paid: true}} {
		if out, err := f.fulfiller.Settle(t.Context(), s, f.now); err != nil || out.Result != order.Ignored {
			t.Errorf("outcome: %+v, %v", out, err)
		}
	}
	s.Paid, s.Payment = true, "" // a coupon of 100 %: Stripe says that no payment is needed
	for _, want := range []order.Result{order.Done, order.Already} {
		if out, err := f.fulfiller.Settle(t.Context(), s, f.now); err != nil || out.Result != want {
			t.Errorf("no payment needed: %+v, %v", out, err)
		}
	}
	s.Order = "SO-00000000"
	if out, err := f.fulfiller.Settle(t.Context(), s, f.now); err != nil || out.Result != order.NotOurs || !out.Alarming() {
		t.Errorf("unknown order: %+v, %v", out, err)
	}
	if out, err := f.fulfiller.Take(t.Context(), payment.Event{Type: completed, ObjectID: "cs_test_none"}, f.now); err != nil || out.Result != order.NotOurs {
		t.Errorf("unknown session: %+v, %v", out, err)
	}
	if out, err := f.fulfiller.Take(t.Context(), payment.Event{Type: "balance.available"}, f.now); err != nil || out.Result != order.Unknown {
		t.Errorf("unknown type: %+v, %v", out, err)
	}
}

func TestASecondPaymentIsForAPerson(t *testing.T) { // S-07, S-08
	t.Parallel()
	f := start(t)
	o := f.place(t)
	f.pay(t, o.Number)
	f.take(t, completed)
	s, err := f.payment.GetCheckout(t.Context(), f.stripe.Sessions(o.Number)[0])
	fatal(t, err)
	before := f.keys(t, o.Number)
	s.ID, s.Payment = "cs_test_other", "pi_other"
	f.at(f.now.Add(time.Second))
	for range 3 {
		if out, err := f.fulfiller.Settle(t.Context(), s, f.now); err != nil || out.Result != order.PaidAgain || !out.Alarming() {
			t.Errorf("outcome: %+v, %v", out, err)
		}
	}
	if got := f.events(t, o.Number); len(got) != 3 || got[2] != order.EventPaidAgain {
		t.Errorf("audit: %v", got)
	}
	if !slices.Equal(before, f.keys(t, o.Number)) {
		t.Error("the keys changed")
	}
}

func TestLostAnswersOfFulfilment(t *testing.T) { // S-10, quality.md 2 rows 3 and 4
	t.Parallel()
	for _, kind := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Throttle, dynamotest.ServerFail, dynamotest.Conflict} {
		for call := range 2 {
			if kind == dynamotest.Conflict && call == 0 {
				continue
			}
			f := start(t)
			o := f.place(t)
			f.pay(t, o.Number)
			e := f.event(t, completed)
			f.Faults.OnCall(call, kind)
			if out, err := f.fulfiller.Take(t.Context(), e, f.now); err != nil || out.Result != order.Done {
				t.Errorf("fault %d in call %d: %+v, %v", kind, call, out, err)
			}
			f.Faults.Clear()
			if len(f.keys(t, o.Number)) != 1 || f.count(t, "LICENSES_TABLE") != 1 || f.count(t, "OUTBOX_TABLE") != 2 || len(f.events(t, o.Number)) != 2 {
				t.Errorf("fault %d in call %d: something was done twice", kind, call)
			}
		}
	}
	for call := range 2 {
		f := start(t)
		o := f.place(t)
		f.pay(t, o.Number)
		e := f.event(t, completed)
		f.Faults.FromCall(call, dynamotest.CutRequest)
		if _, err := f.fulfiller.Take(t.Context(), e, f.now); !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("dead from call %d: %v", call, err)
		}
		f.Faults.Clear()
		if out := f.take(t, completed); out.Result != order.Done { // Stripe sends it again
			t.Errorf("after the crash at call %d: %+v", call, out)
		}
	}
}

func TestStripeIsDownWhenTheWebhookComes(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t)
	f.pay(t, o.Number)
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.ErrorBefore, Times: 3})
	if _, err := f.fulfiller.Take(t.Context(), f.event(t, completed), f.now); !errors.Is(err, payment.ErrUnavailable) {
		t.Errorf("err = %v", err)
	}
	if out := f.take(t, completed); out.Result != order.Done {
		t.Errorf("outcome: %+v", out)
	}
}
