package credential_test

import (
	"testing"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/otp"
)

// TestUnits is quality.md 1 row 2 for a one-phone holder: what the endpoint bills.
func TestUnits(t *testing.T) {
	w, a, id, n := active(t)
	w.Faults.Meter()
	units := func() (sum float64) {
		for _, c := range w.Faults.Calls() {
			sum += c.Units
		}
		w.Faults.Clear()
		return sum
	}
	ch, err := w.Sender.Send(t.Context(), a, id, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	figures.Exactly(t, 2, "write units, send", units(), 1)
	code, challenge := w.Code(t, n), credentialtest.ID(t, ch)
	_ = try(t, w, a, challenge, credentialtest.Wrong(code), noon)
	figures.Exactly(t, 2, "write units, wrong code", units(), 1)
	for _, row := range []struct {
		what string
		want float64
	}{{"refused for the first time", 1}, {"refused again", 0}} { // the mark; of a refused condition the endpoint tells nothing
		_ = second(w.Sender.Send(t.Context(), a, id, "", noon))
		if got := units(); got != row.want {
			t.Errorf("%s: %v units", row.what, got)
		}
	}
	right, err := w.Verifier.Try(t.Context(), a, otp.SignIn, challenge, code, noon)
	if err != nil {
		t.Fatal(err)
	}
	figures.Exactly(t, 2, "write units, right code, before its transaction", units(), 1)
	if err := w.DB.Commit(t.Context(), w.Verifier.Use(right)); err != nil {
		t.Fatal(err)
	}
	if got := units(); got != 1 {
		t.Errorf("the use alone costs %v units", got)
	}
}
