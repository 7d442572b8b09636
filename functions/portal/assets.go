package main

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"phoneotp/shared/httpapi"
)

//go:embed static
var staticFiles embed.FS

// A browser keeps an asset for a year, since another content has another address.
const immutable = "public, max-age=31536000, immutable"

// assets is the built tree under one hash: relative addresses inside it keep working, and any change of
// any file gives all of them a new address.
type assets struct {
	prefix string // "/assets/<hash>"
	files  map[string][]byte
}

func loadAssets() (assets, error) {
	a := assets{files: map[string][]byte{}}
	sum := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "static/")
		a.files[name] = body
		fmt.Fprintf(sum, "%s\x00%d\x00", name, len(body))
		sum.Write(body)
		return nil
	})
	a.prefix = "/assets/" + hex.EncodeToString(sum.Sum(nil))[:12]
	return a, err
}

var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
}

// serve answers with the asset at rest, "<hash>/<file>". An old page may ask with an old hash: it gets
// the current file, which nobody may keep under that address.
func (a assets) serve(req httpapi.Request, rest string) (httpapi.Response, bool) {
	hash, name, _ := strings.Cut(rest, "/")
	body, found := a.files[name]
	kind, known := mediaTypes[path.Ext(name)] // the compressed twins have no type of their own: only by negotiation
	if !found || !known || (req.Method != http.MethodGet && req.Method != http.MethodHead) {
		return httpapi.Response{}, false
	}
	header := map[string]string{
		"content-type": kind, "cache-control": immutable, "vary": "accept-encoding", "cross-origin-resource-policy": "same-origin",
	}
	if "/assets/"+hash != a.prefix {
		header["cache-control"] = "no-cache"
	}
	binary := kind == "font/woff2"
	for _, twin := range []struct{ encoding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if packed, there := a.files[name+twin.suffix]; there && accepts(req.Header("accept-encoding"), twin.encoding) {
			body, binary = packed, true
			header["content-encoding"] = twin.encoding
			break
		}
	}
	return answer(req, http.StatusOK, header, body, binary), true
}

// answer leaves the body out where only the head was asked for.
func answer(req httpapi.Request, status int, header map[string]string, body []byte, binary bool) httpapi.Response {
	if req.Method == http.MethodHead {
		body, binary = nil, false
	}
	return httpapi.Response{Status: status, Header: header, Body: body, Binary: binary}
}

// accepts reads an Accept-Encoding header (RFC 9110, 12.5.3): the coding is named, or any is, and not with weight 0.
func accepts(header, coding string) bool {
	taken := false
	for part := range strings.SplitSeq(header, ",") {
		name, weight, weighted := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != coding && name != "*" {
			continue
		}
		wanted := !weighted || positive(weight)
		if name == coding {
			return wanted
		}
		taken = wanted
	}
	return taken
}

func positive(weight string) bool {
	value, isWeight := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(weight, " ", "")), "q=")
	q, err := strconv.ParseFloat(value, 64)
	return !isWeight || err != nil || q > 0
}

// matches reads an If-None-Match header: a list of entity tags, or *.
func matches(header, tag string) bool {
	tags := strings.Split(header, ",")
	return slices.ContainsFunc(tags, func(t string) bool {
		t = strings.TrimPrefix(strings.TrimSpace(t), "W/")
		return t == tag || t == "*"
	})
}
