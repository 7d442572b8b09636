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
			live = append(live, one.Session)
		}
	}
	slices.SortFunc(live, func(a, b Session) int { return b.StartedAt.Compare(a.StartedAt) })
	return live, nil
}

// Renamed is the write that takes a change of the person's name over into the session that made it. Other
// sessions keep the name they began with. It is refused with ErrNotSignedIn if the session has ended.
func (s Sessions) Renamed(cur Session, given, family string) dynamo.Write {
	return s.rename(cur, given, family)
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
	// looks bounds how often a list is made again because a session began or changed meanwhile.
	looks = 6
)

// SignOut ends the session that a request came with. Two calls with Require, and only then more when its
// token was changed at the same moment.
func (e Ender) SignOut(ctx context.Context, cur Session, from string, now time.Time) error {
	entry := audit.Entry{Subject: audit.Account(cur.Account.String()), What: SignedOut, At: now, From: from, Ref: cur.ID}
	err := e.Sessions.DB.Commit(ctx, e.Sessions.end(key(cur.Account, digest(cur.token))), e.Log.Write(entry))
	if errors.Is(err, account.ErrMoved) {
		err = e.one(ctx, cur.Account, cur.ID, entry, now)
	}
	if err != nil && !errors.Is(err, ErrSessionUnknown) {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// End ends the account's session of a given id, which may be the caller's own. It returns ErrSessionUnknown if
// there is no such live session. Two calls.
func (e Ender) End(ctx context.Context, cur Session, id, from string, now time.Time) error {
	entry := audit.Entry{Subject: audit.Account(cur.Account.String()), What: Ended, At: now, From: from, Ref: id}
	if err := e.one(ctx, cur.Account, id, entry, now); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

func (e Ender) one(ctx context.Context, owner account.ID, id string, entry audit.Entry, now time.Time) error {
	for range looks {
		found, err := e.Sessions.all(ctx, owner)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(found, func(one stored) bool { return one.ID == id && one.live(now) })
		if i < 0 {
			return ErrSessionUnknown
		}
		err = e.Sessions.DB.Commit(ctx, e.Sessions.end(found[i].key), e.Log.Write(entry))
		if !errors.Is(err, account.ErrMoved) {
			return err
		}
	}
	return dynamo.ErrBusy
}

// Ending is account.EndSessions: it has commit end every live session of an account but keep in one
// transaction, and has it do so again when a session began or was raised meanwhile (account.ErrMoved).
// What commit's other errors are, it returns. Beyond 80 sessions the rest is ended right after.
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
				ends = append(ends, e.Sessions.end(one.key))
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
		for _, rest := range ends[first:] {
			if err := e.Sessions.DB.Commit(ctx, rest); err != nil && !errors.Is(err, account.ErrMoved) {
				return err
			}
		}
		return nil
	}
	return dynamo.ErrBusy
}

// EndAll ends every session of an account but keep, with more writes in the same transaction. The entry says
// who did it and why. A sign-in that is under way is refused.
func (e Ender) EndAll(ctx context.Context, id account.ID, keep string, entry audit.Entry, now time.Time, more ...dynamo.Write) error {
	entry.Subject, entry.What, entry.At = audit.Account(id.String()), AllEnded, now
	err := e.Ending(ctx, id, keep, now, func(found account.Account, ends []dynamo.Write) error {
		writes := append(ends, e.Accounts.Closing(found), e.Log.Write(entry))
		return e.Sessions.DB.Commit(ctx, append(writes, more...)...)
	})
	if err != nil {
		return fmt.Errorf("end all sessions: %w", err)
	}
	return nil
}
