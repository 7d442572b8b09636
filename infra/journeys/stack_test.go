package journeys_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// base is the address of the stack under test, as http://localhost:8080.
var base string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if base = os.Getenv("PHONEOTP_STACK"); base != "" {
		return m.Run()
	}
	stop, err := startStack()
	if err != nil {
		fmt.Fprintln(os.Stderr, "the local stack does not start:", err)
		return 1
	}
	defer stop()
	return m.Run()
}

// startLimit bounds the preparation on a fresh machine: Python tools, the emulator, a cold build.
const startLimit = 10 * time.Minute

func startStack() (stop func(), err error) {
	dir, err := os.MkdirTemp("", "phoneotp-journeys-")
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "local")
	build := exec.Command("go", "build", "-o", program, "phoneotp/infra/local")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	cmd := exec.Command(program)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "PORT="+strconv.Itoa(port))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	ready := make(chan string, 1)
	go func() {
		defer close(ready)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if address, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				ready <- address
			}
		}
	}()
	select {
	case address, ok := <-ready:
		if !ok {
			stop()
			return nil, fmt.Errorf("it ended before it was ready")
		}
		base = strings.TrimRight(address, "/")
		return stop, nil
	case <-ctx.Done():
		stop()
		return nil, ctx.Err()
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
