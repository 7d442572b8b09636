package order

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
)

// Orders is the table of orders.
type Orders struct {
	DB    *dynamo.DB
	Table string
}

// What writes meet. errMoved means: look again.
var (
	errNumberTaken = errors.New("order: the number is taken")
	errMoved       = errors.New("order: it was changed meanwhile")
)

// errSeen is what a known idempotency key leads to.
type errSeen struct {
	number string
	hash   []byte
	at     time.Time
}

func (errSeen) Error() string { return "order: the idempotency key was seen before" }

func key(number string) dynamo.Item { return dynamo.Item{"p": dynamo.S(number)} }

// get reads an order by its number. It returns ErrUnknown.
func (s Orders) get(ctx context.Context, number string) (Order, error) {
	if !validNumber(number) {
		return Order{}, ErrUnknown
	}
	item, err := s.DB.Get(ctx, s.Table, key(number))
	if errors.Is(err, dynamo.ErrNone) {
		return Order{}, ErrUnknown
	}
	if err != nil {
		return Order{}, fmt.Errorf("get order: %w", err)
	}
	return read(item)
}

// own reads an order of the purchaser. It returns ErrUnknown, also for somebody else's.
func (s Orders) own(ctx context.Context, number string, by account.ID) (Order, error) {
	o, err := s.get(ctx, number)
	if err == nil && o.Purchaser != by {
		err = ErrUnknown
	}
	return o, err
}

// Purchaser is who placed an order, for staff. It returns ErrUnknown.
func (s Orders) Purchaser(ctx context.Context, number string) (account.ID, error) {
	o, err := s.get(ctx, number)
	return o.Purchaser, err
}

// listed is how many orders a list shows.
const listed = 50

// byPurchaser reads the purchaser's last orders, newest first. The index follows the table within moments.
func (s Orders) byPurchaser(ctx context.Context, by account.ID) ([]Order, error) {
	keys, err := s.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.Table, IndexName: aws.String("purchaser"), KeyConditionExpression: aws.String("#by = :by"),
		ExpressionAttributeNames: map[string]string{"#by": "by"}, ExpressionAttributeValues: dynamo.Item{":by": dynamo.B(by[:])},
		ScanIndexForward: aws.Bool(false), Limit: aws.Int32(listed),
	})
	if err != nil {
		return nil, fmt.Errorf("orders of %s: %w", by, err)
	}
	ask := make([]dynamo.Item, len(keys))
	for i, k := range keys {
		ask[i] = dynamo.Item{"p": k["p"]}
	}
	items, err := s.DB.BatchGet(ctx, s.Table, ask)
	if err != nil {
		return nil, fmt.Errorf("orders of %s: %w", by, err)
	}
	found := map[string]Order{}
	for _, item := range items {
		o, err := read(item)
		if err != nil {
			return nil, fmt.Errorf("orders of %s: %w", by, err)
		}
		found[o.Number] = o
	}
	out := make([]Order, 0, len(keys))
	for _, k := range keys {
		if o, ok := found[dynamo.Read(k).Text("p")]; ok {
			out = append(out, o)
		}
	}
	return out, nil
}

// rememberedAt is where an idempotency key lies.
func rememberedAt(by account.ID, idempotencyKey string) dynamo.Item {
	sum := sha256.Sum256([]byte(idempotencyKey))
	return key("k#" + by.String() + "#" + base64.RawURLEncoding.EncodeToString(sum[:]))
}

// remember binds an idempotency key to the order for 24 hours.
func (s Orders) remember(o Order, idempotencyKey string, hash []byte) dynamo.Write {
	k := rememberedAt(o.Purchaser, idempotencyKey)
	over := o.PlacedAt.Add(-keptFor)
	item := dynamo.Item{
		"p": k["p"], "o": dynamo.S(o.Number), "h": dynamo.B(hash), "k": dynamo.Ms(o.PlacedAt), "x": dynamo.Lifetime(o.PlacedAt.Add(keptFor)),
	}
	return dynamo.Write{
		Table: s.Table, Key: k,
		Item: types.TransactWriteItem{Put: &types.Put{
			TableName: &s.Table, Item: item,
			ConditionExpression:       aws.String("attribute_not_exists(#p) OR #k <= :over"),
			ExpressionAttributeNames:  map[string]string{"#p": "p", "#k": "k"},
			ExpressionAttributeValues: dynamo.Item{":over": dynamo.Ms(over)},
		}},
		Judge: func(stands dynamo.Item) error {
			if stands == nil {
				return nil
			}
			f := dynamo.Read(stands)
			seen := errSeen{f.Text("o"), f.Bytes("h"), f.Time("k")}
			switch err := f.Err(); {
			case err != nil:
				return err
			case seen.number == o.Number:
				return dynamo.ErrAlready
			case !seen.at.After(over):
				return nil
			}
			return seen
		},
	}
}

