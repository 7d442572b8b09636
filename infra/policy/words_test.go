package policy

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// Requirement: every package says what it owns (quality.md 5), a room in its doc.go.
func TestPackagesSayWhatTheyOwn(t *testing.T) {
	docs := map[string][]string{}
	for _, s := range load(t).sources {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		if docs[s.dir()] == nil {
			docs[s.dir()] = []string{}
		}
		if s.ast.Doc == nil || generated(s) {
			continue
		}
		docs[s.dir()] = append(docs[s.dir()], s.ast.Doc.Text())
		want := "Package " + s.ast.Name.Name + " "
		if s.ast.Name.Name == "main" {
			want = "Command " + path.Base(s.dir()) + " "
		}
		if !strings.HasPrefix(s.ast.Doc.Text(), want) {
			t.Errorf("%s: the package comment does not begin with %q", s.path, want)
		}
		if !s.test && s.ast.Name.Name != "main" && path.Base(s.path) != "doc.go" {
			t.Errorf("%s: what the package owns is looked for in its doc.go", s.path)
		}
	}
	for dir, found := range docs {
		if len(found) != 1 {
			t.Errorf("%s has %d package comments, want one", dir, len(found))
		}
	}
}

// Requirement: every exported name has a comment (quality.md 5). A group may share one.
func TestExportedNamesHaveComments(t *testing.T) {
	r := load(t)
	for _, s := range r.sources {
		if strings.HasSuffix(s.path, "_test.go") || s.ast.Name.Name == "main" || generated(s) {
			continue
		}
		for _, d := range s.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && onExported(d) && d.Doc == nil {
					t.Errorf("%s: %s has no comment", r.at(d), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					for _, name := range undocumented(d, spec) {
						t.Errorf("%s: %s has no comment", r.at(spec), name)
					}
				}
			}
		}
	}
}

// onExported tells whether d is a function, or a method of an exported type.
func onExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	found := false
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && !found {
			found = id.IsExported()
			return false
		}
		return true
	})
	return found
}

func undocumented(d *ast.GenDecl, spec ast.Spec) []string {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil {
			return []string{spec.Name.Name}
		}
	case *ast.ValueSpec:
		if d.Doc != nil || spec.Doc != nil || spec.Comment != nil {
			return nil
		}
		var names []string
		for _, n := range spec.Names {
			if n.IsExported() {
				names = append(names, n.Name)
			}
		}
		return names
	}
	return nil
}

// wiringOnly is what only functions/*/main.go and infra may mention (architecture.md 2).
var wiringOnly = map[string][]string{
	"time": {"Now", "Since", "Until", "Tick"},
	"os":   {"Getenv", "LookupEnv", "Environ", "Setenv"},
}

func TestClockAndEnvironmentBelongToWiring(t *testing.T) {
	r := load(t)
	for _, s := range r.product() {
		if strings.HasPrefix(s.path, "functions/") && path.Base(s.path) == "main.go" {
			continue
		}
		for _, m := range mentions(s.ast, wiringOnly) {
			t.Errorf("%s mentions %s", r.at(m), m.X.(*ast.Ident).Name+"."+m.Sel.Name)
		}
	}
}

// Requirement: no package-level mutable state and no init (style.md 3.3); randomness is crypto/rand's.
func TestNoInitAndNoWeakRandomness(t *testing.T) {
	r := load(t)
	for _, s := range r.product() {
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: init hides work from main", r.at(f))
			}
		}
		for _, p := range s.imports() {
			if p == "math/rand" || p == "math/rand/v2" {
				t.Errorf("%s imports %s", s.path, p)
			}
		}
	}
}

// mentions finds selections of names of packages.
func mentions(file *ast.File, names map[string][]string) []*ast.SelectorExpr {
	var found []*ast.SelectorExpr
	ast.Inspect(file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Obj == nil && slices.Contains(names[pkg.Name], sel.Sel.Name) {
			found = append(found, sel)
		}
		return true
	})
	return found
}

// Package names that say nothing, and doers that do everything (style.md 3.2).
func TestNamesSayWhatThingsAre(t *testing.T) {
	r := load(t)
	for _, s := range r.sources {
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc", "base", "lib"}, s.ast.Name.Name) {
			t.Errorf("%s: package %s says nothing", s.path, s.ast.Name.Name)
		}
		if s.test {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if ok {
				for _, end := range []string{"Manager", "Service", "Helper", "Util"} {
					if spec.Name.Name != end && strings.HasSuffix(spec.Name.Name, end) {
						t.Errorf("%s: %s names everything and nothing", r.at(spec), spec.Name.Name)
					}
				}
			}
			return !ok
		})
	}
}

// calls finds calls of a function of a package, by their names in the source.
func calls(file *ast.File, pkg, name string) []*ast.CallExpr {
	var found []*ast.CallExpr
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == name {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == pkg {
				found = append(found, call)
			}
		}
		return true
	})
	return found
}
