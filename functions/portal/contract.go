package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"phoneotp/shared/httpapi"
)

//go:embed openapi.json
var contractFile []byte

// contract is openapi.json and which methods its paths take.
type contract struct {
	methods map[string][]string // path with {parameters} -> methods in upper case, sorted
	packed  func() []byte       // the file, gzipped at its first use
}

func loadContract() (contract, error) {
	var file struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(contractFile, &file); err != nil {
		return contract{}, fmt.Errorf("portal: openapi.json: %w", err)
	}
	c := contract{methods: map[string][]string{}, packed: sync.OnceValue(func() []byte { return pack(contractFile) })}
	for path, operations := range file.Paths {
		for method := range operations {
			c.methods[path] = append(c.methods[path], strings.ToUpper(method))
		}
		slices.Sort(c.methods[path])
	}
	return c, nil
}

// document answers with the file itself.
func (c contract) document(req httpapi.Request) httpapi.Response {
	header := map[string]string{"content-type": "application/json; charset=utf-8", "vary": "accept-encoding"}
	if accepts(req.Header("accept-encoding"), "gzip") {
		header["content-encoding"] = "gzip"
		return answer(req, http.StatusOK, header, c.packed(), true)
	}
	return answer(req, http.StatusOK, header, contractFile, false)
}

// refuse answers a request under /api that the gateway has no route for: the path is unknown, or it is
// known with other methods.
func (c contract) refuse(req httpapi.Request) (httpapi.Response, error) {
	var allowed []string
	for path, methods := range c.methods {
		if fits(path, req.Path) {
			allowed = append(allowed, methods...)
		}
	}
	if len(allowed) == 0 {
		return httpapi.Response{}, httpapi.ErrNoRoute
	}
	slices.Sort(allowed)
	allow := strings.Join(slices.Compact(allowed), ", ")
	return httpapi.Response{Header: map[string]string{"allow": allow}}, httpapi.ErrNoMethod.Because("It takes " + allow + ".")
}

// fits says whether a path of the contract describes this one; a {parameter} stands for one segment.
func fits(described, asked string) bool {
	d, a := strings.Split(described, "/"), strings.Split(asked, "/")
	if len(d) != len(a) {
		return false
	}
	for i := range d {
		parameter := strings.HasPrefix(d[i], "{")
		if d[i] != a[i] && !(parameter && a[i] != "") {
			return false
		}
	}
	return true
}
