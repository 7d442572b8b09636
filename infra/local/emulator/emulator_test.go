package emulator

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// child is the variable that turns this test binary into a parent that starts an emulator and hangs.
const child = "PHONEOTP_EMULATOR_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) == "" {
		os.Exit(m.Run())
	}
	e, err := Start(context.Background(), Options{})
	if err != nil {
		panic(err)
	}
	println(e.run.path, e.Endpoint())
	select {}
}

func answers(endpoint string) bool {
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(endpoint, "http://"), time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// A killed parent takes its emulator with it, and the next start removes the files that were left.
func TestEndsWithItsParent(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dir, endpoint, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !answers(endpoint) {
		t.Fatalf("%q does not answer", endpoint)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(5 * time.Second); answers(endpoint); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the emulator outlived its parent by five seconds")
		}
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the killed process was expected to leave %s: %v", dir, err)
	}
	e, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s was not removed by the next start: %v", dir, err)
	}
	if _, err := os.Stat(e.run.path); err != nil {
		t.Error(err)
	}
}

// With a state folder a bucket is still there after a clean stop; without one it is not.
func TestKeepsStateOnlyWhenAsked(t *testing.T) {
	for _, kept := range []bool{true, false} {
		o := Options{}
		if kept {
			o.StateDir = filepath.Join(t.TempDir(), "state")
		}
		if got := bucket(t, o, http.MethodPut); got != http.StatusOK {
			t.Fatalf("making a bucket: status %d", got)
		}
		if got := bucket(t, o, http.MethodHead) == http.StatusOK; got != kept {
			t.Errorf("state folder %t: bucket still there: %t", kept, got)
		}
	}
}

func bucket(t *testing.T, o Options, method string) int {
	t.Helper()
	e, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	req, err := http.NewRequest(method, e.Endpoint()+"/kept", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// The functions see the emulator's environment, so nothing of the caller's may be in it.
func TestEnvironmentIsClosed(t *testing.T) {
	t.Setenv("PHONEOTP_LEAK", "1")
	for _, v := range environment(1, "/run", Options{Variables: map[string]string{"EXTRA": "2"}}) {
		if strings.HasPrefix(v, "PHONEOTP_") {
			t.Errorf("%s leaks", v)
		}
	}
	e, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	if _, err := Start(t.Context(), Options{Port: e.Port()}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a taken port must be an error that says so, got %v", err)
	}
}
