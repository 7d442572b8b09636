package journeys_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"phoneotp/infra/bench/figures"
)

// TestFiguresOfMemory is quality.md 1 row 6: what the functions of a login needed at most, after whole stories. The
// processes are the emulator's, on this machine's processor, with the memory limits of the template.
func TestFiguresOfMemory(t *testing.T) {
	for range 3 {
		tellStory(t)
	}
	for _, f := range []struct {
		logical string
		must    float64 // MB
	}{{"OtpSendFunction", 24}, {"OtpVerifyFunction", 24}, {"CheckoutWebhookFunction", 24}, {"SessionFunction", 64}, {"AccountFunction", 64}} {
		figures.AtMost(t, 6, "peak resident memory of "+f.logical+", warm, MB", peak(t, named(t, f.logical)), f.must)
	}
}

// peak is the most memory in MB that a process of a function has had.
func peak(t *testing.T, function string) (most float64) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range processes {
		environment, err := os.ReadFile(p) //nolint:gosec // the processes of this machine
		if err != nil || !bytes.Contains(environment, []byte("AWS_LAMBDA_FUNCTION_NAME="+function+"\x00")) || !bytes.Contains(environment, []byte(local.Cloud.Endpoint)) {
			continue // it has ended, or is another's
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(p), "status"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				kilo, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
				if err != nil {
					t.Fatal(err)
				}
				most = max(most, kilo*1024/1_000_000)
			}
		}
	}
	if most == 0 {
		t.Fatalf("%s has no process", function)
	}
	most, _ = strconv.ParseFloat(fmt.Sprintf("%.1f", most), 64)
	return most
}
