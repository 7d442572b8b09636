package proofing

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

// Reminders go out this long before an appointment (product.md 4).
var reminders = [...]time.Duration{24 * time.Hour, 15 * time.Minute}

// Executions name themselves after case and generation; ParseExecution reads the name back.
func ParseExecution(name string) (ID, int64, error) {
	id, gen, _ := strings.Cut(name, "-")
	n, err := strconv.ParseInt(gen, 10, 64)
	if err != nil || n < 1 {
		return "", 0, fmt.Errorf("proofing: %q is no execution", name)
	}
	parsed, err := ParseID(id)
	return parsed, n, err
}

// ExecutionName names the execution of a generation of a case.
func ExecutionName(id ID, generation int64) string { return fmt.Sprintf("%s-%d", id, generation) }

// Step is what the workflow is told to do next: ids and a word, nothing about anybody.
type Step struct {
	Case       ID     `json:"case"`
	Generation int64  `json:"generation"`
	Version    int64  `json:"version"`
	Next       string `json:"next"`
	Until      string `json:"until"` // of a pause: RFC 3339
}

// Look settles what deadlines have decided and says what comes next: the state's name, "pause" until a reminder,
// "remind" when it is due, or "superseded" for an execution that is not the case's any more.
func (d Desk) Look(ctx context.Context, id ID, generation int64, now time.Time) (Step, error) {
	c, err := d.Change(ctx, id, now, func(*Case) ([]dynamo.Write, error) { return nil, nil })
	if err != nil {
		return Step{}, err
	}
	return c.step(generation, now), nil
}

func (c Case) step(generation int64, now time.Time) Step {
	s := Step{Case: c.ID, Generation: generation, Version: c.Version, Next: string(c.State)}
	if c.Generation != generation {
		s.Next = "superseded"
		return s
	}
	if c.State == Booked {
		if n := c.Booking.Reminded; n < len(reminders) {
			at := c.Booking.StartsAt.Add(-reminders[n])
			if s.Next = "remind"; now.Before(at) {
				s.Next, s.Until = "pause", at.UTC().Format(time.RFC3339)
			}
		}
	}
	return s
}

// Remind sends the reminder that is due, once. One whose moment lay before the booking, or is past because
// the appointment has begun, is passed over.
func (d Desk) Remind(ctx context.Context, id ID, generation int64, now time.Time) (Step, error) {
	c, err := d.Change(ctx, id, now, func(c *Case) ([]dynamo.Write, error) {
		if c.step(generation, now).Next != "remind" {
			return nil, nil
		}
		b := c.Booking
		due := b.StartsAt.Add(-reminders[b.Reminded])
		b.Reminded++
		latest := b.Reminded == len(reminders) || now.Before(b.StartsAt.Add(-reminders[b.Reminded]))
		if due.Before(c.TouchedAt) || !latest || !now.Before(b.StartsAt) {
			return nil, nil
		}
		return []dynamo.Write{d.Outbox.Write(notice.AppointmentReminder(c.Account.String(), notice.Appointment{
			ID: b.ID, StartsAt: b.StartsAt, Length: b.EndsAt.Sub(b.StartsAt), Zone: b.Zone, Sequence: b.Sequence,
		}, now), now)}, nil
	})
	if err != nil {
		return Step{}, err
	}
	return c.step(generation, now), nil
}

// Wait stores the token of a step that waits, under the version that the workflow has seen. stored is false if
// the case has moved on: then the step completes itself.
func (d Desk) Wait(ctx context.Context, id ID, generation, version int64, token secret.Text) (stored bool, err error) {
	sealed, err := d.Cases.Keys.token.Seal([]byte(token.Reveal()), []byte(ExecutionName(id, generation)))
	if err != nil {
		return false, fmt.Errorf("proofing: %w", err)
	}
	err = d.Cases.wait(ctx, id, generation, version, sealed)
	if errors.Is(err, ErrMoved) {
		return false, nil
	}
	return err == nil, err
}

// waiting is the token of a step that waits for something that has happened, or empty.
func (d Desk) waiting(c Case) (secret.Text, error) {
	if c.token == nil || c.tokenVersion >= c.Version || c.tokenGeneration != c.Generation {
		return "", nil
	}
	plain, err := d.Cases.Keys.token.Open(c.token, []byte(ExecutionName(c.ID, c.tokenGeneration)))
	if err != nil {
		return "", fmt.Errorf("proofing: token of case %s: %w", c.ID, err)
	}
	return secret.Text(plain), nil
}

// Wake completes the step that waits for a case which has moved on. A case without one needs none.
func (d Desk) Wake(ctx context.Context, id ID) error {
	c, err := d.Cases.Find(ctx, id)
	if err != nil {
		return err
	}
	token, err := d.waiting(c)
	if err != nil || token == "" {
		return err
	}
	return d.Workflow.Complete(ctx, token)
}

// Swept is what a sweep has found.
type Swept struct {
	Cases   int // looked at
	Overdue int // of these wait for a second agent longer than they should
}

// MetricOverdue counts the cases that a sweep found waiting for a second agent for more than ReviewSoon: somebody must
// look. The holder sees "in review" until it is decided or over.
const MetricOverdue = "ReviewOverdue"

// Sweep looks at every open case whose moment has come: it writes down what deadlines have decided, wakes a step
// that was not told, and gives a case whose execution does not live the next one.
func (d Desk) Sweep(ctx context.Context, now time.Time) (Swept, error) {
	ids, err := d.Cases.due(ctx, now)
	if err != nil {
		return Swept{}, err
	}
	out := Swept{Cases: len(ids)}
	var errs []error
	for _, id := range ids {
		c, err := d.sweep(ctx, id, now)
		if err != nil {
			errs = append(errs, err)
		}
		if c.Overdue(now) {
			out.Overdue++
		}
	}
	return out, errors.Join(errs...)
}

// sweep looks at one case and returns it as it stood.
func (d Desk) sweep(ctx context.Context, id ID, now time.Time) (Case, error) {
	c, err := d.Change(ctx, id, now, func(*Case) ([]dynamo.Write, error) { return nil, nil })
	if err != nil || !c.State.Open() {
		return c, err
	}
	lives, err := d.Workflow.Lives(ctx, ExecutionName(id, c.Generation))
	if err != nil {
		return c, err
	}
	if lives {
		return c, errors.Join(d.Wake(ctx, id), d.Cases.postpone(ctx, c, now))
	}
	_, err = d.Change(ctx, id, now, func(stands *Case) ([]dynamo.Write, error) {
		if stands.Generation == c.Generation && stands.State.Open() {
			stands.Generation++
		}
		return nil, nil
	})
	return c, err
}
