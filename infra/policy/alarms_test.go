package policy

import (
	"encoding/json"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// own is the namespace of the metrics that the code emits.
const own = "phoneotp/${AWS::StackName}"

// watched is one metric of an alarm or of the dashboard: where it is from, what it is called, what it is about.
type watched struct{ namespace, metric, stat, about string }

func plain(v value) string {
	if i, ok := v.(intrinsic); ok {
		v = i.arg
	}
	s, _ := v.(string)
	return s
}

// watches are the metrics of an alarm, those of metric math one by one.
func watches(alarm resource) (all []watched) {
	dimension := func(v value) string {
		for _, d := range list(v) {
			return refersTo(resource(d.(map[string]any)).at("Value"))
		}
		return ""
	}
	p := resource(alarm["Properties"].(map[string]any))
	if p["MetricName"] != nil {
		return []watched{{plain(p["Namespace"]), plain(p["MetricName"]), plain(p["Statistic"]), dimension(p["Dimensions"])}}
	}
	for _, m := range list(p["Metrics"]) {
		r := resource(m.(map[string]any))
		if metric := r.at("MetricStat", "Metric"); metric != nil {
			inner := resource(metric.(map[string]any))
			all = append(all, watched{plain(inner["Namespace"]), plain(inner["MetricName"]), plain(r.at("MetricStat", "Stat")), dimension(inner["Dimensions"])})
		} else if q := query.FindStringSubmatch(plain(r["Expression"])); q != nil {
			all = append(all, watched{namespace: q[2], metric: q[1], stat: "Sum"})
		}
	}
	return all
}

var query = regexp.MustCompile(`^SELECT \w+\((\w+)\) FROM SCHEMA\("([A-Za-z/]+)"`)

func alarms(t *testing.T) map[string]resource {
	t.Helper()
	found := map[string]resource{}
	for id, r := range readTemplate(t).resources {
		if r["Type"] == "AWS::CloudWatch::Alarm" {
			found[id] = r
		}
	}
	if len(found) < 30 {
		t.Fatalf("%d alarms were read", len(found))
	}
	return found
}

// counted finds what the code counts: metric -> the folders that count it. A name is a constant that stands as the
// second argument of a call of Count, or goes there by way of a map.
func counted(t *testing.T) map[string][]string {
	t.Helper()
	constants, uses := map[string]string{}, map[string][]string{}
	sources := load(t).product()
	for _, s := range sources {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, name := range spec.Names {
				if i < len(spec.Values) {
					if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						constants[s.dir()+"."+name.Name], _ = strconv.Unquote(lit.Value)
					}
				}
			}
			return true
		})
	}
	use := func(s *source, e ast.Expr) {
		switch e := e.(type) {
		case *ast.Ident:
			if text, ok := constants[s.dir()+"."+e.Name]; ok {
				uses[text] = append(uses[text], s.dir())
			}
		case *ast.SelectorExpr:
			for _, path := range s.imports() {
				if text, ok := constants[strings.TrimPrefix(path, module+"/")+"."+e.Sel.Name]; ok {
					uses[text] = append(uses[text], s.dir())
				}
			}
		}
	}
	for _, s := range sources {
		if !slices.Contains(s.imports(), module+"/shared/metric") {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Count" && len(n.Args) == 3 {
					use(s, n.Args[1])
				}
			case *ast.IndexExpr: // sums[MetricSent]++, said in a loop
				use(s, n.Index)
			}
			return true
		})
	}
	return uses
}

// Every alarm names the runbook that tells what to do, and there it has its own heading or its own row.
func TestEveryAlarmHasItsParagraph(t *testing.T) {
	r := load(t)
	named := regexp.MustCompile(`\((infra/runbooks/[a-z-]+\.md)\)$`)
	for id, alarm := range alarms(t) {
		m := named.FindStringSubmatch(plain(alarm.at("Properties", "AlarmDescription")))
		if m == nil || !slices.Contains(r.paths, m[1]) {
			t.Errorf("%s names no runbook that is there", id)
			continue
		}
		if !paragraph(r.read(t, m[1]), id) {
			t.Errorf("%s says nothing about %s", m[1], id)
		}
	}
}

