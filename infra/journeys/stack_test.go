package journeys_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"phoneotp/infra/local/stack"
)

var (
	local *stack.Stack // the stack under test
	base  string       // its address, as http://localhost:8080
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// startLimit bounds the preparation on a fresh machine: Python tools, the emulator, a cold build.
const startLimit = 10 * time.Minute

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	s, err := stack.Start(ctx, stack.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "the local stack does not start:", err)
		return 1
	}
	defer s.Stop()
	local, base = s, s.URL()
	return m.Run()
}

// named is the physical name of a logical resource of template.yaml.
func named(t testing.TB, logical string) string {
	t.Helper()
	name, err := local.Deployed.Name(logical)
	if err != nil {
		t.Fatal(err)
	}
	return name
}