// pointer changes what leads from a holder to the renewal order that is open.
func (s Orders) pointer(holder account.ID, set string, names map[string]string, values dynamo.Item) dynamo.Write {
	return dynamo.Write{Item: types.TransactWriteItem{Update: &types.Update{
		TableName: &s.Table, Key: key(pointerPrefix + holder.String()), UpdateExpression: &set, ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	}}}
}

// create puts a new order.
func (s Orders) create(o Order) dynamo.Write {
	return dynamo.Create(s.Table, key(o.Number), s.item(o), func(stands dynamo.Item) error {
		if stands == nil {
			return nil
		}
		there, err := read(stands)
		switch {
		case err != nil:
			return err
		case there.Purchaser == o.Purchaser && there.PlacedAt.Equal(o.PlacedAt.Truncate(time.Millisecond)):
			return dynamo.ErrAlready // two of one person in one millisecond do not draw one number
		}
		return errNumberTaken
	})
}

// change is one conditional update of an order, or of a place (places.go).
func (s Orders) change(ctx context.Context, number, set, condition string, names map[string]string, values dynamo.Item) (dynamo.Item, error) {
	return s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: key(number), UpdateExpression: &set, ConditionExpression: &condition,
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	})
}

// update is a change of an order that is still placed. done tells whether what stands is what this very
// change makes.
func (s Orders) update(o Order, set string, names map[string]string, values dynamo.Item, done func(Order) bool) dynamo.Write {
	names["#st"] = "st"
	values[":placed"] = dynamo.S(string(Placed))
	condition := "#st = :placed"
	return dynamo.Write{
		Table: s.Table, Key: key(o.Number),
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: key(o.Number), UpdateExpression: &set, ConditionExpression: &condition,
			ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		}},
		Judge: func(stands dynamo.Item) error {
			there, err := read(stands)
			switch {
			case err != nil:
				return err
			case done(there):
				return dynamo.ErrAlready
			case there.State == Placed:
				return nil
			}
			return errMoved
		},
	}
}

// noteExtra adds a payment that came on top.
func (s Orders) noteExtra(o Order, intent string) dynamo.Write {
	return dynamo.Write{
		Table: s.Table, Key: key(o.Number),
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: key(o.Number),
			UpdateExpression:         aws.String("SET #xp = list_append(if_not_exists(#xp, :none), :one)"),
			ConditionExpression:      aws.String("attribute_exists(#p) AND NOT contains(#xp, :pi)"),
			ExpressionAttributeNames: map[string]string{"#xp": "xp", "#p": "p"},
			ExpressionAttributeValues: dynamo.Item{
				":none": dynamo.L(), ":one": dynamo.L(dynamo.S(intent)), ":pi": dynamo.S(intent),
			},
		}},
		Judge: func(stands dynamo.Item) error {
			there, err := read(stands)
			if err != nil {
				return err
			}
			for _, known := range there.extra {
				if known == intent {
					return dynamo.ErrAlready
				}
			}
			return nil
		},
	}
}

// told adds a mark of what was told. Where it stands already it is refused as errTold.
func (s Orders) told(o Order, mark string) dynamo.Write {
	return dynamo.Write{
		Table: s.Table, Key: key(o.Number),
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: key(o.Number),
			UpdateExpression:         aws.String("SET #tl = list_append(if_not_exists(#tl, :none), :one)"),
			ConditionExpression:      aws.String("attribute_exists(#p) AND NOT contains(#tl, :mark)"),
			ExpressionAttributeNames: map[string]string{"#tl": "tl", "#p": "p"},
			ExpressionAttributeValues: dynamo.Item{
				":none": dynamo.L(), ":one": dynamo.L(dynamo.S(mark)), ":mark": dynamo.S(mark),
			},
		}},
		Judge: func(stands dynamo.Item) error {
			there, err := read(stands)
			if err == nil && slices.Contains(there.told, mark) {
				err = errTold
			}
			return err
		},
	}
}

// openPage is how many orders one look at the index finds.
const openPage = 100

// waiting is an order of the index due.
type waiting struct {
	number string
	at     time.Time
}

// open finds orders of one shard that wait for their payment or are held, from an instant on, what is due next
// first.
func (s Orders) open(ctx context.Context, shard int, from time.Time) ([]waiting, error) {
	if from.IsZero() {
		from = time.UnixMilli(0)
	}
	items, err := s.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.Table, IndexName: aws.String("due"), Limit: aws.Int32(openPage),
		KeyConditionExpression:    aws.String("ds = :shard AND da >= :from"),
		ExpressionAttributeValues: dynamo.Item{":shard": dynamo.S(strconv.Itoa(shard)), ":from": dynamo.Ms(from)},
	})
	if err != nil {
		return nil, fmt.Errorf("find open orders: %w", err)
	}
	return each(items, func(item dynamo.Item) waiting {
		f := dynamo.Read(item)
		return waiting{f.Text("p"), f.Time("da")}
	}), nil
}

// shard spreads orders evenly over the index due.
func shard(number string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(number))
	return strconv.FormatUint(uint64(h.Sum32()%shards), 10)
}

const shards = 8
