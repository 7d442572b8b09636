package phonebook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/secret"
)

// Book is the table. It is safe for concurrent use.
type Book struct {
	DB    *dynamo.DB
	Table string
}

// ErrMoved tells that another change took this one's place: the caller looks again.
var ErrMoved = errors.New("phonebook: the numbers were changed meanwhile")

func changeKey(holder account.ID, number int64) dynamo.Item {
	return dynamo.Item{"p": dynamo.B(holder[:]), "s": dynamo.N(number)}
}

func numberKey(index []byte) dynamo.Item {
	return dynamo.Item{"p": dynamo.B(index), "s": dynamo.N(0)}
}

// Record is the write that keeps a change, for its transaction. Mine is set when a refusal finds that this very
// write stands already; ErrMoved means that another change has the number.
func (b Book) Record(c Change, token secret.Text, mine *bool) dynamo.Write {
	d := digest(token)
	item := changeKey(c.Holder, c.Number)
	item["b"], item["d"], item["l"] = dynamo.N(c.Before), dynamo.B(d), dynamo.B(c.License)
	item["at"], item["ph"], item["x"] = dynamo.Ms(c.At), dynamo.M(c.Phones), dynamo.Lifetime(c.At.Add(LinkLife))
	return dynamo.Create(b.Table, changeKey(c.Holder, c.Number), item, func(stands dynamo.Item) error {
		switch {
		case stands == nil:
			return nil
		case bytes.Equal(dynamo.Read(stands).MayBytes("d"), d):
			*mine = true
			return dynamo.ErrAlready
		}
		return ErrMoved
	})
}

// Changes lists the changes of a holder that are kept, the earliest first. One call.
func (b Book) Changes(ctx context.Context, holder account.ID) ([]Change, error) {
	items, err := b.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &b.Table, KeyConditionExpression: aws.String("p = :p"), ConsistentRead: aws.Bool(true),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.B(holder[:])},
	})
	if err != nil {
		return nil, fmt.Errorf("phonebook: %w", err)
	}
	changes := make([]Change, 0, len(items))
	for _, item := range items {
		f := dynamo.Read(item)
		c := Change{
			Holder: holder, Number: f.Int("s"), Before: f.Int("b"), License: f.Bytes("l"), At: f.Time("at"),
			digest: f.Bytes("d"), mark: f.MayBytes("u"),
		}
		if phones, ok := item["ph"].(*types.AttributeValueMemberM); ok {
			c.Phones = phones.Value
		}
		if err := f.Err(); err != nil {
			return nil, fmt.Errorf("phonebook: %w", err)
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// Use is the write that makes a link the request's that bears the mark, once and for all. Spent is what the
// caller answers when another request was first; mine is set when a refusal finds this very request's mark.
func (b Book) Use(c Change, mark []byte, spent error, mine *bool) dynamo.Write {
	key := changeKey(c.Holder, c.Number)
	return dynamo.Write{
		Table: b.Table, Key: key,
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &b.Table, Key: key, UpdateExpression: aws.String("SET u = :mark"),
			ConditionExpression:       aws.String("attribute_exists(p) AND attribute_not_exists(u)"),
			ExpressionAttributeValues: dynamo.Item{":mark": dynamo.B(mark)},
		}},
		Judge: func(stands dynamo.Item) error {
			there := dynamo.Read(stands).MayBytes("u")
			switch {
			case stands == nil:
				return spent
			case there == nil:
				return nil
			case bytes.Equal(there, mark):
				*mine = true
				return dynamo.ErrAlready
			}
			return spent
		},
	}
}

// Enter is the write that enters a holder into a number's set. Full is what the caller answers when it has
// MaxHolders others. Mine tells whether the transaction that it belongs to stands already, as Record found.
func (b Book) Enter(index []byte, holder account.ID, full error, mine *bool) dynamo.Write {
	condition := "attribute_not_exists(h) OR size(h) < :max OR contains(h, :one)"
	w := b.set("ADD h :holder", index, holder)
	w.Item.Update.ConditionExpression = &condition
	w.Item.Update.ExpressionAttributeValues[":max"] = dynamo.N(MaxHolders)
	w.Item.Update.ExpressionAttributeValues[":one"] = dynamo.B(holder[:])
	return dynamo.Write{Table: b.Table, Key: w.Key, Item: w.Item, Judge: func(stands dynamo.Item) error {
		holders, err := read(stands)
		there := slices.Contains(holders, holder)
		switch {
		case err != nil:
			return err
		case there && *mine:
			return dynamo.ErrAlready
		case !there && len(holders) >= MaxHolders:
			return full
		}
		return nil
	}}
}

// Restore is Enter for a number that its holder had before: it is not refused, even by a full set.
func (b Book) Restore(index []byte, holder account.ID) dynamo.Write {
	return b.set("ADD h :holder", index, holder)
}

// Leave is the write that takes a holder out of a number's set. It cannot be refused.
func (b Book) Leave(index []byte, holder account.ID) dynamo.Write {
	return b.set("DELETE h :holder", index, holder)
}

func (b Book) set(expression string, index []byte, holder account.ID) dynamo.Write {
	key := numberKey(index)
	return dynamo.Write{Table: b.Table, Key: key, Item: types.TransactWriteItem{Update: &types.Update{
		TableName: &b.Table, Key: key, UpdateExpression: &expression,
		ExpressionAttributeValues: dynamo.Item{":holder": &types.AttributeValueMemberBS{Value: [][]byte{holder[:]}}},
	}}}
}

// Holders are the accounts in a number's set. One call.
func (b Book) Holders(ctx context.Context, index []byte) ([]account.ID, error) {
	item, err := b.DB.Get(ctx, b.Table, numberKey(index))
	if errors.Is(err, dynamo.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("phonebook: %w", err)
	}
	return read(item)
}

func read(item dynamo.Item) ([]account.ID, error) {
	set, ok := item["h"].(*types.AttributeValueMemberBS)
	if !ok {
		return nil, nil
	}
	holders := make([]account.ID, len(set.Value))
	for i, b := range set.Value {
		id, err := account.IDFromBytes(b)
		if err != nil {
			return nil, fmt.Errorf("phonebook: holder %d: %w", i, err)
		}
		holders[i] = id
	}
	return holders, nil
}
