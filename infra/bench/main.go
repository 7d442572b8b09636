// Command bench measures the product and prints a table: the rows of quality.md 1 that apply, what was
// measured, and what it must be. It ends with 1 if a row is missed.
//
// Counts and sizes come from tests that state them (package figures) and from the built functions;
// instructions from valgrind, as a ratio to a bare Lambda built the same way; times are of this machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// row is one line of the table.
type row struct {
	number          int
	what, got, must string
	missed          bool
}

func main() {
	quick := flag.Bool("quick", false, "leave out the cold build and the two long runs of row 15")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	rows, err := measure(ctx, *quick)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if print(rows) {
		os.Exit(1)
	}
}

func measure(ctx context.Context, quick bool) ([]row, error) {
	var rows []row
	for _, part := range []struct {
		name string
		long bool
		run  func(context.Context) ([]row, error)
	}{
		{"counts and sizes stated by tests", false, stated},
		{"zip sizes", false, zips},
		{"instructions to the first poll", false, instructions},
		{"builds", true, builds},
		{"make run, make test", true, runs},
	} {
		if part.long && quick {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring:", part.name)
		more, err := part.run(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		rows = append(rows, more...)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.number - b.number })
	return rows, nil
}

func print(rows []row) (missed bool) {
	fmt.Println("| # | What | Measured | Must |")
	fmt.Println("| --- | --- | --- | --- |")
	for _, r := range rows {
		mark := ""
		if r.missed {
			mark, missed = " **missed**", true
		}
		fmt.Printf("| %d | %s | %s%s | %s |\n", r.number, strings.TrimSpace(r.what), r.got, mark, r.must)
	}
	return missed
}
