package directory

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/names"
)

// Entry is the write of one entry, for tests that need many.
func Entry(i *Index, ending, family string, id account.ID) dynamo.Write {
	key := entryKey(i.key.Digest([]byte(ending), []byte(names.Key(family))), id)
	return dynamo.Write{Table: i.table, Key: key, Item: types.TransactWriteItem{Put: &types.Put{TableName: &i.table, Item: key}}}
}
