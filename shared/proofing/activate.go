package proofing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/secret"
)

// codeTries is how many activation codes an hour an account may try (product.md 4).
var codeTries = limit.Rule{Name: "activation-code", Max: 5, Window: time.Hour}

// CodeTries counts the activation codes that an account tried.
func CodeTries(holder account.ID) limit.Use {
	return limit.Use{Rule: codeTries, Subject: holder.String(), Fault: ErrCodeLocked}
}

// Activate takes an activation code in: the right one proofs the credential. A try is counted before the code is
// compared; a typing error, which the check symbol finds, costs none. The right code again is success.
//
// It returns ErrCodeWrong, ErrCodeLocked or ErrCodeNotNeeded.
func (d Desk) Activate(ctx context.Context, limits limit.Counters, holder account.ID, id ID, typed secret.Text, now time.Time) (Case, error) {
	code, ok := license.Read(typed.Reveal(), codeSymbols)
	if !ok {
		return Case{}, ErrCodeWrong
	}
	if err := limits.Take(ctx, now, CodeTries(holder)); err != nil {
		return Case{}, fmt.Errorf("proofing: %w", err)
	}
	after, err := d.Change(ctx, id, now, func(c *Case) ([]dynamo.Write, error) {
		if c.State == Passed && c.Method == ByVideo {
			return nil, errDone
		}
		if err := c.require(Ready); err != nil {
			return nil, ErrCodeNotNeeded
		}
		if !d.Codes.Check(c.Code.digest, []byte(c.ID), []byte(code.Reveal())) {
			return nil, ErrCodeWrong
		}
		return d.pass(c, ByVideo, now), nil
	})
	if errors.Is(err, errDone) {
		return d.Cases.Find(ctx, id)
	}
	return after, err
}

var errDone = errors.New("proofing: it is done already")
