package account_test

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
)

// texts lists every text and binary value of an item.
func texts(item dynamo.Item) []string {
	var all []string
	for _, v := range item {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			all = append(all, v.Value)
		case *types.AttributeValueMemberB:
			all = append(all, string(v.Value))
		}
	}
	return all
}
