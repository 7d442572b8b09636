package figures

import (
	"bytes"
	"log/slog"
	"os"
	"strconv"
	"testing"
)

// Mark begins the line of a figure in a test's log: Mark, row, what, got, must, separated by tabs.
const Mark = "FIGURE"

// AtMost reports a figure of a row of quality.md 1 that must not be above must.
func AtMost(t testing.TB, row int, what string, got, must float64) {
	t.Helper()
	t.Logf("%s\t%d\t%s\t%s\t%s", Mark, row, what, number(got), number(must))
	if got > must {
		t.Errorf("%s: %s, must be at most %s (quality.md 1 row %d)", what, number(got), number(must), row)
	}
}

// Exactly reports a figure that must be what is promised, no more and no less.
func Exactly(t testing.TB, row int, what string, got, must float64) {
	t.Helper()
	t.Logf("%s\t%d\t%s\t%s\t%s", Mark, row, what, number(got), "= "+number(must))
	if got != must {
		t.Errorf("%s: %s, must be %s (quality.md 1 row %d)", what, number(got), number(must), row)
	}
}

// AtLeast reports a figure that must not be below must.
func AtLeast(t testing.TB, row int, what string, got, must float64) {
	t.Helper()
	t.Logf("%s\t%d\t%s\t%s\t%s", Mark, row, what, number(got), ">= "+number(must))
	if got < must {
		t.Errorf("%s: %s, must be at least %s (quality.md 1 row %d)", what, number(got), number(must), row)
	}
}

// FullVariable is set by `make bench`, which has the time for full sizes.
const FullVariable = "PHONEOTP_FULL_SIZES"

// Size is how many of something a test measures with: few in every run, all where `make bench` runs it.
func Size(few, all int) int {
	if os.Getenv(FullVariable) != "" {
		return all
	}
	return few
}

// PerLine is what CloudWatch adds to the bytes of each line when it bills a log.
const PerLine = 26

// Logged is what run writes into the log, in bytes as they are billed.
func Logged(t testing.TB, run func()) float64 {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	run()
	return float64(log.Len() + PerLine*bytes.Count(log.Bytes(), []byte("\n")))
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
