package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// hot functions stand in every login or every payment (quality.md 1 rows 4, 5).
var hot = []string{"otp-send", "otp-verify", "checkout-webhook"}

const (
	hotZip  = 4_000_000 // bytes
	anyZip  = 6_500_000
	mega    = 1_000_000.0
	coldMax = 240 * time.Second
	warmMax = 30 * time.Second
)

// build compiles packages into dir, one binary a package, as `make build` does.
func build(ctx context.Context, arch, dir string, env []string, packages ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s", "-o", dir + "/"}, packages...)...)
	cmd.Env = append(os.Environ(), append([]string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + arch}, env...)...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

func zips(ctx context.Context) ([]row, error) {
	dir, err := os.MkdirTemp("", "phoneotp-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := build(ctx, "arm64", dir, nil, "./functions/..."); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var rows []row
	largest, most := "", 0
	for _, e := range entries {
		size, err := zipped(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if size > most {
			largest, most = e.Name(), size
		}
		if slices.Contains(hot, e.Name()) {
			rows = append(rows, megabytes("zip of "+e.Name(), size, hotZip))
		}
	}
	return append(rows, megabytes("largest zip ("+largest+")", most, anyZip)), nil
}

func megabytes(what string, size, must int) row {
	return row{number: 5, what: what + ", MB", got: fmt.Sprintf("%.2f", float64(size)/mega), must: fmt.Sprintf("%.1f", float64(must)/mega), missed: size > must}
}

// zipped is the size of a function's package: the binary as "bootstrap", compressed as well as zip can.
func zipped(path string) (int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	f, err := w.Create("bootstrap")
	if err != nil {
		return 0, err
	}
	if _, err := f.Write(data); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return buffer.Len(), nil
}

// builds times a build of all functions with nothing cached, modules included, and again with everything
// cached.
func builds(ctx context.Context) ([]row, error) {
	dir, err := os.MkdirTemp("", "phoneotp-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { // the module cache is written read-only
		_ = exec.Command("chmod", "-R", "u+w", dir).Run()
		os.RemoveAll(dir)
	}()
	env := []string{"GOCACHE=" + dir + "/cache", "GOMODCACHE=" + dir + "/modules"}
	var rows []row
	for _, b := range []struct {
		what string
		must time.Duration
	}{{"build of all functions, cold, s", coldMax}, {"the same, warm, s", warmMax}} {
		start := time.Now()
		if err := build(ctx, "arm64", dir, env, "./functions/..."); err != nil {
			return nil, err
		}
		rows = append(rows, seconds(14, b.what, time.Since(start), b.must))
	}
	return rows, nil
}

func seconds(number int, what string, took, must time.Duration) row {
	return row{number: number, what: what, got: fmt.Sprintf("%.1f", took.Seconds()), must: fmt.Sprintf("%.0f", must.Seconds()), missed: took > must}
}
