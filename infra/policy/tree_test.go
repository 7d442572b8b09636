package policy

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Requirement: architecture.md 1, "exactly this", and dot files and LICENSE.
func TestTopLevelIsTheAgreedOne(t *testing.T) {
	want := []string{"LICENSE", "Makefile", "README.md", "functions", "go.mod", "go.sum", "infra", "samconfig.toml", "shared", "statemachines", "template.yaml"}
	var got []string
	for _, p := range load(t).paths {
		top, _, _ := strings.Cut(p, "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(got, top) {
			got = append(got, top)
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s does not belong at the top", name)
		}
	}
	for _, name := range want {
		// What other issues bring: a folder appears with its first file.
		if name != "statemachines" && !slices.Contains(got, name) {
			t.Errorf("%s is missing at the top", name)
		}
	}
}

// maxLines is the longest a Go file may be, tests too (quality.md 5 says about 400).
const maxLines = 420

func TestFilesStayShort(t *testing.T) {
	r := load(t)
	for _, s := range r.sources {
		if generated(s) {
			continue
		}
		if n := r.fset.File(s.ast.Pos()).LineCount(); n > maxLines {
			t.Errorf("%s has %d lines, at most %d: it is about more than one thing", s.path, n, maxLines)
		}
	}
}

func generated(s *source) bool {
	for _, c := range s.ast.Comments {
		if c.Pos() < s.ast.Package && strings.HasPrefix(c.List[0].Text, "// Code generated ") {
			return true
		}
	}
	return false
}

// forbidden is what no committed text may hold. The words are put together here so that this file passes.
var forbidden = map[string]*regexp.Regexp{
	"the host of a package registry": regexp.MustCompile(strings.Join([]string{`proxy\.golang` + `\.org`, `registry\.npm` + `js\.org`, `registry\.yarn` + `pkg\.com`, `//pypi` + `\.org`, `files\.python` + `hosted\.org`}, "|")),
	"a path of one machine":          regexp.MustCompile(`(^|[\s"'=(:])/(wor` + `k|roo` + `t|hom` + `e|User` + `s|tm` + `p)/[A-Za-z0-9_.]`),
	"work left undone":               regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`),
}

func TestTextsHoldNothingOfOneMachine(t *testing.T) {
	r := load(t)
	for _, name := range r.paths {
		content, err := os.ReadFile(filepath.Join(r.root, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0 || path.Base(name) == "package-lock.json" && !bytes.Contains(content, []byte("resolved")) {
			continue // binary; or a lock file, whose integrity sums can spell anything
		}
		for i, line := range bytes.Split(content, []byte("\n")) {
			if len(line) > 2000 {
				continue // built assets
			}
			for what, pattern := range forbidden {
				if pattern.Match(line) {
					t.Errorf("%s:%d holds %s: %s", name, i+1, what, bytes.TrimSpace(line))
				}
			}
		}
	}
}

func TestForbiddenWordsAreRecognised(t *testing.T) {
	for line, what := range map[string]string{
		"see https://proxy.golang" + ".org/x": "the host of a package registry",
		"cd /wor" + "k/main":                  "a path of one machine",
		"dir: \"/roo" + "t/go\"":              "a path of one machine",
		"// TO" + "DO(me): later":             "work left undone",
	} {
		if !forbidden[what].MatchString(line) {
			t.Errorf("%q passes", line)
		}
	}
	for _, line := range []string{"GET /orders/{number}", "https://otp.example.org/work", "a/home/b", "the root of the tree"} {
		for what, pattern := range forbidden {
			if pattern.MatchString(line) {
				t.Errorf("%q is taken for %s", line, what)
			}
		}
	}
}

// Requirement: one folder = one Lambda, and folder otp-send = logical id OtpSendFunction (style.md 3.2).
func TestFoldersAndFunctionsAgree(t *testing.T) {
	r, tpl := load(t), readTemplate(t)
	folders := map[string]bool{}
	for _, p := range r.paths {
		if rest, ok := strings.CutPrefix(p, "functions/"); ok {
			folder, _, _ := strings.Cut(rest, "/")
			folders[folder] = true
		}
	}
	for folder := range folders {
		f, ok := tpl.functions[logicalID(folder)]
		if !ok {
			t.Errorf("functions/%s has no %s in template.yaml", folder, logicalID(folder))
			continue
		}
		if code := f.at("Properties", "CodeUri"); code != "dist/"+folder+"/" {
			t.Errorf("%s takes its code from %v", logicalID(folder), code)
		}
	}
	for id := range tpl.functions {
		if !folders[folderOf(id)] {
			t.Errorf("%s has no folder functions/%s", id, folderOf(id))
		}
	}
}

// The README's tables name every function, every room and every folder of infra.
func TestTheReadmeNamesEveryFolder(t *testing.T) {
	r := load(t)
	words := map[string]bool{}
	for _, word := range regexp.MustCompile(`[a-z-]+`).FindAllString(r.read(t, "README.md"), -1) {
		words[word] = true
	}
	seen := map[string]bool{}
	for _, p := range r.paths {
		parts := strings.Split(p, "/")
		if len(parts) < 3 || parts[0] != "functions" && parts[0] != "shared" && parts[0] != "infra" || seen[parts[1]] {
			continue
		}
		if seen[parts[1]] = true; !words[parts[1]] {
			t.Errorf("the README does not say what %s/%s is", parts[0], parts[1])
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d folders", len(seen))
	}
}

// logicalID is OtpSendFunction for otp-send.
func logicalID(folder string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(folder, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String() + "Function"
}

var upper = regexp.MustCompile(`[A-Z]`)

// folderOf is otp-send for OtpSendFunction.
func folderOf(logicalID string) string {
	dashed := upper.ReplaceAllStringFunc(strings.TrimSuffix(logicalID, "Function"), func(s string) string { return "-" + strings.ToLower(s) })
	return strings.TrimPrefix(dashed, "-")
}
