package policy

import (
	"encoding/json"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// templateRoutes are the routes that the template sends to each function, by folder.
func templateRoutes(tpl *template) map[string][]string {
	routes := map[string][]string{}
	for id, f := range tpl.functions {
		events, _ := f.at("Properties", "Events").(map[string]any)
		for _, e := range events {
			event := resource(e.(map[string]any))
			if event["Type"] != "HttpApi" {
				continue
			}
			route := "$default"
			if method, ok := event.at("Properties", "Method").(string); ok {
				route = method + " " + event.at("Properties", "Path").(string)
			}
			routes[folderOf(id)] = append(routes[folderOf(id)], route)
		}
	}
	return routes
}

// handlerRoutes are the keys of every httpapi.Routes literal of a function.
func handlerRoutes(r *repository, folder string) []string {
	var routes []string
	for _, s := range r.product() {
		if s.dir() != "functions/"+folder {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if sel, ok := lit.Type.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Routes" {
				return true
			}
			for _, e := range lit.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := text(kv.Key); ok {
						routes = append(routes, key)
					}
				}
			}
			return true
		})
	}
	return routes
}

func TestRoutesOfTemplateAndHandlersAgree(t *testing.T) {
	r := load(t)
	seen := map[string]string{}
	tpl := readTemplate(t)
	written := tpl.written(r)
	for folder, routes := range templateRoutes(tpl) {
		if written[logicalID(folder)] == nil {
			continue
		}
		handled := handlerRoutes(r, folder)
		for _, route := range routes {
			if !slices.Contains(handled, route) {
				t.Errorf("functions/%s does not handle %s, which template.yaml sends there", folder, route)
			}
			if other := seen[route]; other != "" {
				t.Errorf("%s goes to %s and to %s", route, folder, other)
			}
			seen[route] = folder
		}
		for _, route := range handled {
			if !slices.Contains(routes, route) {
				t.Errorf("functions/%s handles %s, which template.yaml does not send there", folder, route)
			}
		}
	}
}

func TestRoutesOfTheContractAreDeployed(t *testing.T) {
	var contract struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(load(t).read(t, "functions/portal/openapi.json")), &contract); err != nil {
		t.Fatal(err)
	}
	deployed := map[string]bool{}
	for _, routes := range templateRoutes(readTemplate(t)) {
		for _, route := range routes {
			deployed[route] = true
		}
	}
	for _, path := range slices.Sorted(maps.Keys(contract.Paths)) {
		for method := range contract.Paths[path] {
			route := strings.ToUpper(method) + " " + path
			if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, strings.ToUpper(method)) {
				continue // parameters and summaries of a path
			}
			if !deployed[route] {
				t.Errorf("openapi.json describes %s, which template.yaml does not deploy", route)
			}
			delete(deployed, route)
		}
	}
	for route := range deployed {
		if route != "$default" {
			t.Errorf("template.yaml deploys %s, which openapi.json does not describe", route)
		}
	}
}
