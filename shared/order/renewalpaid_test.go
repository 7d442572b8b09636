package order_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/phone"
)

// kinds counts the notices by their kind.
func (r *renewals) kinds(t *testing.T) map[notice.Kind]int {
	t.Helper()
	out := map[notice.Kind]int{}
	for _, item := range r.all(t, "OUTBOX_TABLE") {
		out[notice.Kind(dynamo.Read(item).Text("k"))]++
	}
	return out
}

// ofHolder lists what the audit trail has of the holder.
func (r *renewals) ofHolder(t *testing.T) []audit.Event {
	t.Helper()
	entries, err := audit.Reader{DB: r.DB, Table: r.Table("AUDIT_TABLE")}.For(t.Context(), audit.Account(buyer(1).String()))
	fatal(t, err)
	var out []audit.Event
	for _, e := range entries {
		out = append(out, e.What)
	}
	return out
}

func TestAPaidRenewalAddsATerm(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	r.at(r.bought.Add(100 * day))
	o := r.order(t, order.Card)
	r.pay(t, o.Number)
	e := r.event(t, completed)
	r.Faults.Clear()
	out, err := r.fulfiller.Take(t.Context(), e, r.now)
	if err != nil || out.Result != order.Done || out.Alarming() {
		t.Fatalf("outcome: %+v, %v", out, err)
	}
	if calls := r.Faults.Calls(); len(calls) != 3 { // quality.md 1 row 1
		t.Errorf("calls: %+v, want 3", calls)
	}
	r.terms(t, "paid", 2)
	c := r.held(t)
	if c.Renewal != "" || c.Eligibility(r.now, 0) != credential.TooEarly || !c.OpensAt().Equal(credential.Expiry(r.bought, 1)) || !c.RemindAt.Equal(credential.NextReminder(c.ExpiresAt, r.now)) {
		t.Errorf("credential: order %q, %s, reminder %s", c.Renewal, c.Eligibility(r.now, 0), c.RemindAt)
	}
	if v := r.view(t, o.Number); v.State != order.Fulfilled || len(v.Licenses) != 0 || r.count(t, "LICENSES_TABLE") != 0 || r.item(t, o.Number)["da"] != nil {
		t.Errorf("order: %s", v.State)
	}
	if got := r.events(t, o.Number); !slices.Equal(got, []audit.Event{order.EventPlaced, order.EventFulfilled}) {
		t.Errorf("audit of the order: %v", got)
	}
	if got := r.ofHolder(t); !slices.Contains(got, order.EventRenewed) {
		t.Errorf("audit of the holder: %v", got)
	}
	if k := r.kinds(t); k[notice.KindRenewalPlaced] != 1 || k[notice.KindRenewalPaid] != 1 {
		t.Errorf("mails: %v", k)
	}
}

func TestThePaidEventAHundredTimesIsOneYear(t *testing.T) { // S-01, issue 5
	t.Parallel()
	r := startRenewals(t)
	o := r.order(t, order.Card)
	r.pay(t, o.Number)
	e := r.event(t, completed)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if out, err := r.fulfiller.Take(t.Context(), e, r.now); err != nil || out.Result != order.Done && out.Result != order.Already {
				t.Errorf("%+v, %v", out, err)
			}
		})
	}
	wg.Wait()
	r.terms(t, "at once", 2)
	for range 100 {
		if out := r.take(t, completed); out.Result != order.Already {
			t.Fatalf("later: %s", out.Result)
		}
	}
	r.terms(t, "one after the other", 2)
	if k := r.kinds(t); k[notice.KindRenewalPaid] != 1 || len(r.events(t, o.Number)) != 2 {
		t.Errorf("mails %v, audit %v", k, r.events(t, o.Number))
	}
}

