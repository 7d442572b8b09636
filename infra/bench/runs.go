package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	runMust  = 45 * time.Second
	testMust = 10 * time.Minute
	runPort  = "18080"
)

// runs times `make run` until it is ready, and `make test`, on a machine that has prepared both once.
func runs(ctx context.Context) ([]row, error) {
	ready, err := timeToReady(ctx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	cmd := exec.CommandContext(ctx, "make", "test")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("make test: %w", err)
	}
	return []row{seconds(15, "make run until ready, s", ready, runMust), seconds(15, "make test, s", time.Since(start), testMust)}, nil
}

func timeToReady(ctx context.Context) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, "make", "run")
	cmd.Env = append(os.Environ(), "PORT="+runPort)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		_ = cmd.Wait()
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready ") {
			return time.Since(start), nil
		}
	}
	return 0, fmt.Errorf("make run ended before it was ready")
}
