package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
)

// List returns the live sessions of an account, the newest first. One call.
func (s Sessions) List(ctx context.Context, id account.ID, now time.Time) ([]Session, error) {
	found, err := s.all(ctx, id)
	if err != nil {
		return nil, err
	}
	var live []Session
	for _, one := range found {
		if one.live(now) {
			live = append(live, one)
		}
	}
	slices.SortFunc(live, func(a, b Session) int { return b.StartedAt.Compare(a.StartedAt) })
	return live, nil
}

// Ender ends sessions.
type Ender struct {
	Sessions Sessions
	Accounts account.Accounts
	Log      audit.Log
}

const (
	// atOnce is how many sessions one transaction ends, beside the writes that it belongs to.
	atOnce = 80
	// looks bounds how often a list is made again because a session began meanwhile.
	looks = 6
)

// SignOut ends the session that a request came with, whatever became of its token meanwhile. Two calls with Require.
func (e Ender) SignOut(ctx context.Context, cur Session, from string, now time.Time) error {
	return e.one(ctx, cur, SignedOut, from, now)
}

// End ends the account's session of a given id, which may be the caller's own. It returns ErrSessionUnknown if
// there is no such live session. Two calls.
func (e Ender) End(ctx context.Context, cur Session, id, from string, now time.Time) error {
	found, err := e.Sessions.byID(ctx, cur.Account, id)
	if err == nil && !found.live(now) {
		err = ErrSessionUnknown
	}
	if err != nil {
		return err
	}
	return e.one(ctx, found, Ended, from, now)
}

func (e Ender) one(ctx context.Context, s Session, what audit.Event, from string, now time.Time) error {
	entry := audit.Entry{Subject: audit.Account(s.Account.String()), What: what, At: now, From: from, Ref: s.ID}
	if err := e.Sessions.DB.Commit(ctx, e.Sessions.end(s), e.Log.Write(entry)); err != nil {
		return fmt.Errorf("session: %s: %w", what, err)
	}
	return nil
}

// Ending is account.EndSessions: it has commit end every live session of an account but keep in one
// transaction, and has it do so again when a session began meanwhile (account.ErrMoved). What commit's other
// errors are, it returns. Beyond 80 sessions the rest is ended right after.
func (e Ender) Ending(ctx context.Context, id account.ID, keep string, now time.Time, commit func(found account.Account, ends []dynamo.Write) error) error {
	for range looks {
		found, err := e.Accounts.ByID(ctx, id, now)
		if err != nil {
			return err
		}
		listed, err := e.Sessions.all(ctx, id)
		if err != nil {
			return err
		}
		var ends []dynamo.Write
		for _, one := range listed {
			if one.live(now) && one.ID != keep {
				ends = append(ends, e.Sessions.end(one))
			}
		}
		first := min(len(ends), atOnce)
		err = commit(found, ends[:first:first])
		if errors.Is(err, account.ErrMoved) {
			continue
		}
		if err != nil {
			return err
		}
		for rest := range slices.Chunk(ends[first:], atOnce) {
			if err := e.Sessions.DB.Commit(ctx, rest...); err != nil {
				return err
			}
		}
		return nil
	}
	return dynamo.ErrBusy
}
