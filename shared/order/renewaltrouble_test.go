package order_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

func TestLostAnswersOfRenewing(t *testing.T) { // quality.md 2 rows 3 and 4
	t.Parallel()
	for _, kind := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Throttle, dynamotest.ServerFail, dynamotest.Conflict} {
		for call := range 3 {
			if kind == dynamotest.Conflict && call != 1 {
				continue
			}
			r := startRenewals(t)
			r.Faults.Clear()
			r.Faults.OnCall(call, kind)
			o, made, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("a"))
			r.Faults.Clear()
			if err != nil || !made || o.CheckoutURL(r.now) == "" || r.held(t).Renewal != o.Number || r.count(t, "ORDERS_TABLE") != 3 || r.count(t, "OUTBOX_TABLE") != 1+1 || len(r.stripe.Sessions(o.Number)) != 1 {
				t.Errorf("fault %d in call %d: %v, %d items", kind, call, err, r.count(t, "ORDERS_TABLE"))
			}
		}
	}
	for call := range 3 {
		for _, again := range []string{"a", "b"} { // the same request, or another
			r := startRenewals(t)
			r.Faults.Clear()
			r.Faults.FromCall(call, dynamotest.CutRequest)
			if _, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("a")); err == nil {
				t.Fatalf("dead from call %d: no error", call)
			}
			r.Faults.Clear()
			r.at(r.now.Add(20 * time.Second))
			o, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by(again))
			if err != nil || o.CheckoutURL(r.now) == "" || r.held(t).Renewal != o.Number || r.count(t, "OUTBOX_TABLE") != 1+1 {
				t.Errorf("after the crash at call %d, key %s: %v", call, again, err)
			}
		}
	}
	for _, kind := range []sandbox.FaultKind{sandbox.DropBefore, sandbox.DropAfter, sandbox.Unavailable} { // Stripe is down, then is not
		r := startRenewals(t)
		r.stripe.Inject(sandbox.Fault{Kind: kind, Method: http.MethodPost, Times: 1000})
		if _, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("a")); !errors.Is(err, payment.ErrUnavailable) {
			t.Errorf("fault %d: %v", kind, err)
		}
		r.stripe.ClearFaults()
		if o, made, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("a")); err != nil || !made || o.CheckoutURL(r.now) == "" || r.held(t).Renewal != o.Number {
			t.Errorf("fault %d, again: %v", kind, err)
		}
	}
}

func TestLostAnswersOfAPaidRenewal(t *testing.T) { // S-10, quality.md 2 rows 3 and 4
	t.Parallel()
	for _, kind := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Throttle, dynamotest.ServerFail, dynamotest.Conflict} {
		for call := range 3 {
			if kind == dynamotest.Conflict && call < 2 {
				continue
			}
			r := startRenewals(t)
			o := r.order(t, order.Card)
			r.pay(t, o.Number)
			e := r.event(t, completed)
			r.Faults.Clear()
			r.Faults.OnCall(call, kind)
			if out, err := r.fulfiller.Take(t.Context(), e, r.now); err != nil || out.Result != order.Done {
				t.Errorf("fault %d in call %d: %+v, %v", kind, call, out, err)
			}
			r.Faults.Clear()
			r.terms(t, "after a fault", 2)
			if k := r.kinds(t); k[notice.KindRenewalPaid] != 1 || len(r.events(t, o.Number)) != 2 {
				t.Errorf("fault %d in call %d: something was done twice", kind, call)
			}
		}
	}
	for call := range 3 {
		r := startRenewals(t)
		o := r.order(t, order.Card)
		r.pay(t, o.Number)
		e := r.event(t, completed)
		r.Faults.Clear()
		r.Faults.FromCall(call, dynamotest.CutRequest)
		if _, err := r.fulfiller.Take(t.Context(), e, r.now); !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("dead from call %d: %v", call, err)
		}
		r.Faults.Clear()
		r.terms(t, "dead", 1)
		if out := r.take(t, completed); out.Result != order.Done { // Stripe sends it again
			t.Errorf("after the crash at call %d: %+v", call, out)
		}
		r.terms(t, "after the crash", 2)
	}
	r := startRenewals(t)
	o := r.order(t, order.Card)
	r.pay(t, o.Number)
	e := r.event(t, completed)
	r.stripe.Inject(sandbox.Fault{Kind: sandbox.ErrorBefore, Times: 3})
	if _, err := r.fulfiller.Take(t.Context(), e, r.now); !errors.Is(err, payment.ErrUnavailable) {
		t.Errorf("Stripe is down: %v", err)
	}
	if out := r.take(t, completed); out.Result != order.Done {
		t.Errorf("Stripe is up: %+v", out)
	}
	r.terms(t, "after all", 2)
}

// The webhook is lost altogether: the sweep finds the payment.
func TestAPaidRenewalIsFoundByTheSweep(t *testing.T) { // S-17
	t.Parallel()
	r := startRenewals(t)
	o := r.order(t, order.Card)
	r.pay(t, o.Number)
	r.sweep(t, 25*time.Hour, swept{repaired: 1})
	r.terms(t, "swept", 2)
	if v := r.view(t, o.Number); v.State != order.Fulfilled {
		t.Errorf("it is %s", v.State)
	}
}
