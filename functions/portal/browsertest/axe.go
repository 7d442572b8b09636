package browsertest

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed axe.min.js
var axe string

// undecided are the checks that axe may leave open, since no program can decide them here: contrast over
// what is drawn by a pseudo-element or a gradient.
var undecided = []string{"color-contrast"}

const audit = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations", "incomplete"]})
	.then((r) => { const rows = (kind, list) => list.map((v) => ({kind, id: v.id, help: v.help, nodes: v.nodes.map((n) => n.target.join(" ") + ": " + (n.failureSummary ?? ""))}));
	return [...rows("violation", r.violations), ...rows("incomplete", r.incomplete)]; })`

// Accessible fails the test for each rule of WCAG 2.2 A and AA, and each best practice, that axe finds broken
// in the page as it stands now.
func (t *Tab) Accessible() {
	t.tb.Helper()
	Eval[bool](t, axe+"\n;true")
	found := Eval[[]struct {
		Kind  string   `json:"kind"`
		ID    string   `json:"id"`
		Help  string   `json:"help"`
		Nodes []string `json:"nodes"`
	}](t, strings.ReplaceAll(audit, "\t", ""))
	for _, f := range found {
		if f.Kind == "incomplete" && slices.Contains(undecided, f.ID) {
			continue
		}
		t.tb.Errorf("axe %s %s: %s\n  %s", f.Kind, f.ID, f.Help, strings.Join(f.Nodes, "\n  "))
	}
}

// Fits fails the test if the page scrolls sideways, and names what is too wide.
func (t *Tab) Fits() {
	t.tb.Helper()
	wide := Eval[[]string](t, `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(e).position !== "absolute").map((e) => e.tagName + "." + e.className + "#" + e.id).slice(0, 8)`)
	if len(wide) > 0 {
		t.tb.Errorf("the page is wider than the window: %s", strings.Join(wide, ", "))
	}
}
