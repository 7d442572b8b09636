package env_test

import (
	"strings"
	"testing"

	"phoneotp/shared/env"
)

func TestEveryMistakeIsNamedAtOnce(t *testing.T) {
	vars := map[string]string{"A": "x", "N": "12", "BAD": "twelve", "ZERO": "0"}
	r := env.Reader{Get: func(n string) string { return vars[n] }}
	if got := r.Need("A"); got != "x" {
		t.Errorf("A = %q", got)
	}
	if got := r.NeedInt("N"); got != 12 {
		t.Errorf("N = %d", got)
	}
	if r.May("ABSENT") != "" || r.Err() != nil {
		t.Fatalf("err = %v before any mistake", r.Err())
	}
	r.Need("GONE")
	r.NeedInt("BAD")
	r.NeedInt("ZERO")
	r.NeedInt("LOST")
	err := r.Err()
	for _, name := range []string{"GONE", "BAD", "ZERO", "LOST"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}
