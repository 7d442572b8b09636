package order_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
)

// The policy, spelled out: what a term that runs loses, it loses by a person alone.
func TestTheRenewalPolicyIsAsDecided(t *testing.T) {
	cells := func(acts ...any) (row [4]order.TermCell) {
		for i := range row {
			row[i] = order.TermCell{Act: acts[2*i].(order.TermAct), Person: acts[2*i+1].(bool)}
		}
		return row
	}
	leave, take, give := order.LeaveTerm, order.TakeTerm, order.ReturnTerm
	for h, want := range map[order.Happening]order.TermRow{ // ahead, running, taken back before, gone
		order.RefundWhole:   {cells(take, false, leave, true, leave, false, leave, true), order.Refunded},
		order.RefundLate:    {cells(take, false, leave, true, leave, false, leave, true), order.Refunded},
		order.RefundPart:    {cells(leave, true, leave, true, give, true, leave, true), order.Fulfilled},
		order.DisputeOpened: {cells(take, false, leave, true, leave, false, leave, true), order.Disputed},
		order.DisputeLost:   {cells(take, false, leave, true, leave, false, leave, true), order.Refunded},
		order.Cleared:       {cells(leave, false, leave, false, give, false, leave, false), order.Fulfilled},
	} {
		if d := cmp.Diff(want, order.RenewalPolicy(h)); d != "" {
			t.Errorf("%s (-want +got):\n%s", h, d)
		}
	}
}

// Each happening meets the term at each stage, by card and by invoice (S-16, issue 5).
func TestMoneyOfARenewalGoesBack(t *testing.T) {
	t.Parallel()
	const (
		ahead = iota
		atItsStart
		running
		replaced
	)
	for _, method := range []order.Method{order.Card, order.Invoice} {
		for _, c := range []struct {
			name  string
			kind  string
			does  func(*renewals, string)
			state order.State
			asks  [4]bool
		}{
			{"in full", "charge.refunded", func(r *renewals, n string) { happened(t, r.stripe.Refund(t.Context(), n)) }, order.Refunded, [4]bool{false, true, true, true}},
			{"in part", "charge.refunded", func(r *renewals, n string) { happened(t, r.stripe.RefundPart(t.Context(), n, 500)) }, order.Fulfilled, [4]bool{true, true, true, true}},
			{"disputed", "charge.dispute.created", func(r *renewals, n string) { happened(t, r.stripe.Dispute(t.Context(), n)) }, order.Disputed, [4]bool{false, true, true, true}},
			{"lost", "charge.dispute.closed", func(r *renewals, n string) {
				happened(t, r.stripe.Dispute(t.Context(), n))
				happened(t, r.stripe.CloseDispute(t.Context(), n, "lost"))
			}, order.Refunded, [4]bool{false, true, true, true}},
		} {
			for stage := ahead; stage <= replaced; stage++ {
				r := startRenewals(t)
				r.at(r.bought.Add(300 * day))
				o := r.order(t, method)
				happened(t, r.stripe.Pay(t.Context(), o.Number))
				r.take(t, map[order.Method]string{order.Card: completed, order.Invoice: "invoice.paid"}[method])
				begins := credential.Expiry(r.bought, 1)
				want, terms := order.Reversed, 1
				switch stage {
				case ahead:
					r.at(begins.Add(-time.Millisecond)) // 65 days after the payment, and not begun
				case atItsStart:
					r.at(begins)
				case running:
					r.at(begins.Add(100 * day))
				case replaced:
					r.at(credential.Expiry(r.bought, 2))
					fatal(t, r.enterNew(t))
				}
				if c.asks[stage] {
					want = order.Decide
				}
				if stage != ahead && stage != replaced || c.name == "in part" && stage != replaced {
					terms = 2
				}
				c.does(r, o.Number)
				for n := range 3 {
					out := r.take(t, c.kind)
					if n == 0 && out.Result != want || n > 0 && out.Result != order.Already || n == 0 && out.Alarming() != c.asks[stage] {
						t.Errorf("%s, %s, stage %d: %+v", method, c.name, stage, out)
					}
				}
				r.terms(t, c.name, terms)
				if v := r.view(t, o.Number); v.State != c.state {
					t.Errorf("%s, %s, stage %d: the order is %s, want %s", method, c.name, stage, v.State, c.state)
				}
				k := r.kinds(t)
				if taken := stage == ahead && c.name != "in part"; (k[notice.KindRenewalTakenBack] == 1) != taken || slices.Contains(r.ofHolder(t), order.EventTermTaken) != taken {
					t.Errorf("%s, %s, stage %d: mails %v", method, c.name, stage, k)
				}
				if told := c.asks[stage] && c.state == order.Refunded; (k[notice.KindRenewalRefunded] == 1) != told || k[notice.KindOrderRefunded] != 0 {
					t.Errorf("%s, %s, stage %d: mails %v", method, c.name, stage, k)
				}
			}
		}
	}
}

