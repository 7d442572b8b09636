package order_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

// part checks what the purchaser sees of an invoice: its status, what was paid of it and what is left, both empty where
// no part was paid.
func (f *fixture) part(t *testing.T, name, number string, status payment.InvoiceStatus, paid, left string) {
	t.Helper()
	in, ok := f.view(t, number).Invoice()
	var gotPaid, gotLeft string
	if in.Paid != nil {
		gotPaid = in.Paid.String()
	}
	if in.Left != nil {
		gotLeft = in.Left.String()
	}
	if !ok || in.Status != status || gotPaid != paid || gotLeft != left {
		t.Errorf("%s: %s, paid %q, left %q; want %s, %q, %q", name, in.Status, gotPaid, gotLeft, status, paid, left)
	}
	if shown := f.view(t, number).Show(f.now).Invoice; (shown.Paid != nil) != (paid != "") || (shown.Left != nil) != (left != "") {
		t.Errorf("%s: the API shows %+v", name, shown)
	}
}

// result takes the newest event of a type and checks what came of it.
func (f *fixture) result(t *testing.T, kind string, want order.Result) {
	t.Helper()
	if out := f.take(t, kind); out.Result != want {
		t.Errorf("%s: %+v, want %s", kind, out, want)
	}
}

func (f *fixture) payPart(t *testing.T, number string, amount int64) {
	t.Helper()
	happened(t, f.stripe.PayPart(t.Context(), number, amount))
}

func TestThePurchaserSeesWhatWasPaidAndWhatIsLeft(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	f.part(t, "at first", o.Number, payment.InvoiceOpen, "", "")
	f.payPart(t, o.Number, 1000)
	f.result(t, "invoice.updated", order.Noted)
	f.part(t, "a part", o.Number, payment.InvoiceOpen, "10.00 USD", "24.00 USD")
	f.result(t, "invoice.updated", order.Ignored)
	f.payPart(t, o.Number, 500)
	for _, kind := range []string{"invoice.sent", "invoice.updated", "invoice.finalized"} { // whatever comes first is read again
		f.take(t, kind)
	}
	f.part(t, "another", o.Number, payment.InvoiceOpen, "15.00 USD", "19.00 USD")
	happened(t, f.stripe.MarkUncollectible(t.Context(), o.Number))
	f.result(t, "invoice.marked_uncollectible", order.Noted)
	f.part(t, "given up", o.Number, payment.InvoiceUncollectible, "15.00 USD", "19.00 USD")
	if v := f.view(t, o.Number); v.State != order.Placed || len(v.Licenses) > 0 {
		t.Errorf("in part: %s, %d keys", v.State, len(v.Licenses))
	}
	happened(t, f.stripe.Pay(t.Context(), o.Number))
	f.result(t, "invoice.paid", order.Done)
	f.part(t, "whole", o.Number, payment.InvoicePaid, "", "")
	f.result(t, "invoice.updated", order.Already)
	f.part(t, "whole, after a late event", o.Number, payment.InvoicePaid, "", "")
	if len(f.keys(t, o.Number)) != 1 {
		t.Error("no key")
	}
}

func TestALostAnswerWhileAPartIsNoted(t *testing.T) {
	t.Parallel()
	for _, cut := range []dynamotest.Fault{dynamotest.CutRequest, dynamotest.CutReply, dynamotest.Throttle} {
		for call := range 2 {
			f := startBilled(t)
			o := f.invoice(t)
			f.payPart(t, o.Number, 1000)
			f.Faults.FromCall(call, cut)
			_, _ = f.fulfiller.Take(t.Context(), f.event(t, "invoice.updated"), f.now)
			f.Faults.Clear()
			f.take(t, "invoice.updated")
			f.part(t, "repeated", o.Number, payment.InvoiceOpen, "10.00 USD", "24.00 USD")
		}
	}
}

