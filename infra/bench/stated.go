package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"phoneotp/infra/bench/figures"
)

// stating lists the packages whose tests state figures.
func stating(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{.ImportPath}} {{.TestImports}} {{.XTestImports}}", "./shared/...", "./functions/...", "./statemachines/...", "./infra/policy")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var packages []string
	for line := range strings.Lines(string(out)) {
		if name, imports, _ := strings.Cut(line, " "); strings.Contains(imports, "phoneotp/infra/bench/figures") {
			packages = append(packages, name)
		}
	}
	return packages, nil
}

// stated gathers the figures of those packages and of the journeys, and what follows from them.
func stated(ctx context.Context) ([]row, error) {
	packages, err := stating(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := read(ctx, packages...)
	if err != nil {
		return nil, err
	}
	// The journeys deploy a stack: of them only what states figures.
	more, err := read(ctx, "-run", "^TestFigures", "./infra/journeys")
	if err != nil {
		return nil, err
	}
	rows = append(rows, more...)
	reckoned, err := cost(rows)
	return append(rows, reckoned...), err
}

// read runs tests, one package at a time since some state milliseconds, and reads the figures that they log.
func read(ctx context.Context, what ...string) ([]row, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1", "-v", "-p=1"}, what...)...)
	cmd.Env = append(os.Environ(), figures.FullVariable+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		os.Stderr.Write(out)
		return nil, err
	}
	var rows []row
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		_, figure, ok := strings.Cut(lines.Text(), figures.Mark+"\t")
		if !ok {
			continue
		}
		parts := strings.Split(figure, "\t")
		number, err := strconv.Atoi(parts[0])
		if len(parts) != 4 || err != nil {
			return nil, fmt.Errorf("a figure cannot be read: %q", figure)
		}
		rows = append(rows, row{number: number, what: parts[1], got: parts[2], must: parts[3]})
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no test stated a figure")
	}
	return rows, lines.Err()
}
