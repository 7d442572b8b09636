package policy

import (
	"encoding/json"
	"go/ast"
	"regexp"
	"testing"
)

// declared is one fault.New in the source.
type declared struct{ code, title, at string }

// faultsOf finds every declaration of a fault. Inside package fault it is called without its package.
func faultsOf(t *testing.T, r *repository) []declared {
	t.Helper()
	var found []declared
	for _, s := range r.product() {
		news := calls(s.ast, "fault", "New")
		if s.dir() == "shared/fault" {
			ast.Inspect(s.ast, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "New" {
						news = append(news, call)
					}
				}
				return true
			})
		}
		for _, call := range news {
			code, isText := text(call.Args[1])
			title, isText2 := text(call.Args[2])
			if !isText || !isText2 {
				t.Errorf("%s: code and title must be written out", r.at(call))
				continue
			}
			found = append(found, declared{code, title, r.at(call)})
		}
	}
	return found
}

var kebab = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

func TestFaultCodesAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, f := range faultsOf(t, load(t)) {
		if !kebab.MatchString(f.code) {
			t.Errorf("%s: %q is not kebab-case", f.at, f.code)
		}
		if other := seen[f.code]; other != "" {
			t.Errorf("%s: %s is declared already, at %s", f.at, f.code, other)
		}
		seen[f.code] = f.at
	}
	if len(seen) < 10 {
		t.Errorf("only %d faults were found", len(seen))
	}
}

// Each code has its page /problems/<code>, with the title that the fault declares, and no page is left over.
func TestEveryFaultHasItsPage(t *testing.T) {
	r := load(t)
	var pages []struct{ Code, Title, Meaning, Remedy string }
	if err := json.Unmarshal([]byte(r.read(t, "functions/portal/problems.json")), &pages); err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for _, p := range pages {
		if titles[p.Code] != "" {
			t.Errorf("problems.json explains %s twice", p.Code)
		}
		if p.Meaning == "" || p.Remedy == "" {
			t.Errorf("problems.json does not explain %s", p.Code)
		}
		titles[p.Code] = p.Title
	}
	for _, f := range faultsOf(t, r) {
		if title, ok := titles[f.code]; !ok {
			t.Errorf("%s: %s (%q) has no page in functions/portal/problems.json", f.at, f.code, f.title)
		} else if title != f.title {
			t.Errorf("%s: %s is titled %q, its page %q", f.at, f.code, f.title, title)
		}
		delete(titles, f.code)
	}
	for code := range titles {
		t.Errorf("problems.json explains %s, which no fault declares", code)
	}
}

// A code that the contract promises is one that some room declares.
func TestCodesOfTheContractAreDeclared(t *testing.T) {
	r := load(t)
	known := map[string]bool{}
	for _, f := range faultsOf(t, r) {
		known[f.code] = true
	}
	var contract struct {
		Components struct {
			Responses map[string]struct {
				Codes []string `json:"x-codes"`
			}
		}
	}
	if err := json.Unmarshal([]byte(r.read(t, "functions/portal/openapi.json")), &contract); err != nil {
		t.Fatal(err)
	}
	promised := 0
	for name, response := range contract.Components.Responses {
		for _, code := range response.Codes {
			promised++
			if !known[code] {
				t.Errorf("openapi.json: %s promises %s, which no fault declares", name, code)
			}
		}
	}
	if promised == 0 {
		t.Error("openapi.json promises no code at all")
	}
}
