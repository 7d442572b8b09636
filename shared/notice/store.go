package notice

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
)

// States that end a notice, attribute e.
const (
	endedSent    = "sent"
	endedRefused = "refused"
)

func key(id string) dynamo.Item { return dynamo.Item{"p": dynamo.S(id)} }

func put(table string, named bool, id string, kind Kind, sealed []byte, now time.Time) dynamo.Write {
	item := dynamo.Item{
		"p": dynamo.S(id), "k": dynamo.S(string(kind)), "v": dynamo.B(sealed), "at": dynamo.Ms(now),
		"ds": dynamo.S(shard(id)), "da": dynamo.Ms(now.Add(sweepAfter)),
	}
	if named {
		return dynamo.Create(table, key(id), item, func(stands dynamo.Item) error {
			if len(stands) == 0 {
				return nil
			}
			return dynamo.ErrAlready
		})
	}
	return dynamo.Write{Table: table, Key: key(id), Item: types.TransactWriteItem{Put: &types.Put{TableName: &table, Item: item}}}
}