// paragraph tells whether a text has a heading that is the name, or a table's row whose first cell has it.
func paragraph(text, name string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		heading, isHeading := strings.CutPrefix(line, "## ")
		cell, isRow := strings.CutPrefix(line, "|")
		cell, _, _ = strings.Cut(cell, "|")
		for _, part := range strings.Split(heading, ", ") {
			if isHeading && part == name {
				return true
			}
		}
		for _, part := range strings.Split(strings.TrimSpace(cell), ", ") {
			if isRow && part == name {
				return true
			}
		}
	}
	return false
}

// And no paragraph is about an alarm that is gone.
func TestNoParagraphIsAboutAnAlarmThatIsGone(t *testing.T) {
	all := alarms(t)
	r := load(t)
	for _, p := range r.paths {
		if !strings.HasPrefix(p, "infra/runbooks/") {
			continue
		}
		for _, name := range regexp.MustCompile(`\b[A-Z]\w+Alarm\b`).FindAllString(r.read(t, p), -1) {
			if all[name] == nil {
				t.Errorf("%s is about %s, which template.yaml has not", p, name)
			}
		}
	}
}

// Every alarm tells the topic, and says what silence means.
func TestEveryAlarmRingsSomewhere(t *testing.T) {
	for id, alarm := range alarms(t) {
		topic, _ := alarm.at("Properties", "AlarmActions").(intrinsic)
		if args := list(topic.arg); topic.name != "If" || len(args) != 3 || args[0] != "HasAlarmTopic" {
			t.Errorf("%s tells nobody", id)
		}
		if alarm.at("Properties", "TreatMissingData") == nil {
			t.Errorf("%s does not say what missing data means", id)
		}
		if len(watches(alarm)) == 0 {
			t.Errorf("%s: what it watches cannot be read", id)
		}
	}
}

