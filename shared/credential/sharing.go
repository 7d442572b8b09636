package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo"
)

// has tells whether a credential holds a number now.
func (c *Credential) has(index []byte, now time.Time) bool {
	return c.Live(now) && slices.ContainsFunc(c.Phones, func(p Phone) bool { return bytes.Equal(p.index, index) })
}

// strike takes those out of a number's set who do not hold it any more: their credential expired, was revoked or
// replaced, which gives nothing back by itself. Each is struck out only while its credential is as it was read,
// so that nobody is who registers the number at that moment.
func (r *Registry) strike(ctx context.Context, book phonebook.Book, index []byte, now time.Time) error {
	holders, err := book.Holders(ctx, index)
	if err != nil || len(holders) == 0 {
		return err
	}
	keys := make([]dynamo.Item, len(holders))
	for i, h := range holders {
		keys[i] = key(h)
	}
	items, err := r.DB.BatchGet(ctx, r.Table, keys)
	if err != nil {
		return fmt.Errorf("credential: %w", err)
	}
	stands := map[account.ID]*Credential{}
	for _, item := range items {
		c, err := r.read(item)
		if err != nil {
			return err
		}
		stands[c.Holder] = c
	}
	for _, h := range holders {
		if stands[h].has(index, now) {
			continue
		}
		err := r.DB.Commit(ctx, r.unchanged(h, stands[h]), book.Leave(index, h))
		if err != nil && !errors.Is(err, phonebook.ErrMoved) {
			return err
		}
	}
	return nil
}
