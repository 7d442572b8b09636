package order_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

// TestACrashWhileAnInvoiceEnds lets each call of cancelling and of voiding in time go wrong, at Stripe and at the
// database, for an invoice that was sent and for a draft that a crash left: the retry ends with no invoice that can be
// paid and one cancelled order (S-13, S-15).
func TestACrashWhileAnInvoiceEnds(t *testing.T) {
	t.Parallel()
	for i, draft := range []bool{false, true} {
		closing := []string{http.MethodPost, http.MethodDelete}[i] // voiding, or deleting the draft
		for j, kind := range []sandbox.FaultKind{sandbox.ErrorBefore, sandbox.DropAfter, sandbox.Unavailable} {
			for _, method := range []string{http.MethodGet, closing} {
				f := startBilled(t)
				f.ends(t, fmt.Sprintf("Stripe, kind %d, %s", kind, method), draft, j%2 == i, func() {
					f.stripe.Inject(sandbox.Fault{Kind: kind, Method: method, Path: "/v1/invoices/", Times: 3})
				})
			}
		}
		for j, kind := range []dynamotest.Fault{dynamotest.CutRequest, dynamotest.CutReply} {
			for call := range 2 {
				f := startBilled(t)
				f.ends(t, fmt.Sprintf("database, kind %d, call %d", kind, call), draft, j%2 == i, func() { f.Faults.FromCall(call, kind) })
			}
		}
	}
}

// ends lets an invoice end in trouble and again without.
func (f *fixture) ends(t *testing.T, name string, draft, byClock bool, trouble func()) {
	t.Helper()
	o := f.unpaid(t, draft)
	end := func() error {
		if byClock {
			f.at(o.PlacedAt.Add(37*24*time.Hour + time.Hour))
			_, err := order.Lapser{Fulfiller: f.fulfiller}.Lapse(t.Context(), o.Number, f.now)
			return err
		}
		_, err := f.canceller.Cancel(t.Context(), o.Number, buyer(1), from, f.now)
		return err
	}
	trouble()
	first := end()
	f.Faults.Clear()
	f.stripe.ClearFaults()
	if err := end(); err != nil {
		t.Errorf("%s, draft %t: first %v, then %v", name, draft, first, err)
	}
	f.expect(t, name, o.Number, order.Cancelled)
	for _, id := range f.stripe.Invoices(o.Number) {
		if in, err := f.payment.GetInvoice(t.Context(), id); err != nil || in.Status != payment.InvoiceVoid {
			t.Errorf("%s, draft %t: the invoice is %s, %v", name, draft, in.Status, err)
		}
	}
	ended := 0
	for _, e := range f.events(t, o.Number) {
		if e == order.EventCancelled {
			ended++
		}
	}
	if ended != 1 {
		t.Errorf("%s, draft %t: cancelled %d times", name, draft, ended)
	}
}

// unpaid is an order with an invoice that waits, or with the draft of one.
func (f *fixture) unpaid(t *testing.T, draft bool) order.Order {
	t.Helper()
	if !draft {
		return f.invoice(t)
	}
	by := f.by("draft")
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.ErrorBefore, Method: http.MethodPost, Path: "/v1/invoiceitems", Times: 3})
	if _, err := f.placer.Place(t.Context(), byInvoice(), by); !errors.Is(err, payment.ErrUnavailable) {
		t.Fatalf("no draft is left: %v", err)
	}
	orders, err := f.reader.All(t.Context(), buyer(1), show(true), f.now)
	fatal(t, err)
	if in := f.stripe.Invoices(orders[0].Number); len(orders) != 1 || len(in) != 1 {
		t.Fatalf("%d orders, invoices %v", len(orders), in)
	}
	return orders[0].Order
}

