package dynamo

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// S is a text value.
func S(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

// B is a binary value.
func B(v []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: v} }

// N is a number.
func N[T ~int | ~int32 | ~int64](v T) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(v), 10)}
}

// Bool is a truth value.
func Bool(v bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: v} }

// Ms is an instant, in epoch milliseconds; the zero time is 0.
func Ms(t time.Time) types.AttributeValue {
	if t.IsZero() {
		return N(0)
	}
	return N(t.UnixMilli())
}

// Lifetime is an instant in epoch seconds, rounded up: the form of a table's time-to-live attribute.
func Lifetime(t time.Time) types.AttributeValue {
	return N(t.Add(time.Second - 1).Unix())
}

// L is a list.
func L(v ...types.AttributeValue) types.AttributeValue { return &types.AttributeValueMemberL{Value: v} }

// M is a map.
func M(v Item) types.AttributeValue { return &types.AttributeValueMemberM{Value: v} }

// Fields reads the attributes of an item and gathers what is missing or of another type. Values of the
// May... methods may be absent and are then zero.
type Fields struct {
	item Item
	errs []error
}

// Read starts reading an item.
func Read(item Item) *Fields { return &Fields{item: item} }

// Err joins everything that was wrong: the item is not one of ours.
func (f *Fields) Err() error { return errors.Join(f.errs...) }

// Has tells whether an attribute is there.
func (f *Fields) Has(name string) bool { return f.item[name] != nil }

// Names lists the names of the attributes, in no order.
func (f *Fields) Names() []string {
	names := make([]string, 0, len(f.item))
	for name := range f.item {
		names = append(names, name)
	}
	return names
}

func (f *Fields) miss(name, want string) {
	f.errs = append(f.errs, fmt.Errorf("dynamo: attribute %s is not %s", name, want))
}

// Text reads a text.
func (f *Fields) Text(name string) string {
	if v, ok := f.item[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	f.miss(name, "a text")
	return ""
}

// Bytes reads a binary value.
func (f *Fields) Bytes(name string) []byte {
	if v, ok := f.item[name].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	f.miss(name, "binary")
	return nil
}

// Int reads a whole number.
func (f *Fields) Int(name string) int64 {
	if v, ok := f.item[name].(*types.AttributeValueMemberN); ok {
		if n, err := strconv.ParseInt(v.Value, 10, 64); err == nil {
			return n
		}
	}
	f.miss(name, "a whole number")
	return 0
}

// Time reads an instant written by Ms, in UTC; 0 is the zero time.
func (f *Fields) Time(name string) time.Time { return instant(f.Int(name)) }

// Map reads a map.
func (f *Fields) Map(name string) *Fields {
	if v, ok := f.item[name].(*types.AttributeValueMemberM); ok {
		return Read(v.Value)
	}
	f.miss(name, "a map")
	return Read(nil)
}

// List reads a list.
func (f *Fields) List(name string) []types.AttributeValue {
	if v, ok := f.item[name].(*types.AttributeValueMemberL); ok {
		return v.Value
	}
	f.miss(name, "a list")
	return nil
}

// Flag reads a truth value; absent is false.
func (f *Fields) Flag(name string) bool {
	switch v := f.item[name].(type) {
	case nil:
		return false
	case *types.AttributeValueMemberBOOL:
		return v.Value
	}
	f.miss(name, "a truth value")
	return false
}

// MayText reads a text that may be absent.
func (f *Fields) MayText(name string) string {
	if !f.Has(name) {
		return ""
	}
	return f.Text(name)
}

// MayBytes reads a binary value that may be absent.
func (f *Fields) MayBytes(name string) []byte {
	if !f.Has(name) {
		return nil
	}
	return f.Bytes(name)
}

// MayInt reads a whole number that may be absent.
func (f *Fields) MayInt(name string) int64 {
	if !f.Has(name) {
		return 0
	}
	return f.Int(name)
}

// MayTime reads an instant that may be absent.
func (f *Fields) MayTime(name string) time.Time { return instant(f.MayInt(name)) }

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Size is what DynamoDB bills for an item, in bytes, by its published rules: attribute names and texts in
// UTF-8, binary as it is, numbers about one byte for two digits and one more, lists and maps three bytes
// and one for each element.
func Size(item Item) int {
	n := 0
	for name, v := range item {
		n += len(name) + valueSize(v)
	}
	return n
}

func valueSize(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		digits := len(v.Value)
		for digits > 1 && v.Value[digits-1] == '0' {
			digits-- // trailing zeros are not stored
		}
		return (digits+1)/2 + 1
	case *types.AttributeValueMemberL:
		n := 3
		for _, e := range v.Value {
			n += 1 + valueSize(e)
		}
		return n
	case *types.AttributeValueMemberM:
		n := 3
		for name, e := range v.Value {
			n += 1 + len(name) + valueSize(e)
		}
		return n
	}
	return 1 // truth values and null
}
