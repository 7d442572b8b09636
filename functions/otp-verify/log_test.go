package main

import (
	"net/http"
	"testing"

	"phoneotp/infra/bench/figures"
)

// quality.md 1 row 12: what is logged is paid by its bytes.
func TestWhatAVerifyLogs(t *testing.T) {
	f := start(t)
	logged := figures.Logged(t, func() {
		if a := f.try(t, f.code); a.Status != http.StatusOK {
			t.Fatal(a.Body)
		}
	})
	if logged == 0 {
		t.Error("nothing is logged")
	}
	figures.AtMost(t, 12, "bytes of log, otp-verify", logged, 320)
}
