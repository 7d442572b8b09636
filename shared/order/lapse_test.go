package order_test

import (
	"net/http"
	"testing"
	"time"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/license"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

// swept is what a test expects of a run.
type swept struct{ cancelled, repaired, failed int }

func (f *fixture) sweep(t *testing.T, after time.Duration, want swept) order.Reconciled {
	t.Helper()
	f.at(f.now.Add(after))
	out, err := order.Reconciler{Fulfiller: f.fulfiller}.Run(t.Context(), f.now)
	if got := (swept{out.Cancelled, len(out.Repairs), out.Failed}); got != want || (err != nil) != (want.failed > 0) {
		t.Errorf("swept %+v, want %+v; %v; %+v", got, want, err, out)
	}
	return out
}

func TestUnpaidCardOrdersLapseAfterADay(t *testing.T) { // S-07
	t.Parallel()
	f := start(t)
	abandoned, paid, done := f.place(t), f.place(t), f.sold(t, order.Card)
	f.pay(t, paid.Number)                                       // and its webhook is lost (S-17)
	f.sweep(t, 23*time.Hour+59*time.Minute, swept{repaired: 1}) // the link that ended just now may be on its way
	f.sweep(t, 2*time.Minute, swept{cancelled: 1})
	f.sweep(t, time.Hour, swept{})
	f.expect(t, "abandoned", abandoned.Number, order.Cancelled)
	f.expect(t, "paid", paid.Number, order.Fulfilled, license.Issued)
	f.expect(t, "done", done.Number, order.Fulfilled, license.Issued)
	if f.item(t, abandoned.Number)["da"] != nil {
		t.Error("it is still due")
	}
}

func TestAnOpenSessionIsClosedBeforeItsOrderLapses(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.place(t)
	f.at(f.now.Add(23*time.Hour + 20*time.Minute))
	fresh, err := f.cashier.Again(t.Context(), o.Number, buyer(1), f.now)
	fatal(t, err)
	f.at(f.now.Add(25 * time.Minute))
	if fresh.CheckoutURL(f.now) == "" {
		t.Fatal("no link")
	}
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.Unavailable, Method: http.MethodPost, Times: 3})
	f.sweep(t, 16*time.Minute, swept{failed: 1}) // Stripe cannot answer: nothing is cancelled
	f.expect(t, "in trouble", o.Number, order.Placed)
	f.sweep(t, time.Hour, swept{cancelled: 1})
	ids := f.stripe.Sessions(o.Number)
	last, err := f.payment.GetCheckout(t.Context(), ids[len(ids)-1])
	if err != nil || last.Status != payment.Expired {
		t.Errorf("the session: %s, %v", last.Status, err)
	}
}

func TestInvoicesLapseAWeekAfterTheyAreDue(t *testing.T) { // S-15
	t.Parallel()
	f := startBilled(t)
	unpaid, wired := f.invoice(t), f.invoice(t)
	happened(t, f.stripe.MarkPaidOutOfBand(t.Context(), wired.Number)) // and its webhook is lost
	f.sweep(t, 36*24*time.Hour, swept{repaired: 1})                    // Stripe has forgotten the event: the invoice itself says so
	f.sweep(t, 25*time.Hour, swept{cancelled: 1})
	f.expect(t, "unpaid", unpaid.Number, order.Cancelled)
	f.expect(t, "wired", wired.Number, order.Fulfilled, license.Issued)
	if in, err := f.payment.GetInvoice(t.Context(), f.stripe.Invoices(unpaid.Number)[0]); err != nil || in.Status != payment.InvoiceVoid {
		t.Errorf("the invoice: %s, %v", in.Status, err)
	}
	happened(t, f.stripe.Wired(t.Context(), unpaid.Number))
	if out := f.take(t, "invoice.paid"); out.Result != order.PaidAgain {
		t.Errorf("a late wire: %+v", out)
	}
}
