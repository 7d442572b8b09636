package limit

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
)

// Counters counts uses in the limits table.
type Counters struct {
	DB    *dynamo.DB
	Table string
}

// errOver tells Take that a use met a window that is over, which the next try replaces.
type errOver struct {
	use int
	end time.Time
}

func (e errOver) Error() string { return "limit: the window is over" }

// Take counts all the uses, or none if one of their rules is exhausted: then it returns that use's Fault,
// with the instant from which it is allowed again. It returns dynamo.ErrUnavailable or ErrBusy when it
// cannot tell, which the caller must take for a refusal.
//
// One call; two more where a window is over but its item still lies there.
func (c Counters) Take(ctx context.Context, now time.Time, uses ...Use) error {
	over := make([]time.Time, len(uses))
	mark := make([]byte, 8)
	_, _ = rand.Read(mark)
	for range takes {
		writes := make([]dynamo.Write, len(uses))
		for i, u := range uses {
			writes[i] = c.take(i, u, now, over[i], mark)
		}
		err := c.DB.Commit(ctx, writes...)
		stale, ok := errors.AsType[errOver](err)
		if !ok {
			return err
		}
		over[stale.use] = stale.end
	}
	return fmt.Errorf("limit: take: %w", dynamo.ErrBusy)
}

// takes bounds how often Take meets ended windows: each use once, and some races of others.
const takes = 8

// take adds one to a running window, or opens one where nothing stands or exactly the window that ended at
// over does. The mark tells a repeat after a lost answer from another use: a plain update has nothing else
// that does, unlike a transaction.
func (c Counters) take(i int, u Use, now, over time.Time, mark []byte) dynamo.Write {
	set := "SET #n = if_not_exists(#n, :zero) + :one, #m = :m, #e = if_not_exists(#e, :end), #x = if_not_exists(#x, :x)"
	if u.Rule.Extends {
		set = "SET #n = if_not_exists(#n, :zero) + :one, #m = :m, #e = :end, #x = :x"
	}
	condition := "(attribute_not_exists(#m) OR #m <> :m) AND (attribute_not_exists(#e) OR (#e > :now AND #n < :max))"
	end := now.Add(u.Rule.Window)
	values := dynamo.Item{
		":zero": dynamo.N(0), ":one": dynamo.N(1), ":max": dynamo.N(u.Rule.Max), ":now": dynamo.Ms(now),
		":end": dynamo.Ms(end), ":x": dynamo.Lifetime(end), ":m": dynamo.B(mark),
	}
	if !over.IsZero() {
		set = "SET #n = :one, #m = :m, #e = :end, #x = :x"
		condition = "(attribute_not_exists(#m) OR #m <> :m) AND (attribute_not_exists(#e) OR #e = :over)"
		values = dynamo.Item{":one": dynamo.N(1), ":end": dynamo.Ms(end), ":x": dynamo.Lifetime(end), ":over": dynamo.Ms(over), ":m": dynamo.B(mark)}
	}
	key := c.key(u)
	return dynamo.Write{
		Table: c.Table, Key: key,
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &c.Table, Key: key, UpdateExpression: &set, ConditionExpression: &condition,
			ExpressionAttributeNames:  map[string]string{"#n": "n", "#m": "m", "#e": "e", "#x": "x"},
			ExpressionAttributeValues: values,
		}},
		Judge: func(stands dynamo.Item) error {
			n, end, err := read(stands)
			switch {
			case err != nil:
				return err
			case bytes.Equal(dynamo.Read(stands).MayBytes("m"), mark):
				return dynamo.ErrAlready
			case stands == nil || end.Equal(over) && !over.IsZero():
				return nil
			case !end.After(now):
				return errOver{i, end}
			case n >= u.Rule.Max:
				return u.Fault.RetryingAt(end)
			case !over.IsZero(): // somebody else opened the new window: count in it
				return errOver{i, time.Time{}}
			}
			return nil
		},
	}
}

// Check is a condition for the caller's transaction: the rule is not exhausted. It counts nothing.
func (c Counters) Check(u Use, now time.Time) dynamo.Write {
	key := c.key(u)
	return dynamo.Write{
		Table: c.Table, Key: key,
		Item: types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &c.Table, Key: key, ConditionExpression: aws.String("attribute_not_exists(#e) OR #e <= :now OR #n < :max"),
			ExpressionAttributeNames:  map[string]string{"#n": "n", "#e": "e"},
			ExpressionAttributeValues: dynamo.Item{":now": dynamo.Ms(now), ":max": dynamo.N(u.Rule.Max)},
		}},
		Judge: func(stands dynamo.Item) error {
			n, end, err := read(stands)
			if err == nil && stands != nil && end.After(now) && n >= u.Rule.Max {
				return u.Fault.RetryingAt(end)
			}
			return err
		},
	}
}

// Clear forgets the uses of a rule by a subject, in the caller's transaction. It cannot be refused.
func (c Counters) Clear(u Use) dynamo.Write {
	key := c.key(u)
	return dynamo.Write{Table: c.Table, Key: key, Item: types.TransactWriteItem{Delete: &types.Delete{TableName: &c.Table, Key: key}}}
}

// GiveBack takes one use back that turned out harmless, in the caller's transaction. It cannot be refused.
// Where the window has been replaced between Take and GiveBack, the new one gains that use.
func (c Counters) GiveBack(u Use, now time.Time) dynamo.Write {
	key := c.key(u)
	return dynamo.Write{
		Table: c.Table, Key: key,
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &c.Table, Key: key,
			UpdateExpression:          aws.String("SET #n = if_not_exists(#n, :one) - :one, #e = if_not_exists(#e, :now), #x = if_not_exists(#x, :x)"),
			ExpressionAttributeNames:  map[string]string{"#n": "n", "#e": "e", "#x": "x"},
			ExpressionAttributeValues: dynamo.Item{":one": dynamo.N(1), ":now": dynamo.Ms(now), ":x": dynamo.Lifetime(now)},
		}},
	}
}

func (c Counters) key(u Use) dynamo.Item { return dynamo.Item{"p": dynamo.S(u.Rule.Key(u.Subject))} }

func read(stands dynamo.Item) (n int, end time.Time, err error) {
	if stands == nil {
		return 0, time.Time{}, nil
	}
	f := dynamo.Read(stands)
	n, end = int(f.Int("n")), f.Time("e")
	return n, end, f.Err()
}