func TestAPaymentAfterTheExpiryIsHonoured(t *testing.T) { // product.md 8
	t.Parallel()
	end := func(r *renewals) time.Time { return credential.Expiry(r.bought, 1) }
	for name, late := range map[string]time.Duration{"a millisecond before": -time.Millisecond, "the very instant": 0, "weeks later": 35 * day} {
		r := startRenewals(t)
		r.at(end(r).Add(-time.Minute))
		o := r.order(t, order.Invoice)
		r.at(end(r).Add(late))
		if live := r.held(t).Live(r.now); live != (late < 0) {
			t.Errorf("%s, not paid: live %v", name, live)
		}
		asked, made, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Invoice), r.by("again"))
		if err != nil || made || asked.Number != o.Number || asked.InvoiceURL() == "" {
			t.Errorf("%s, asked again: %v", name, err)
		}
		happened(t, r.stripe.Pay(t.Context(), o.Number))
		if out := r.take(t, "invoice.paid"); out.Result != order.Done {
			t.Errorf("%s: %+v", name, out)
		}
		r.terms(t, name, 2) // on the old expiry
		if !r.held(t).Live(r.now) {
			t.Errorf("%s: it is not live", name)
		}
	}
}

func TestARenewalThatEndsMakesRoomForAnother(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method order.Method
		end    func(*renewals, order.Order)
		mail   notice.Kind
	}{
		"cancelled": {order.Card, func(r *renewals, o order.Order) {
			for range 2 {
				if got, err := r.canceller.Cancel(t.Context(), o.Number, buyer(1), from, r.now); err != nil || got.State != order.Cancelled {
					t.Error(got.State, err)
				}
			}
		}, ""},
		"cancelled, by invoice": {order.Invoice, func(r *renewals, o order.Order) {
			_, err := r.canceller.Cancel(t.Context(), o.Number, buyer(1), from, r.now)
			fatal(t, err)
		}, ""},
		"abandoned":       {order.Card, func(r *renewals, _ order.Order) { r.sweep(t, 24*time.Hour, swept{cancelled: 1}) }, notice.KindRenewalLapsed},
		"never paid":      {order.Invoice, func(r *renewals, _ order.Order) { r.sweep(t, 38*day, swept{cancelled: 1}) }, notice.KindRenewalLapsed},
		"voided":          {order.Invoice, func(r *renewals, o order.Order) { r.void(t, o.Number) }, notice.KindRenewalLapsed},
		"links over":      {order.Card, func(r *renewals, _ order.Order) { r.at(r.now.Add(24*time.Hour - 30*time.Minute)) }, ""},
		"links soon over": {order.Card, func(r *renewals, _ order.Order) { r.at(r.now.Add(23*time.Hour + 40*time.Minute)) }, ""},
	} {
		r := startRenewals(t)
		o := r.order(t, c.method)
		c.end(r, o)
		again, made, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("again"))
		if err != nil || !made || again.Number == o.Number || r.held(t).Renewal != again.Number {
			t.Errorf("%s: %v, order %q stands", name, err, r.held(t).Renewal)
		}
		if v := r.view(t, o.Number); v.State != order.Cancelled {
			t.Errorf("%s: the first is %s", name, v.State)
		}
		if k := r.kinds(t); c.mail != "" && k[c.mail] != 1 || k[notice.KindCheckoutExpired] != 0 {
			t.Errorf("%s: mails %v", name, k)
		}
	}
}

// void voids the order's invoice in Stripe, as finance may, and tells it.
func (r *renewals) void(t *testing.T, number string) {
	t.Helper()
	happened(t, r.stripe.VoidInvoice(t.Context(), number))
	if out := r.take(t, "invoice.voided"); out.Result != order.Cancels || out.Order != number {
		t.Errorf("voided: %+v", out)
	}
}

func TestALapsedLinkAfterTheExpiryIsNotRenewed(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	r.at(credential.Expiry(r.bought, 1).Add(-time.Hour))
	o := r.order(t, order.Card)
	r.at(r.now.Add(23*time.Hour + 45*time.Minute))
	if _, _, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("again")); !errors.Is(err, order.ErrNotPayable) {
		t.Errorf("err = %v", err)
	}
	if v := r.view(t, o.Number); v.State != order.Placed { // a session of it may still be paid
		t.Errorf("the order is %s", v.State)
	}
}

