package order_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

func byInvoice(lines ...order.Ask) order.Request {
	r := request(lines...)
	r.Payment = order.Invoice
	return r
}

// startBilled is a shop whose first buyer has an account with an address.
func startBilled(t *testing.T) *fixture {
	t.Helper()
	f := start(t)
	accounttest.New(t, f.Fixture).Person(t, "buyer-1", f.now)
	return f
}

func (f *fixture) invoice(t *testing.T, lines ...order.Ask) order.Order {
	t.Helper()
	o, err := f.placer.Place(t.Context(), byInvoice(lines...), f.by(fmt.Sprintf("%d", time.Now().UnixNano())))
	fatal(t, err)
	return o
}

// happened checks that the sandbox could do what it was asked to; that it holds the deliveries back does not matter.
func happened(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, sandbox.ErrNoInvoice) || errors.Is(err, sandbox.ErrNotOpen) || errors.Is(err, sandbox.ErrNotPaid) || errors.Is(err, sandbox.ErrNoCheckout) {
		t.Fatal(err)
	}
}

func TestAnInvoiceGivesKeysOnlyOncePaid(t *testing.T) { // S-14
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t, order.Ask{Product: "us", Quantity: 2}, order.Ask{Product: "intl-proofed", Quantity: 1})
	in, ok := o.Invoice()
	if !ok || in.Status != payment.InvoiceOpen || in.Number == "" || in.DueAt.Sub(f.now).Round(time.Minute) != 30*24*time.Hour || o.InvoiceURL() == "" || o.CheckoutURL(f.now) != "" {
		t.Fatalf("invoice: %+v, %q", in, o.InvoiceURL())
	}
	for _, kind := range []string{"invoice.created", "invoice.finalized", "invoice.sent"} {
		if out := f.take(t, kind); out.Result != order.Ignored || out.Alarming() {
			t.Errorf("%s: %+v", kind, out)
		}
	}
	happened(t, f.stripe.PayPart(t.Context(), o.Number, 1000))
	if out := f.take(t, "invoice.updated"); out.Result != order.Noted {
		t.Errorf("in part: %+v", out)
	}
	if v := f.view(t, o.Number); v.State != order.Placed || len(v.Licenses) != 0 {
		t.Errorf("in part: %s, %d keys", v.State, len(v.Licenses))
	}
	happened(t, f.stripe.Pay(t.Context(), o.Number))
	if out := f.take(t, "invoice.paid"); out.Result != order.Done {
		t.Errorf("paid: %+v", out)
	}
	for _, kind := range []string{"invoice.payment_succeeded", "invoice.sent", "invoice.finalized"} { // S-01, S-03
		if out := f.take(t, kind); out.Result != order.Already {
			t.Errorf("%s afterwards: %+v", kind, out)
		}
	}
	v := f.view(t, o.Number)
	if got, _ := v.Invoice(); v.State != order.Fulfilled || len(f.keys(t, o.Number)) != 3 || got.Status != payment.InvoicePaid || v.InvoiceURL() != "" || f.item(t, o.Number)["da"] != nil {
		t.Errorf("order: %s, %+v", v.State, got)
	}
}

func TestAnInvoicePaidOutsideStripe(t *testing.T) { // S-14
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	happened(t, f.stripe.MarkPaidOutOfBand(t.Context(), o.Number))
	if out := f.take(t, "invoice.paid"); out.Result != order.Done {
		t.Errorf("outcome: %+v", out)
	}
}

func TestAnOverpaidInvoiceIsToldToFinance(t *testing.T) { // S-14
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	happened(t, f.stripe.PayPart(t.Context(), o.Number, 4000))
	if out := f.take(t, "invoice.paid"); out.Result != order.Overpaid || !out.Alarming() || out.Why != "6.00 USD" {
		t.Errorf("outcome: %+v", out)
	}
	if len(f.keys(t, o.Number)) != 1 {
		t.Error("no key")
	}
}

func TestFiftyKeysByInvoiceAreAllDifferent(t *testing.T) { // S-18
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t, order.Ask{Product: "us", Quantity: 20}, order.Ask{Product: "intl", Quantity: 30})
	happened(t, f.stripe.Pay(t.Context(), o.Number))
	before := f.count(t, "OUTBOX_TABLE")
	f.Faults.FromCall(1, dynamotest.CutRequest) // the transaction fails whole
	_, err := f.fulfiller.Take(t.Context(), f.event(t, "invoice.paid"), f.now)
	f.Faults.Clear()
	if err == nil || f.count(t, "LICENSES_TABLE") != 0 {
		t.Errorf("cut: %v", err)
	}
	if out := f.take(t, "invoice.paid"); out.Result != order.Done {
		t.Errorf("outcome: %+v", out)
	}
	seen := map[string]bool{}
	for _, k := range f.keys(t, o.Number) {
		seen[k] = true
	}
	if len(seen) != 50 || f.count(t, "OUTBOX_TABLE") != before+1 {
		t.Errorf("%d keys, %d mails", len(seen), f.count(t, "OUTBOX_TABLE")-before)
	}
}

func TestAnInvoiceThatDiffersIsHeld(t *testing.T) { // S-05
	t.Parallel()
	for why, change := range map[string]func(total *int64, currency *string, quantity *int64){
		"amount":   func(total *int64, _ *string, _ *int64) { *total = 1 },
		"currency": func(_ *int64, currency *string, _ *int64) { *currency = "eur" },
		"quantity": func(_ *int64, _ *string, quantity *int64) { *quantity = 3 },
	} {
		f := startBilled(t)
		o := f.invoice(t)
		happened(t, f.stripe.Pay(t.Context(), o.Number))
		fatal(t, f.stripe.TamperInvoice(f.stripe.Invoices(o.Number)[0], change))
		if out := f.take(t, "invoice.paid"); out.Result != order.Held || out.Why != why || f.count(t, "LICENSES_TABLE") != 0 {
			t.Errorf("%s: %+v", why, out)
		}
	}
}

