package main

import (
	"net/http"
	"testing"

	"phoneotp/infra/bench/figures"
)

// quality.md 1 row 12: what is logged is paid by its bytes.
func TestWhatASendLogs(t *testing.T) {
	f := start(t)
	logged := figures.Logged(t, func() {
		if a := f.ask(t, send, f.body("")); a.Status != http.StatusAccepted {
			t.Fatal(a.Body)
		}
	})
	if logged == 0 {
		t.Error("nothing is logged")
	}
	figures.AtMost(t, 12, "bytes of log, otp-send", logged, 320)
}
