package appointment_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/proofing/appointment/appointmenttest"
)

func review() *appointment.Checklist {
	l := appointmenttest.Checklist()
	l.Document.Name = "Grace Hopper Jr"
	return l
}

func TestV10ANameInReviewNeedsASecondAgent(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{true, false} {
		m := claimed(t)
		got, err := m.conclude(t, agent1, "passed", review(), during)
		if err != nil || got.State != "second-approval" || got.Case != m.id || got.Code != "" || !got.Second {
			t.Fatalf("%+v, %v", got, err)
		}
		c := m.Find(t, m.id)
		if c.State != proofing.Approval || c.Review.NameClass != "review" || c.Review.Agent != agent1 || m.state(t) != appointment.Approval {
			t.Errorf("%s, %+v", c.State, c.Review)
		}
		if again, err := m.conclude(t, agent1, "passed", review(), during); err != nil || again != got {
			t.Errorf("again: %+v, %v", again, err)
		}
		for _, who := range []struct {
			agent account.ID
			want  error
		}{{agent1, appointment.ErrSameAgent}, {m.holder.ID, appointment.ErrOwn}} {
			if _, err := m.Diary.Decide(t.Context(), m.id, who.agent, appointment.Decision{Approve: true, Reason: "x"}, during); !errors.Is(err, who.want) {
				t.Errorf("%v, want %v", err, who.want)
			}
		}
		if _, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: true}, during); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("without a reason: %v", err)
		}
		later := during.Add(2 * time.Hour)
		state, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: approve, Reason: "compared"}, later)
		c = m.Find(t, m.id)
		if !approve {
			if err != nil || state != "failed" || c.Failures != 1 || c.State != proofing.Choose || m.state(t) != appointment.Failed {
				t.Errorf("not approved: %s, %v, %s, %d failures", state, err, c.State, c.Failures)
			}
			continue
		}
		if err != nil || state != "passed" || c.State != proofing.Ready || m.state(t) != appointment.Passed {
			t.Errorf("approved: %s, %v, %s", state, err, c.State)
		}
		if _, err := m.conclude(t, agent2, "passed", nil, later); !errors.Is(err, appointment.ErrClaimed) {
			t.Errorf("the second agent asks for the code: %v", err)
		}
		code, err := m.conclude(t, agent1, "passed", nil, later.Add(9*time.Minute))
		if err != nil || code.Code == "" {
			t.Fatalf("the first agent asks for the code: %v", err)
		}
		if c, err := m.Diary.Desk.Activate(t.Context(), m.Limits, m.holder.ID, m.id, code.Code, later); err != nil || c.State != proofing.Passed {
			t.Errorf("the code: %s, %v", c.State, err)
		}
		if _, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: false, Reason: "x"}, later); !errors.Is(err, proofing.ErrOver) {
			t.Errorf("decided again: %v", err)
		}
	}
}

func TestV11FraudIsSilent(t *testing.T) {
	t.Parallel()
	for _, unfounded := range []bool{true, false} {
		m := claimed(t)
		got, err := m.conclude(t, agent1, "fraud", appointmenttest.Checklist(), during)
		c := m.Find(t, m.id)
		if err != nil || got.State != "second-approval" || c.State != proofing.Fraud || c.ViewState() != "in-review" {
			t.Fatalf("%+v, %v, %s", got, err, c.ViewState())
		}
		if shown, err := m.Diary.View(t.Context(), c, during); err != nil || shown != nil {
			t.Errorf("the holder sees %+v", shown)
		}
		if sent := m.Scan(t, "OUTBOX_TABLE"); strings.Contains(fmt.Sprint(kindsOf(sent)), "fraud") {
			t.Error("the holder is told")
		}
		state, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: unfounded, Reason: "looked again"}, during)
		c = m.Find(t, m.id)
		want, wantState := proofing.Failed, "failed"
		if unfounded {
			want, wantState = proofing.VideoOnly, "incomplete"
		}
		if err != nil || state != wantState || c.State != want || c.Failures != 0 {
			t.Errorf("unfounded %v: %s, %s, %v", unfounded, state, c.State, err)
		}
	}
	m := claimed(t)
	if _, err := m.conclude(t, agent1, "fraud", nil, during); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Diary.Decide(t.Context(), m.id, agent2, appointment.Decision{Approve: true, Reason: "late"}, during.Add(14*24*time.Hour)); !errors.Is(err, proofing.ErrOver) {
		t.Errorf("after 14 days: %v", err)
	}
	if c := m.Find(t, m.id); c.State != proofing.Failed {
		t.Errorf("after 14 days: %s", c.State)
	}
}

func kindsOf(items []dynamo.Item) (out []string) {
	for _, item := range items {
		out = append(out, dynamo.Read(item).Text("k"))
	}
	return out
}
