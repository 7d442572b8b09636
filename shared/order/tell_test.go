package order_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

// mails lists the kinds of the notices about orders, in no order.
func (f *fixture) mails(t *testing.T) []notice.Kind {
	t.Helper()
	out, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(f.Table("OUTBOX_TABLE")), ConsistentRead: aws.Bool(true)})
	fatal(t, err)
	var kinds []notice.Kind
	for _, item := range out.Items {
		kinds = append(kinds, notice.Kind(dynamo.Read(item).Text("k")))
	}
	return kinds
}

// TestEveryEventOfTheTable lets each event of commerce-proofing.md 1.5 arrive three times: it acts once, mails once
// where a person would expect it, and is for a person of ours where it should be.
func TestEveryEventOfTheTable(t *testing.T) {
	t.Parallel()
	type does = []func(*fixture, context.Context, string) error
	failInvoice := func(f *fixture, ctx context.Context, n string) error { return f.stripe.FailInvoice(ctx, n) }
	overdue := func(f *fixture, ctx context.Context, n string) error { return f.stripe.Overdue(ctx, n) }
	unfinal := func(f *fixture, ctx context.Context, n string) error { return f.stripe.FailFinalization(ctx, n) }
	debit := func(f *fixture, ctx context.Context, n string) error { return f.stripe.Debit(ctx, n) }
	noDebit := func(f *fixture, ctx context.Context, n string) error { return f.stripe.DebitFailed(ctx, n) }
	for kind, c := range map[string]struct {
		method order.Method
		before string // event taken before
		happen does
		first  order.Result
		mail   notice.Kind
		audit  audit.Event
	}{
		completed:                               {order.Card, "", does{pays}, order.Done, notice.KindLicenseKey, order.EventFulfilled},
		"checkout.session.async_payment_failed": {order.Card, "", does{debit, noDebit}, order.Told, notice.KindPaymentFailed, order.EventPaymentFailed},
		"checkout.session.expired":              {order.Card, "", does{ends}, order.Lapsed, "", ""},
		"invoice.finalized":                     {order.Invoice, "", nil, order.Ignored, "", ""},
		"invoice.sent":                          {order.Invoice, "", nil, order.Ignored, "", ""},
		"invoice.paid":                          {order.Invoice, "", does{wired}, order.Done, notice.KindLicenseKey, order.EventFulfilled},
		"invoice.payment_succeeded":             {order.Invoice, "", does{pays}, order.Done, notice.KindLicenseKey, order.EventFulfilled},
		"invoice.payment_failed":                {order.Invoice, "", does{failInvoice}, order.Told, notice.KindPaymentFailed, order.EventPaymentFailed},
		"invoice.overdue":                       {order.Invoice, "", does{overdue}, order.Told, notice.KindInvoiceOverdue, order.EventOverdue},
		"invoice.voided":                        {order.Invoice, "", does{voided}, order.Cancels, notice.KindInvoiceVoided, order.EventCancelled},
		"invoice.marked_uncollectible":          {order.Invoice, "", does{givenUp}, order.Noted, "", ""},
		"invoice.finalization_failed":           {order.Invoice, "", does{unfinal}, order.Stuck, "", order.EventStuck},
		"invoice.overpaid":                      {order.Invoice, "", does{tooMuch}, order.Overpaid, notice.KindPaidTooMuch, order.EventOverpaid},
		"credit_note.created":                   {order.Invoice, "", does{credited}, order.Decide, "", order.EventCredited},
		"charge.refunded":                       {order.Card, completed, does{pays, refunded}, order.Reversed, notice.KindOrderRefunded, order.EventReversed},
		"refund.created":                        {order.Card, completed, does{pays, refundPart}, order.Decide, notice.KindRefundedInPart, order.EventReversed},
		"charge.dispute.created":                {order.Card, completed, does{pays, disputed}, order.Reversed, notice.KindKeysSuspended, order.EventReversed},
		"charge.dispute.funds_withdrawn":        {order.Invoice, "invoice.paid", does{pays, disputed}, order.Reversed, notice.KindKeysSuspended, order.EventReversed},
		"charge.dispute.closed":                 {order.Card, completed, does{pays, disputed, lostTo}, order.Reversed, notice.KindOrderRefunded, order.EventReversed},
		"radar.early_fraud_warning.created":     {order.Card, completed, does{pays, warned}, order.Decide, "", order.EventWarned},
	} {
		f := startBilled(t)
		var o order.Order
		if c.method == order.Card {
			o = f.place(t)
		} else {
			o = f.invoice(t)
		}
		for _, happen := range c.happen {
			happened(t, happen(f, t.Context(), o.Number))
		}
		if c.before != "" {
			f.take(t, c.before)
		}
		mails, trail := f.mails(t), f.events(t, o.Number)
		for i := range 3 {
			out := f.take(t, kind)
			if i == 0 && out.Result != c.first || i > 0 && out.Changed {
				t.Errorf("%s, take %d: %+v, want %s", kind, i, out, c.first)
			}
		}
		got := without(f.mails(t), mails)
		if c.mail == "" && len(got) > 0 || c.mail != "" && !slices.Contains(got, c.mail) || len(got) > 2 {
			t.Errorf("%s: mails %v, want %q", kind, got, c.mail)
		}
		if added := without(f.events(t, o.Number), trail); c.audit == "" && len(added) > 0 || c.audit != "" && !slices.Contains(added, c.audit) {
			t.Errorf("%s: audit %v, want %q", kind, added, c.audit)
		}
	}
}

