package policy

import (
	"go/ast"
	"go/token"
	"strconv"
	"testing"

	"phoneotp/shared/audit"
	"phoneotp/shared/history"
)

// Every event that a room declares has a sentence in history, so that a timeline never shows a bare name.
func TestEveryEventHasItsSentence(t *testing.T) {
	found := 0
	for _, s := range load(t).product() {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !isEvent(spec.Type) {
				return true
			}
			for _, v := range spec.Values {
				lit, ok := v.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				name, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				found++
				if history.Sentence(audit.Entry{What: audit.Event(name)}) == name {
					t.Errorf("%s: event %s has no sentence in shared/history/texts.go", s.path, name)
				}
			}
			return true
		})
	}
	if found < 40 {
		t.Errorf("only %d events found: the search is wrong", found)
	}
}

func isEvent(x ast.Expr) bool {
	sel, ok := x.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Event" {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "audit"
}
