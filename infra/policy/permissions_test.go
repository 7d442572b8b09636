package policy

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// allowed is what the statements of a function's role allow, as "service:Action target". Statements that
// the test cannot read are returned in odd.
func allowed(f resource) (grants map[string]bool, odd []string) {
	grants = map[string]bool{}
	for _, p := range list(f.at("Properties", "Policies")) {
		document, ok := p.(map[string]any)
		if !ok {
			odd = append(odd, "a policy by name")
			continue
		}
		for _, s := range list(document["Statement"]) {
			statement := resource(s.(map[string]any))
			targets, strange := targetsOf(statement)
			odd = append(odd, strange...)
			if statement["Effect"] != "Allow" {
				odd = append(odd, "a statement that does not allow")
			}
			for _, a := range list(statement["Action"]) {
				action := a.(string)
				if strings.Contains(action, "*") {
					odd = append(odd, "the action "+action)
				}
				for _, target := range targets {
					grants[action+" "+target] = true
				}
			}
		}
	}
	return grants, odd
}

// targetsOf names what a statement is about: logical ids, indexes, or a target that is no resource.
func targetsOf(s resource) (targets, odd []string) {
	service, _, _ := strings.Cut(list(s["Action"])[0].(string), ":")
	switch {
	case service == "ses":
		return []string{sender}, nil // which identity is a setting; the emulator's gap is explained there
	case service == "sms-voice":
		return []string{caller}, nil
	case s["NotResource"] == "arn:aws:sns:*:*:*":
		return []string{numbers}, nil
	case s["NotResource"] != nil:
		return nil, []string{"a statement by NotResource"}
	}
	for _, v := range list(s["Resource"]) {
		id := refersTo(v)
		if id == "" {
			odd = append(odd, "a resource that is none of the template's")
			continue
		}
		if i := v.(intrinsic); i.name == "Sub" {
			_, index, _ := strings.Cut(i.arg.(string), "}")
			id += index
		}
		targets = append(targets, id)
	}
	return targets, odd
}

// needed is what the code of a function can ask, with its secrets and tables by the template's names.
func needed(c *code, r *repository, folder string, f resource) map[string]bool {
	asks := maps.Clone(c.reach(folder).asks)
	if c.reach(folder).secrets {
		for name := range settings(r, folder) {
			if strings.HasSuffix(name, "_SECRET") {
				asks["secretsmanager:GetSecretValue "+refersTo(f.variables()[name])] = true
			}
		}
	}
	return asks
}

// compare lists what is asked without a grant and granted without being asked.
func compare(asks, grants map[string]bool) (missing, idle []string) {
	for a := range asks {
		if !grants[a] {
			missing = append(missing, a)
		}
	}
	for g := range grants {
		if !asks[g] {
			idle = append(idle, g)
		}
	}
	slices.Sort(missing)
	slices.Sort(idle)
	return missing, idle
}

// Requirement: every SDK call of a function is allowed by its statements and nothing else is
// (architecture.md 8, quality.md 2 row 8).
func TestStatementsAreWhatTheCodeAsks(t *testing.T) {
	r, tpl, c := load(t), readTemplate(t), readCode(t)
	for _, id := range slices.Sorted(maps.Keys(tpl.written(r))) {
		grants, odd := allowed(tpl.functions[id])
		for _, o := range odd {
			t.Errorf("%s: %s", id, o)
		}
		missing, idle := compare(needed(c, r, folderOf(id), tpl.functions[id]), grants)
		for _, m := range missing {
			t.Errorf("%s asks %s, which no statement allows", id, m)
		}
		for _, g := range idle {
			t.Errorf("%s may %s, which its code never asks", id, g)
		}
	}
}

