package policy

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// runtime is what the Go runtime and the SDK's wiring read themselves.
var runtime = []string{"GOGC", "GOMEMLIMIT", "AWS_ENDPOINT_URL"}

// settings finds the variables that a function's own code names to env.Reader.
func settings(r *repository, folder string) map[string]string {
	found := map[string]string{}
	for _, s := range r.product() {
		if s.dir() != "functions/"+folder {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			name, isText := text(call.Args[0])
			sel, isSel := call.Fun.(*ast.SelectorExpr)
			if isText && isSel && (strings.HasPrefix(sel.Sel.Name, "Need") || strings.HasPrefix(sel.Sel.Name, "May")) {
				found[name] = r.at(call)
			}
			return true
		})
	}
	return found
}

// What a function reads is what the template gives it, and nothing else.
func TestVariablesAgree(t *testing.T) {
	r, tpl, code := load(t), readTemplate(t), readCode(t)
	for id, f := range tpl.written(r) {
		reads := settings(r, folderOf(id))
		endpoints := code.reach(folderOf(id)).endpoints
		for name, at := range reads {
			if _, ok := f.variables()[name]; !ok {
				t.Errorf("%s: %s is not declared for %s in template.yaml", at, name, id)
			}
		}
		for name := range f.variables() {
			service, isEndpoint := strings.CutPrefix(name, "AWS_ENDPOINT_URL_")
			switch {
			case slices.Contains(runtime, name):
			case isEndpoint && endpoints[service]:
			case reads[name] == "":
				t.Errorf("%s: %s is declared in template.yaml, but never read", id, name)
			}
		}
	}
}

// Wiring hands the environment to env.Reader: a name read past it would escape the test above.
func TestSettingsAreReadByEnv(t *testing.T) {
	r := load(t)
	for _, s := range r.product() {
		if !strings.HasPrefix(s.path, "functions/") {
			continue
		}
		for _, name := range []string{"Getenv", "LookupEnv"} {
			for _, call := range calls(s.ast, "os", name) {
				t.Errorf("%s: pass os.Getenv to env.Reader instead", r.at(call))
			}
		}
	}
}
