package journeys_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The script in the README is part of what is promised: it must work as it stands there.
func TestTheScriptOfTheREADME(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```sh\n# story\n")
	script, _, ended := strings.Cut(rest, "\n```")
	if !found || !ended {
		t.Fatal("the README has no story")
	}
	path := filepath.Join(t.TempDir(), "story.sh")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", path)
	cmd.Env = append(os.Environ(), "BASE="+base)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "opened ") {
		t.Errorf("the script ended with %v:\n%s", err, out)
	}
}
