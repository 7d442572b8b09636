package dynamo

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Canonical is an item as bytes that depend on nothing but what it holds: names in order, each value with its
// type and length before it. Two items have the same bytes only if they are the same, whichever way they came
// (a read, a stream, an export), so that a digest of them tells whether one was changed. It knows the types that
// rooms store: S, N, B, BOOL, NULL, L and M; a set is an error.
func Canonical(item Item) ([]byte, error) { return appendMap(nil, item) }

func appendMap(to []byte, item Item) ([]byte, error) {
	to = append(to, 'M')
	to = binary.AppendUvarint(to, uint64(len(item)))
	for _, name := range slices.Sorted(maps.Keys(item)) {
		to = appendText(to, name)
		var err error
		if to, err = appendValue(to, item[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return to, nil
}

func appendValue(to []byte, v types.AttributeValue) ([]byte, error) {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return appendText(append(to, 'S'), v.Value), nil
	case *types.AttributeValueMemberN:
		return appendText(append(to, 'N'), v.Value), nil
	case *types.AttributeValueMemberB:
		return appendText(append(to, 'B'), string(v.Value)), nil
	case *types.AttributeValueMemberBOOL:
		if v.Value {
			return append(to, 'T'), nil
		}
		return append(to, 'F'), nil
	case *types.AttributeValueMemberNULL:
		return append(to, '0'), nil
	case *types.AttributeValueMemberM:
		return appendMap(to, v.Value)
	case *types.AttributeValueMemberL:
		to = binary.AppendUvarint(append(to, 'L'), uint64(len(v.Value)))
		for i, each := range v.Value {
			var err error
			if to, err = appendValue(to, each); err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return to, nil
	}
	return nil, fmt.Errorf("dynamo: a value of type %T has no canonical bytes", v)
}

func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}
