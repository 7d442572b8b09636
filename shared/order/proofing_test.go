package order_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
)

// A refund in every state of a case gives back all that it holds, once, however often Stripe tells it.
func TestW04ARefundInEveryStateCompensatesOnce(t *testing.T) {
	t.Parallel()
	for _, state := range []proofing.State{
		proofing.Choose, proofing.InQuiz, proofing.VideoOnly, proofing.Booked, proofing.Approval, proofing.Fraud, proofing.Ready, proofing.Expired,
	} {
		f := start(t)
		f.person(t)
		number, id := f.proofs(t)
		f.become(t, id, state)
		before := f.outbox(t)
		happened(t, f.stripe.Refund(t.Context(), number))
		for n := range 3 {
			out := f.take(t, "charge.refunded")
			if want := map[bool]order.Result{true: order.Reversed, false: order.Already}[n == 0]; out.Result != want {
				t.Errorf("%s: %+v, want %s", state, out, want)
			}
		}
		f.gone(t, string(state), number, id)
		if held := f.slots(t); held != 0 && state == proofing.Booked {
			t.Errorf("%d half hours are still taken", held)
		}
		after := f.outbox(t)
		cancelled := 0
		if state == proofing.Booked {
			cancelled = 1
		}
		for kind, want := range map[notice.Kind]int{
			notice.KindProofingEnded: 1, notice.KindCaseStop: 1, notice.KindAppointmentCancelled: cancelled, notice.KindOrderRefunded: 1, notice.KindCaseStart: 0,
		} {
			if got := after[string(kind)] - before[string(kind)]; got != want {
				t.Errorf("%s: %d of %s, want %d", state, got, kind, want)
			}
		}
	}
}

// What has ended well or badly is not cancelled: a pass goes with its credential, a failure stays one.
func TestW04ARefundLeavesACaseThatHasEnded(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.person(t)
	number, id := f.proofs(t)
	f.become(t, id, proofing.Passed)
	happened(t, f.stripe.Refund(t.Context(), number))
	f.take(t, "charge.refunded")
	f.expect(t, "passed", number, order.Refunded, license.Void)
	c, err := f.fulfiller.Cases.Cases.Find(t.Context(), id)
	fatal(t, err)
	held, err := f.fulfiller.Credentials.Find(t.Context(), buyer(9))
	fatal(t, err)
	if c.State != proofing.Passed || held.State != credential.Revoked || f.outbox(t)[string(notice.KindCaseStop)] != 0 {
		t.Errorf("case %s, credential %s", c.State, held.State)
	}
}

// The license alone was sold; the holder's credential is another one's by now, or revoked by a person: the refund ends
// what is left to end and is not stuck.
func TestARefundOfWhatIsRevokedAlready(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.person(t)
	number, id := f.proofs(t)
	by := buyer(9)
	held, err := f.fulfiller.Credentials.Find(t.Context(), by)
	fatal(t, err)
	closing, err := f.fulfiller.Credentials.Closing(held, held.License)
	fatal(t, err)
	fatal(t, f.DB.Commit(t.Context(), closing...))
	happened(t, f.stripe.Refund(t.Context(), number))
	f.take(t, "charge.refunded")
	f.gone(t, "revoked before", number, id)
}

// Every answer of the database may be lost, and every call may be the last: the event comes again, and it ends alike.
func TestW04ARefundSurvivesLostAnswersAndCrashes(t *testing.T) {
	t.Parallel()
	for _, fault := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.ServerFail, dynamotest.Conflict} {
		for n := range 9 {
			f := start(t)
			f.person(t)
			number, id := f.proofs(t)
			f.book(t, id)
			happened(t, f.stripe.Refund(t.Context(), number))
			e := f.event(t, "charge.refunded")
			if fault == dynamotest.ServerFail {
				f.Faults.FromCall(n, fault)
			} else {
				f.Faults.OnCall(n, fault)
			}
			_, first := f.fulfiller.Take(t.Context(), e, f.now)
			f.Faults.Clear()
			out, err := f.fulfiller.Take(t.Context(), e, f.now)
			if err != nil || first == nil && out.Result != order.Already {
				t.Errorf("fault %d at call %d: %v, then %+v, %v", fault, n, first, out, err)
			}
			f.gone(t, fmt.Sprintf("fault %d at call %d", fault, n), number, id)
			if stops := f.outbox(t); stops[string(notice.KindCaseStop)] != 1 || stops[string(notice.KindAppointmentCancelled)] != 1 {
				t.Errorf("fault %d at call %d: %v", fault, n, stops)
			}
		}
	}
}

