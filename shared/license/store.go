package license

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
)

// Licenses reads licenses and makes the writes that other rooms put into their transactions.
type Licenses struct {
	DB    *dynamo.DB
	Table string
}

func key(digest []byte) dynamo.Item { return dynamo.Item{"p": dynamo.B(digest)} }

// put is the write that issues a license. Its digest is of 120 random bits, so nothing can stand there.
func (s Licenses) put(l License) dynamo.Write {
	item := dynamo.Item{
		"p": dynamo.B(l.Digest), "st": dynamo.S(string(l.State)), "pr": dynamo.S(l.Product), "o": dynamo.S(l.Order),
		"l4": dynamo.S(l.Last4), "v": dynamo.B(l.sealed), "at": dynamo.Ms(l.PurchasedAt), "ex": dynamo.Ms(l.DiesAt),
		"ds": dynamo.S(shard(l.Order)), "da": dynamo.Ms(l.DiesAt),
	}
	return dynamo.Write{Table: s.Table, Key: key(l.Digest), Item: types.TransactWriteItem{Put: &types.Put{TableName: &s.Table, Item: item}}}
}

// register binds an issued license to a holder and erases the sealed copy. mark tells this request's write
// from another one's.
func (s Licenses) register(l License, holder account.ID, mark []byte, now time.Time) dynamo.Write {
	return dynamo.Write{
		Table: s.Table, Key: key(l.Digest),
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: key(l.Digest),
			UpdateExpression:         aws.String("SET #st = :registered, #h = :h, #rm = :mark, #ra = :now REMOVE #v, #ds, #da"),
			ConditionExpression:      aws.String("#st = :issued AND #ex > :now"),
			ExpressionAttributeNames: map[string]string{"#st": "st", "#h": "h", "#rm": "rm", "#ra": "ra", "#v": "v", "#ex": "ex", "#ds": "ds", "#da": "da"},
			ExpressionAttributeValues: dynamo.Item{
				":registered": dynamo.S(string(Registered)), ":issued": dynamo.S(string(Issued)),
				":h": dynamo.B(holder[:]), ":mark": dynamo.B(mark), ":now": dynamo.Ms(now),
			},
		}},
		Judge: func(stands dynamo.Item) error {
			if stands == nil {
				return ErrUnknown
			}
			there, err := read(stands)
			if err != nil {
				return err
			}
			if string(dynamo.Read(stands).MayBytes("rm")) == string(mark) {
				return dynamo.ErrAlready
			}
			return there.refusal(holder, now)
		},
	}
}

// Activation is the write that marks the holder's license activated, in the transaction that activates the
// credential. It is done already if it is activated, and ErrVoid or ErrSuspended if it became so.
func (s Licenses) Activation(digest []byte, now time.Time) dynamo.Write {
	return dynamo.Write{
		Table: s.Table, Key: key(digest),
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: key(digest),
			UpdateExpression:         aws.String("SET #st = :activated, #aa = :now"),
			ConditionExpression:      aws.String("#st = :registered"),
			ExpressionAttributeNames: map[string]string{"#st": "st", "#aa": "aa"},
			ExpressionAttributeValues: dynamo.Item{
				":activated": dynamo.S(string(Activated)), ":registered": dynamo.S(string(Registered)), ":now": dynamo.Ms(now),
			},
		}},
		Judge: func(stands dynamo.Item) error {
			there, err := read(stands)
			if err != nil {
				return err
			}
			switch there.State {
			case Registered:
				return nil
			case Activated:
				return dynamo.ErrAlready
			case Suspended:
				return ErrSuspended
			case Void:
				return ErrVoid
			case Issued:
			}
			return fmt.Errorf("license: activation of one that is %s", there.State)
		},
	}
}

// holding is the condition that a license stands as it was seen, in its holder's hands: ErrMoved if it does not. It
// changes nothing.
func (s Licenses) holding(seen License) dynamo.Write {
	return dynamo.Write{
		Table: s.Table, Key: key(seen.Digest),
		Item: types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &s.Table, Key: key(seen.Digest), ConditionExpression: aws.String("#st = :seen"),
			ExpressionAttributeNames:  map[string]string{"#st": "st"},
			ExpressionAttributeValues: dynamo.Item{":seen": dynamo.S(string(seen.State))},
		}},
		Judge: func(stands dynamo.Item) error {
			there, err := read(stands)
			if err == nil && there.State != seen.State {
				return ErrMoved
			}
			return err
		},
	}
}

