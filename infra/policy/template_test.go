package policy

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// value is a part of template.yaml: a string, a list ([]any), an object (map[string]any) or an intrinsic.
// Numbers and truth values are kept as they are written.
type value = any

// intrinsic is a short-form function of CloudFormation, as !GetAtt.
type intrinsic struct {
	name string // without the exclamation mark
	arg  value
}

// resource is one resource, by the names of its parts.
type resource map[string]any

// at goes down the given names; nil where one is missing.
func (r resource) at(names ...string) value {
	var v value = map[string]any(r)
	for _, name := range names {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

type template struct {
	all       map[string]any
	resources map[string]resource
	functions map[string]resource // those of type AWS::Serverless::Function
	tables    map[string]resource // those of type AWS::DynamoDB::Table
}

var parsed = sync.OnceValues(func() (*template, error) {
	r, err := loaded()
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(r.root+"/template.yaml", 0)
	if err != nil {
		return nil, err
	}
	c := converter{anchors: map[string]ast.Node{}}
	all, ok := c.convert(file.Docs[0].Body).(map[string]any)
	if !ok || len(c.unknown) > 0 {
		return nil, fmt.Errorf("template.yaml: parts that the policy tests cannot read: %v", c.unknown)
	}
	return newTemplate(all), nil
})

func newTemplate(all map[string]any) *template {
	t := &template{all: all, resources: map[string]resource{}, functions: map[string]resource{}, tables: map[string]resource{}}
	for id, v := range all["Resources"].(map[string]any) {
		res := resource(v.(map[string]any))
		t.resources[id] = res
		switch res["Type"] {
		case "AWS::Serverless::Function":
			t.functions[id] = res
		case "AWS::DynamoDB::Table":
			t.tables[id] = res
		}
	}
	return t
}

// written are the functions whose folder is there. That all are is TestFoldersAndFunctionsAgree's to say, once.
func (t *template) written(r *repository) map[string]resource {
	found := map[string]resource{}
	for _, s := range r.sources {
		if folder, ok := strings.CutPrefix(s.dir(), "functions/"); ok && t.functions[logicalID(folder)] != nil {
			found[logicalID(folder)] = t.functions[logicalID(folder)]
		}
	}
	return found
}

func readTemplate(t *testing.T) *template {
	t.Helper()
	tpl, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// converter turns YAML into plain values.
type converter struct {
	anchors map[string]ast.Node
	unknown []string
}

func (c *converter) convert(n ast.Node) value {
	switch n := n.(type) {
	case *ast.MappingNode:
		return c.object(n.Values)
	case *ast.MappingValueNode:
		return c.object([]*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		list := make([]any, 0, len(n.Values))
		for _, e := range n.Values {
			list = append(list, c.convert(e))
		}
		return list
	case *ast.TagNode:
		return intrinsic{name: strings.TrimPrefix(n.Start.Value, "!"), arg: c.convert(n.Value)}
	case *ast.AnchorNode:
		c.anchors[n.Name.String()] = n.Value
		return c.convert(n.Value)
	case *ast.AliasNode:
		return c.convert(c.anchors[n.Value.String()])
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.StringNode:
		return n.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value
	case *ast.NullNode:
		return nil
	}
	c.unknown = append(c.unknown, fmt.Sprintf("%T %v", n, n))
	return nil
}

func (c *converter) object(values []*ast.MappingValueNode) value {
	m := map[string]any{}
	for _, v := range values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			merged, _ := c.convert(v.Value).(map[string]any)
			for k, e := range merged {
				if _, set := m[k]; !set {
					m[k] = e
				}
			}
			continue
		}
		m[keyOf(v.Key)] = c.convert(v.Value)
	}
	return m
}

func keyOf(k ast.MapKeyNode) string {
	if s, ok := k.(*ast.StringNode); ok {
		return s.Value
	}
	return k.GetToken().Value
}

// variables are the environment variables that the template declares for a function itself.
func (f resource) variables() map[string]value {
	m, _ := f.at("Properties", "Environment", "Variables").(map[string]any)
	return m
}

// list makes one value a list of one.
func list(v value) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// refersTo is the logical id that a value names by !Ref, !GetAtt or !Sub.
func refersTo(v value) string {
	i, ok := v.(intrinsic)
	if !ok {
		return ""
	}
	s, _ := i.arg.(string)
	switch i.name {
	case "Ref":
		return s
	case "GetAtt":
		id, _, _ := strings.Cut(s, ".")
		return id
	case "Sub":
		_, rest, _ := strings.Cut(s, "${")
		id, _, _ := strings.Cut(rest, "}")
		id, _, _ = strings.Cut(id, ".")
		return id
	}
	return ""
}

func TestTemplateIsReadWhole(t *testing.T) {
	tpl := readTemplate(t)
	if len(tpl.functions) < 10 || len(tpl.tables) < 8 {
		t.Fatalf("%d functions and %d tables were read", len(tpl.functions), len(tpl.tables))
	}
	alarm := tpl.resources["RelayDeadLettersAlarm"]
	if alarm.at("Properties", "Namespace") != "AWS/SQS" {
		t.Errorf("a merged part is missing: %v", alarm)
	}
	if got := refersTo(tpl.functions["OtpSendFunction"].variables()["CODES_SECRET"]); got != "CodesSecret" {
		t.Errorf("CODES_SECRET refers to %q", got)
	}
}

// W-05: a queue brings back what failed a few times and keeps it then where an alarm looks.
func TestDeadLettersHaveAnAlarm(t *testing.T) {
	tpl := readTemplate(t)
	watched, queues := map[string]bool{}, 0
	for _, r := range tpl.resources {
		if r["Type"] != "AWS::CloudWatch::Alarm" || r.at("Properties", "MetricName") != "ApproximateNumberOfMessagesVisible" {
			continue
		}
		for _, d := range list(r.at("Properties", "Dimensions")) {
			watched[refersTo(resource(d.(map[string]any)).at("Value"))] = true
		}
	}
	for id, r := range tpl.resources {
		if r["Type"] != "AWS::SQS::Queue" || strings.HasSuffix(id, "DeadLetters") {
			continue
		}
		queues++
		if letters := refersTo(r.at("Properties", "RedrivePolicy", "deadLetterTargetArn")); !watched[letters] || tpl.resources[letters] == nil {
			t.Errorf("%s leaves what fails to %q, where no alarm looks", id, letters)
		}
	}
	if queues < 2 {
		t.Errorf("%d queues", queues)
	}
}
