package journeys_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// schemaOf is the schema of an operation's body.
func schemaOf(op *openapi3.Operation) *openapi3.Schema {
	return op.RequestBody.Value.Content["application/json"].Schema.Value
}

// example is a body that fits an operation's schema; nil if it takes none. Its values are of nobody.
func example(op *openapi3.Operation) []byte {
	if op.RequestBody == nil {
		return nil
	}
	return encode(sample("", schemaOf(op)))
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // samples are plain values
	}
	return b
}

// samples are values for members whose schema does not say enough.
var samples = map[string]string{
	"user_id": "nobody-at-all", "email": "nobody@example.test", "country": "US", "password": "harmless example 1", "current": "harmless example 1", "new": "harmless example 2",
	"partner": "all", "product": "us", "number": "202 555 0199", "code": "000000", "license_key": "00000-00000-00000-00000-00000", "postal_code": "22201", "region": "VA",
}

// sample is a value that fits a schema.
func sample(name string, s *openapi3.Schema) any {
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type.Is("object"):
		m := map[string]any{}
		for member, ref := range s.Properties {
			m[member] = sample(member, ref.Value)
		}
		return m
	case s.Type.Is("array"):
		return []any{sample(name, s.Items.Value)}
	case s.Type.Is("integer"):
		return 1
	case s.Type.Is("boolean"):
		return true
	case s.Type.Is("string"):
		if v := samples[name]; v != "" {
			return v
		}
		return strings.Repeat("x", max(4, int(s.MinLength)))
	}
	panic(fmt.Sprintf("no sample for %s of type %v", name, s.Type))
}

// with adds a member to an encoded object.
func with(whole []byte, member string, v any) []byte { return set(whole, "/"+member, v) }

// set changes one place of an encoded value; nil takes the member out.
func set(whole []byte, pointer string, v any) []byte {
	var tree any
	if err := json.Unmarshal(whole, &tree); err != nil {
		panic(err)
	}
	change(tree, strings.Split(pointer, "/")[1:], v)
	return encode(tree)
}

func change(tree any, path []string, v any) {
	switch tree := tree.(type) {
	case map[string]any:
		switch {
		case len(path) > 1:
			change(tree[path[0]], path[1:], v)
		case v == nil:
			delete(tree, path[0])
		default:
			tree[path[0]] = v
		}
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || len(path) == 1 {
			panic("no place " + path[0])
		}
		change(tree[i], path[1:], v)
	}
}
