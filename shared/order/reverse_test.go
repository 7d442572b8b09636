package order_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/order"
)

// sold places, pays and fulfils an order.
func (f *fixture) sold(t *testing.T, method order.Method, lines ...order.Ask) order.Order {
	t.Helper()
	if method == order.Invoice {
		o := f.invoice(t, lines...)
		happened(t, f.stripe.Pay(t.Context(), o.Number))
		f.take(t, "invoice.paid")
		return o
	}
	o := f.place(t, lines...)
	f.pay(t, o.Number)
	f.take(t, completed)
	return o
}

// enter redeems an order's first key for buyer 9, and activates it if asked to.
func (f *fixture) enter(t *testing.T, number string, activated bool) {
	t.Helper()
	products, err := catalog.Load()
	fatal(t, err)
	r := license.Redeemer{Licenses: f.fulfiller.Issuer.Licenses, Keys: f.reader.Keyring, Catalog: products, Credentials: f.fulfiller.Credentials,
		Limits: limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")}, Notices: f.fulfiller.Notices, Audit: f.fulfiller.Audit, PerAddress: 30}
	in, err := r.Redeem(t.Context(), license.Entry{Input: f.keys(t, number)[0], Holder: buyer(9), From: from, At: f.now})
	fatal(t, err)
	if activated {
		fatal(t, f.DB.Commit(t.Context(), f.fulfiller.Issuer.Licenses.Activation(in.License.Digest, f.now)))
		by := buyer(9)
		_, err := f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String(f.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(by[:])},
			UpdateExpression: aws.String("SET st = :a"), ExpressionAttributeValues: dynamo.Item{":a": dynamo.S(string(credential.Active))}})
		fatal(t, err)
	}
}

func (f *fixture) states(t *testing.T, number string) (order.State, []license.State) {
	t.Helper()
	v := f.view(t, number)
	var out []license.State
	for _, k := range v.Licenses {
		out = append(out, k.State)
	}
	slices.Sort(out)
	return v.State, out
}

func (f *fixture) expect(t *testing.T, what, number string, state order.State, keys ...license.State) {
	t.Helper()
	if s, k := f.states(t, number); s != state || !slices.Equal(k, keys) {
		t.Errorf("%s: order %s, keys %v; want %s, %v", what, s, k, state, keys)
	}
}

// TestEveryCellOfThePolicy lets each happening meet a key at each stage, by card and by invoice (S-16).
func TestEveryCellOfThePolicy(t *testing.T) {
	t.Parallel()
	const later = 16 * 24 * time.Hour
	for _, method := range []order.Method{order.Card, order.Invoice} {
		for stage, before := range []license.State{license.Issued, license.Registered, license.Activated} {
			for _, c := range []struct {
				h     order.Happening
				kind  string
				state order.State
				keys  [3]license.State // by stage; empty: as before
				asks  [3]bool
			}{
				{order.RefundWhole, "charge.refunded", order.Refunded, [3]license.State{license.Void, license.Void, ""}, [3]bool{false, false, true}},
				{order.RefundLate, "refund.created", order.Refunded, [3]license.State{}, [3]bool{true, true, true}},
				{order.RefundPart, "charge.refunded", order.Fulfilled, [3]license.State{}, [3]bool{true, true, true}},
				{order.DisputeOpened, "charge.dispute.created", order.Disputed, [3]license.State{license.Suspended, "", ""}, [3]bool{false, true, true}},
				{order.DisputeLost, "charge.dispute.closed", order.Refunded, [3]license.State{license.Void, "", ""}, [3]bool{false, true, true}},
			} {
				f := startBilled(t)
				o := f.sold(t, method)
				if stage > 0 {
					f.enter(t, o.Number, before == license.Activated)
				}
				switch c.h {
				case order.RefundLate:
					f.at(f.now.Add(later))
					happened(t, f.stripe.Refund(t.Context(), o.Number))
				case order.RefundWhole:
					happened(t, f.stripe.Refund(t.Context(), o.Number))
				case order.RefundPart:
					happened(t, f.stripe.RefundPart(t.Context(), o.Number, 500))
				default:
					happened(t, f.stripe.Dispute(t.Context(), o.Number))
				}
				if c.h == order.DisputeLost {
					f.take(t, "charge.dispute.created")
					happened(t, f.stripe.CloseDispute(t.Context(), o.Number, "lost"))
				}
				out := f.take(t, c.kind)
				want := c.keys[stage]
				if want == "" {
					want = before
				}
				name := string(method) + " " + string(c.h) + " " + string(before)
				f.expect(t, name, o.Number, c.state, want)
				if out.Why != string(c.h) || out.Alarming() != c.asks[stage] || order.Policy(c.h).Cells[stage].Person != c.asks[stage] {
					t.Errorf("%s: %+v", name, out)
				}
				if again := f.take(t, c.kind); again.Result != order.Already {
					t.Errorf("%s again: %+v", name, again)
				}
				held, err := f.fulfiller.Credentials.Find(t.Context(), buyer(9))
				fatal(t, err)
				if stage > 0 && held.Live(f.now) == (want == license.Void) {
					t.Errorf("%s: the credential is %s", name, held.State)
				}
			}
		}
	}
}