// theirs are the metrics of AWS that are watched, as their documentation spells them.
var theirs = map[string][]string{
	"AWS/ApiGateway": {"4xx", "5xx", "Count", "Latency"},
	"AWS/DynamoDB":   {"SystemErrors", "ThrottledRequests"},
	"AWS/Lambda":     {"Duration", "Errors", "Invocations", "IteratorAge", "Throttles"},
	"AWS/SES":        {"Reputation.BounceRate", "Reputation.ComplaintRate"},
	"AWS/SQS":        {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
	"AWS/States":     {"ExecutionThrottled", "ExecutionsFailed", "ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsTimedOut"},
}

func known(w watched, emitted map[string][]string) bool {
	if w.namespace == own {
		return len(emitted[w.metric]) > 0
	}
	return slices.Contains(theirs[w.namespace], w.metric)
}

// What an alarm watches is emitted: a metric of ours by a constant of the code, one of AWS by its documented name.
func TestWhatAlarmsWatchIsEmitted(t *testing.T) {
	emitted := counted(t)
	for id, alarm := range alarms(t) {
		for _, w := range watches(alarm) {
			if !known(w, emitted) {
				t.Errorf("%s watches %s of %s, which nothing emits", id, w.metric, w.namespace)
			}
		}
	}
	if known(watched{own, "NoSuchMetric", "", ""}, emitted) || !known(watched{own, "CodesSent", "", ""}, emitted) {
		t.Error("the comparison does not see the difference")
	}
}

// Errors and throttles of every function, and the depth and the age of every dead-letter queue, ring once.
func TestEveryFunctionAndDeadLetterQueueIsWatched(t *testing.T) {
	tpl := readTemplate(t)
	seen := map[watched]int{}
	for id, alarm := range alarms(t) {
		all := watches(alarm)
		if len(all) > 10 {
			t.Errorf("%s adds up %d metrics, an alarm takes ten", id, len(all))
		}
		for _, w := range all {
			seen[watched{w.namespace, w.metric, "", w.about}]++
		}
	}
	for id := range tpl.functions {
		for _, metric := range []string{"Errors", "Throttles"} {
			if n := seen[watched{"AWS/Lambda", metric, "", id}]; n != 1 {
				t.Errorf("%s of %s stand in %d alarms", metric, id, n)
			}
		}
	}
	for id, r := range tpl.resources {
		if r["Type"] != "AWS::SQS::Queue" {
			continue
		}
		if n := seen[watched{"AWS/SQS", "ApproximateAgeOfOldestMessage", "", id}]; n != 1 {
			t.Errorf("the age of %s stands in %d alarms", id, n)
		}
		if n := seen[watched{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "", id}]; strings.HasSuffix(id, "DeadLetters") && n != 1 {
			t.Errorf("the depth of %s stands in %d alarms", id, n)
		}
	}
	for id, f := range tpl.functions {
		if has(f, "DynamoDB") && seen[watched{"AWS/Lambda", "IteratorAge", "", id}] != 1 {
			t.Errorf("nobody sees %s read its stream late", id)
		}
	}
}

// has tells whether a function has an event of a type.
func has(f resource, kind string) bool {
	events, _ := f.at("Properties", "Events").(map[string]any)
	for _, e := range events {
		if resource(e.(map[string]any)).at("Type") == kind {
			return true
		}
	}
	return false
}

// The silence of every scheduled function rings: an alarm to which missing data is the breach stands on a metric that
// the function itself counts in every run.
func TestEveryScheduleHasAHeartbeat(t *testing.T) {
	emitted, silent := counted(t), map[string]bool{}
	for _, alarm := range alarms(t) {
		if alarm.at("Properties", "TreatMissingData") != "breaching" {
			continue
		}
		for _, w := range watches(alarm) {
			for _, folder := range emitted[w.metric] {
				silent[strings.TrimPrefix(folder, "functions/")] = true
			}
		}
	}
	scheduled := 0
	for id, f := range readTemplate(t).functions {
		if has(f, "ScheduleV2") {
			scheduled++
			if !silent[folderOf(id)] {
				t.Errorf("nobody hears when %s stops", id)
			}
		}
	}
	if scheduled < 4 {
		t.Errorf("%d scheduled functions", scheduled)
	}
}

var reference = regexp.MustCompile(`\$\{([A-Za-z:]+)(\.\w+)?\}`)

// The dashboard is JSON, names resources that are there, and shows metrics that are emitted.
func TestTheDashboardShowsWhatIsThere(t *testing.T) {
	tpl, emitted := readTemplate(t), counted(t)
	body := plain(tpl.resources["Dashboard"].at("Properties", "DashboardBody"))
	for _, m := range reference.FindAllStringSubmatch(body, -1) {
		if tpl.resources[m[1]] == nil && !strings.HasPrefix(m[1], "AWS::") {
			t.Errorf("it names %s, which template.yaml has not", m[1])
		}
	}
	var board struct {
		Widgets []struct {
			Type       string
			Properties struct {
				Title   string
				Region  string
				Metrics [][]any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &board); err != nil {
		t.Fatal(err)
	}
	search := regexp.MustCompile(`^SEARCH\('\{(AWS/\w+),[A-Za-z,]+\} MetricName="(\w+)"`)
	shown, titles := map[string]bool{}, map[string]bool{}
	for _, w := range board.Widgets {
		if w.Type != "metric" || w.Properties.Title == "" || titles[w.Properties.Title] || w.Properties.Region == "" || len(w.Properties.Metrics) == 0 {
			t.Errorf("widget %q is not whole", w.Properties.Title)
		}
		titles[w.Properties.Title] = true
		for _, m := range w.Properties.Metrics {
			var v watched
			switch first := m[0].(type) {
			case string:
				v = watched{namespace: first, metric: m[1].(string)}
			case map[string]any:
				q := search.FindStringSubmatch(first["expression"].(string))
				if q == nil {
					continue // arithmetic of its neighbours
				}
				v = watched{namespace: q[1], metric: q[2]}
			}
			if shown[v.metric] = true; !known(v, emitted) {
				t.Errorf("%q shows %s of %s, which nothing emits", w.Properties.Title, v.metric, v.namespace)
			}
		}
	}
	for id, alarm := range alarms(t) {
		for _, w := range watches(alarm) {
			if w.namespace == own && !shown[w.metric] && w.metric != "AuditEntryAltered" { // never is, or an incident
				t.Errorf("%s of %s is not on the dashboard", w.metric, id)
			}
		}
	}
}
