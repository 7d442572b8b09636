package policy

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"
)

// code is every function of the module as the permission test sees it: what it mentions, what it asks of AWS.
//
// A function reaches what it mentions: functions and methods called, passed on or stored in a field. A call
// through an interface of ours reaches every method of that name in a type that fits. So what is found
// reachable is never too little, and too much only where a function is passed on and never called.
//
// What a room asks of DynamoDB is its own table's (owners, tables_test.go), whichever function asks: reading
// by dynamo.DB's methods, writing by the dynamo.Write that its code builds.
type code struct {
	functions map[string]*function // by types.Func.FullName
	inits     map[string]*function // package path -> initial values of its variables
	imports   map[string][]string  // package path -> those of ours that it imports
	odd       []string             // what the test cannot judge
}

type function struct {
	room       string   // of the package it lies in
	mentions   []string // full names
	interfaces []*types.Func
	asks       []string // "service:Action target"
	endpoints  []string // services whose endpoint it looks up
	secrets    bool     // reads secrets by awsx
}

// reached is what one Lambda can do.
type reached struct {
	asks      map[string]bool
	endpoints map[string]bool
	secrets   bool
}

const awsxAccount = "(*" + module + "/shared/awsx.Account)."

var analysed = sync.OnceValues(func() (*code, error) {
	r, err := loaded()
	if err != nil {
		return nil, err
	}
	pkgs, err := packages.Load(&packages.Config{
		Dir: r.root, BuildFlags: []string{"-tags=lambda.norpc"},
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedTypes |
			packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedExportFile,
	}, "./functions/...", "./shared/...")
	if err != nil {
		return nil, err
	}
	c := &code{functions: map[string]*function{}, inits: map[string]*function{}, imports: map[string][]string{}}
	for _, p := range pkgs {
		if strings.HasSuffix(p.Name, "test") {
			continue // no function links it
		}
		if len(p.Errors) > 0 {
			return nil, fmt.Errorf("%s: %v", p.PkgPath, p.Errors[0])
		}
		c.add(p)
	}
	c.link(pkgs)
	return c, nil
})

func readCode(t *testing.T) *code {
	t.Helper()
	c, err := analysed()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *code) add(p *packages.Package) {
	for path := range p.Imports {
		if strings.HasPrefix(path, module+"/") {
			c.imports[p.PkgPath] = append(c.imports[p.PkgPath], path)
		}
	}
	in := &function{room: owner(strings.TrimPrefix(p.PkgPath, module+"/"))}
	c.inits[p.PkgPath] = in
	for _, file := range p.Syntax {
		for _, d := range file.Decls {
			f := in
			if fd, ok := d.(*ast.FuncDecl); ok {
				f = &function{room: in.room}
				c.functions[p.TypesInfo.Defs[fd.Name].(*types.Func).FullName()] = f
			}
			ast.Inspect(d, func(n ast.Node) bool {
				c.look(p, f, n)
				return true
			})
		}
	}
}

// look notes what one node of a function's body mentions and asks.
func (c *code) look(p *packages.Package, f *function, n ast.Node) {
	switch n := n.(type) {
	case *ast.Ident:
		fn, ok := p.TypesInfo.Uses[n].(*types.Func)
		if !ok || fn.Pkg() == nil || !strings.HasPrefix(fn.Pkg().Path(), module+"/") {
			return
		}
		if recv := fn.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			f.interfaces = append(f.interfaces, fn)
			return
		}
		f.mentions = append(f.mentions, fn.Origin().FullName())
	case *ast.CallExpr:
		c.lookAtCall(p, f, n)
	case *ast.CompositeLit:
		c.lookAtWrite(p, f, n)
	}
}

// link turns calls through our interfaces into mentions of every method that fits.
func (c *code) link(pkgs []*packages.Package) {
	var concrete []types.Type
	for _, p := range pkgs {
		for _, name := range p.Types.Scope().Names() {
			if tn, ok := p.Types.Scope().Lookup(name).(*types.TypeName); ok && !types.IsInterface(tn.Type()) {
				concrete = append(concrete, tn.Type(), types.NewPointer(tn.Type()))
			}
		}
	}
	for _, f := range c.functions {
		for _, m := range f.interfaces {
			face := m.Signature().Recv().Type().Underlying().(*types.Interface)
			for _, t := range concrete {
				if !types.Implements(t, face) {
					continue
				}
				if sel := types.NewMethodSet(t).Lookup(m.Pkg(), m.Name()); sel != nil {
					f.mentions = append(f.mentions, sel.Obj().(*types.Func).FullName())
				}
			}
		}
	}
}

// reach follows a Lambda's code from main.
func (c *code) reach(folder string) reached {
	root := module + "/functions/" + folder
	out := reached{asks: map[string]bool{}, endpoints: map[string]bool{}}
	seen := map[*function]bool{}
	var visit func(f *function)
	visit = func(f *function) {
		if f == nil || seen[f] {
			return
		}
		seen[f] = true
		for _, a := range f.asks {
			out.asks[a] = true
		}
		for _, e := range f.endpoints {
			out.endpoints[e] = true
		}
		out.secrets = out.secrets || f.secrets
		for _, name := range f.mentions {
			visit(c.functions[name])
		}
	}
	loaded := map[string]bool{}
	var linked func(pkg string)
	linked = func(pkg string) {
		if loaded[pkg] {
			return
		}
		loaded[pkg] = true
		visit(c.inits[pkg])
		for _, p := range c.imports[pkg] {
			linked(p)
		}
	}
	linked(root)
	visit(c.functions[root+".main"])
	return out
}

// member returns the value of a field in a composite literal, or in the address of one.
func member(e ast.Expr, field string) ast.Expr {
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	for _, elt := range lit.Elts {
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok && id.Name == field {
				return kv.Value
			}
		}
	}
	return nil
}

func isLiteral(e ast.Expr) bool {
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	_, ok := e.(*ast.CompositeLit)
	return ok
}

// constantText finds the constant inside e, through one call as aws.String("due").
func constantText(p *packages.Package, e ast.Expr) string {
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 {
		e = call.Args[0]
	}
	if tv := p.TypesInfo.Types[e]; tv.Value != nil && tv.Value.Kind() == constant.String {
		return constant.StringVal(tv.Value)
	}
	return ""
}

func (c *code) oddity(p *packages.Package, n ast.Node, what string) {
	c.odd = append(c.odd, p.Fset.Position(n.Pos()).String()+": "+what)
}

// tableOf is the table of the room that f lies in.
func (f *function) tableOf() string {
	for table, o := range owners {
		if o == f.room {
			return table
		}
	}
	return ""
}

func (f *function) ask(service string, actions []string, target string) {
	for _, a := range actions {
		if entry := service + ":" + a + " " + target; !slices.Contains(f.asks, entry) {
			f.asks = append(f.asks, entry)
		}
	}
}
