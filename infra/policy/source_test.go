package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"phoneotp/infra/local/pyenv"
)

// module is the module's name, the first part of every import of ours.
const module = "phoneotp"

// repository is everything that is, or is about to be, under version control.
type repository struct {
	root    string
	paths   []string // slash-separated, relative to root
	sources []*source
	fset    *token.FileSet
}

// source is one Go file.
type source struct {
	path string
	test bool // a test file, or of a package for tests only (its name ends in "test")
	ast  *ast.File
}

// dir is the folder that holds the file, which is also its package's path in the module.
func (s *source) dir() string { return path.Dir(s.path) }

// imports lists the paths that the file imports.
func (s *source) imports() []string {
	var out []string
	for _, i := range s.ast.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			panic(err) // the parser took it
		}
		out = append(out, p)
	}
	return out
}

var loaded = sync.OnceValues(func() (*repository, error) {
	root, err := pyenv.Root("")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	r := &repository{root: root, fset: token.NewFileSet()}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			continue // deleted, not yet committed
		}
		r.paths = append(r.paths, name)
		if path.Ext(name) != ".go" {
			continue
		}
		file, err := parser.ParseFile(r.fset, filepath.Join(root, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		r.sources = append(r.sources, &source{
			path: name, ast: file,
			test: strings.HasSuffix(name, "_test.go") || strings.HasSuffix(file.Name.Name, "test"),
		})
	}
	return r, nil
})

func load(t *testing.T) *repository {
	t.Helper()
	r, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// at is a position as people click on it.
func (r *repository) at(n ast.Node) string {
	p := r.fset.Position(n.Pos())
	rel, err := filepath.Rel(r.root, p.Filename)
	if err != nil {
		rel = p.Filename
	}
	return rel + ":" + strconv.Itoa(p.Line)
}

// read returns a file of the repository.
func (r *repository) read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// product lists the Go files that end up in functions: neither tests nor what lies in infra.
func (r *repository) product() []*source {
	var out []*source
	for _, s := range r.sources {
		if !s.test && !strings.HasPrefix(s.path, "infra/") {
			out = append(out, s)
		}
	}
	return out
}

// text is the value of a string literal.
func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
