package credential

import (
	"context"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
)

// watch counts wrong codes over 30 days, whatever right ones come between (product.md 6): somebody who guesses
// behind the holder's own logins is never at a rung of the ladder.
type watch struct {
	wrong   int       // in the window
	ends    time.Time // of the window, which begins with the first try after the one before
	flagged time.Time // when it was last told that a person must look; only staff takes it away
}

// watching counts a try as a wrong code, which a right one takes back in using.
func (ch *change) watching(anew bool, now time.Time) *change {
	if anew {
		return ch.require("(attribute_not_exists(#we) OR #we <= :now)").assign("#wn = :one", "#we = :watched").
			with(":watched", dynamo.Ms(now.Add(otp.WatchSpan)))
	}
	return ch.require("#we > :now").assign("#wn = #wn + :one")
}

// due tells whether it must still be told that a person must look: once a window.
func (w watch) due() bool {
	return w.wrong >= otp.WatchedWrong && w.flagged.Before(w.ends.Add(-otp.WatchSpan))
}

// flag marks after a wrong code that a person must look. The table's stream turns the mark into a mail and an
// audit entry. What a crash leaves unmarked the next wrong code marks.
func (r *Registry) flag(ctx context.Context, c *Credential, now time.Time) error {
	if !c.watch.due() {
		return nil
	}
	begin := c.watch.ends.Add(-otp.WatchSpan)
	_, err := r.apply(ctx, r.change(c.Holder).
		require("#wn >= :watched", "#we = :ends", "(attribute_not_exists(#mc) OR #mc < :begin)").assign("#mc = :now").
		with(":watched", dynamo.N(otp.WatchedWrong)).with(":ends", dynamo.Ms(c.watch.ends)).with(":begin", dynamo.Ms(begin)).
		with(":now", dynamo.Ms(now)))
	if err == nil {
		return nil
	}
	_, err = r.refusal(err) // done already, or a right code took the try back
	return err
}
