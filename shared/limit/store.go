package limit

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
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
	for _, u := range uses {
		if u.Weight > u.Rule.Max {
			return u.Fault
		}
	}
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
	condition := "(attribute_not_exists(#m) OR #m <> :m) AND (attribute_not_exists(#e) OR (#e > :now AND #n <= :room))"
	end, one := now.Add(u.Rule.Window), max(u.Weight, 1)
	room := u.Rule.Max - one
	values := dynamo.Item{
		":zero": dynamo.N(0), ":one": dynamo.N(one), ":room": dynamo.N(room), ":now": dynamo.Ms(now),
		":end": dynamo.Ms(end), ":x": dynamo.Lifetime(end), ":m": dynamo.B(mark),
	}
	if !over.IsZero() {
		set = "SET #n = :one, #m = :m, #e = :end, #x = :x"
		condition = "(attribute_not_exists(#m) OR #m <> :m) AND (attribute_not_exists(#e) OR #e = :over)"
		values = dynamo.Item{":one": dynamo.N(one), ":end": dynamo.Ms(end), ":x": dynamo.Lifetime(end), ":over": dynamo.Ms(over), ":m": dynamo.B(mark)}
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
			case n > room:
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

// Look tells for each of the uses when its rule lets the subject go on, and zero where it does so now. It counts
// nothing, and promises nothing: whoever uses it then still takes. One call.
func (c Counters) Look(ctx context.Context, now time.Time, uses ...Use) ([]time.Time, error) {
	var keys []dynamo.Item
	asked := map[string]bool{}
	for _, u := range uses {
		if key := u.Rule.Key(u.Subject); !asked[key] { // a batch may not name a key twice
			asked[key] = true
			keys = append(keys, c.key(u))
		}
	}
	items, err := c.DB.BatchGet(ctx, c.Table, keys)
	if err != nil {
		return nil, fmt.Errorf("limit: look: %w", err)
	}
	found := map[string]dynamo.Item{}
	for _, item := range items {
		found[dynamo.Read(item).Text("p")] = item
	}
	ends := make([]time.Time, len(uses))
	for i, u := range uses {
		n, end, err := read(found[u.Rule.Key(u.Subject)])
		if err != nil {
			return nil, fmt.Errorf("limit: look: %w", err)
		}
		if u.full(n, end, now) {
			ends[i] = end
		}
	}
	return ends, nil
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

// Tallies counts what is told afterwards: sends with their answers, and money. It stops what must be stopped.
// Numbers told twice, as by a stream after a crash, count twice.
type Tallies struct {
	DB    *dynamo.DB
	Table string
}

// Add counts sends and answers of a group and trips its breaker if that is due; tripped tells whether this very
// call did. One call; one more each Settle, and a few where it trips.
func (s Tallies) Add(ctx context.Context, b Breaker, subject string, sends, answered int, now time.Time) (tripped bool, err error) {
	key := dynamo.Item{"p": dynamo.S("tally-" + b.Key(subject))}
	t, err := s.count(ctx, key, b, sends, answered, now)
	if err != nil {
		return false, err
	}
	if b.trips(t, now) {
		return s.stop(ctx, b.Key(subject), now.Add(b.Stop), now)
	}
	if !b.settles(t, now) {
		return false, nil
	}
	_, err = s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: key, UpdateExpression: aws.String("SET cn = n, ct = :now"),
		ConditionExpression:       aws.String("ct = :noted"),
		ExpressionAttributeValues: dynamo.Item{":now": dynamo.Ms(now), ":noted": dynamo.Ms(t.noted)},
	})
	if _, other := errors.AsType[*dynamo.Refused](err); err != nil && !other {
		return false, fmt.Errorf("limit: tally: %w", err)
	}
	return false, nil
}

// count adds to a running window, or opens one.
func (s Tallies) count(ctx context.Context, key dynamo.Item, b Breaker, sends, answered int, now time.Time) (tally, error) {
	end := now.Add(b.Window)
	for range takes {
		item, err := s.DB.Update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.Table, Key: key, UpdateExpression: aws.String("ADD n :n, v :v"), ConditionExpression: aws.String("e > :now"),
			ExpressionAttributeValues: dynamo.Item{":n": dynamo.N(sends), ":v": dynamo.N(answered), ":now": dynamo.Ms(now)},
		})
		if _, over := errors.AsType[*dynamo.Refused](err); over {
			item, err = s.DB.Update(ctx, &dynamodb.UpdateItemInput{
				TableName: &s.Table, Key: key, UpdateExpression: aws.String("SET n = :n, v = :v, e = :end, x = :x, cn = :zero, ct = :now"),
				ConditionExpression: aws.String("attribute_not_exists(e) OR e <= :now"),
				ExpressionAttributeValues: dynamo.Item{
					":n": dynamo.N(sends), ":v": dynamo.N(answered), ":now": dynamo.Ms(now), ":end": dynamo.Ms(end),
					":x": dynamo.Lifetime(end), ":zero": dynamo.N(0),
				},
			})
		}
		if _, other := errors.AsType[*dynamo.Refused](err); other {
			continue // another opened the window in between
		}
		if err != nil {
			return tally{}, fmt.Errorf("limit: tally: %w", err)
		}
		f := dynamo.Read(item)
		t := tally{sends: int(f.Int("n")), answered: int(f.Int("v")), settled: int(f.Int("cn")), noted: f.Time("ct"), ends: f.Time("e")}
		return t, f.Err()
	}
	return tally{}, fmt.Errorf("limit: tally: %w", dynamo.ErrBusy)
}

