package credential

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/sweep"
)

// Reminding sends the reminders that are due (product.md 8). It is safe for concurrent use, by several sweeps at
// once too.
type Reminding struct {
	Registry *Registry
	Log      audit.Log
	Outbox   *notice.Outbox
	Grace    time.Duration // how long after its expiry a credential can be renewed
	// Buyer tells who bought the license that opened a credential, which the order room knows. Nil if nobody
	// is known any more.
	Buyer func(ctx context.Context, license []byte) (*Buyer, error)
}

// atOnce is how many credentials a sweep handles at once.
const atOnce = 48

// Sweep handles every credential that is due: one transaction each that writes the mails and the audit entry and
// moves the credential to its next reminder, under the condition that it still stands where it was read. So
// what dies or comes in parallel sends nothing twice and loses nothing. The mail to a buyer is one for all credentials
// of an order (bundle.go).
func (r Reminding) Sweep(ctx context.Context, now time.Time) (sweep.Result, error) {
	var mails bundles
	return sweep.Sweep[[]byte]{
		Shards: shards, Parallel: atOnce,
		Pages: func(ctx context.Context, shard int) iter.Seq2[[][]byte, error] {
			return r.Registry.due(ctx, shard, now)
		},
		Handle: func(ctx context.Context, key []byte) (bool, error) { return r.remind(ctx, &mails, key, now) },
	}.Run(ctx)
}

// remind handles one credential. done is false where nothing is due any more.
func (r Reminding) remind(ctx context.Context, mails *bundles, key []byte, now time.Time) (done bool, err error) {
	holder, err := account.IDFromBytes(key)
	if err != nil {
		return false, fmt.Errorf("remind: %w", err)
	}
	c, err := r.Registry.Find(ctx, holder)
	if err != nil {
		return false, fmt.Errorf("remind %s: %w", holder, err)
	}
	if c == nil || c.RemindAt.IsZero() || c.RemindAt.After(now) {
		return false, nil
	}
	writes := []dynamo.Write{r.Registry.reminded(c, now)} // judged first
	var buyer *Buyer
	step, ok := latest(c.reminders(), c.ExpiresAt, now)
	if ok {
		if buyer, err = r.Buyer(ctx, c.License); err != nil {
			return false, fmt.Errorf("remind %s: %w", holder, err)
		}
		writes = append(writes, r.Log.Write(c.entry(step, now)), r.Outbox.Write(r.toHolder(c, step, now), now))
	}
	switch err := r.commit(ctx, mails, buyer, c, step, now, writes); {
	case errors.Is(err, ErrMoved): // renewed, replaced, revoked, or another sweep was first
		return false, nil
	case err != nil:
		return false, fmt.Errorf("remind %s: %w", holder, err)
	}
	return true, nil
}

// entry records a reminder; the first that comes at or after the expiry records that.
func (c *Credential) entry(step Reminder, now time.Time) audit.Entry {
	what := EventReminded
	if !c.RemindAt.After(c.ExpiresAt) && !now.Before(c.ExpiresAt) {
		what = EventExpired
	}
	return audit.Entry{
		Subject: audit.Account(c.Holder.String()), Actor: audit.System, What: what, At: now,
		Detail: map[string]string{"days": strconv.Itoa(int(step)), "expires_at": instant(c.ExpiresAt)},
	}
}

// toHolder is the mail of one reminder to the holder.
func (r Reminding) toHolder(c *Credential, step Reminder, now time.Time) notice.Notice {
	e := notice.Expiry{At: c.ExpiresAt, Renewal: c.Renewal}
	if c.Eligibility(now, r.Grace) == Eligible {
		e.RenewableUntil = c.ClosesAt(r.Grace)
	}
	holder := c.Holder.String()
	switch {
	case c.ActivatedAt.IsZero():
		return notice.CredentialUnused(holder, e)
	case step < AtExpiry:
		return notice.CredentialExpiring(holder, e)
	case step > AtExpiry:
		return notice.CredentialOver(holder, e)
	}
	return notice.CredentialExpired(holder, e)
}

// reminded is the write that moves a credential to its next reminder.
func (r *Registry) reminded(c *Credential, now time.Time) dynamo.Write {
	then := next(c.reminders(), c.ExpiresAt, now)
	return r.write(r.change(c.Holder).
		require("#da = :seen", "#ex = :expires").remind(then).
		with(":seen", dynamo.Ms(c.RemindAt)).with(":expires", dynamo.Ms(c.ExpiresAt)),
		func(stands *Credential) error {
			switch {
			case stands == nil || !stands.ExpiresAt.Equal(c.ExpiresAt):
				return ErrMoved
			case stands.RemindAt.Equal(c.RemindAt):
				return nil
			case stands.RemindAt.Equal(then) && stands.State != Revoked:
				return dynamo.ErrAlready
			}
			return ErrMoved
		})
}
