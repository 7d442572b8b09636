package main

import (
	"testing"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/otp"
)

// quality.md 1 row 12: what is logged is paid by its bytes. The three changes of a login come each in a batch of its
// own, which is the most that they can log.
func TestWhatALoginLogs(t *testing.T) {
	f := start(t)
	a := credential.Asker{Holder: f.holder, Session: "session"}
	id, number := f.Active(t, a, noon)
	f.change(t)
	ch, err := f.Sender.Send(t.Context(), a, id, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	batch := func() float64 {
		e := f.change(t)
		return figures.Logged(t, func() {
			if res, err := f.h.handle(t.Context(), e); err != nil || len(res.BatchItemFailures) > 0 {
				t.Fatal(res, err)
			}
		})
	}
	logged := batch()
	right, err := f.Verifier.Try(t.Context(), a, otp.SignIn, credentialtest.ID(t, ch), f.Code(t, number), noon)
	if err != nil {
		t.Fatal(err)
	}
	logged += batch()
	if err := f.DB.Commit(t.Context(), f.Verifier.Use(right)); err != nil {
		t.Fatal(err)
	}
	logged += batch()
	if logged == 0 {
		t.Error("nothing is logged")
	}
	figures.AtMost(t, 12, "bytes of log, a login in the stream of codes", logged, 1600)
}