func TestReconciliationFindsAPartWhoseWebhookWasLost(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	f.sweep(t, time.Hour, swept{})
	f.payPart(t, o.Number, 1000)
	f.sweep(t, time.Hour, swept{repaired: 1})
	f.part(t, "found", o.Number, payment.InvoiceOpen, "10.00 USD", "24.00 USD")
	f.sweep(t, 31*24*time.Hour, swept{}) // Stripe has forgotten the event
	f.part(t, "still", o.Number, payment.InvoiceOpen, "10.00 USD", "24.00 USD")
}

// Whoever ends a partly paid order, a person hears of the money once.
func TestAPartThatWasPaidOfAnEndedOrderIsForAPersonOnce(t *testing.T) {
	t.Parallel()
	once := func(f *fixture, name, number string) {
		t.Helper()
		f.part(t, name, number, payment.InvoiceVoid, "10.00 USD", "")
		for range 2 {
			f.result(t, "invoice.voided", order.Ignored)
		}
		told := slices.DeleteFunc(f.events(t, number), func(e audit.Event) bool { return e != order.EventPaidInPart })
		if len(told) != 1 || f.view(t, number).State != order.Cancelled {
			t.Errorf("%s: told %d times, %s", name, len(told), f.view(t, number).State)
		}
	}
	f := startBilled(t)
	own := f.invoice(t)
	f.payPart(t, own.Number, 1000) // the event of which has not come yet
	got, err := f.canceller.Cancel(t.Context(), own.Number, buyer(1), from, f.now)
	if in, _ := got.Invoice(); err != nil || in.Status != payment.InvoiceVoid || in.Paid == nil || in.Left != nil {
		t.Errorf("by its purchaser: %+v, %v", in, err)
	}
	if out := f.take(t, "invoice.voided"); out.Result != order.Decide || !out.Alarming() || !out.Changed {
		t.Errorf("its event: %+v", out)
	}
	once(f, "by its purchaser", own.Number)

	void := f.invoice(t)
	f.payPart(t, void.Number, 1000)
	happened(t, f.stripe.VoidInvoice(t.Context(), void.Number))
	f.result(t, "invoice.voided", order.Decide)
	once(f, "in the dashboard", void.Number)

	late := f.invoice(t)
	f.payPart(t, late.Number, 1000)
	if out := f.sweep(t, 38*24*time.Hour, swept{cancelled: 1}); len(out.People) != 1 || out.People[0].Result != order.Decide {
		t.Errorf("in time: %+v", out.People)
	}
	once(f, "in time", late.Number)
}

// The run that ended the order dies before it can tell a person: the event of the voided invoice does.
func TestACrashBeforeAPersonHearsOfThePart(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	f.payPart(t, o.Number, 1000)
	f.at(f.now.Add(38 * 24 * time.Hour))
	f.Faults.FromCall(2, dynamotest.CutRequest) // after the order and its end
	if _, err := (order.Lapser{Fulfiller: f.fulfiller}).Lapse(t.Context(), o.Number, f.now); err == nil {
		t.Error("the crash is no error")
	}
	f.Faults.Clear()
	f.part(t, "crashed", o.Number, payment.InvoiceVoid, "10.00 USD", "")
	f.result(t, "invoice.voided", order.Decide)
	f.result(t, "invoice.voided", order.Ignored)
}

func TestPartsAndTheRestAtOnce(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	f.payPart(t, o.Number, 1000)
	part := f.event(t, "invoice.updated")
	happened(t, f.stripe.Pay(t.Context(), o.Number))
	paid := f.event(t, "invoice.paid")
	var all sync.WaitGroup
	for i := range 20 {
		e := []payment.Event{part, paid}[i%2]
		all.Go(func() {
			if _, err := f.fulfiller.Take(t.Context(), e, f.now); err != nil {
				t.Errorf("%s: %v", e.Type, err)
			}
		})
	}
	all.Wait()
	f.part(t, "whole", o.Number, payment.InvoicePaid, "", "")
	if len(f.keys(t, o.Number)) != 1 {
		t.Error("not one key")
	}
}
