package env_test

import (
	"strings"
	"testing"
	"time"

	"phoneotp/shared/env"
)

func TestEveryMistakeIsNamedAtOnce(t *testing.T) {
	vars := map[string]string{"A": "x", "N": "12", "BAD": "twelve", "ZERO": "0", "MINUS": "-1"}
	r := env.Reader{Get: func(n string) string { return vars[n] }}
	if got := r.Need("A"); got != "x" {
		t.Errorf("A = %q", got)
	}
	if got := r.NeedInt("N"); got != 12 {
		t.Errorf("N = %d", got)
	}
	if none, some := r.NeedDays("ZERO"), r.NeedDays("N"); none != 0 || some != 12*24*time.Hour {
		t.Errorf("days: %v, %v", none, some)
	}
	if r.May("ABSENT") != "" || r.Err() != nil {
		t.Fatalf("err = %v before any mistake", r.Err())
	}
	r.Need("GONE")
	r.NeedInt("BAD")
	r.NeedInt("ZERO")
	r.NeedInt("LOST")
	r.NeedDays("NO DAYS")
	r.NeedDays("MINUS")
	err := r.Err()
	for _, name := range []string{"GONE", "BAD", "ZERO", "LOST", "NO DAYS", "MINUS"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}