func TestAFailedRefundAndAWonDisputeAreUndone(t *testing.T) { // S-16
	t.Parallel()
	f := start(t)
	o := f.sold(t, order.Card, order.Ask{Product: "us", Quantity: 2})
	before := f.keys(t, o.Number)
	happened(t, f.stripe.Refund(t.Context(), o.Number))
	f.take(t, "charge.refunded")
	f.expect(t, "refunded", o.Number, order.Refunded, license.Void, license.Void)
	happened(t, f.stripe.FailRefund(t.Context(), o.Number))
	if out := f.take(t, "refund.failed"); out.Result != order.Reversed || out.Why != "undone" {
		t.Errorf("failed: %+v", out)
	}
	f.expect(t, "failed", o.Number, order.Fulfilled, license.Issued, license.Issued)
	for _, status := range []string{"won", "warning_closed"} {
		happened(t, f.stripe.Dispute(t.Context(), o.Number))
		f.take(t, "charge.dispute.funds_withdrawn")
		f.expect(t, "disputed", o.Number, order.Disputed, license.Suspended, license.Suspended)
		happened(t, f.stripe.CloseDispute(t.Context(), o.Number, status))
		f.take(t, "charge.dispute.closed")
		f.expect(t, status, o.Number, order.Fulfilled, license.Issued, license.Issued)
	}
	if after := f.keys(t, o.Number); !slices.Equal(before, after) {
		t.Error("the keys are others")
	}
}

func TestOneActiveKeyLeavesAllToAPerson(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.sold(t, order.Card, order.Ask{Product: "us", Quantity: 3})
	f.enter(t, o.Number, true)
	happened(t, f.stripe.Refund(t.Context(), o.Number))
	if out := f.take(t, "charge.refunded"); out.Result != order.Decide {
		t.Errorf("outcome: %+v", out)
	}
	f.expect(t, "one active", o.Number, order.Refunded, license.Activated, license.Issued, license.Issued)
}

func TestARefundBeforeItsPaymentIsToldAgain(t *testing.T) { // S-03
	t.Parallel()
	f := start(t)
	o := f.place(t)
	f.pay(t, o.Number)
	happened(t, f.stripe.Refund(t.Context(), o.Number))
	if _, err := f.fulfiller.Take(t.Context(), f.event(t, "charge.refunded"), f.now); !errors.Is(err, dynamo.ErrBusy) {
		t.Errorf("before: %v", err)
	}
	f.take(t, completed)
	f.take(t, "charge.refunded")
	f.expect(t, "after", o.Number, order.Refunded, license.Void)
}

