package directory

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
)

func entryKey(digest []byte, id account.ID) dynamo.Item {
	return dynamo.Item{"p": dynamo.S("n#" + hex.EncodeToString(digest)), "s": dynamo.B(id[:])}
}

func personKey(id account.ID) dynamo.Item {
	return dynamo.Item{"p": dynamo.S("h#" + id.String()), "s": dynamo.B(id[:])}
}

func (i *Index) query(ctx context.Context, digest []byte) ([]account.ID, error) {
	items, err := i.db.Query(ctx, &dynamodb.QueryInput{
		TableName: &i.table, KeyConditionExpression: aws.String("p = :p"),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.S("n#" + hex.EncodeToString(digest))},
	})
	if err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	found := make([]account.ID, 0, len(items))
	for _, item := range items {
		id, err := account.IDFromBytes(dynamo.Read(item).Bytes("s"))
		if err != nil {
			return nil, fmt.Errorf("directory: %w", err)
		}
		found = append(found, id)
	}
	return found, nil
}

// standing is what a person's entries are.
type standing struct {
	digests [][]byte // in order
	mark    []byte   // of the indexing that wrote them; nil before the first
}

func (i *Index) entries(ctx context.Context, id account.ID) (standing, error) {
	item, err := i.db.Get(ctx, i.table, personKey(id))
	if errors.Is(err, dynamo.ErrNone) {
		return standing{}, nil
	}
	if err != nil {
		return standing{}, fmt.Errorf("directory: %w", err)
	}
	f := dynamo.Read(item)
	out := standing{mark: f.Bytes("v")}
	for _, v := range f.List("k") {
		digest, ok := v.(*types.AttributeValueMemberB)
		if !ok {
			return standing{}, fmt.Errorf("directory: entries of %s cannot be read", id)
		}
		out.digests = append(out.digests, digest.Value)
	}
	return out, f.Err()
}

// change makes the entries that stand those that are wanted.
func (i *Index) change(id account.ID, stands standing, want [][]byte) []dynamo.Write {
	var writes []dynamo.Write
	for _, old := range stands.digests {
		if !has(want, old) {
			key := entryKey(old, id)
			writes = append(writes, dynamo.Write{Table: i.table, Key: key, Item: types.TransactWriteItem{Delete: &types.Delete{TableName: &i.table, Key: key}}})
		}
	}
	for _, digest := range want {
		if !has(stands.digests, digest) {
			key := entryKey(digest, id)
			writes = append(writes, dynamo.Write{Table: i.table, Key: key, Item: types.TransactWriteItem{Put: &types.Put{TableName: &i.table, Item: key}}})
		}
	}
	return append(writes, i.list(id, stands, want))
}

func has(all [][]byte, one []byte) bool {
	return slices.ContainsFunc(all, func(b []byte) bool { return bytes.Equal(b, one) })
}

// list is the write of what a person's entries are, if nobody indexed the person since.
func (i *Index) list(id account.ID, stands standing, want [][]byte) dynamo.Write {
	key := personKey(id)
	mark := make([]byte, 8)
	_, _ = rand.Read(mark)
	digests := make([]types.AttributeValue, len(want))
	for n, digest := range want {
		digests[n] = dynamo.B(digest)
	}
	put := &types.Put{
		TableName: &i.table, Item: dynamo.Item{"p": key["p"], "s": key["s"], "k": dynamo.L(digests...), "v": dynamo.B(mark)},
		ConditionExpression: aws.String("v = :stands"), ExpressionAttributeValues: dynamo.Item{":stands": dynamo.B(stands.mark)},
	}
	if stands.mark == nil {
		put.ConditionExpression, put.ExpressionAttributeValues = aws.String("attribute_not_exists(v)"), nil
	}
	return dynamo.Write{Table: i.table, Key: key, Item: types.TransactWriteItem{Put: put}, Judge: func(item dynamo.Item) error {
		var now []byte
		if item != nil {
			now = dynamo.Read(item).MayBytes("v")
		}
		switch {
		case bytes.Equal(now, mark):
			return dynamo.ErrAlready
		case bytes.Equal(now, stands.mark):
			return nil
		}
		return errMoved
	}}
}
