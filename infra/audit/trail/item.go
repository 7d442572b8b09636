package trail

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
)

// attributes is an item in the form that DynamoDB's own exports have: a type's letter before each value.
type attributes map[string]attribute

// attribute has exactly one member.
type attribute struct {
	S *string    `json:"S,omitempty"`
	N *string    `json:"N,omitempty"`
	B *[]byte    `json:"B,omitempty"`
	M attributes `json:"M,omitempty"`
}

func fromItem(item dynamo.Item) (attributes, error) {
	out := make(attributes, len(item))
	for name, v := range item {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			out[name] = attribute{S: &v.Value}
		case *types.AttributeValueMemberN:
			out[name] = attribute{N: &v.Value}
		case *types.AttributeValueMemberB:
			out[name] = attribute{B: &v.Value}
		case *types.AttributeValueMemberM:
			m, err := fromItem(v.Value)
			if err != nil {
				return nil, err
			}
			out[name] = attribute{M: m}
		default:
			return nil, fmt.Errorf("%s is of type %T, which no item of these tables has", name, v)
		}
	}
	return out, nil
}

func (a attributes) item() dynamo.Item {
	out := make(dynamo.Item, len(a))
	for name, v := range a {
		switch {
		case v.S != nil:
			out[name] = dynamo.S(*v.S)
		case v.N != nil:
			out[name] = &types.AttributeValueMemberN{Value: *v.N}
		case v.B != nil:
			out[name] = dynamo.B(*v.B)
		default:
			out[name] = dynamo.M(v.M.item())
		}
	}
	return out
}
