package proofing

import (
	"context"
	"errors"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
)

// Again are the writes by which a holder who was proofed has to be proofed again, by live video alone: the numbers were
// reset, or the name became another (product.md 5, 9). The case is in its next generation, with both quizzes used up;
// failures stay counted. The name stays locked as the pass left it (Case.Again), so that nobody takes the account over under another one. A refusal is
// ErrMoved.
//
// Held is the credential as it was seen; there are no writes for one that was not proofed, and none where its case is
// open, as after a crash of an older version.
func (d Desk) Again(ctx context.Context, held *credential.Credential, actor, why string, now time.Time) ([]dynamo.Write, error) {
	if held.Method == "" {
		return nil, nil
	}
	before, err := d.Cases.Find(ctx, IDOf(held.License))
	if errors.Is(err, ErrNone) {
		c := Case{
			ID: IDOf(held.License), Account: held.Holder, License: held.License, Product: held.Product, State: VideoOnly, Version: 1, Generation: 1,
			OpenedAt: now, TouchedAt: now, Quizzes: MaxQuizzes, Again: true,
		}
		return []dynamo.Write{d.Cases.open(c, now), d.Log.Write(c.Entry(EventReopened, actor, why, now)), d.starts(c, now)}, nil
	}
	if err != nil || before.State.Open() {
		return nil, err
	}
	after := before.copy()
	after.Quizzes, after.Again = MaxQuizzes, true
	after.Method, after.Reference = "", ""
	after.reopen(now)
	after.Version++
	return []dynamo.Write{d.Cases.save(before, after, now), d.Log.Write(after.Entry(EventReopened, actor, why, now)), d.starts(after, now)}, nil
}

// Still are the writes that hold a case as it is while the holder's name changes beside it: none where there is no open
// one. It returns ErrBusy where somebody has begun to judge by the name: answers, a session that was concluded, an
// activation code that is out. A refusal is ErrMoved.
func (d Desk) Still(ctx context.Context, held *credential.Credential, now time.Time) ([]dynamo.Write, error) {
	if held == nil || !held.NeedsProofing {
		return nil, nil
	}
	before, err := d.Cases.Find(ctx, IDOf(held.License))
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	if err != nil || !before.State.Open() {
		return nil, err
	}
	if err := before.require(Choose, VideoOnly, Booked); err != nil {
		return nil, err
	}
	after := before.copy()
	after.Version++
	return []dynamo.Write{d.Cases.save(before, after, now)}, nil
}