// What was taken back comes again when the refund fails or the dispute is won; also after the first expiry.
func TestATermComesBackWithItsMoney(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Duration{"soon": time.Hour, "after the first expiry": 400 * day} {
		for _, disputed := range []bool{false, true} {
			r := startRenewals(t)
			o := r.renewed(t)
			if disputed {
				happened(t, r.stripe.Dispute(t.Context(), o.Number))
				r.take(t, "charge.dispute.created")
			} else {
				happened(t, r.stripe.Refund(t.Context(), o.Number))
				r.take(t, "charge.refunded")
			}
			r.terms(t, "taken back", 1)
			if got := r.held(t).Eligibility(r.now, 0); got != credential.Eligible {
				t.Errorf("%s: %s after it was taken back", name, got)
			}
			r.at(r.now.Add(later))
			if disputed {
				happened(t, r.stripe.CloseDispute(t.Context(), o.Number, "won"))
				r.take(t, "charge.dispute.closed")
			} else {
				happened(t, r.stripe.FailRefund(t.Context(), o.Number))
				r.take(t, "refund.failed")
			}
			r.terms(t, name, 2)
			if v := r.view(t, o.Number); v.State != order.Fulfilled || r.kinds(t)[notice.KindRenewalReturned] != 1 {
				t.Errorf("%s: the order is %s, mails %v", name, v.State, r.kinds(t))
			}
		}
	}
}

// The money comes back, but another renewal has taken the place of the first: a person, and no second year on top.
func TestATermDoesNotComeBackBesideAnother(t *testing.T) {
	t.Parallel()
	for _, paid := range []bool{false, true} {
		r := startRenewals(t)
		o := r.renewed(t)
		happened(t, r.stripe.Dispute(t.Context(), o.Number))
		r.take(t, "charge.dispute.created")
		second := r.order(t, order.Card)
		if paid {
			r.pay(t, second.Number)
			r.take(t, completed)
		}
		happened(t, r.stripe.CloseDispute(t.Context(), o.Number, "won"))
		if out := r.take(t, "charge.dispute.closed"); out.Result != order.Decide || !out.Alarming() {
			t.Errorf("second paid %v: %+v", paid, out)
		}
		r.terms(t, "beside another", map[bool]int{false: 1, true: 2}[paid])
		happened(t, r.stripe.Refund(t.Context(), o.Number)) // the person gives the first one's money back
		if out := r.take(t, "charge.refunded"); out.Result != order.Reversed {
			t.Errorf("given back: %+v", out)
		}
		r.terms(t, "given back", map[bool]int{false: 1, true: 2}[paid]) // the second one's term is its own
	}
}

// Events of a dispute and a refund in any order, each twice, end as the charge says.
func TestMoneyEventsOfARenewalInAnyOrder(t *testing.T) { // S-03
	t.Parallel()
	for range 10 {
		r := startRenewals(t)
		o := r.renewed(t)
		before := len(r.stripe.Events())
		happened(t, r.stripe.Dispute(t.Context(), o.Number))
		happened(t, r.stripe.CloseDispute(t.Context(), o.Number, "won"))
		happened(t, r.stripe.Refund(t.Context(), o.Number))
		events := r.stripe.Events()[before:]
		events = append(slices.Clone(events), events...)
		rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for _, ev := range events {
			body, header, err := r.stripe.Signed(ev.ID)
			fatal(t, err)
			e, err := r.webhook.Parse(body, header, r.now)
			fatal(t, err)
			if out, err := r.fulfiller.Take(t.Context(), e, r.now); err != nil || out.Alarming() {
				t.Errorf("%s: %+v, %v", ev.Type, out, err)
			}
		}
		r.terms(t, "in any order", 1)
		if v := r.view(t, o.Number); v.State != order.Refunded {
			t.Errorf("the order is %s", v.State)
		}
	}
}

func TestLostAnswersWhenMoneyOfARenewalGoesBack(t *testing.T) { // S-10, quality.md 2 rows 3 and 4
	t.Parallel()
	for call := range 3 {
		for _, kind := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.Throttle, dynamotest.ServerFail} {
			r := startRenewals(t)
			o := r.renewed(t)
			r.at(r.now.Add(time.Minute))
			happened(t, r.stripe.Refund(t.Context(), o.Number))
			e := r.event(t, "charge.refunded")
			r.Faults.Clear()
			r.Faults.OnCall(call, kind)
			if out, err := r.fulfiller.Take(t.Context(), e, r.now); err != nil || out.Result != order.Reversed {
				t.Errorf("fault %d in call %d: %+v, %v", kind, call, out, err)
			}
			r.Faults.Clear()
			r.terms(t, "after a fault", 1)
			if got := r.events(t, o.Number); !slices.Equal(got, []audit.Event{order.EventPlaced, order.EventFulfilled, order.EventReversed}) {
				t.Errorf("fault %d in call %d: audit %v", kind, call, got)
			}
		}
		r := startRenewals(t)
		o := r.renewed(t)
		happened(t, r.stripe.Refund(t.Context(), o.Number))
		e := r.event(t, "charge.refunded")
		r.Faults.Clear()
		r.Faults.FromCall(call, dynamotest.CutRequest)
		if _, err := r.fulfiller.Take(t.Context(), e, r.now); err == nil {
			t.Errorf("dead from call %d: no error", call)
		}
		r.Faults.Clear()
		r.terms(t, "dead", 2)
		r.take(t, "charge.refunded")
		r.terms(t, "after the crash", 1)
	}
}

// A term goes back only while it stands as it was seen: the next one, ordered and paid meanwhile, stays.
func TestARefundRacesTheStartOfTheTerm(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	o := r.renewed(t)
	r.at(credential.Expiry(r.bought, 1))
	next := r.renewed(t) // the third term
	happened(t, r.stripe.Refund(t.Context(), o.Number))
	for _, e := range []string{"charge.refunded", "refund.created"} {
		out := r.take(t, e)
		if out.Order == o.Number && out.Result != order.Decide && out.Result != order.Already {
			t.Errorf("%s: %+v", e, out)
		}
	}
	r.terms(t, "the first one's money", 3)
	happened(t, r.stripe.Refund(t.Context(), next.Number))
	r.take(t, "charge.refunded")
	r.terms(t, "the second one's money", 2)
}
