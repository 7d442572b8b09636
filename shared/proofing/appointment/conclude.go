package appointment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/names"
	"phoneotp/shared/proofing"
	"phoneotp/shared/secret"
)

// Listed is an appointment in an agent's list (api.md).
type Listed struct {
	ID       string `json:"id"`
	StartsAt string `json:"starts_at"`
	Holder   Person `json:"holder"`
	State    string `json:"state"`
	CaseID   string `json:"case_id,omitempty"` // of one that waits for a second agent
}

// Person is as much of a holder as agents need to know.
type Person struct {
	Name    string `json:"name"`
	Country string `json:"country"`
}

// stateSecond is what agents see of an appointment that waits for a second agent, for whatever reason.
const stateSecond = "second-approval"

// OfDay lists the appointments of a UTC day for agents. Those that no longer take place are left out.
func (d *Diary) OfDay(ctx context.Context, day, now time.Time) ([]Listed, error) {
	all, err := d.Slots.ofDay(ctx, day.Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	out := []Listed{}
	for _, a := range all {
		if a.State == Cancelled {
			continue
		}
		holder, err := d.Desk.Accounts.ByID(ctx, a.Holder, now)
		if errors.Is(err, account.ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		l := Listed{ID: a.ID, StartsAt: instant(a.StartsAt), Holder: Person{holder.Name(), holder.Country}, State: string(a.State)}
		if a.State == Approval || a.State == Fraud {
			l.State, l.CaseID = stateSecond, string(a.Case)
		}
		out = append(out, l)
	}
	return out, nil
}

// Session is what the agent who has an appointment needs for it.
type Session struct {
	VerificationWord string   `json:"verification_word"`
	Cues             []string `json:"cues"`
	Checklist        []string `json:"checklist"`
	MeetingURL       string   `json:"meeting_url,omitempty"`
}

// Claim gives an appointment to the first agent who asks; asking again shows the same. Who may act as an agent,
// the caller has checked.
//
// It returns ErrUntrained, ErrUnknown, ErrOwn, ErrClaimed or ErrNotOpen.
func (d *Diary) Claim(ctx context.Context, id string, agent account.ID, now time.Time) (Session, error) {
	if !d.Agenda.Trained(agent, now) {
		return Session{}, ErrUntrained
	}
	for range tries {
		a, err := d.Slots.Find(ctx, id)
		switch {
		case err != nil:
			return Session{}, err
		case a.Holder == agent:
			return Session{}, ErrOwn
		case a.State == Claimed && *a.Agent == agent:
			return d.session(a, now), nil
		case a.State != Booked:
			return Session{}, ErrClaimed
		case !a.open(now):
			return Session{}, ErrNotOpen
		}
		after := a
		after.State, after.Agent, after.ClaimedAt, after.Word, after.Cues = Claimed, &agent, now, drawWord(), drawCues()
		e := audit.Entry{
			Subject: audit.Account(a.Holder.String()), Actor: audit.Account(agent.String()), What: EventClaimed, At: now, Ref: string(a.Case),
			Detail: map[string]string{"appointment": a.ID, "cues": after.Cues[0] + ", " + after.Cues[1]},
		}
		err = d.Slots.DB.Commit(ctx, d.Slots.save(a, after), d.Desk.Log.Write(e))
		switch {
		case errors.Is(err, errMoved): // somebody was faster: look who
			continue
		case err != nil:
			return Session{}, fmt.Errorf("claim appointment %s: %w", id, err)
		}
		return d.session(after, now), nil
	}
	return Session{}, fmt.Errorf("claim appointment %s: %w", id, dynamo.ErrBusy)
}

func (d *Diary) session(a Appointment, now time.Time) Session {
	s := Session{VerificationWord: a.Word, Checklist: steps}
	for _, key := range a.Cues {
		for _, c := range pool {
			if c.key == key {
				s.Cues = append(s.Cues, c.text)
			}
		}
	}
	if a.open(now) {
		s.MeetingURL = d.Links.To(a.room)
	}
	return s
}

// Concluded is what came of a conclusion.
type Concluded struct {
	State  string      // as agents see it
	Case   proofing.ID // set where a second agent must decide
	Code   secret.Text // of a pass, shown here alone
	Second bool
}

// Conclude ends an appointment. Repeating the same outcome changes nothing; repeating "passed" within 10 minutes
// draws another activation code.
//
// It returns fault.ErrInvalid, ErrUnknown, ErrOwn, ErrNotClaimed, ErrClaimed (another's, or over), ErrNotOpen,
// ErrIncomplete, ErrWaitLonger, or proofing.ErrOver for a code that can no longer be replaced.
func (d *Diary) Conclude(ctx context.Context, id string, agent account.ID, says Conclusion, now time.Time) (Concluded, error) {
	if err := says.check(); err != nil {
		return Concluded{}, err
	}
	a, err := d.Slots.Find(ctx, id)
	if err != nil {
		return Concluded{}, err
	}
	if err := a.mayConclude(agent, says, now); err != nil {
		return Concluded{}, err
	}
	holder, err := d.Desk.Accounts.ByID(ctx, a.Holder, now)
	if err != nil {
		return Concluded{}, fmt.Errorf("conclude: %w", err)
	}
	seen, refusal := says.Checklist.allows(holder, now)
	if says.Outcome == SaysPassed && a.State == Claimed && refusal != nil {
		return Concluded{}, refusal
	}
	var out Concluded
	_, err = d.Desk.Change(ctx, a.Case, now, func(c *proofing.Case) ([]dynamo.Write, error) {
		before, err := d.Slots.Find(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := before.mayConclude(agent, says, now); err != nil {
			return nil, err
		}
		if before.State != Claimed {
			var writes []dynamo.Write
			out, writes, err = d.again(c, before, agent, now)
			return writes, err
		}
		if c.State != proofing.Booked || c.Booking.ID != before.ID {
			return nil, ErrClaimed // its time is over
		}
		after := before
		after.ConcludedAt, after.Reason = now, says.Reason
		if refusal == nil {
			after.Document = &seen
		}
		var writes []dynamo.Write
		if out, writes, err = d.conclude(ctx, c, &after, says, now); err != nil {
			return nil, err
		}
		e := entry(*c, after, EventConcluded, audit.Account(agent.String()), says.Reason, now)
		e.Detail["outcome"] = string(says.Outcome)
		if after.Document != nil {
			e.Detail["name_class"] = string(seen.NameClass)
		}
		return append(writes, d.Slots.save(before, after), d.Desk.Log.Write(e)), nil
	})
	if errors.Is(err, errDone) {
		err = nil
	}
	if err != nil {
		return Concluded{}, fmt.Errorf("conclude appointment %s: %w", id, err)
	}
	return out, nil
}

// mayConclude refuses who may not conclude, and what may not be said yet or any more.
func (a Appointment) mayConclude(agent account.ID, says Conclusion, now time.Time) error {
	switch {
	case a.Holder == agent:
		return ErrOwn
	case a.State == Booked:
		return ErrNotClaimed
	case a.Agent == nil || *a.Agent != agent:
		return ErrClaimed
	case a.State == Claimed && !a.open(now):
		return ErrNotOpen
	case a.State == Claimed && says.Outcome == SaysNoShow && now.Before(a.StartsAt.Add(absent)):
		return ErrWaitLonger.RetryingAt(a.StartsAt.Add(absent))
	case a.State != Claimed && !a.repeats(says.Outcome):
		return ErrClaimed
	}
	return nil
}

// repeats tells whether an outcome is the one that the appointment ended with.
func (a Appointment) repeats(o Outcome) bool {
	switch o {
	case SaysPassed:
		return a.State == Passed || a.State == Approval
	case SaysFailed:
		return a.State == Failed
	case SaysIncomplete:
		return a.State == Incomplete
	case SaysNoShow:
		return a.State == NoShow
	case SaysFraud:
		return a.State == Fraud
	}
	return false
}

// again answers who concludes once more with the same outcome: of a pass, with another code.
func (d *Diary) again(c *proofing.Case, a Appointment, agent account.ID, now time.Time) (Concluded, []dynamo.Write, error) {
	switch a.State {
	case Passed:
		code, writes, err := d.Desk.Ready(c, agent, now)
		return Concluded{State: string(Passed), Code: code}, writes, err
	case Approval, Fraud:
		return second(a), nil, errDone
	}
	return Concluded{State: string(a.State)}, nil, errDone
}

func second(a Appointment) Concluded {
	return Concluded{State: stateSecond, Case: a.Case, Second: true}
}

// conclude moves the case and the appointment by the outcome.
func (d *Diary) conclude(ctx context.Context, c *proofing.Case, a *Appointment, says Conclusion, now time.Time) (Concluded, []dynamo.Write, error) {
	hand := func(to proofing.State, state State) (Concluded, []dynamo.Write, error) {
		a.State = state
		r := proofing.Review{Appointment: a.ID, Agent: *a.Agent, At: now, Why: says.Reason}
		if a.Document != nil {
			r.NameClass = string(a.Document.NameClass)
		}
		return second(*a), nil, c.Hand(to, r, now)
	}
	count := func(state State) (Concluded, []dynamo.Write, error) {
		a.State = state
		writes, err := d.Desk.Fail(ctx, c, audit.Account(a.Agent.String()), string(says.Outcome)+": "+says.Reason, now)
		return Concluded{State: string(state)}, writes, err
	}
	switch says.Outcome {
	case SaysPassed:
		if a.Document.NameClass == names.Review {
			return hand(proofing.Approval, Approval)
		}
		a.State = Passed
		code, writes, err := d.Desk.Ready(c, *a.Agent, now)
		return Concluded{State: string(Passed), Code: code}, writes, err
	case SaysFailed:
		return count(Failed)
	case SaysNoShow:
		return count(NoShow)
	case SaysFraud:
		return hand(proofing.Fraud, Fraud)
	case SaysIncomplete:
		a.State = Incomplete
		return Concluded{State: string(Incomplete)}, nil, c.Unbook(now)
	}
	return Concluded{}, nil, fmt.Errorf("appointment: no outcome %q", says.Outcome)
}

// Decision is a second agent's.
type Decision struct {
	Approve bool // a name in review: it is the person; a suspicion of fraud: it was unfounded
	Reason  string
}

// Decide ends what waits for a second agent. An approved name passes, and the first agent gets the code by
// concluding again; one that is not is a failure. Fraud that is unfounded leads to video again, else it is failed.
//
// It returns the state that agents see, fault.ErrInvalid, proofing.ErrNone, ErrOwn, ErrSameAgent, or
// proofing.ErrOver or ErrBusy where nothing waits.
func (d *Diary) Decide(ctx context.Context, id proofing.ID, agent account.ID, says Decision, now time.Time) (string, error) {
	var check fault.Check
	checkReason(&check, says.Reason)
	if err := check.Err(); err != nil {
		return "", err
	}
	var state State
	_, err := d.Desk.Change(ctx, id, now, func(c *proofing.Case) ([]dynamo.Write, error) {
		switch {
		case !c.State.Open():
			return nil, proofing.ErrOver
		case c.State != proofing.Approval && c.State != proofing.Fraud:
			return nil, proofing.ErrBusy
		case c.Account == agent:
			return nil, ErrOwn
		case c.Review.Agent == agent:
			return nil, ErrSameAgent
		}
		before, err := d.Slots.Find(ctx, c.Review.Appointment)
		if err != nil {
			return nil, err
		}
		after := before
		writes, err := d.decide(ctx, c, &after, agent, says, now)
		if err != nil {
			return nil, err
		}
		state = after.State
		e := entry(*c, after, EventDecided, audit.Account(agent.String()), says.Reason, now)
		e.Detail["state"] = string(state)
		return append(writes, d.Slots.save(before, after), d.Desk.Log.Write(e)), nil
	})
	if err != nil {
		return "", fmt.Errorf("decide case %s: %w", id, err)
	}
	return string(state), nil
}

func (d *Diary) decide(ctx context.Context, c *proofing.Case, a *Appointment, agent account.ID, says Decision, now time.Time) ([]dynamo.Write, error) {
	suspected := c.State == proofing.Fraud
	switch {
	case suspected && says.Approve:
		a.State = Incomplete
		return nil, c.Clear(now)
	case suspected:
		a.State = Failed
		return d.Desk.Reject(ctx, c, audit.Account(agent.String()), "fraud: "+says.Reason, now)
	case says.Approve:
		a.State = Passed
		_, writes, err := d.Desk.Ready(c, c.Review.Agent, now) // nobody sees this code: the first agent asks for another
		return writes, err
	}
	a.State = Failed
	return d.Desk.Fail(ctx, c, audit.Account(agent.String()), "name not accepted: "+says.Reason, now)
}
