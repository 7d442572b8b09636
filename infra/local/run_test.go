package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// repository makes an empty one, so that marks do not meet those of the real one.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module phoneotp\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestMarkTellsTheLivingFromTheDead(t *testing.T) {
	root := repository(t)
	path, err := markPath(root, 8080)
	if err != nil {
		t.Fatal(err)
	}
	if _, alive := serving(path); alive {
		t.Error("nobody serves, and somebody is alive")
	}
	m, err := markRunning(root, 8080)
	if err != nil {
		t.Fatal(err)
	}
	if pid, alive := serving(path); !alive || pid != os.Getpid() {
		t.Errorf("this process serves, found %d %t", pid, alive)
	}
	if _, err := markRunning(root, 8080); !errors.Is(err, syscall.EWOULDBLOCK) {
		t.Errorf("a second one at the port: %v", err)
	}
	if other, err := markRunning(root, 8081); err != nil {
		t.Errorf("another port: %v", err)
	} else {
		other.remove()
	}
	_ = m.file.Close() // as the kernel does for a killed process: the file stays, the lock goes
	if _, alive := serving(path); alive {
		t.Error("a killed process counts as alive")
	}
	again, err := markRunning(root, 8080)
	if err != nil {
		t.Fatalf("the next start is stopped by what a killed one left: %v", err)
	}
	again.remove()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a clean end leaves %s", path)
	}
}

func TestStopWithoutAStackIsNoError(t *testing.T) {
	t.Chdir(repository(t))
	t.Setenv("PORT", "18099")
	if err := command(t.Context(), []string{"stop"}); err != nil {
		t.Error(err)
	}
}

func TestPort(t *testing.T) {
	for text, want := range map[string]int{"": 8080, "9000": 9000, "0": 0, "http": 0, "70000": 0} {
		t.Setenv("PORT", text)
		n, err := port()
		if n != want || (err == nil) != (want > 0) {
			t.Errorf("PORT=%q: %d, %v", text, n, err)
		}
	}
}

// emulate hands on what the command ended with.
func TestEmulate(t *testing.T) {
	if err := command(t.Context(), []string{"emulate", "python3", "-c",
		`import os, urllib.request; urllib.request.urlopen(os.environ["PHONEOTP_EMULATOR"] + "/_ministack/ready")`}); err != nil {
		t.Errorf("the command does not reach the emulator: %v", err)
	}
	if err := command(t.Context(), []string{"emulate", "false"}); err == nil {
		t.Error("a failed command counts as success")
	}
	if err := command(t.Context(), []string{"dance"}); err == nil {
		t.Error("an unknown command counts as success")
	}
}