func TestVoidedGivenUpAndLatePaidInvoices(t *testing.T) { // S-15
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	happened(t, f.stripe.MarkUncollectible(t.Context(), o.Number))
	if out := f.take(t, "invoice.marked_uncollectible"); out.Result != order.Noted {
		t.Errorf("given up: %+v", out)
	}
	happened(t, f.stripe.Pay(t.Context(), o.Number))
	if out := f.take(t, "invoice.paid"); out.Result != order.Done {
		t.Errorf("paid all the same: %+v", out)
	}
	late := f.invoice(t)
	happened(t, f.stripe.VoidInvoice(t.Context(), late.Number))
	if out := f.take(t, "invoice.voided"); out.Result != order.Cancels {
		t.Errorf("voided: %+v", out)
	}
	happened(t, f.stripe.Wired(t.Context(), late.Number))
	for i := range 2 {
		out := f.take(t, "invoice.paid")
		if out.Result != order.PaidAgain || !out.Alarming() {
			t.Errorf("wired after the void, take %d: %+v", i, out)
		}
	}
	if v := f.view(t, late.Number); v.State != order.Cancelled || len(v.Licenses) != 0 {
		t.Errorf("late: %s, %d keys", v.State, len(v.Licenses))
	}
}

func TestCancellingAnInvoice(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	got, err := f.canceller.Cancel(t.Context(), o.Number, buyer(1), from, f.now)
	if in, _ := f.view(t, o.Number).Invoice(); err != nil || got.State != order.Cancelled || in.Status != payment.InvoiceVoid {
		t.Errorf("cancel: %s %+v, %v", got.State, in, err)
	}
	if out := f.take(t, "invoice.voided"); out.Result != order.Ignored {
		t.Errorf("its event: %+v", out)
	}
	paid := f.invoice(t)
	happened(t, f.stripe.Pay(t.Context(), paid.Number))
	if _, err := f.canceller.Cancel(t.Context(), paid.Number, buyer(1), from, f.now); !errors.Is(err, order.ErrNotCancellable) {
		t.Errorf("paid meanwhile: %v", err)
	}
	if _, err := f.cashier.Again(t.Context(), f.invoice(t).Number, buyer(1), f.now); !errors.Is(err, order.ErrNotPayable) {
		t.Errorf("a fresh link: %v", err)
	}
}

// TestACrashOnTheWayToAnInvoice lets every call of the way go wrong, one after another: at Stripe with nothing
// done, done but unanswered and with a stored failure, at the database before and after the write.
func TestACrashOnTheWayToAnInvoice(t *testing.T) { // S-12, S-13
	t.Parallel()
	paths := []string{"/v1/customers", "/v1/invoices", "/v1/invoiceitems", "/v1/invoices/in_", "/v1/invoices/in_"}
	for i, path := range paths {
		for _, kind := range []sandbox.FaultKind{sandbox.ErrorBefore, sandbox.ErrorKept, sandbox.ErrorAfter, sandbox.DropBefore, sandbox.DropAfter, sandbox.Unavailable} {
			times := 1
			if kind == sandbox.ErrorBefore || kind == sandbox.DropBefore || kind == sandbox.DropAfter || kind == sandbox.Unavailable {
				times = 3 // past the client's own tries
			}
			f := startBilled(t)
			if i == 4 { // sending comes after finalising
				f.stripe.Inject(sandbox.Fault{Kind: sandbox.Slow, Method: http.MethodPost, Path: path, Times: 1})
			}
			f.stripe.Inject(sandbox.Fault{Kind: kind, Method: http.MethodPost, Path: path, Times: times})
			f.resumes(t, fmt.Sprintf("%s, kind %d", path, kind))
		}
	}
}

func TestALostWriteOnTheWayToAnInvoice(t *testing.T) { // S-13
	t.Parallel()
	for _, cut := range []dynamotest.Fault{dynamotest.CutRequest, dynamotest.CutReply} {
		for call := range 7 {
			f := startBilled(t)
			f.Faults.Clear()
			f.Faults.FromCall(call, cut)
			f.resumes(t, fmt.Sprintf("call %d, cut %v", call, cut))
		}
	}
}

// resumes places an order in trouble and again without: at once, and a day later by another request.
func (f *fixture) resumes(t *testing.T, trouble string) {
	t.Helper()
	by := f.by("same")
	_, first := f.placer.Place(t.Context(), byInvoice(order.Ask{Product: "us", Quantity: 2}, order.Ask{Product: "intl", Quantity: 1}), by)
	f.Faults.Clear()
	f.stripe.ClearFaults()
	by.At = by.At.Add([]time.Duration{20 * time.Second, 23 * time.Hour}[rand.IntN(2)])
	f.at(by.At)
	o, err := f.placer.Place(t.Context(), byInvoice(order.Ask{Product: "us", Quantity: 2}, order.Ask{Product: "intl", Quantity: 1}), by)
	if err != nil {
		t.Errorf("%s: first %v, then %v", trouble, first, err)
		return
	}
	all := f.stripe.Invoices(o.Number)
	if len(all) != 1 || o.State != order.Placed || o.InvoiceURL() == "" {
		t.Errorf("%s: invoices %v of an order %s", trouble, all, o.State)
		return
	}
	in, err := f.payment.GetInvoice(t.Context(), all[0])
	if err != nil || in.Total != o.Total || len(in.Lines) != 2 || in.Status != payment.InvoiceOpen {
		t.Errorf("%s: %+v, %v", trouble, in, err)
	}
}
