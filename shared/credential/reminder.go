package credential

import (
	"hash/fnv"
	"strconv"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
)

// Reminder is a mail about a credential's expiry, by its days from there: -60 is 60 days before it.
type Reminder int

// AtExpiry is the reminder of the very instant.
const AtExpiry Reminder = 0

const day = 24 * time.Hour

// Reminders are those of one term, in their order (product.md 8). Each is sent once; where several are due at
// once, as after an outage, only the latest.
func Reminders() []Reminder { return []Reminder{-60, -30, -15, -7, AtExpiry, 30} }

// At is when the reminder of an expiry is due.
func (r Reminder) At(expires time.Time) time.Time { return expires.Add(time.Duration(r) * day) }

// NextReminder is when the sweep looks at an activated credential next: the first reminder after now, zero if
// none is left. What opens or lengthens a term sets it; what came due before that is not sent.
func NextReminder(expires, now time.Time) time.Time { return next(Reminders(), expires, now) }

func next(all []Reminder, expires, now time.Time) time.Time {
	for _, r := range all {
		if at := r.At(expires); at.After(now) {
			return at
		}
	}
	return time.Time{}
}

// latest is the reminder to send now, of those that have come due.
func latest(all []Reminder, expires, now time.Time) (r Reminder, ok bool) {
	for _, each := range all {
		if !each.At(expires).After(now) {
			r, ok = each, true
		}
	}
	return r, ok
}

// reminders are those that make sense as the credential stands. One that was never activated cannot be
// renewed, so only its end is told; a frozen one can be renewed; of a revoked one nothing is.
func (c *Credential) reminders() []Reminder {
	switch {
	case c.State == Revoked:
		return nil
	case c.ActivatedAt.IsZero():
		return []Reminder{AtExpiry}
	}
	return Reminders()
}

// shards spread the index due.
const shards = 8

// shard spreads holders evenly over the index due.
func shard(holder account.ID) string {
	h := fnv.New32a()
	_, _ = h.Write(holder[:])
	return strconv.FormatUint(uint64(h.Sum32()%shards), 10)
}

// remind sets when the sweep looks at the credential next; zero takes it out of the index.
func (c *change) remind(at time.Time) *change {
	if at.IsZero() {
		return c.drop("#ds", "#da")
	}
	return c.assign("#ds = :shard", "#da = :due").with(":shard", dynamo.S(shard(c.holder))).with(":due", dynamo.Ms(at))
}
