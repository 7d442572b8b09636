package main

import (
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/otp"
)

// quality.md 1 row 12: what is logged is paid by its bytes. A login is two batches where it is alone: the send, and the
// try with what came of it.
func TestWhatALoginLogs(t *testing.T) {
	f := start(t)
	a := credential.Asker{Holder: f.holder, Session: "session"}
	id, number := f.Active(t, a, noon)
	f.change(t)
	batch := func(records ...events.DynamoDBEventRecord) float64 {
		return figures.Logged(t, func() {
			if res, err := f.h.handle(t.Context(), events.DynamoDBEvent{Records: records}); err != nil || len(res.BatchItemFailures) > 0 {
				t.Fatal(res, err)
			}
		})
	}
	ch, err := f.Sender.Send(t.Context(), a, id, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	logged := batch(f.change(t).Records...)
	right, err := f.Verifier.Try(t.Context(), a, otp.SignIn, credentialtest.ID(t, ch), f.Code(t, number), noon)
	if err != nil {
		t.Fatal(err)
	}
	tried := f.change(t)
	if err := f.DB.Commit(t.Context(), f.Verifier.Use(right)); err != nil {
		t.Fatal(err)
	}
	logged += batch(append(tried.Records, f.change(t).Records...)...)
	if logged == 0 {
		t.Error("nothing is logged")
	}
	figures.AtMost(t, 12, "bytes of log, a login in the stream of codes", logged, 1200)
}