// Spend counts money under a name that holds for some time, as a day's, and returns the sum so far. When that
// reaches the ceiling, key is stopped until the end. One call, more where it is reached.
func (s Tallies) Spend(ctx context.Context, name, key string, amount, ceiling int, end, now time.Time) (sum int, stopped bool, err error) {
	item, err := s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: dynamo.Item{"p": dynamo.S("spent-" + name)},
		UpdateExpression:          aws.String("ADD n :n SET x = :x"),
		ExpressionAttributeValues: dynamo.Item{":n": dynamo.N(amount), ":x": dynamo.Lifetime(end)},
	})
	if err != nil {
		return 0, false, fmt.Errorf("limit: spend: %w", err)
	}
	f := dynamo.Read(item)
	sum = int(f.Int("n"))
	if err := f.Err(); err != nil || sum < ceiling {
		return sum, false, err
	}
	stopped, err = s.stop(ctx, key, end, now)
	return sum, stopped, err
}

// stopsKey is the item that lists what is stopped.
func stopsKey() dynamo.Item { return dynamo.Item{"p": dynamo.S("stopped")} }

// tidyAt is how many entries the list has before those that are over are taken out.
const tidyAt = 200

// stop enters a group into the list; false if it is there already.
func (s Tallies) stop(ctx context.Context, key string, until, now time.Time) (bool, error) {
	_, err := s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: stopsKey(), UpdateExpression: aws.String("SET g = if_not_exists(g, :none)"),
		ExpressionAttributeValues: dynamo.Item{":none": dynamo.M(dynamo.Item{})},
	})
	if err != nil {
		return false, fmt.Errorf("limit: stop: %w", err)
	}
	item, err := s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: stopsKey(), UpdateExpression: aws.String("SET g.#k = :until"),
		ConditionExpression:       aws.String("attribute_not_exists(g.#k) OR g.#k <= :now"),
		ExpressionAttributeNames:  map[string]string{"#k": key},
		ExpressionAttributeValues: dynamo.Item{":until": dynamo.Ms(until), ":now": dynamo.Ms(now)},
	})
	if _, there := errors.AsType[*dynamo.Refused](err); there {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("limit: stop: %w", err)
	}
	return true, s.tidy(ctx, item, now)
}

// tidy takes entries out of a long list that are over.
func (s Tallies) tidy(ctx context.Context, item dynamo.Item, now time.Time) error {
	listed, err := stopsOf(item)
	if err != nil || len(listed) < tidyAt {
		return err
	}
	remove, condition, names := "", "", map[string]string{}
	for key, until := range listed {
		if until.After(now) || len(names) == tidyAt/2 {
			continue
		}
		name := fmt.Sprintf("#k%d", len(names))
		if len(names) > 0 {
			remove, condition = remove+", ", condition+" AND "
		}
		names[name] = key
		remove, condition = remove+"g."+name, condition+"g."+name+" <= :now"
	}
	if len(names) == 0 {
		return nil
	}
	_, err = s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: stopsKey(), UpdateExpression: aws.String("REMOVE " + remove), ConditionExpression: &condition,
		ExpressionAttributeNames: names, ExpressionAttributeValues: dynamo.Item{":now": dynamo.Ms(now)},
	})
	if _, changed := errors.AsType[*dynamo.Refused](err); err != nil && !changed {
		return fmt.Errorf("limit: tidy: %w", err)
	}
	return nil
}

// readStops reads the list of what is stopped, over or not.
func readStops(ctx context.Context, db *dynamo.DB, table string) (map[string]time.Time, error) {
	item, err := db.Get(ctx, table, stopsKey())
	if errors.Is(err, dynamo.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return stopsOf(item)
}

func stopsOf(item dynamo.Item) (map[string]time.Time, error) {
	f := dynamo.Read(item)
	all := f.Map("g")
	listed := map[string]time.Time{}
	for _, key := range all.Names() {
		listed[key] = all.Time(key)
	}
	return listed, errors.Join(f.Err(), all.Err())
}
