package proofing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

// What happens to cases, as the audit trail has it. Ref is the case's id.
const (
	EventOpened    audit.Event = "proofing-opened"
	EventConsent   audit.Event = "proofing-consent"
	EventQuiz      audit.Event = "proofing-quiz-asked"
	EventNotPassed audit.Event = "proofing-not-verified"
	EventPassed    audit.Event = "proofing-passed"
	EventFlagged   audit.Event = "proofing-flagged"
	EventFailed    audit.Event = "proofing-failed"
	EventReady     audit.Event = "proofing-code-given"
	EventExpired   audit.Event = "proofing-expired"
	EventCancelled audit.Event = "proofing-cancelled"
	EventReopened  audit.Event = "proofing-reopened"
)

// Entry is an audit entry about a case. Actor is as audit has it: audit.Account of who acts, audit.System, or empty
// for the holder.
func (c Case) Entry(what audit.Event, actor, why string, at time.Time) audit.Entry {
	return audit.Entry{Subject: audit.Account(c.Account.String()), Actor: actor, What: what, Why: why, At: at, Ref: string(c.ID)}
}

// Pass ends a case well by a passed quiz: the credential is proofed in the same transaction.
func (d Desk) pass(c *Case, method string, now time.Time) []dynamo.Write {
	c.State, c.Quiz, c.Booking, c.Review, c.Code = Passed, nil, nil, nil, nil
	c.Method, c.DecidedAt = method, now
	c.touch(now)
	e := c.Entry(EventPassed, "", "", now)
	e.Detail = map[string]string{"method": method}
	return []dynamo.Write{
		d.Credentials.Proofed(c.Account, c.License, method, now),
		d.Log.Write(e),
		d.Outbox.Write(notice.ProofingPassed(c.Account.String(), method, now), now),
	}
}

// Ready ends a video well: it draws the activation code that the agent reads out, shown here alone, and replaces
// an earlier one. agent is who may have another within FreshCode. passed is the instant of the pass or its
// approval, kept when a code is only replaced.
func (d Desk) Ready(c *Case, agent account.ID, now time.Time) (secret.Text, []dynamo.Write, error) {
	passed := now
	if c.State == Ready {
		if c.Code.Agent != agent || !now.Before(c.Code.PassedAt.Add(FreshCode)) {
			return "", nil, ErrOver
		}
		passed = c.Code.PassedAt
	} else if err := c.require(Booked, Approval); err != nil {
		return "", nil, err
	}
	code := drawCode()
	c.State, c.Booking, c.Review = Ready, nil, nil
	c.Code = &Code{ExpiresAt: now.Add(CodeLife), PassedAt: passed, Agent: agent, digest: d.Codes.Digest([]byte(c.ID), []byte(code.Reveal()))}
	c.touch(now)
	return code, []dynamo.Write{d.Log.Write(c.Entry(EventReady, audit.Account(agent.String()), "", now))}, nil
}

// Fail counts a failure: of a quiz, or of a video that an agent failed. The third voids the license and revokes
// the credential. Why goes into the audit trail and is told to nobody else.
func (d Desk) Fail(ctx context.Context, c *Case, actor, why string, now time.Time) ([]dynamo.Write, error) {
	person, err := d.Cases.person(ctx, c.Person, now)
	if err != nil {
		return nil, err
	}
	c.Failures++
	c.Quiz, c.Booking, c.Review, c.Code = nil, nil, nil, nil
	c.touch(now)
	writes := []dynamo.Write{d.Log.Write(c.Entry(EventNotPassed, actor, why, now))}
	if c.Person != nil {
		person.failures = append(person.failures, now)
		writes = append(writes, d.Cases.savePerson(person, now))
	}
	if max(c.Failures, len(person.failures)) < MaxFailures {
		c.State = c.rest()
		return writes, nil
	}
	end, err := d.exhaust(ctx, c, actor, "three failures", now)
	return append(writes, end...), err
}

// Leave ends a quiz whose questions were shown, for a way that the holder takes instead: an abandoned quiz is a failure,
// counted at once. It does nothing where no quiz is open, and gives a quiz back that was never shown.
//
// It returns ErrBusy while the bureau judges the answers, and where this failure would be the last: nobody shall lose
// the key by choosing another way; the quiz may still be answered, and its five minutes end it.
func (d Desk) Leave(ctx context.Context, c *Case, now time.Time) ([]dynamo.Write, error) {
	switch {
	case c.State != InQuiz:
		return nil, nil
	case c.Quiz.Submitted, c.Quiz.sealed == nil && c.Quiz.replaces:
		return nil, ErrBusy
	case c.Quiz.sealed == nil:
		c.Quizzes--
		c.State, c.Quiz = c.rest(), nil
		return d.unsit(ctx, c.Person, now)
	}
	p, err := d.Cases.person(ctx, c.Person, now)
	if err != nil {
		return nil, err
	}
	if p.exhausted(*c) {
		return nil, ErrBusy.Because(becauseLast)
	}
	return d.Fail(ctx, c, "", "the quiz was left for a video session", now)
}

// Reject fails a case at once: fraud that a second agent confirms, or that nobody cleared in 14 days.
func (d Desk) Reject(ctx context.Context, c *Case, actor, why string, now time.Time) ([]dynamo.Write, error) {
	if err := c.require(Fraud); err != nil {
		return nil, err
	}
	return d.exhaust(ctx, c, actor, why, now)
}