func TestAPaymentRacesItsCancelling(t *testing.T) {
	t.Parallel()
	for range 10 {
		r := startRenewals(t)
		o := r.order(t, order.Card)
		s, err := r.payment.GetCheckout(t.Context(), r.stripe.Sessions(o.Number)[0])
		fatal(t, err)
		s.Status, s.Paid, s.Payment = payment.Complete, true, "pi_race"
		var out order.Outcome
		var paid, cancelled error
		var wg sync.WaitGroup
		wg.Go(func() { out, paid = r.fulfiller.Settle(t.Context(), s, r.now) })
		wg.Go(func() { _, cancelled = r.canceller.Cancel(t.Context(), o.Number, buyer(1), from, r.now) })
		wg.Wait()
		v := r.view(t, o.Number)
		switch {
		case paid != nil:
			t.Error(paid)
		case out.Result == order.Done && errors.Is(cancelled, order.ErrNotCancellable) && v.State == order.Fulfilled:
			r.terms(t, "paid first", 2)
		case out.Result == order.PaidAgain && out.Alarming() && cancelled == nil && v.State == order.Cancelled:
			r.terms(t, "cancelled first", 1)
		default:
			t.Errorf("%+v, %v; the order is %s", out, cancelled, v.State)
		}
		if r.held(t).Renewal != "" {
			t.Error("the order still stands on the credential")
		}
	}
}

// enterNew enters a brand-new key, as license-redeem does: with the write that closes the renewal.
func (r *renewals) enterNew(t *testing.T) error {
	t.Helper()
	return r.DB.Commit(t.Context(), r.fulfiller.Credentials.Open(opening("us", phone.USService, false, r.now, "the license of the second"), r.now),
		r.fulfiller.Orders.Superseding(buyer(1), r.now))
}

func TestABrandNewKeyClosesTheOpenRenewal(t *testing.T) { // product.md 8
	t.Parallel()
	for _, method := range []order.Method{order.Card, order.Invoice} {
		r := startRenewals(t)
		r.at(credential.Expiry(r.bought, 1).Add(-time.Minute))
		o := r.order(t, method)
		r.at(r.now.Add(2 * time.Minute))
		fatal(t, r.enterNew(t))
		if _, err := r.cashier.Again(t.Context(), o.Number, buyer(1), r.now); !errors.Is(err, order.ErrNotPayable) {
			t.Errorf("%s: a fresh link: %v", method, err)
		}
		if s, err := r.renewer.Standing(t.Context(), buyer(1), r.now); err != nil || s.Open != nil || s.Eligibility != credential.NotActivated {
			t.Errorf("%s: %+v, %v", method, s, err)
		}
		r.sweep(t, time.Minute, swept{cancelled: 1})
		r.sweep(t, time.Minute, swept{})
		if v := r.view(t, o.Number); v.State != order.Cancelled {
			t.Errorf("%s: the order is %s", method, v.State)
		}
		if method == order.Card {
			s, err := r.payment.GetCheckout(t.Context(), r.stripe.Sessions(o.Number)[0])
			if err != nil || s.Status != payment.Expired {
				t.Errorf("the session is %s, %v", s.Status, err)
			}
			s.Status, s.Paid, s.Payment = payment.Complete, true, "pi_late" // the money was on its way
			if out, err := r.fulfiller.Settle(t.Context(), s, r.now); err != nil || out.Result != order.PaidAgain || !out.Alarming() {
				t.Errorf("paid afterwards: %+v, %v", out, err)
			}
		}
		r.terms(t, "the new one", 1)
		if k := r.kinds(t); k[notice.KindRenewalClosed] != 1 || k[notice.KindRenewalLapsed] != 0 {
			t.Errorf("%s: mails %v", method, k)
		}
	}
}