// Expiring is the write that tidies an unused key whose 12 months are over: void, and its sealed copy erased,
// in the transaction that tells its purchaser. It is refused as ErrMoved where the key was entered, suspended or
// ended meanwhile.
func (s Licenses) Expiring(seen License, now time.Time) dynamo.Write {
	return dynamo.Write{
		Table: s.Table, Key: key(seen.Digest),
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: key(seen.Digest),
			UpdateExpression:         aws.String("SET #st = :void, #y = :why, #va = :now REMOVE #v, #ds, #da"),
			ConditionExpression:      aws.String("#st = :issued AND #ex <= :now"),
			ExpressionAttributeNames: map[string]string{"#st": "st", "#y": "y", "#va": "va", "#v": "v", "#ds": "ds", "#da": "da", "#ex": "ex"},
			ExpressionAttributeValues: dynamo.Item{
				":void": dynamo.S(string(Void)), ":why": dynamo.S(string(Expired)), ":issued": dynamo.S(string(Issued)), ":now": dynamo.Ms(now),
			},
		}},
		Judge: func(stands dynamo.Item) error {
			there, err := read(stands)
			switch {
			case err != nil:
				return err
			case there.VoidBecause == Expired && dynamo.Read(stands).MayTime("va").Equal(now.Truncate(time.Millisecond)):
				return dynamo.ErrAlready
			case there.Dead(now):
				return nil
			}
			return ErrMoved
		},
	}
}

// Due are the digests of one shard's unused keys whose 12 months are over, the longest dead first, in pages of up
// to 100. Each is there once, whatever becomes of those before it. The index follows the table within moments, so
// a key that was just entered may be among them: Expiring judges.
func (s Licenses) Due(ctx context.Context, shard int, now time.Time) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		var after dynamo.Item
		for {
			items, err := s.DB.Query(ctx, &dynamodb.QueryInput{
				TableName: &s.Table, IndexName: aws.String("due"), Limit: aws.Int32(page), ExclusiveStartKey: after,
				KeyConditionExpression:    aws.String("ds = :shard AND da <= :now"),
				ExpressionAttributeValues: dynamo.Item{":shard": dynamo.S(strconv.Itoa(shard)), ":now": dynamo.Ms(now)},
			})
			if err != nil {
				yield(nil, fmt.Errorf("find due licenses: %w", err))
				return
			}
			digests := make([][]byte, len(items))
			for i, item := range items {
				digests[i], after = dynamo.Read(item).Bytes("p"), item
			}
			if !yield(digests, nil) || len(items) < page {
				return
			}
		}
	}
}

// page is how many due keys one query finds, and one batch reads.
const page = 100

// moving is a change of state of a license that still stands as it was seen.
func (s Licenses) moving(seen License, to State, set string, names map[string]string, values dynamo.Item) dynamo.Write {
	names["#st"] = "st"
	values[":to"], values[":seen"] = dynamo.S(string(to)), dynamo.S(string(seen.State))
	return dynamo.Write{
		Table: s.Table, Key: key(seen.Digest),
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: key(seen.Digest), UpdateExpression: &set, ConditionExpression: aws.String("#st = :seen"),
			ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		}},
		Judge: func(stands dynamo.Item) error {
			there, err := read(stands)
			switch {
			case err != nil:
				return err
			case there.State == to:
				return dynamo.ErrAlready
			case there.State == seen.State:
				return nil
			}
			return ErrMoved
		},
	}
}

// Find reads licenses by their digests, in that order; those that are not there are left out.
func (s Licenses) Find(ctx context.Context, digests ...[]byte) ([]License, error) {
	keys := make([]dynamo.Item, len(digests))
	for i, d := range digests {
		keys[i] = key(d)
	}
	var items []dynamo.Item
	var err error
	if len(keys) == 1 {
		var item dynamo.Item
		if item, err = s.DB.Get(ctx, s.Table, keys[0]); err == nil {
			items = []dynamo.Item{item}
		} else if errors.Is(err, dynamo.ErrNone) {
			return nil, nil
		}
	} else {
		items, err = s.DB.BatchGet(ctx, s.Table, keys)
	}
	if err != nil {
		return nil, fmt.Errorf("find licenses: %w", err)
	}
	found := map[string]License{}
	for _, item := range items {
		l, err := read(item)
		if err != nil {
			return nil, fmt.Errorf("find licenses: %w", err)
		}
		found[string(l.Digest)] = l
	}
	out := make([]License, 0, len(found))
	for _, d := range digests {
		if l, ok := found[string(d)]; ok {
			out = append(out, l)
		}
	}
	return out, nil
}

func read(item dynamo.Item) (License, error) {
	f := dynamo.Read(item)
	l := License{
		Digest: f.Bytes("p"), State: State(f.Text("st")), Product: f.Text("pr"), Order: f.Text("o"), Last4: f.Text("l4"),
		PurchasedAt: f.Time("at"), DiesAt: f.Time("ex"), VoidBecause: Reason(f.MayText("y")), sealed: f.MayBytes("v"),
	}
	if b := f.MayBytes("h"); b != nil {
		holder, err := account.IDFromBytes(b)
		if err != nil {
			return License{}, fmt.Errorf("license: holder: %w", err)
		}
		l.Holder = &holder
	}
	switch l.State {
	case Issued, Registered, Activated, Suspended, Void:
		return l, f.Err()
	}
	return License{}, fmt.Errorf("license: unknown state %q: %w", l.State, errors.Join(f.Err(), errUnknownState))
}

var errUnknownState = errors.New("license: the item is not one of this release")
