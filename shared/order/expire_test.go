package order_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/order"
)

func (f *fixture) expirer() order.Expirer {
	return order.Expirer{Orders: f.fulfiller.Orders, Licenses: f.fulfiller.Issuer.Licenses, Notices: f.fulfiller.Notices, Audit: f.fulfiller.Audit}
}

func (f *fixture) keyStates(t *testing.T, number string) []license.State {
	t.Helper()
	var out []license.State
	for _, k := range f.view(t, number).Licenses {
		out = append(out, k.State)
	}
	slices.Sort(out)
	return out
}

func TestUnusedKeysEndWithOneMailAnOrder(t *testing.T) { // issue 6 item 6
	t.Parallel()
	f := start(t)
	many := f.place(t, order.Ask{"us", 3})
	one := f.place(t)
	for _, number := range []string{many.Number, one.Number} {
		f.pay(t, number)
		f.take(t, completed)
	}
	f.redeem(t, many.Number)
	dies := many.PlacedAt.AddDate(1, 0, 0)
	mails := f.count(t, "OUTBOX_TABLE")
	if n, err := f.expirer().Sweep(t.Context(), dies.Add(-time.Millisecond)); err != nil || n != 0 || f.count(t, "OUTBOX_TABLE") != mails {
		t.Errorf("a millisecond early: %d, %v", n, err)
	}
	f.at(dies.Add(time.Hour))
	short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if n, err := f.expirer().Sweep(short, f.now); err != nil || n != 0 { // too little time left to begin
		t.Errorf("near the deadline: %d, %v", n, err)
	}
	for _, want := range []int{3, 0} {
		if n, err := f.expirer().Sweep(t.Context(), f.now); err != nil || n != want {
			t.Errorf("ended %d, %v, want %d", n, err, want)
		}
	}
	if got := f.keyStates(t, many.Number); !slices.Equal(got, []license.State{license.Registered, license.Void, license.Void}) {
		t.Errorf("keys: %v", got)
	}
	if n := f.count(t, "OUTBOX_TABLE") - mails; n != 2 || !slices.Contains(f.events(t, many.Number), license.EventExpired) {
		t.Errorf("%d mails, audit %v", n, f.events(t, many.Number))
	}
}

func TestACrashWhileKeysEnd(t *testing.T) {
	t.Parallel()
	for _, kind := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict} {
		f := start(t)
		o := f.place(t, order.Ask{"us", 2})
		f.pay(t, o.Number)
		f.take(t, completed)
		f.at(o.PlacedAt.AddDate(1, 0, 0))
		mails := f.count(t, "OUTBOX_TABLE")
		f.Faults.OnCall(2, kind) // after order and keys were read
		if n, err := f.expirer().Expire(t.Context(), o.Number, f.now); err != nil || n != 2 {
			t.Errorf("fault %d: %d, %v", kind, n, err)
		}
		f.Faults.Clear()
		if n := f.count(t, "OUTBOX_TABLE") - mails; n != 1 {
			t.Errorf("fault %d: %d mails", kind, n)
		}
	}
	f := start(t)
	o := f.place(t, order.Ask{"us", 2})
	f.pay(t, o.Number)
	f.take(t, completed)
	f.at(o.PlacedAt.AddDate(1, 0, 0))
	f.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault { // dies when it should write
		if c.Operation == "TransactWriteItems" {
			return dynamotest.CutRequest
		}
		return dynamotest.None
	})
	if n, err := f.expirer().Sweep(t.Context(), f.now); n != 0 || !errors.Is(err, dynamo.ErrUnavailable) {
		t.Errorf("the database dies: %d, %v", n, err)
	}
	f.Faults.Clear()
	if n, err := f.expirer().Sweep(t.Context(), f.now); err != nil || n != 2 {
		t.Errorf("afterwards: %d, %v", n, err)
	}
}
