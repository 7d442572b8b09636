package dynamo_test

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
)

// items are all different from each other, many by very little.
var items = []dynamo.Item{
	{},
	{"a": dynamo.S("")},
	{"a": dynamo.S("1")},
	{"a": dynamo.N(1)},
	{"a": dynamo.B([]byte("1"))},
	{"a": dynamo.Bool(true)},
	{"a": dynamo.Bool(false)},
	{"a": &types.AttributeValueMemberNULL{Value: true}},
	{"a": dynamo.L()},
	{"a": dynamo.M(dynamo.Item{})},
	{"a": dynamo.L(dynamo.S("1"))},
	{"a": dynamo.L(dynamo.S("1"), dynamo.S(""))},
	{"a": dynamo.L(dynamo.S(""), dynamo.S("1"))},
	{"a": dynamo.L(dynamo.L(dynamo.S("1")))},
	{"a": dynamo.M(dynamo.Item{"b": dynamo.S("1")})},
	{"a": dynamo.M(dynamo.Item{"b": dynamo.S("1"), "c": dynamo.S("2")})},
	{"a": dynamo.M(dynamo.Item{"b": dynamo.S("1")}), "c": dynamo.S("2")},
	{"a": dynamo.S("1"), "b": dynamo.S("2")},
	{"a": dynamo.S("2"), "b": dynamo.S("1")},
	{"a": dynamo.S("1b"), "b": dynamo.S("2")},
	{"ab": dynamo.S("1")},
}

func TestCanonicalBytesTellItemsApart(t *testing.T) {
	seen := map[string]int{}
	for i, item := range items {
		b, err := dynamo.Canonical(item)
		if err != nil {
			t.Fatal(i, err)
		}
		if j, again := seen[string(b)]; again {
			t.Errorf("items %d and %d have the same bytes", j, i)
		}
		seen[string(b)] = i
	}
}

func TestCanonicalBytesDoNotDependOnTheOrderOfAMap(t *testing.T) {
	item := dynamo.Item{}
	for _, name := range []string{"q", "w", "e", "r", "t", "y", "u"} {
		item[name] = dynamo.S(name)
	}
	first, err := dynamo.Canonical(item)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if again, _ := dynamo.Canonical(item); !bytes.Equal(first, again) {
			t.Fatal("the same item has other bytes")
		}
	}
}

func TestASetHasNoCanonicalBytes(t *testing.T) {
	deep := dynamo.Item{"a": dynamo.L(dynamo.M(dynamo.Item{"b": &types.AttributeValueMemberSS{Value: []string{"x"}}}))}
	if _, err := dynamo.Canonical(deep); err == nil {
		t.Error("a set has bytes")
	}
}
