package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Item is an item, or the key of one.
type Item = map[string]types.AttributeValue

// Value is the value of an attribute.
type Value = types.AttributeValue

// DB is a DynamoDB endpoint. It is safe for concurrent use.
type DB struct{ api *dynamodb.Client }

// New returns a DB over the SDK's client.
func New(api *dynamodb.Client) *DB { return &DB{api: api} }

// Get reads one item consistently. It returns ErrNone if there is none.
func (db *DB) Get(ctx context.Context, table string, key Item) (Item, error) {
	out, err := db.api.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, trouble("get from "+table, err)
	}
	if len(out.Item) == 0 {
		return nil, ErrNone
	}
	return out.Item, nil
}

// maxBatch is DynamoDB's limit for one BatchGetItem.
const maxBatch = 100

// BatchGet reads items consistently, in no order; absent ones are left out.
func (db *DB) BatchGet(ctx context.Context, table string, keys []Item) ([]Item, error) {
	var found []Item
	for len(keys) > 0 {
		n := min(len(keys), maxBatch)
		ask := keys[:n]
		keys = keys[n:]
		for try := 0; len(ask) > 0; try++ {
			if try == tries {
				return nil, trouble("batch get from "+table, context.DeadlineExceeded)
			}
			out, err := db.api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
				table: {Keys: ask, ConsistentRead: aws.Bool(true)},
			}})
			if err != nil {
				return nil, trouble("batch get from "+table, err)
			}
			found = append(found, out.Responses[table]...)
			if ask = out.UnprocessedKeys[table].Keys; len(ask) > 0 {
				if err := pause(ctx, try); err != nil {
					return nil, err
				}
			}
		}
	}
	return found, nil
}