// TestS07TheFirstOfTwoCheckoutsIsPaid: a reply was lost, so that two sessions are open; both are paid. One gives the
// keys; the other is for a person, and the purchaser is told.
func TestS07TheFirstOfTwoCheckoutsIsPaid(t *testing.T) { // S-08
	t.Parallel()
	f := start(t)
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.ErrorAfter, Method: http.MethodPost, Path: "/v1/checkout/sessions"})
	o := f.place(t)
	ids := f.stripe.Sessions(o.Number)
	if len(ids) != 2 {
		t.Fatalf("sessions: %v", ids)
	}
	happened(t, f.stripe.PaySession(t.Context(), ids[0]))
	if out := f.take(t, completed); out.Result != order.Done {
		t.Errorf("the first: %+v", out)
	}
	before := f.keys(t, o.Number)
	mails := f.count(t, "OUTBOX_TABLE")
	happened(t, f.stripe.PaySession(t.Context(), ids[1]))
	for i := range 2 {
		if out := f.take(t, completed); out.Result != order.PaidAgain || !out.Alarming() || out.Changed != (i == 0) {
			t.Errorf("the second, take %d: %+v", i, out)
		}
	}
	if !slices.Equal(before, f.keys(t, o.Number)) || f.count(t, "LICENSES_TABLE") != 1 || f.count(t, "OUTBOX_TABLE") != mails+1 {
		t.Errorf("%d keys, %d mails", f.count(t, "LICENSES_TABLE"), f.count(t, "OUTBOX_TABLE")-mails)
	}
	happened(t, f.stripe.Refund(t.Context(), o.Number)) // of the first: it paid
	if out := f.take(t, "charge.refunded"); out.Result != order.Reversed {
		t.Errorf("its refund: %+v", out)
	}
}

func TestS05EveryDifferenceOfAnInvoiceIsSeen(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	for why, change := range map[string]func(*payment.Invoice){
		"mode":     func(in *payment.Invoice) { in.Live = true },
		"lines":    func(in *payment.Invoice) { in.Lines = append(in.Lines, payment.Line{}) }, // somebody added one at Stripe
		"product":  func(in *payment.Invoice) { in.Lines[0].Product = "intl" },
		"price":    func(in *payment.Invoice) { in.Lines[0].Price.Amount-- },
		"quantity": func(in *payment.Invoice) { in.Lines[0].Quantity++ },
		"amount":   func(in *payment.Invoice) { in.Total.Amount++ },
		"currency": func(in *payment.Invoice) { in.Total.Currency = "EUR" },
		"credit":   func(in *payment.Invoice) { in.Credited.Amount = 1 },
		"void":     func(in *payment.Invoice) { in.Voided = true },
	} {
		o := f.invoice(t, order.Ask{Product: "us", Quantity: 2})
		happened(t, f.stripe.Pay(t.Context(), o.Number))
		in, err := f.payment.GetInvoice(t.Context(), f.stripe.Invoices(o.Number)[0])
		fatal(t, err)
		change(&in)
		if out, err := f.fulfiller.SettleInvoice(t.Context(), in, f.now); err != nil || out.Result != order.Held || out.Why != why || !out.Alarming() {
			t.Errorf("%s: %+v, %v", why, out, err)
		}
		f.expect(t, why, o.Number, order.Paid)
	}
	if n := f.count(t, "LICENSES_TABLE"); n != 0 {
		t.Errorf("%d keys", n)
	}
}

// TestS19RenewalsAreNotSoldHere: a renewal twin is refused whoever asks, whatever the partner and the payment (product.md
// 2 and 8).
func TestS19RenewalsAreNotSoldHere(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	for _, code := range []string{"renew-us", "renew-us-proofed", "renew-intl", "renew-intl-proofed"} {
		for _, r := range []order.Request{request(order.Ask{Product: code, Quantity: 1}), byInvoice(order.Ask{Product: "us", Quantity: 1}, order.Ask{Product: code, Quantity: 1})} {
			if _, err := f.placer.Place(t.Context(), r, f.by(code)); !refusedAt(err, fmt.Sprintf("/lines/%d/product", len(r.Lines)-1)) {
				t.Errorf("%s by %s: %v", code, r.Payment, err)
			}
		}
	}
	if n := f.count(t, "ORDERS_TABLE"); n != 0 {
		t.Errorf("%d items", n)
	}
}