func TestALostWriteOfARefund(t *testing.T) { // S-10, S-16
	t.Parallel()
	for _, cut := range []dynamotest.Fault{dynamotest.CutRequest, dynamotest.CutReply} {
		for call := range 3 {
			f := start(t)
			o := f.sold(t, order.Card, order.Ask{Product: "us", Quantity: 2})
			happened(t, f.stripe.Refund(t.Context(), o.Number))
			e := f.event(t, "charge.refunded")
			f.Faults.Clear()
			f.Faults.FromCall(call, cut)
			_, _ = f.fulfiller.Take(t.Context(), e, f.now)
			f.Faults.Clear()
			f.take(t, "charge.refunded")
			f.expect(t, "afterwards", o.Number, order.Refunded, license.Void, license.Void)
		}
	}
}

// TestARefundMeetsARedemption lets both run at once: either the key was entered and is void with its credential,
// or it is void and nobody has it (K-14).
func TestARefundMeetsARedemption(t *testing.T) {
	t.Parallel()
	for range 10 {
		f := start(t)
		o := f.sold(t, order.Card)
		key := f.keys(t, o.Number)[0]
		happened(t, f.stripe.Refund(t.Context(), o.Number))
		e := f.event(t, "charge.refunded")
		products, err := catalog.Load()
		fatal(t, err)
		r := license.Redeemer{Licenses: f.fulfiller.Issuer.Licenses, Keys: f.reader.Keyring, Catalog: products, Credentials: f.fulfiller.Credentials,
			Limits: limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")}, Notices: f.fulfiller.Notices, Audit: f.fulfiller.Audit, PerAddress: 30}
		done := make(chan error)
		go func() {
			_, err := r.Redeem(t.Context(), license.Entry{Input: key, Holder: buyer(9), From: from, At: f.now})
			done <- err
		}()
		if _, err := f.fulfiller.Take(t.Context(), e, f.now); err != nil && !errors.Is(err, dynamo.ErrBusy) {
			t.Error(err)
		}
		if err := <-done; err != nil && !errors.Is(err, license.ErrVoid) && !errors.Is(err, dynamo.ErrBusy) {
			t.Errorf("redeem: %v", err)
		}
		_, err = f.fulfiller.Take(t.Context(), e, f.now)
		fatal(t, err)
		held, err := f.fulfiller.Credentials.Find(t.Context(), buyer(9))
		fatal(t, err)
		if held.Live(f.now) {
			t.Errorf("the credential is %s", held.State)
		}
		f.expect(t, "both", o.Number, order.Refunded, license.Void)
	}
}

// TestShuffledEventsOfAReversal: whatever the order of refund, dispute and their ends, the last word is what the
// charge says (S-03).
func TestShuffledEventsOfAReversal(t *testing.T) {
	t.Parallel()
	f := start(t)
	for i := range 100 {
		before := len(f.stripe.Events())
		o := f.place(t, order.Ask{Product: "us", Quantity: 2})
		f.pay(t, o.Number)
		happened(t, f.stripe.Dispute(t.Context(), o.Number))
		happened(t, f.stripe.CloseDispute(t.Context(), o.Number, "won"))
		want, keys := order.Fulfilled, license.Issued
		if i%2 == 0 {
			happened(t, f.stripe.Refund(t.Context(), o.Number))
			want, keys = order.Refunded, license.Void
		}
		events := f.stripe.Events()[before:]
		events = append(events, events...)
		rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for len(events) > 0 {
			e := events[0]
			events = events[1:]
			body, header, err := f.stripe.Signed(e.ID)
			fatal(t, err)
			parsed, err := f.webhook.Parse(body, header, f.now)
			fatal(t, err)
			if _, err := f.fulfiller.Take(t.Context(), parsed, f.now); errors.Is(err, dynamo.ErrBusy) {
				events = append(events, e) // as Stripe does
			} else if err != nil {
				t.Fatal(err)
			}
		}
		f.expect(t, "shuffled", o.Number, want, keys, keys)
	}
}
