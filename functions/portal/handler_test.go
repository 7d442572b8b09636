package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/httpapi"
)

func edge(t *testing.T, origin string) *httpapi.API {
	t.Helper()
	s, err := newSite(origin)
	if err != nil {
		t.Fatal(err)
	}
	return &httpapi.API{Origin: origin, Now: time.Now, Routes: s.routes()}
}

// ask sends one event as the gateway would. Headers come in pairs.
func ask(t *testing.T, api *httpapi.API, method, path string, headers ...string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	event := events.APIGatewayV2HTTPRequest{RouteKey: "$default", RawPath: path, Headers: map[string]string{}}
	event.RequestContext.HTTP.Method, event.RequestContext.RequestID = method, "r1"
	for i := 0; i < len(headers); i += 2 {
		event.Headers[headers[i]] = headers[i+1]
	}
	res, err := api.Handle(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestEveryPageIsAShell(t *testing.T) {
	t.Parallel()
	api := edge(t, "https://otp.example.org")
	asset := regexp.MustCompile(`(?:src|href)="(/assets/[^"#]+)`)
	for _, p := range pages {
		path := strings.NewReplacer("{number}", "SO-7Q2MB9XK", "{id}", "drawings").Replace(p.Path)
		t.Run(path, func(t *testing.T) {
			res := ask(t, api, "GET", path)
			if res.StatusCode != http.StatusOK || res.Headers["content-type"] != "text/html; charset=utf-8" {
				t.Fatalf("got %d %s", res.StatusCode, res.Headers["content-type"])
			}
			if !strings.Contains(res.Body, "<title>"+strings.ReplaceAll(p.Title, "'", "&#39;")+" | Phone OTP</title>") {
				t.Errorf("the title %q is missing", p.Title)
			}
			for _, bad := range []string{"style=", "<style", "<script>", "onclick", "http://", "https://", "ZgotmplZ"} {
				if strings.Contains(res.Body, bad) {
					t.Errorf("the page holds %q", bad)
				}
			}
			found := asset.FindAllStringSubmatch(res.Body, -1)
			if len(found) < 5 {
				t.Errorf("only %d assets are named", len(found))
			}
			for _, a := range found {
				if got := ask(t, api, "GET", a[1]); got.StatusCode != http.StatusOK || got.Headers["cache-control"] != immutable {
					t.Errorf("%s: %d %s", a[1], got.StatusCode, got.Headers["cache-control"])
				}
			}
			again := ask(t, api, "GET", path, "cookie", "__Host-session=somebody")
			if again.Body != res.Body {
				t.Error("the page depends on who asks")
			}
		})
	}
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	res := ask(t, edge(t, "https://otp.example.org"), "GET", "/sign-in")
	for name, want := range map[string]string{
		"cache-control": "no-cache", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff", "permissions-policy": permissions,
		"strict-transport-security":  "max-age=63072000; includeSubDomains",
		"cross-origin-opener-policy": "same-origin",
	} {
		if got := res.Headers[name]; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	policy := res.Headers["content-security-policy"]
	for _, part := range []string{"default-src 'self'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'", "require-trusted-types-for 'script'"} {
		if !slices.Contains(strings.Split(policy, "; "), part) {
			t.Errorf("the policy lacks %q: %s", part, policy)
		}
	}
	if local := ask(t, edge(t, "http://localhost:8080"), "GET", "/sign-in"); local.Headers["strict-transport-security"] != "" {
		t.Error("a local stage must not send its browsers to https")
	}
}

func TestAPageIsSentOnce(t *testing.T) {
	t.Parallel()
	api := edge(t, "https://otp.example.org")
	first := ask(t, api, "GET", "/help/faq", "accept-encoding", "gzip, br")
	if first.Headers["content-encoding"] != "gzip" || !first.IsBase64Encoded {
		t.Fatalf("not compressed: %v", first.Headers)
	}
	if plain := ask(t, api, "GET", "/help/faq"); !bytes.Equal(unzip(t, decoded(first)), decoded(plain)) {
		t.Error("the compressed page is another one")
	}
	again := ask(t, api, "GET", "/help/faq", "if-none-match", `"x", W/`+first.Headers["etag"])
	if again.StatusCode != http.StatusNotModified || again.Body != "" {
		t.Errorf("got %d with %d bytes, want 304", again.StatusCode, len(again.Body))
	}
	if head := ask(t, api, "HEAD", "/help/faq"); head.StatusCode != http.StatusOK || head.Body != "" {
		t.Errorf("HEAD: %d with %d bytes", head.StatusCode, len(head.Body))
	}
}

func TestFormsWithoutScriptChangeNothing(t *testing.T) {
	t.Parallel()
	res := ask(t, edge(t, "https://otp.example.org"), "POST", "/sign-in", "content-type", "application/x-www-form-urlencoded")
	if res.StatusCode != http.StatusMethodNotAllowed || res.Headers["allow"] != "GET, HEAD" || !strings.Contains(res.Body, "Nothing was changed") {
		t.Errorf("got %d, allow %q", res.StatusCode, res.Headers["allow"])
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	api := edge(t, "https://otp.example.org")
	for _, path := range []string{"/nothing", "/orders/a/b", "/problems/no-such-code", "/assets/", "/assets/abc/portal.css.br", "/assets/abc/../main.go", "/applications/", "/apis"} {
		res := ask(t, api, "GET", path)
		if res.StatusCode != http.StatusNotFound || !strings.Contains(res.Body, "Page not found") {
			t.Errorf("%s: got %d", path, res.StatusCode)
		}
	}
	for _, row := range []struct {
		method, path string
		status       int
		code, allow  string
	}{
		{"GET", "/api", 404, "route-unknown", ""},
		{"GET", "/api/nothing", 404, "route-unknown", ""},
		{"POST", "/api/orders//cancel", 404, "route-unknown", ""},
		{"GET", "/api/orders/SO-1/x", 404, "route-unknown", ""},
		{"PUT", "/api/session", 405, "method-not-allowed", "DELETE, GET, POST"},
		{"GET", "/api/otp/verify", 405, "method-not-allowed", "POST"},
		{"DELETE", "/api/orders/SO-7Q2MB9XK/cancel", 405, "method-not-allowed", "POST"},
		{"POST", "/api/openapi.json", 405, "method-not-allowed", "GET"},
	} {
		res := ask(t, api, row.method, row.path)
		var doc struct{ Type, Code, Instance string }
		if err := json.Unmarshal([]byte(res.Body), &doc); err != nil {
			t.Fatalf("%s %s: %v in %q", row.method, row.path, err, res.Body)
		}
		if res.StatusCode != row.status || doc.Code != row.code || doc.Type != "/problems/"+row.code || res.Headers["allow"] != row.allow {
			t.Errorf("%s %s: got %d %s allow %q", row.method, row.path, res.StatusCode, doc.Code, res.Headers["allow"])
		}
		if res.Headers["content-type"] != "application/problem+json" || res.Headers["cache-control"] != "no-store" || res.Headers["x-request-id"] != "r1" {
			t.Errorf("%s %s: headers %v", row.method, row.path, res.Headers)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	api := edge(t, "https://otp.example.org")
	tree, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	sheet := tree.prefix + "/portal.css"
	for accept, want := range map[string]string{"": "", "identity": "", "gzip": "gzip", "gzip, deflate, br": "br", "br;q=0, gzip": "gzip", "*": "br", "gzip;q=0.5, *;q=0": "gzip", "BR": "br"} {
		res := ask(t, api, "GET", sheet, "accept-encoding", accept)
		if got := res.Headers["content-encoding"]; got != want || res.StatusCode != 200 || res.Headers["vary"] != "accept-encoding" || res.Headers["content-type"] != "text/css; charset=utf-8" {
			t.Errorf("accept-encoding %q: got %d %q %v", accept, res.StatusCode, got, res.Headers)
		}
		if want == "gzip" && !bytes.Equal(unzip(t, decoded(res)), tree.files["portal.css"]) {
			t.Error("the gzip twin holds something else")
		}
	}
	stale := ask(t, api, "GET", "/assets/000000000000/portal.css")
	if stale.StatusCode != 200 || stale.Headers["cache-control"] != "no-cache" || stale.Body != string(tree.files["portal.css"]) {
		t.Errorf("an old page's style sheet: %d %s", stale.StatusCode, stale.Headers["cache-control"])
	}
	font := ask(t, api, "GET", tree.prefix+"/fonts/source-sans-pro/sourcesanspro-bold-webfont.woff2", "accept-encoding", "br")
	if font.Headers["content-type"] != "font/woff2" || !font.IsBase64Encoded || font.Headers["content-encoding"] != "" {
		t.Errorf("a font: %v", font.Headers)
	}
}

// What is committed compressed must be what is committed plain; brotli is compared by `make assets-check`.
func TestCompressedTwins(t *testing.T) {
	t.Parallel()
	twins := 0
	err := fs.WalkDir(staticFiles, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".gz") {
			return err
		}
		packed, _ := staticFiles.ReadFile(name)
		plain, err := staticFiles.ReadFile(strings.TrimSuffix(name, ".gz"))
		if err == nil && !bytes.Equal(unzip(t, packed), plain) {
			t.Errorf("%s holds something else", name)
		}
		twins++
		return err
	})
	if err != nil || twins < 30 {
		t.Errorf("%d twins, %v", twins, err)
	}
}

func TestContractIsServed(t *testing.T) {
	t.Parallel()
	api := edge(t, "https://otp.example.org")
	event := events.APIGatewayV2HTTPRequest{RouteKey: "GET /api/openapi.json", RawPath: "/api/openapi.json", Headers: map[string]string{"accept-encoding": "gzip"}}
	event.RequestContext.HTTP.Method = "GET"
	res, err := api.Handle(t.Context(), event)
	if err != nil || res.StatusCode != 200 || res.Headers["content-type"] != "application/json; charset=utf-8" || res.Headers["cache-control"] != "no-store" {
		t.Fatalf("got %d %v, %v", res.StatusCode, res.Headers, err)
	}
	if !bytes.Equal(unzip(t, decoded(res)), contractFile) {
		t.Error("another document is served")
	}
}

func TestProblemPages(t *testing.T) {
	t.Parallel()
	api := edge(t, "https://otp.example.org")
	all, err := loadProblems()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		res := ask(t, api, "GET", "/problems/"+p.Code)
		if res.StatusCode != 200 || !strings.Contains(res.Body, "<code>"+p.Code+"</code>") {
			t.Errorf("%s: %d", p.Code, res.StatusCode)
		}
		if p.Link != nil {
			if to := ask(t, api, "GET", p.Link.Href); to.StatusCode != 200 {
				t.Errorf("%s leads to %s: %d", p.Code, p.Link.Href, to.StatusCode)
			}
		}
	}
}

// Each code that the contract names can be looked up, and no page tells another status.
func TestContractAndProblemsAgree(t *testing.T) {
	t.Parallel()
	var file struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Ref string `json:"$ref"`
			}
		}
		Components struct {
			Responses map[string]struct {
				Codes []string `json:"x-codes"`
			}
		}
	}
	if err := json.Unmarshal(contractFile, &file); err != nil {
		t.Fatal(err)
	}
	all, err := loadProblems()
	if err != nil {
		t.Fatal(err)
	}
	status := map[string]int{}
	for _, p := range all {
		status[p.Code] = p.Status
	}
	for path, operations := range file.Paths {
		for method, operation := range operations {
			for answered, response := range operation.Responses {
				name := response.Ref[strings.LastIndex(response.Ref, "/")+1:]
				for _, code := range file.Components.Responses[name].Codes {
					if got, there := status[code]; there && answered != strconv.Itoa(got) {
						t.Errorf("%s %s: %s is answered %s, its page says %d", method, path, code, answered, got)
					}
				}
			}
		}
	}
}

func TestWire(t *testing.T) {
	t.Parallel()
	if _, err := wire(func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "PUBLIC_ORIGIN") {
		t.Errorf("a missing variable is not named: %v", err)
	}
	api, err := wire(func(name string) string { return map[string]string{"PUBLIC_ORIGIN": "https://otp.example.org"}[name] })
	if err != nil || ask(t, api, "GET", "/").StatusCode != 200 {
		t.Errorf("not ready: %v", err)
	}
}

func unzip(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