// Query reads every page of a query.
func (db *DB) Query(ctx context.Context, in *dynamodb.QueryInput) ([]Item, error) {
	var found []Item
	ask := *in
	for {
		out, err := db.api.Query(ctx, &ask)
		if err != nil {
			return nil, trouble("query "+aws.ToString(in.TableName), err)
		}
		found = append(found, out.Items...)
		if in.Limit != nil && len(found) >= int(*in.Limit) {
			return found[:*in.Limit], nil
		}
		if len(out.LastEvaluatedKey) == 0 {
			return found, nil
		}
		ask.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// Update makes one conditional update and returns the item as it is afterwards (ALL_NEW). A failed
// condition is *Refused with the item that stands in the way, which costs no further call.
func (db *DB) Update(ctx context.Context, in *dynamodb.UpdateItemInput) (Item, error) {
	ask := *in
	if ask.ReturnValues == "" {
		ask.ReturnValues = types.ReturnValueAllNew
	}
	ask.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	out, err := db.api.UpdateItem(ctx, &ask)
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return nil, &Refused{Stands: failed.Item}
	}
	if err != nil {
		return nil, trouble("update "+aws.ToString(in.TableName), err)
	}
	return out.Attributes, nil
}

// Write is one change of a transaction. A conditional one also says where it goes and how to judge what
// stands there after a refusal. Item holds exactly one of Put, Update, Delete or ConditionCheck.
type Write struct {
	Item  types.TransactWriteItem
	Table string
	Key   Item
	// Judge is given what stands (nil if nothing does) and returns a fault, ErrAlready, or nil if the
	// write would now succeed. A write without a condition has no Judge.
	Judge func(stands Item) error
}

// Create is the Write that puts an item whose key must be free. Judge tells what an item there means.
func Create(table string, key, item Item, judge func(stands Item) error) Write {
	for name := range key {
		return Write{
			Table: table, Key: key, Judge: judge,
			Item: types.TransactWriteItem{Put: &types.Put{
				TableName: &table, Item: item,
				ConditionExpression:      aws.String("attribute_not_exists(#k)"),
				ExpressionAttributeNames: map[string]string{"#k": name},
			}},
		}
	}
	panic("dynamo: Create needs a key")
}

// tries bounds how often one Commit asks again after a conflict or a refusal with nothing in the way.
const tries = 8

// Commit applies all writes or none; a single write goes as the plain operation, which costs half.
//
// After a refusal it reads what stands behind each conditional write and returns the first fault that a
// Judge finds. If every conditional write is done already, that is success. If nothing is in the way any
// more it asks again; conflicts with other transactions are asked again too, after a short random wait.
// Writes that are partly done are an error: a transaction cannot leave that behind.
func (db *DB) Commit(ctx context.Context, writes ...Write) error {
	var last error
	for try := range tries {
		refused, err := db.apply(ctx, writes)
		if err == nil {
			return nil
		}
		last = err
		switch {
		case refused:
			done, err := db.judge(ctx, writes)
			if err != nil || done {
				return err
			}
		case !conflict(err):
			return trouble("commit", err)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
	return fmt.Errorf("dynamo: commit: %w: %w", ErrBusy, last)
}

// apply reports whether a condition failed; err is nil only if the writes were made.
func (db *DB) apply(ctx context.Context, writes []Write) (refused bool, err error) {
	if len(writes) == 1 && writes[0].Item.ConditionCheck == nil {
		err = db.single(ctx, writes[0].Item)
		_, refused = errors.AsType[*types.ConditionalCheckFailedException](err)
		return refused, err
	}
	items := make([]types.TransactWriteItem, len(writes))
	for i, w := range writes {
		items[i] = w.Item
	}
	_, err = db.api.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		for _, r := range cancelled.CancellationReasons {
			if aws.ToString(r.Code) == "ConditionalCheckFailed" {
				return true, err
			}
		}
	}
	return false, err
}

func (db *DB) single(ctx context.Context, item types.TransactWriteItem) error {
	var err error
	switch {
	case item.Put != nil:
		p := item.Put
		_, err = db.api.PutItem(ctx, &dynamodb.PutItemInput{TableName: p.TableName, Item: p.Item, ConditionExpression: p.ConditionExpression,
			ExpressionAttributeNames: p.ExpressionAttributeNames, ExpressionAttributeValues: p.ExpressionAttributeValues})
	case item.Update != nil:
		u := item.Update
		_, err = db.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: u.TableName, Key: u.Key, UpdateExpression: u.UpdateExpression, ConditionExpression: u.ConditionExpression,
			ExpressionAttributeNames: u.ExpressionAttributeNames, ExpressionAttributeValues: u.ExpressionAttributeValues})
	case item.Delete != nil:
		d := item.Delete
		_, err = db.api.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: d.TableName, Key: d.Key, ConditionExpression: d.ConditionExpression,
			ExpressionAttributeNames: d.ExpressionAttributeNames, ExpressionAttributeValues: d.ExpressionAttributeValues})
	default:
		err = errors.New("dynamo: an empty write")
	}
	return err
}

// conflict tells whether a transaction was cancelled for nothing but other people's transactions or
// throttling, so that asking again may help.
func conflict(err error) bool {
	if _, ok := errors.AsType[*types.TransactionConflictException](err); ok {
		return true
	}
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		return false
	}
	for _, r := range cancelled.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			return true
		}
	}
	return false
}

// judge asks every conditional write what stands. done is true when all of them are done already.
func (db *DB) judge(ctx context.Context, writes []Write) (done bool, err error) {
	already, open := 0, 0
	for _, w := range writes {
		if w.Judge == nil {
			continue
		}
		stands, err := db.Get(ctx, w.Table, w.Key)
		if err != nil && !errors.Is(err, ErrNone) {
			return false, err
		}
		switch verdict := w.Judge(stands); {
		case verdict == nil && w.Item.ConditionCheck != nil: // it holds, whether the others are done or not
		case verdict == nil:
			open++
		case errors.Is(verdict, ErrAlready):
			already++
		default:
			return false, verdict
		}
	}
	if already > 0 && open > 0 {
		return false, fmt.Errorf("dynamo: a transaction is half done: %d writes stand, %d do not", already, open)
	}
	return already > 0, nil
}
