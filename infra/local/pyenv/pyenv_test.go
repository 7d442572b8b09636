package pyenv

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// pretend puts a python3 into the path that makes environments as the real one does, and logs each call. An
// install fails while the file "broken" stands.
func pretend(t *testing.T) (root, log string) {
	t.Helper()
	root = t.TempDir()
	log = filepath.Join(root, "log")
	script := `#!/bin/sh
echo "$@" >>` + log + `
case "$2" in
venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python3" ;;
pip) [ ! -e ` + root + `/broken ] ;;
esac
`
	bin := filepath.Join(root, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return root, log
}

func installs(t *testing.T, log string) int {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "pip install")
}

func TestPreparedOnceEvenByMany(t *testing.T) {
	root, log := pretend(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := Prepare(context.Background(), root, "x", []byte("a==1"), nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := installs(t, log); n != 1 {
		t.Errorf("installed %d times", n)
	}
	text, _ := os.ReadFile(log)
	if !strings.Contains(string(text), "--require-hashes") {
		t.Errorf("installed without hashes: %s", text)
	}
}

func TestHalfMadeIsMadeAnewAndChangedReplaces(t *testing.T) {
	root, log := pretend(t)
	broken := filepath.Join(root, "broken")
	if err := os.WriteFile(broken, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Prepare(t.Context(), root, "x", []byte("a==1"), nil); err == nil {
		t.Fatal("a failed install counts as success")
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	first, err := Prepare(t.Context(), root, "x", []byte("a==1"), nil)
	if err != nil || installs(t, log) != 2 {
		t.Fatalf("not made anew: %v", err)
	}
	second, err := Prepare(t.Context(), root, "x", []byte("a==2"), nil)
	if err != nil || second == first {
		t.Fatalf("changed requirements use %s again: %v", second.Dir, err)
	}
	if _, err := os.Stat(first.Dir); !os.IsNotExist(err) {
		t.Errorf("the old environment stays: %v", err)
	}
}

func TestRoot(t *testing.T) {
	dir := t.TempDir()
	if _, err := Root(dir); err == nil {
		t.Error("a folder without go.mod is a repository")
	}
	root, err := Root(".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "infra", "local", "pyenv", "pyenv.go")); err != nil {
		t.Errorf("root %s: %v", root, err)
	}
}
