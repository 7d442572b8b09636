package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"phoneotp/infra/local/pyenv"
)

// Every function of the real template is found by its code line; nothing else of the text changes.
func TestPlaceFindsEveryFunction(t *testing.T) {
	root, err := pyenv.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	code := map[string]string{}
	for _, m := range codeLine.FindAllStringSubmatch(string(text), -1) {
		code[m[2]] = "s3://b/" + m[2] + ".zip"
	}
	if n := strings.Count(string(text), "Type: AWS::Serverless::Function\n"); n == 0 || len(code) != n {
		t.Fatalf("%d functions, %d code lines", n, len(code))
	}
	placed, err := place(string(text), code)
	if err != nil {
		t.Fatal(err)
	}
	for name, address := range code {
		placed = strings.Replace(placed, "CodeUri: "+address+"\n", "CodeUri: dist/"+name+"/\n", 1)
	}
	if placed != string(text) {
		t.Error("more than the place of the code has changed")
	}
}

func TestPlaceNamesWhatDiffers(t *testing.T) {
	template := "      CodeUri: dist/otp-send/\n      CodeUri: dist/portal/\n"
	_, err := place(template, map[string]string{"portal": "s3://b/p", "stray": "s3://b/s"})
	if err == nil || !strings.Contains(err.Error(), "otp-send, stray (not in template.yaml)") {
		t.Errorf("error %v", err)
	}
}

func TestRouteKey(t *testing.T) {
	for _, c := range [][3]string{
		{"get", "/api/orders/{number}", "GET /api/orders/{number}"},
		{"x-amazon-apigateway-any-method", "/$default", "$default"},
		{"x-amazon-apigateway-any-method", "/a/{proxy+}", "ANY /a/{proxy+}"},
	} {
		if got := routeKey(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s: %s", c[0], c[1], got)
		}
	}
}