// Support can check no code and open no license key: its function has neither secret (product.md 9).
func TestSupportHasNoSecretOfCodesAndKeys(t *testing.T) {
	f, there := readTemplate(t).functions["SupportFunction"]
	if !there {
		t.Fatal("there is no SupportFunction")
	}
	for name, v := range f.variables() {
		if id := refersTo(v); strings.HasSuffix(name, "_SECRET") && id != "VaultSecret" {
			t.Errorf("%s is %s", name, id)
		}
	}
	grants, _ := allowed(f)
	for grant := range grants {
		if strings.HasPrefix(grant, "secretsmanager:") && grant != "secretsmanager:GetSecretValue VaultSecret" || strings.Contains(grant, "Scan") {
			t.Errorf("support may %s", grant)
		}
	}
}

// What a role may do stands with its function, where the test above reads it. Only what the emulator asks for
// and AWS does not may stand elsewhere, under the condition that says so.
func TestPermissionsStandWithTheirFunctions(t *testing.T) {
	for id, r := range readTemplate(t).resources {
		kind, _ := r["Type"].(string)
		if strings.HasPrefix(kind, "AWS::IAM::") && r["Condition"] != "EmulatorGap" {
			t.Errorf("%s is a %s of its own", id, kind)
		}
	}
	for id, f := range readTemplate(t).functions {
		if f.at("Properties", "Role") != nil {
			t.Errorf("%s has a role from elsewhere", id)
		}
	}
}

// A function is given the tables that it uses, and no other.
func TestTablesGivenAreTheTablesUsed(t *testing.T) {
	tpl, c := readTemplate(t), readCode(t)
	for id, f := range tpl.written(load(t)) {
		used := map[string]bool{}
		for a := range c.reach(folderOf(id)).asks {
			if action, target, _ := strings.Cut(a, " "); strings.HasPrefix(action, "dynamodb:") {
				table, _, _ := strings.Cut(target, "/")
				used[table] = true
			}
		}
		for name, v := range f.variables() {
			if strings.HasSuffix(name, "_TABLE") && !used[refersTo(v)] {
				t.Errorf("%s: %s is declared, but the code touches no item of that table", id, name)
			}
			delete(used, refersTo(v))
		}
		for table := range used {
			t.Errorf("%s uses %s, whose name it is not given", id, table)
		}
	}
}

// The test above must notice what it is there for: the same comparison with one grant taken away or added.
func TestComparisonNoticesBothSides(t *testing.T) {
	r, tpl, c := load(t), readTemplate(t), readCode(t)
	f := tpl.functions["NoticeRelayFunction"]
	asks := needed(c, r, "notice-relay", f)
	for _, want := range []string{"dynamodb:UpdateItem OutboxTable", "dynamodb:Query OutboxTable/index/due", "sqs:SendMessage NoticeQueue"} {
		if !asks[want] {
			t.Fatalf("the code is not seen to ask %s: %v", want, slices.Sorted(maps.Keys(asks)))
		}
	}
	grants, _ := allowed(f)
	fewer := maps.Clone(grants)
	delete(fewer, "sqs:SendMessage NoticeQueue")
	if missing, _ := compare(asks, fewer); !slices.Contains(missing, "sqs:SendMessage NoticeQueue") {
		t.Error("a missing statement goes unnoticed")
	}
	more := maps.Clone(grants)
	more["dynamodb:DeleteItem OutboxTable"] = true
	if _, idle := compare(asks, more); !slices.Contains(idle, "dynamodb:DeleteItem OutboxTable") {
		t.Error("an idle statement goes unnoticed")
	}
}

// Requirement: no * action or resource beyond what a comment justifies (quality.md 2 row 8).
func TestStarsAreExplained(t *testing.T) {
	lines := strings.Split(load(t).read(t, "template.yaml"), "\n")
	for i, line := range lines {
		code, _, _ := strings.Cut(line, " #")
		star := strings.HasSuffix(strings.TrimSpace(code), `"*"`) || strings.Contains(code, "/*") || strings.Contains(code, ":*")
		if !star || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		if !slices.ContainsFunc(lines[max(0, i-6):i+1], func(l string) bool { return strings.Contains(l, "# ") }) {
			t.Errorf("template.yaml:%d: nothing explains %s", i+1, strings.TrimSpace(line))
		}
	}
}