func TestAPaymentBeforeTheSweepOfAClosedRenewalIsForAPerson(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{true, false} { // whether the webhook comes before the sweep
		r := startRenewals(t)
		r.at(credential.Expiry(r.bought, 1).Add(-time.Minute))
		o := r.order(t, order.Card)
		r.at(r.now.Add(2 * time.Minute))
		fatal(t, r.enterNew(t))
		r.pay(t, o.Number)
		want := swept{repaired: 1}
		if told {
			if out := r.take(t, completed); out.Result != order.Held || out.Why != "replaced" || !out.Alarming() {
				t.Errorf("paid: %+v", out)
			}
			want = swept{}
		}
		r.sweep(t, time.Minute, want)
		r.sweep(t, time.Minute, swept{})
		if v := r.view(t, o.Number); v.State != order.Paid || v.HeldBecause != "replaced" {
			t.Errorf("told %v: %s because of %q", told, v.State, v.HeldBecause)
		}
		r.terms(t, "the new one", 1)
		happened(t, r.stripe.Refund(t.Context(), o.Number)) // the person gives it back
		if out := r.take(t, "charge.refunded"); out.Result != order.Reversed && out.Result != order.Decide {
			t.Errorf("given back: %+v", out)
		}
		if v := r.view(t, o.Number); v.State != order.Refunded {
			t.Errorf("given back: %s", v.State)
		}
	}
}

func TestAPaymentRacesABrandNewKey(t *testing.T) {
	t.Parallel()
	for range 10 {
		r := startRenewals(t)
		end := credential.Expiry(r.bought, 1)
		r.at(end.Add(-time.Minute))
		o := r.order(t, order.Card)
		r.pay(t, o.Number)
		e := r.event(t, completed)
		r.at(end)
		var out order.Outcome
		var paid, entered error
		var wg sync.WaitGroup
		wg.Go(func() { out, paid = r.fulfiller.Take(t.Context(), e, r.now) })
		wg.Go(func() { entered = r.enterNew(t) })
		wg.Wait()
		c := r.held(t)
		switch {
		case paid == nil && out.Result == order.Done && errors.Is(entered, credential.ErrExists) && c.Terms == 2:
		case paid == nil && out.Result == order.Held && entered == nil && c.Terms == 1 && string(c.License) == "the license of the second":
		default:
			t.Errorf("paid %+v, %v; entered %v; %d terms", out, paid, entered, c.Terms)
		}
	}
}

func TestAnotherKeyWithoutARenewalLeavesNothingToSweep(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	r.at(credential.Expiry(r.bought, 1))
	fatal(t, r.enterNew(t))
	r.sweep(t, time.Hour, swept{})
	r.put(t, "SET st = :v, aa = :w", dynamo.S("a"), dynamo.Ms(r.now))
	o := r.order(t, order.Card) // the next renewal is open, not closed
	r.sweep(t, time.Hour, swept{})
	if v := r.view(t, o.Number); v.State != order.Placed {
		t.Errorf("it is %s", v.State)
	}
}

func TestARevokedCredentialIsNotRenewed(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	o := r.order(t, order.Card)
	r.put(t, "SET st = :v", dynamo.S("v"))
	r.pay(t, o.Number)
	if out := r.take(t, completed); out.Result != order.Held || out.Why != "revoked" {
		t.Errorf("paid: %+v", out)
	}
	r.terms(t, "revoked", 1)
}

func TestARenewalThatDiffersIsHeld(t *testing.T) { // S-05
	t.Parallel()
	r := startRenewals(t)
	o := r.order(t, order.Card)
	r.pay(t, o.Number)
	fatal(t, r.stripe.Tamper(r.stripe.Sessions(o.Number)[0], func(total *int64, _ *string) { *total = 1 }))
	if out := r.take(t, completed); out.Result != order.Held || out.Why != "amount" {
		t.Errorf("paid: %+v", out)
	}
	r.terms(t, "held", 1)
	again, made, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("again"))
	if err != nil || made || again.Number != o.Number || again.State != order.Paid { // no second one while a person has the first
		t.Errorf("asked again: %s, new %v, %v", again.State, made, err)
	}
	happened(t, r.stripe.Refund(t.Context(), o.Number))
	r.take(t, "charge.refunded")
	if again, made, err := r.renewer.Order(t.Context(), renewing("renew-us", order.Card), r.by("at-last")); err != nil || !made || again.Number == o.Number {
		t.Errorf("given back: new %v, %v", made, err)
	}
}
