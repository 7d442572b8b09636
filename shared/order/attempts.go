package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/payment"
)

// keepSession notes the session of the order's attempt. Where the order has moved on it tells so, with the
// order as it stands.
func (s Orders) keepSession(ctx context.Context, o Order, made payment.Session) (kept bool, stands Order, err error) {
	item, err := s.change(ctx, o.Number,
		"SET #cs = :cs, #su = :su, #se = :se REMOVE #ru",
		"#st = :placed AND #ca = :ca",
		map[string]string{"#cs": "cs", "#su": "su", "#se": "se", "#ru": "ru", "#st": "st", "#ca": "ca"},
		dynamo.Item{
			":cs": dynamo.S(made.ID), ":su": dynamo.S(made.URL), ":se": dynamo.Ms(made.ExpiresAt),
			":placed": dynamo.S(string(Placed)), ":ca": dynamo.N(o.attempt),
		})
	if refused, ok := errors.AsType[*dynamo.Refused](err); ok {
		stands, err = read(refused.Stands)
		return false, stands, err
	}
	if err != nil {
		return false, Order{}, err
	}
	stands, err = read(item)
	return true, stands, err
}

// raise begins the next attempt, or returns the order with the one that somebody else began.
func (s Orders) raise(ctx context.Context, o Order, now time.Time) (Order, error) {
	item, err := s.change(ctx, o.Number,
		"SET #ca = :next, #ct = :now, #ru = :until REMOVE #cs, #su, #se",
		"#st = :placed AND #ca = :ca",
		map[string]string{"#ca": "ca", "#ct": "ct", "#ru": "ru", "#cs": "cs", "#su": "su", "#se": "se", "#st": "st"},
		dynamo.Item{
			":next": dynamo.N(o.attempt + 1), ":ca": dynamo.N(o.attempt), ":now": dynamo.Ms(now),
			":until": dynamo.Ms(now.Add(openingFor)), ":placed": dynamo.S(string(Placed)),
		})
	if refused, ok := errors.AsType[*dynamo.Refused](err); ok {
		stands, err := read(refused.Stands)
		if err == nil && stands.State != Placed {
			err = ErrNotPayable.Because(textAlreadySettled)
		}
		return stands, err
	}
	if err != nil {
		return Order{}, fmt.Errorf("next checkout of %s: %w", o.Number, err)
	}
	return read(item)
}

// takeUp claims the opening of a checkout that a crash left behind. It returns ErrKeyInUse while somebody
// else may still be at it.
func (s Orders) takeUp(ctx context.Context, o Order, now time.Time) (Order, error) {
	item, err := s.change(ctx, o.Number, "SET #ru = :until",
		"attribute_exists(#st) AND (attribute_not_exists(#ru) OR #ru <= :now)",
		map[string]string{"#st": "st", "#ru": "ru"}, dynamo.Item{":until": dynamo.Ms(now.Add(openingFor)), ":now": dynamo.Ms(now)})
	if refused, ok := errors.AsType[*dynamo.Refused](err); ok {
		stands, err := read(refused.Stands)
		if err == nil && !stands.opening.Equal(now.Add(openingFor).Truncate(time.Millisecond)) { // else our own claim, whose answer was lost
			err = ErrKeyInUse.RetryingAt(stands.opening)
		}
		return stands, err
	}
	if err != nil {
		return Order{}, err
	}
	return read(item)
}

// letGo gives the opening of a checkout back after trouble, so that the same request may go on at once. If
// that fails too, the claim ends by itself.
func (s Orders) letGo(ctx context.Context, o Order) {
	_, _ = s.change(ctx, o.Number, "REMOVE #ru", "#ca = :ca", map[string]string{"#ru": "ru", "#ca": "ca"}, dynamo.Item{":ca": dynamo.N(o.attempt)})
}

// forgetSession takes an expired session's link off the order. It tells whether it stood there.
func (s Orders) forgetSession(ctx context.Context, gone payment.Session) (bool, error) {
	if !validNumber(gone.Order) {
		return false, nil
	}
	_, err := s.change(ctx, gone.Order, "SET #se = :ended REMOVE #su", "#cs = :cs AND attribute_exists(#su)",
		map[string]string{"#se": "se", "#su": "su", "#cs": "cs"}, dynamo.Item{":cs": dynamo.S(gone.ID), ":ended": dynamo.N(1)})
	if _, ok := errors.AsType[*dynamo.Refused](err); ok {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("forget session: %w", err)
	}
	return true, nil
}
