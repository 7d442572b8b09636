package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// instructionsMust is how many times the instructions of a bare Lambda a hot function may need from exec to
// its first poll (quality.md 1 row 4).
const instructionsMust = 6.0

// instructions runs each hot function under callgrind until it polls the runtime API for the first time,
// and a bare Lambda likewise. Secrets come from a stand-in, as on the first start of an environment.
func instructions(ctx context.Context) ([]row, error) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		return nil, fmt.Errorf("valgrind is needed (Debian package valgrind): %w", err)
	}
	dir, err := os.MkdirTemp("", "phoneotp-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	packages := []string{"./infra/bench/hello"}
	for _, f := range hot {
		packages = append(packages, "./functions/"+f)
	}
	if err := build(ctx, "amd64", dir, nil, packages...); err != nil {
		return nil, err
	}
	base, err := toFirstPoll(ctx, dir, "hello")
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, f := range hot {
		n, err := toFirstPoll(ctx, dir, f)
		if err != nil {
			return nil, err
		}
		ratio := float64(n) / float64(base)
		rows = append(rows, row{
			number: 4, what: fmt.Sprintf("instructions to the first poll, %s, over a bare Lambda's %.2f M", f, float64(base)/mega),
			got: fmt.Sprintf("%.1fx", ratio), must: fmt.Sprintf("%.0fx", instructionsMust), missed: ratio > instructionsMust,
		})
	}
	return rows, nil
}

var collected = regexp.MustCompile(`Collected : (\d+)`)

func toFirstPoll(ctx context.Context, dir, name string) (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	ctx, polled := context.WithCancelCause(ctx)
	defer polled(nil)
	cmd := exec.CommandContext(ctx, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", filepath.Join(dir, name))
	server := &http.Server{Handler: runtime(func() { polled(nil) })}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	cmd.Env = environment(listener.Addr().String())
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // callgrind still reports
	out, _ := cmd.CombinedOutput()
	if ctx.Err() == nil {
		return 0, fmt.Errorf("%s ended before its first poll: %s", name, out)
	}
	m := collected.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%s: callgrind reported nothing: %s", name, out)
	}
	return strconv.Atoi(string(m[1]))
}

// runtime is the Lambda runtime API up to the first poll, and the secrets that wiring reads.
func runtime(polled func()) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/invocation/next") {
			polled()
			<-r.Context().Done()
			return
		}
		if r.Header.Get("X-Amz-Target") == "secretsmanager.GetSecretValue" {
			document := fmt.Sprintf(`{"current":"k1","k1":%q,"stripe_key":"sk_test_bench","stripe_webhook_secrets":"whsec_bench"}`, strings.Repeat("k", 64))
			_ = json.NewEncoder(w).Encode(map[string]string{"SecretString": document})
			return
		}
		http.NotFound(w, r)
	})
}

func environment(address string) []string {
	vars := map[string]string{
		"AWS_LAMBDA_RUNTIME_API": address, "AWS_ENDPOINT_URL": "http://" + address, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "GOMAXPROCS": "1", "GOGC": "200", "GOMEMLIMIT": "200MiB",
		"PUBLIC_ORIGIN": "https://otp.example.org", "VOICE_ORIGINATION": "bench", "MAIL_FROM": "bench@example.org",
		"NOTICE_QUEUE": "http://" + address + "/queue", "VOICE_TOPIC": "arn:aws:sns:us-east-1:000000000000:voice",
		"SIGN_IN_FAILURES_PER_IDENTIFIER": "50", "KEYS_PER_ADDRESS": "30",
		"SENDS_PER_ADDRESS": "100", "DAILY_SPEND": "200", "METRICS_NAMESPACE": "bench",
	}
	for _, t := range []string{"ACCOUNTS", "SESSIONS", "ORDERS", "LICENSES", "CREDENTIALS", "CASES", "SLOTS", "OUTBOX", "AUDIT", "LIMITS"} {
		vars[t+"_TABLE"] = strings.ToLower(t)
	}
	for _, s := range []string{"CODES", "VAULT", "COMMERCE"} {
		vars[s+"_SECRET"] = "arn:aws:secretsmanager:us-east-1:000000000000:secret:" + s
	}
	vars["GODEBUG"] = "asyncpreemptoff=1" // callgrind breaks on the runtime's signals; on a busy machine there are some
	var env []string
	for name, value := range vars {
		env = append(env, name+"="+value)
	}
	return env
}
