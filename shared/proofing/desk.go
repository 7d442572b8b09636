package proofing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

// Desk is where cases are worked on: the cases with the writes of lower rooms that belong to their changes. It is
// safe for concurrent use.
type Desk struct {
	Cases       Cases
	Accounts    account.Accounts
	Licenses    license.Licenses
	Credentials *credential.Registry
	Outbox      *notice.Outbox
	Log         audit.Log
	Codes       *secret.Key // of CodeKey; only where activation codes are given or entered
	// Workflow is what drives the cases' time; nil where nothing wakes it, then the sweep does.
	Workflow Workflow
	// Release gives an open appointment back, with its slot and its mails: the writes of a case that is cancelled
	// or whose appointment nobody concluded. Why is an ended appointment's state. Needed where a booked case can end.
	Release func(ctx context.Context, c Case, why string, now time.Time) ([]dynamo.Write, error)
}

// Workflow is what Step Functions does for cases; package taskapi does it. Executions are named by ExecutionName. It
// stands here as what is asked of it because paid orders work on cases too, in functions that wake nothing: linking the
// service's client would cost the start of each a third of a million instructions.
type Workflow interface {
	// Start starts an execution, unless one of that name was ever started.
	Start(ctx context.Context, name, input string) error
	// Complete completes the task that waits with a token, if one does.
	Complete(ctx context.Context, token secret.Text) error
	// Stop ends an execution that may be running.
	Stop(ctx context.Context, name, cause string) error
	// Lives tells whether an execution is running.
	Lives(ctx context.Context, name string) (bool, error)
}

// tries bounds how often a change is decided again after it was overtaken.
const tries = 8

// Decide changes a case as it was read, by its methods and the Desk's, and returns the writes that belong to the
// change. An error is the refusal; nothing is written then. It may be asked again with a fresher case.
type Decide func(c *Case) ([]dynamo.Write, error)

// Change reads a case, writes down what its deadlines have decided, lets decide change it, and saves it with
// everything in one transaction. Whoever is overtaken decides again. A change of generation also starts the
// workflow's next execution, through the outbox.
//
// It returns the case as it then stands, ErrNone, or what decide returns. Two calls where nobody interferes.
func (d Desk) Change(ctx context.Context, id ID, now time.Time, decide Decide) (Case, error) {
	for range tries {
		c, err := d.Cases.Find(ctx, id)
		if err != nil {
			return Case{}, err
		}
		step := decide
		settling := c.lapse(now) != noLapse
		if settling { // alone: what follows may touch the same items
			step = func(c *Case) ([]dynamo.Write, error) { return d.settle(ctx, c, now) }
		}
		after, err := d.apply(ctx, c, now, step)
		switch {
		case overtaken(err), err == nil && settling:
			continue
		case err != nil:
			return Case{}, err
		}
		d.tell(ctx, c, after)
		return after, nil
	}
	return Case{}, fmt.Errorf("proofing: case %s: %w", id, dynamo.ErrBusy)
}

// overtaken tells whether a change was refused because the case, its appointment, license or credential is not as it
// was read.
func overtaken(err error) bool {
	return errors.Is(err, license.ErrMoved) || errors.Is(err, credential.ErrMoved)
}

// tell wakes the workflow's step that waits in the state before. The case is saved: if it cannot be told now, the sweep
// tells it.
func (d Desk) tell(ctx context.Context, before, after Case) {
	if d.Workflow == nil || before.State == after.State || before.Generation != after.Generation {
		return
	}
	if err := d.Wake(ctx, after.ID); err != nil {
		slog.WarnContext(ctx, "workflow not told", "case", string(after.ID), "error", err.Error())
	}
}

func (d Desk) apply(ctx context.Context, before Case, now time.Time, decide Decide) (Case, error) {
	after := before.copy()
	writes, err := decide(&after)
	if err != nil {
		return Case{}, err
	}
	if len(writes) == 0 && after.same(before) {
		return after, nil
	}
	after.Version = before.Version + 1
	writes = append([]dynamo.Write{d.Cases.save(before, after, now)}, writes...)
	if after.Generation != before.Generation && after.State.Open() {
		writes = append(writes, d.starts(after, now))
	}
	if err := d.Cases.DB.Commit(ctx, writes...); err != nil {
		return Case{}, fmt.Errorf("proofing: case %s: %w", before.ID, err)
	}
	return after, nil
}

// Opening is what license redemption adds to its transaction for a product with proofing: the case, its audit
// entry and the start of its workflow.
func (d Desk) Opening(o credential.Opening, now time.Time) []dynamo.Write {
	c := Case{
		ID: IDOf(o.License), Account: o.Holder, License: o.License, Product: o.Product, State: Choose, Version: 1, Generation: 1,
		OpenedAt: now, TouchedAt: now,
	}
	return []dynamo.Write{
		d.Cases.open(c, now), d.Log.Write(c.Entry(EventOpened, "", "", now)), d.starts(c, now),
	}
}

// Reopening is what the holder's own key adds to its transaction when the case that it opened has expired or was
// cancelled by support: the case goes on where nothing runs, with the next generation of its workflow. Failures and quizzes stay counted, license and
// credential keep their dates: a credential that has ended meanwhile brings no case back (product.md 8). Nobody else's
// act does; there are no writes where nothing has ended. It is credential.ErrRequired where the credential has ended,
// renewals counted.
func (d Desk) Reopening(ctx context.Context, o credential.Opening, now time.Time) ([]dynamo.Write, error) {
	if !o.Proofing {
		return nil, nil
	}
	before, err := d.Cases.Find(ctx, IDOf(o.License))
	if err != nil {
		return nil, err
	}
	unwritten := before.lapse(now) == idle // it has expired, and nobody has written it down yet
	if before.State != Expired && before.State != Cancelled && !unwritten {
		return nil, nil
	}
	after := before.copy()
	after.reopen(now)
	after.Version++
	writes := []dynamo.Write{d.Cases.save(before, after, now), d.Credentials.InProofing(o.Holder, o.License, now)}
	if unwritten {
		writes = append(writes, d.Accounts.LockName(after.Account, after.Again), d.Log.Write(after.Entry(EventExpired, audit.System, "", now)))
	}
	return append(writes, d.Log.Write(after.Entry(EventReopened, "", "", now)), d.starts(after, now)), nil
}

// starts is the work of starting the execution of a case's generation.
func (d Desk) starts(c Case, now time.Time) dynamo.Write {
	return d.Outbox.WriteOnce(notice.CaseStart(), ExecutionName(c.ID, c.Generation), now)
}

// Current is the case of a holder's credential, deadlines counted. It returns ErrNone for a credential that has
// none.
func (d Desk) Current(ctx context.Context, held *credential.Credential, now time.Time) (Case, error) {
	if held == nil || !held.NeedsProofing {
		return Case{}, ErrNone
	}
	c, err := d.Cases.Find(ctx, IDOf(held.License))
	if err != nil || c.lapse(now) == noLapse {
		return c, err
	}
	return d.Change(ctx, c.ID, now, func(*Case) ([]dynamo.Write, error) { return nil, nil })
}