// K-14: the key is entered while its refund arrives: either nobody entered it, or everything is given back.
func TestK14RefundWhileRedeeming(t *testing.T) {
	t.Parallel()
	for round := range 6 {
		f := start(t)
		f.person(t)
		number := f.sold(t, order.Card, order.Ask{Product: "us-proofed", Quantity: 1}).Number
		key := f.keys(t, number)[0]
		happened(t, f.stripe.Refund(t.Context(), number))
		e := f.event(t, "charge.refunded")
		var wg sync.WaitGroup
		var in license.Entered
		var entering, refunding error
		wg.Go(func() {
			time.Sleep(time.Duration(round) * 3 * time.Millisecond)
			in, entering = f.enters(t.Context(), key, buyer(9))
		})
		wg.Go(func() {
			for range 5 { // Stripe tells it again
				if _, refunding = f.fulfiller.Take(t.Context(), e, f.now); refunding == nil {
					return
				}
			}
		})
		wg.Wait()
		fatal(t, refunding)
		if entering == nil {
			f.gone(t, "entered first", number, proofing.IDOf(in.License.Digest))
			continue
		}
		held, err := f.fulfiller.Credentials.Find(t.Context(), buyer(9))
		fatal(t, err)
		if !errors.Is(entering, license.ErrVoid) && !errors.Is(entering, dynamo.ErrBusy) || held != nil || len(f.all(t, "CASES_TABLE")) != 0 {
			t.Errorf("refunded first: %v, credential %v", entering, held)
		}
		f.expect(t, "refunded first", number, order.Refunded, license.Void)
	}
}

// The holder books, or takes the expired case up again, while the refund arrives: nothing stays booked or open.
func TestK14RefundWhileTheHolderActs(t *testing.T) {
	t.Parallel()
	for round := range 8 {
		f := start(t)
		f.person(t)
		number := f.sold(t, order.Card, order.Ask{Product: "us-proofed", Quantity: 1}).Number
		key := f.keys(t, number)[0]
		id := f.entered(t, key)
		reopens := round%2 == 0
		if reopens {
			f.become(t, id, proofing.Expired)
		}
		happened(t, f.stripe.Refund(t.Context(), number))
		e := f.event(t, "charge.refunded")
		diary := f.diary(t)
		var wg sync.WaitGroup
		var acting, refunding error
		wg.Go(func() {
			time.Sleep(time.Duration(round) * 2 * time.Millisecond)
			if reopens {
				_, acting = f.enters(t.Context(), key, buyer(9))
			} else {
				_, acting = diary.Book(t.Context(), id, appointment.Wish{Holder: buyer(9), StartsAt: f.slot(), Zone: "UTC", From: from, At: f.now})
			}
		})
		wg.Go(func() {
			for range 5 {
				if _, refunding = f.fulfiller.Take(t.Context(), e, f.now); refunding == nil {
					return
				}
			}
		})
		wg.Wait()
		fatal(t, refunding)
		if acting != nil && !errors.Is(acting, license.ErrVoid) && !errors.Is(acting, proofing.ErrOver) && !errors.Is(acting, dynamo.ErrBusy) {
			t.Errorf("round %d: %v", round, acting)
		}
		f.gone(t, fmt.Sprintf("round %d", round), number, id)
		if held := f.slots(t); held != 0 {
			t.Errorf("round %d: %d half hours are taken", round, held)
		}
	}
}

// An order of many keys does not fit into one transaction: a crash in the middle is gone on from, and the mail says
// what became of the keys.
func TestARefundOfManyKeysInProofing(t *testing.T) {
	t.Parallel()
	const keys = 30
	f := start(t)
	number := f.sold(t, order.Card, order.Ask{Product: "us-proofed", Quantity: keys}).Number
	for n, key := range f.keys(t, number) {
		_, err := f.enters(t.Context(), key, buyer(100+n))
		fatal(t, err)
	}
	happened(t, f.stripe.Refund(t.Context(), number))
	e := f.event(t, "charge.refunded")
	commits := 0
	f.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
		if c.Operation != "TransactWriteItems" {
			return dynamotest.None
		}
		if commits++; commits > 5 {
			return dynamotest.CutRequest
		}
		return dynamotest.None
	})
	if _, err := f.fulfiller.Take(t.Context(), e, f.now); err == nil {
		t.Fatal("the crash is not felt")
	}
	f.Faults.Clear()
	if out, err := f.fulfiller.Take(t.Context(), e, f.now); err != nil || out.Result != order.Reversed {
		t.Fatalf("%+v, %v", out, err)
	}
	want := slices.Repeat([]license.State{license.Void}, keys)
	f.expect(t, "all", number, order.Refunded, want...)
	for _, item := range f.all(t, "CASES_TABLE") {
		if st := dynamo.Read(item).Text("st"); st != string(proofing.Cancelled) {
			t.Errorf("a case is %s", st)
		}
	}
	if got := f.outbox(t); got[string(notice.KindOrderRefunded)] != 1 || got[string(notice.KindCaseStop)] != keys {
		t.Errorf("written: %v", got)
	}
}
