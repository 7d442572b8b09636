package stripe

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// params are the form of one call: bracketed names flattened to dotted paths, as
// line_items.0.price_data.currency. A name that appears twice is refused.
type params map[string]string

// spec lists the parameters of a route; # stands for an index, * for any name.
type spec []string

var bracket = regexp.MustCompile(`^[a-z_]+(\[[^\[\]]*\])*$`)

func parseParams(form url.Values) (params, *apiError) {
	p := params{}
	appended := map[string]int{}
	for name, values := range form {
		if !bracket.MatchString(name) {
			return nil, unknownParameter(name)
		}
		path := strings.ReplaceAll(strings.ReplaceAll(name, "[", "."), "]", "")
		if prefix, open := strings.CutSuffix(path, "."); open { // types[]=a&types[]=b
			for _, v := range values {
				p[prefix+"."+strconv.Itoa(appended[prefix])] = v
				appended[prefix]++
			}
			continue
		}
		if len(values) != 1 {
			return nil, invalid(name, "Received "+name+" more than once.")
		}
		p[path] = values[0]
	}
	return p, nil
}

// allow refuses what the spec does not list.
func (p params) allow(s spec) *apiError {
	names := make([]string, 0, len(p))
	for path := range p {
		names = append(names, path)
	}
	slices.Sort(names)
	for _, path := range names {
		if !s.has(path) {
			return unknownParameter(bracketed(path))
		}
	}
	return nil
}

func (s spec) has(path string) bool {
	return slices.ContainsFunc(s, func(pattern string) bool {
		want, got := strings.Split(pattern, "."), strings.Split(path, ".")
		if len(want) != len(got) {
			return false
		}
		for i := range want {
			switch {
			case want[i] == "#":
				if _, err := strconv.Atoi(got[i]); err != nil {
					return false
				}
			case want[i] != "*" && want[i] != got[i]:
				return false
			}
		}
		return true
	})
}

func bracketed(path string) string {
	first, rest, deep := strings.Cut(path, ".")
	if !deep {
		return first
	}
	return first + "[" + strings.ReplaceAll(rest, ".", "][") + "]"
}

// sub is what lies below a prefix.
func (p params) sub(prefix string) params {
	out := params{}
	for path, v := range p {
		if rest, ok := strings.CutPrefix(path, prefix+"."); ok {
			out[rest] = v
		}
	}
	return out
}

// items are the elements of a list, whose indexes must run from 0 without a gap.
func (p params) items(name string) ([]params, *apiError) {
	below := p.sub(name)
	seen := map[string]bool{}
	for path := range below {
		index, _, _ := strings.Cut(path, ".")
		seen[index] = true
	}
	out := make([]params, len(seen))
	for i := range out {
		if !seen[strconv.Itoa(i)] {
			return nil, invalid(name, "Invalid array: indexes must run from 0.")
		}
		out[i] = below.sub(strconv.Itoa(i))
	}
	return out, nil
}

// texts are the values of a list of scalars.
func (p params) texts(name string) []string {
	var out []string
	for i := 0; ; i++ {
		v, ok := p[name+"."+strconv.Itoa(i)]
		if !ok {
			return out
		}
		out = append(out, v)
	}
}

func (p params) need(name, shown string, longest int) (string, *apiError) {
	v := p[name]
	if v == "" {
		return "", missing(shown)
	}
	if len(v) > longest {
		return "", invalid(shown, "Invalid string: "+shown+" must be at most "+strconv.Itoa(longest)+" characters")
	}
	return v, nil
}

func (p params) integer(name, shown string) (int64, *apiError) {
	v, ok := p[name]
	if !ok || v == "" {
		return 0, missing(shown)
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, invalid(shown, "Invalid integer: "+v)
	}
	return n, nil
}

// metadata reads up to 50 names of 40 characters with values of 500; an empty value leaves a name out.
func (p params) metadata(name string) (map[string]string, *apiError) {
	out := map[string]string{}
	for k, v := range p.sub(name) {
		if len(k) > 40 || len(v) > 500 {
			return nil, invalid(name, "Metadata names have at most 40 characters and values at most 500.")
		}
		if v != "" {
			out[k] = v
		}
	}
	if len(out) > 50 {
		return nil, invalid(name, "Metadata has at most 50 names.")
	}
	return out, nil
}