// without takes what was there before off a list.
func without[T comparable](all, before []T) []T {
	for _, kind := range before {
		if i := slices.Index(all, kind); i >= 0 {
			all = slices.Delete(all, i, i+1)
		}
	}
	return all
}

func TestWhatComesTooLateIsNotTold(t *testing.T) { // S-03
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	happened(t, f.stripe.FailInvoice(t.Context(), o.Number))
	happened(t, f.stripe.Overdue(t.Context(), o.Number))
	happened(t, f.stripe.Pay(t.Context(), o.Number))
	f.take(t, "invoice.paid")
	before := f.count(t, "OUTBOX_TABLE")
	for _, kind := range []string{"invoice.payment_failed", "invoice.overdue"} {
		if out := f.take(t, kind); out.Changed || out.Alarming() || f.count(t, "OUTBOX_TABLE") != before {
			t.Errorf("%s after the payment: %+v", kind, out)
		}
	}
}

func TestALostAnswerTellsOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict} {
		f := startBilled(t)
		o := f.invoice(t)
		happened(t, f.stripe.Overdue(t.Context(), o.Number))
		e := f.event(t, "invoice.overdue")
		before := f.count(t, "OUTBOX_TABLE")
		f.Faults.Script(func(n int, c dynamotest.Call) dynamotest.Fault {
			if c.Operation == "TransactWriteItems" && !c.Repeat {
				return kind
			}
			return dynamotest.None
		})
		_, err := f.fulfiller.Take(t.Context(), e, f.now)
		f.Faults.Clear()
		f.take(t, "invoice.overdue")
		if n := f.count(t, "OUTBOX_TABLE") - before; n != 1 {
			t.Errorf("fault %d: %d mails, %v", kind, n, err)
		}
	}
}

func TestAPaymentAfterTheVoidIsToldToThePurchaser(t *testing.T) { // S-15
	t.Parallel()
	f := startBilled(t)
	o := f.invoice(t)
	happened(t, f.stripe.VoidInvoice(t.Context(), o.Number))
	f.take(t, "invoice.voided")
	happened(t, f.stripe.Wired(t.Context(), o.Number))
	for range 2 {
		f.take(t, "invoice.paid")
	}
	kinds := f.mails(t)
	slices.Sort(kinds)
	if want := []notice.Kind{notice.KindConfirmAccount, notice.KindInvoiceVoided, notice.KindOrderPlaced, notice.KindPaidTooMuch}; !slices.Equal(kinds, want) {
		t.Errorf("mails %v, want %v", kinds, want)
	}
}

func TestAWarningAboutAnUnknownCharge(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, e := range []payment.Event{
		{Type: "radar.early_fraud_warning.created", Object: "radar.early_fraud_warning", ObjectID: "issfr_none"},
		{Type: "credit_note.created", Object: "credit_note", ObjectID: "cn_none"},
	} {
		if out, err := f.fulfiller.Take(t.Context(), e, f.now); err != nil || out.Result != order.NotOurs {
			t.Errorf("%s: %+v, %v", e.Type, out, err)
		}
	}
}
