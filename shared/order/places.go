package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/dynamo"
)

// place names the item that keeps how far a sweep has come.
func place(name string) string { return "s#" + name }

// position is how far a sweep has come, zero for the beginning.
func (s Orders) position(ctx context.Context, name string) (time.Time, error) {
	item, err := s.DB.Get(ctx, s.Table, key(place(name)))
	if errors.Is(err, dynamo.ErrNone) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("position of %s: %w", name, err)
	}
	f := dynamo.Read(item)
	at := f.Int("u")
	if at == 0 {
		return time.Time{}, f.Err()
	}
	return time.UnixMilli(at).UTC(), f.Err()
}

// setPosition keeps how far a sweep has come; a zero time is the beginning.
func (s Orders) setPosition(ctx context.Context, name string, to time.Time) error {
	at := dynamo.N(0)
	if !to.IsZero() {
		at = dynamo.Ms(to)
	}
	_, err := s.change(ctx, place(name), "SET #u = :to", "attribute_not_exists(#u) OR #u <> :to", map[string]string{"#u": "u"}, dynamo.Item{":to": at})
	return stood(name, err)
}

// advance moves a position forward and never back: of two runs at once the further one stands.
func (s Orders) advance(ctx context.Context, name string, to time.Time) error {
	_, err := s.change(ctx, place(name), "SET #u = :to", "attribute_not_exists(#u) OR #u < :to", map[string]string{"#u": "u"}, dynamo.Item{":to": dynamo.Ms(to)})
	return stood(name, err)
}

// stood makes a position that need not be moved no error.
func stood(name string, err error) error {
	if _, refused := errors.AsType[*dynamo.Refused](err); refused || err == nil {
		return nil
	}
	return fmt.Errorf("position of %s: %w", name, err)
}
