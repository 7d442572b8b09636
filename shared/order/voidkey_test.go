package order_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/order"
)

var anybody = func(account.ID) error { return nil }

func (f *fixture) voider() order.Voider {
	return order.Voider{
		Orders: f.fulfiller.Orders, Licenses: f.fulfiller.Issuer.Licenses, Credentials: f.fulfiller.Credentials, Cases: f.fulfiller.Cases,
		Notices: f.fulfiller.Notices, Audit: f.fulfiller.Audit,
	}
}

func (f *fixture) voiding(t *testing.T, number string) order.Voiding {
	t.Helper()
	return order.Voiding{Number: number, Last4: f.view(t, number).Licenses[0].Last4, By: account.IDOf("support1"), Why: "bought by mistake", From: from}
}

// Issued, suspended and registered keys end, an activated one stays; each for good.
func TestStaffVoidsAKeyAtEveryStage(t *testing.T) {
	t.Parallel()
	for stage, want := range map[license.State]error{license.Issued: nil, license.Suspended: nil, license.Registered: nil, license.Activated: order.ErrKeyActivated} {
		f := startBilled(t)
		o := f.sold(t, order.Card)
		switch stage {
		case license.Suspended:
			happened(t, f.stripe.Dispute(t.Context(), o.Number))
			f.take(t, "charge.dispute.created")
		case license.Registered, license.Activated:
			f.enter(t, o.Number, stage == license.Activated)
		}
		a := f.voiding(t, o.Number)
		changed, err := f.voider().Void(t.Context(), a, anybody, f.now)
		if !errors.Is(err, want) || changed != (want == nil) {
			t.Fatalf("%s: %v, %v", stage, changed, err)
		}
		if want != nil {
			if _, states := f.states(t, o.Number); states[0] != stage {
				t.Errorf("%s became %s", stage, states[0])
			}
			continue
		}
		if _, states := f.states(t, o.Number); states[0] != license.Void {
			t.Errorf("%s became %s", stage, states[0])
		}
		entries, err := audit.Reader{DB: f.DB, Table: f.Table("AUDIT_TABLE")}.For(t.Context(), audit.Order(o.Number))
		fatal(t, err)
		recorded := slices.ContainsFunc(entries, func(e audit.Entry) bool {
			return e.What == license.EventVoided && e.Why == a.Why && e.Actor == audit.Account(a.By.String()) && e.Detail["last4"] == a.Last4
		})
		if !recorded {
			t.Errorf("%s is not recorded: %+v", stage, entries)
		}
		outbox, trail := f.count(t, "OUTBOX_TABLE"), f.count(t, "AUDIT_TABLE")
		if changed, err := f.voider().Void(t.Context(), a, anybody, f.now.Add(time.Hour)); changed || err != nil || f.count(t, "OUTBOX_TABLE") != outbox || f.count(t, "AUDIT_TABLE") != trail {
			t.Errorf("%s again: %v, %v", stage, changed, err)
		}
	}
}

func TestStaffVoidsNoOtherKey(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	o := f.sold(t, order.Card)
	refused := errors.New("mine")
	for what, row := range map[string]struct {
		a      order.Voiding
		holder func(account.ID) error
		want   error
	}{
		"another ending": {order.Voiding{Number: o.Number, Last4: "????"}, anybody, order.ErrKeyUnknown},
		"no ending":      {order.Voiding{Number: o.Number}, anybody, order.ErrKeyUnknown},
		"no order":       {order.Voiding{Number: "SO-00000000", Last4: "0000"}, anybody, order.ErrUnknown},
		"what is none":   {order.Voiding{Number: "x", Last4: "0000"}, anybody, order.ErrUnknown},
		"one's own":      {f.voiding(t, o.Number), func(account.ID) error { return refused }, refused},
	} {
		before := f.count(t, "AUDIT_TABLE") + f.count(t, "OUTBOX_TABLE")
		if changed, err := f.voider().Void(t.Context(), row.a, row.holder, f.now); changed || !errors.Is(err, row.want) || f.count(t, "AUDIT_TABLE")+f.count(t, "OUTBOX_TABLE") != before {
			t.Errorf("%s: %v, %v", what, changed, err)
		}
	}
	unpaid := f.place(t)
	if _, err := f.voider().Void(t.Context(), order.Voiding{Number: unpaid.Number, Last4: "0000"}, anybody, f.now); !errors.Is(err, order.ErrKeyUnknown) {
		t.Errorf("an order without keys: %v", err)
	}
}

// Whatever answer is lost, the key ends once, with one mail to its purchaser.
func TestVoidingSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	for call := range 5 {
		for _, lost := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict} {
			f := startBilled(t)
			o := f.sold(t, order.Card)
			f.enter(t, o.Number, false)
			a := f.voiding(t, o.Number)
			before := f.count(t, "OUTBOX_TABLE")
			f.Faults.OnCall(call, lost)
			_, _ = f.voider().Void(t.Context(), a, anybody, f.now)
			f.Faults.Clear()
			if _, err := f.voider().Void(t.Context(), a, anybody, f.now); err != nil {
				t.Fatal(err)
			}
			if n := f.count(t, "OUTBOX_TABLE") - before; n != 2 { // the purchaser and the holder
				t.Errorf("call %d, fault %d: %d mails", call, lost, n)
			}
		}
	}
}
