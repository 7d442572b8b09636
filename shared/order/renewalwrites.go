package order

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
)

// pointerPrefix begins the key of what leads from a holder to the open renewal order.
const pointerPrefix = "h#"

// pointerKept is how long a pointer lies there, beyond the last instant at which its order can be open.
const pointerKept = 30 * 24 * time.Hour

// point leads from the holder to a new renewal order. It comes into the index due only by Superseding.
func (s Orders) point(o Order) dynamo.Write {
	return s.pointer(o.Purchaser, "SET #o = :number, #ds = :shard, #x = :life REMOVE #da",
		map[string]string{"#o": "o", "#ds": "ds", "#x": "x", "#da": "da"},
		dynamo.Item{":number": dynamo.S(o.Number), ":shard": dynamo.S(shard(o.Number)), ":life": dynamo.Lifetime(o.PlacedAt.Add(dueDays*24*time.Hour + grace + pointerKept))})
}

// Superseding is the write by which entering a brand-new key closes the holder's open renewal order (product.md
// 8), if there is one: the new credential is without it in the same transaction, so no payment of it counts any
// more, and the next sweep closes it at Stripe and tells the holder. It needs no look at what there is.
func (s Orders) Superseding(holder account.ID, now time.Time) dynamo.Write {
	return s.pointer(holder, "SET #da = :now, #x = :life", map[string]string{"#da": "da", "#x": "x"},
		dynamo.Item{":now": dynamo.Ms(now), ":life": dynamo.Lifetime(now.Add(pointerKept))})
}

// pointed is the order that a pointer leads to; empty if to none.
func (s Orders) pointed(ctx context.Context, pointer string) (number string, err error) {
	item, err := s.DB.Get(ctx, s.Table, key(pointer))
	if errors.Is(err, dynamo.ErrNone) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	f := dynamo.Read(item)
	return f.MayText("o"), f.Err()
}

// settled takes a pointer out of the index due, unless it leads to another order by now.
func (s Orders) settled(ctx context.Context, pointer, number string) error {
	_, err := s.change(ctx, pointer, "REMOVE #da", "#o = :number", map[string]string{"#da": "da", "#o": "o"}, dynamo.Item{":number": dynamo.S(number)})
	if _, ok := errors.AsType[*dynamo.Refused](err); ok {
		return nil
	}
	return err
}

// seen looks for what an idempotency key was used for.
func (s Orders) seen(ctx context.Context, by By) (seen errSeen, known bool, err error) {
	item, err := s.DB.Get(ctx, s.Table, rememberedAt(by.Account, by.Key))
	if errors.Is(err, dynamo.ErrNone) {
		return seen, false, nil
	}
	if err != nil {
		return seen, false, err
	}
	f := dynamo.Read(item)
	seen = errSeen{f.Text("o"), f.Bytes("h"), f.Time("k")}
	return seen, seen.at.After(by.At.Add(-keptFor)), f.Err()
}

// ending are the writes that cancel an order. One for a renewal is taken off the credential, which is looked at.
func (s Orders) ending(ctx context.Context, credentials *credential.Registry, o Order, now time.Time) ([]dynamo.Write, error) {
	writes := []dynamo.Write{s.cancel(o, now)}
	if !o.Renewal() {
		return writes, nil
	}
	off, err := off(ctx, credentials, o)
	return append(writes, off...), err
}

// off is the write that takes a renewal order off its credential, if it stands there.
func off(ctx context.Context, credentials *credential.Registry, o Order) ([]dynamo.Write, error) {
	c, err := credentials.Find(ctx, o.Purchaser)
	if err != nil {
		return nil, fmt.Errorf("renewal %s: %w", o.Number, err)
	}
	if c == nil || c.Renewal != o.Number {
		return nil, nil
	}
	return []dynamo.Write{credentials.RenewalEnded(c, o.Number)}, nil
}

// taking notes with what a refund or dispute made of an order whether its term is taken back.
func (s Orders) taking(o Order, to State, mark string, taken bool) dynamo.Write {
	w := s.reversed(o, to, mark)
	u := w.Item.Update
	u.ExpressionAttributeNames["#tk"] = "tk"
	if !taken {
		*u.UpdateExpression += " REMOVE #tk"
		return w
	}
	*u.UpdateExpression = strings.Replace(*u.UpdateExpression, "SET ", "SET #tk = :taken, ", 1)
	u.ExpressionAttributeValues[":taken"] = dynamo.Bool(true)
	return w
}