// exhaust ends a case badly: the key is void and the credential revoked, unless they have ended already, as one that
// expired and was replaced.
func (d Desk) exhaust(ctx context.Context, c *Case, actor, why string, now time.Time) ([]dynamo.Write, error) {
	keys, err := d.Licenses.Find(ctx, c.License)
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("proofing: case %s has no license", c.ID)
	}
	if err != nil {
		return nil, err
	}
	held, err := d.Credentials.Find(ctx, c.Account)
	if err != nil {
		return nil, err
	}
	writes, err := d.Credentials.Closing(held, c.License)
	if err != nil {
		return nil, err
	}
	if keys[0].State != license.Void {
		writes = append(writes, d.Licenses.Voiding(keys[0], license.ByProofing, now))
	}
	c.State, c.Quiz, c.Booking, c.Review, c.Code = Failed, nil, nil, nil, nil
	c.DecidedAt = now
	return append(writes,
		d.Accounts.LockName(c.Account, false),
		d.Log.Write(c.Entry(EventFailed, actor, why, now)),
		d.Outbox.Write(notice.ProofingFailed(c.Account.String(), now), now)), nil
}

// Cancel ends an open case from any state and gives back all it holds: the appointment with its slot and its
// mails, the open quiz, the name lock but for a name that a pass has locked; the workflow is stopped through the outbox.
// License and credential stay, so the holder may begin again with the own key (Reopening): after a suspicion of fraud by
// video alone. extra are the writes of the cause. Cancelling one that has ended is ErrOver.
func (d Desk) Cancel(ctx context.Context, id ID, actor, why string, now time.Time, extra ...dynamo.Write) (Case, error) {
	return d.Change(ctx, id, now, func(c *Case) ([]dynamo.Write, error) {
		if !c.State.Open() {
			return nil, ErrOver
		}
		if c.State == Fraud {
			c.Quizzes = MaxQuizzes
		}
		writes, err := d.cancel(ctx, c, actor, why, now)
		return append(writes, append(extra,
			d.Accounts.LockName(c.Account, c.Again),
			d.Outbox.Write(notice.ProofingEnded(c.Account.String(), notice.EndedCancelled, now), now))...), err
	})
}

// Cancelling are the writes of Cancel for the transaction of a cause that ends the license itself, as a refund. There
// are none for a license without a case and for a case that has passed, failed or was cancelled. One that has expired is
// cancelled too, so that nobody reopens it beside the cause. A refusal is ErrMoved: the license is looked at again.
func (d Desk) Cancelling(ctx context.Context, digest []byte, actor, why string, now time.Time) ([]dynamo.Write, error) {
	before, err := d.Cases.Find(ctx, IDOf(digest))
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	if err != nil || !before.State.Open() && before.State != Expired {
		return nil, err
	}
	after := before.copy()
	after.Version++
	writes, err := d.cancel(ctx, &after, actor, why, now)
	if err != nil {
		return nil, err
	}
	return append([]dynamo.Write{d.Cases.save(before, after, now)}, append(writes,
		d.Accounts.LockName(after.Account, false),
		d.Outbox.Write(notice.ProofingEnded(after.Account.String(), notice.EndedWithKey, now), now))...), nil
}

// cancel ends a case and gives back what it holds but for the name.
func (d Desk) cancel(ctx context.Context, c *Case, actor, why string, now time.Time) ([]dynamo.Write, error) {
	var writes []dynamo.Write
	if c.Booking != nil || c.Review != nil {
		var err error
		if writes, err = d.release(ctx, *c, now, "cancelled"); err != nil {
			return nil, err
		}
	}
	c.State, c.Quiz, c.Booking, c.Review, c.Code = Cancelled, nil, nil, nil, nil
	c.DecidedAt = now
	return append(writes,
		d.Log.Write(c.Entry(EventCancelled, actor, why, now)),
		d.Outbox.WriteOnce(notice.CaseStop(), ExecutionName(c.ID, c.Generation), now)), nil
}

func (d Desk) release(ctx context.Context, c Case, now time.Time, why string) ([]dynamo.Write, error) {
	if d.Release == nil {
		return nil, fmt.Errorf("proofing: nobody here gives back the appointment of case %s", c.ID)
	}
	return d.Release(ctx, c, why, now)
}

// settle writes down what deadlines have decided.
func (d Desk) settle(ctx context.Context, c *Case, now time.Time) ([]dynamo.Write, error) {
	switch c.lapse(now) {
	case quizLate:
		return d.Fail(ctx, c, audit.System, "the quiz was not answered in time", now)
	case quizLost:
		c.State, c.Quiz = c.rest(), nil
		return nil, nil
	case quizUnset:
		c.Quizzes--
		c.State, c.Quiz = c.rest(), nil
		return d.unsit(ctx, c.Person, now)
	case fraudOver:
		return d.Reject(ctx, c, audit.System, "nobody cleared the suspicion of fraud in 14 days", now)
	case codeOld:
		c.State, c.Code = VideoOnly, nil
		c.touch(now)
		return []dynamo.Write{d.Log.Write(c.Entry(EventNotPassed, audit.System, "the activation code was not entered in 30 days", now))}, nil
	case appointmentOver, approvalOver: // ours: nothing is counted
		writes, err := d.release(ctx, *c, now, "over")
		if err != nil {
			return nil, err
		}
		c.State, c.Booking, c.Review = c.rest(), nil, nil
		c.touch(now)
		return writes, nil
	case idle:
		c.State, c.DecidedAt = Expired, now
		return []dynamo.Write{
			d.Accounts.LockName(c.Account, c.Again),
			d.Log.Write(c.Entry(EventExpired, audit.System, "", now)),
			d.Outbox.Write(notice.ProofingEnded(c.Account.String(), notice.EndedExpired, now), now),
		}, nil
	}
	return nil, nil
}
