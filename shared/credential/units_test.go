package credential_test

import (
	"testing"

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
	if got := units(); got != 1 {
		t.Errorf("a send costs %v units", got)
	}
	code, challenge := w.Code(t, n), credentialtest.ID(t, ch)
	_ = try(t, w, a, challenge, credentialtest.Wrong(code), noon)
	if got := units(); got != 1 {
		t.Errorf("a wrong code costs %v units", got)
	}
	right, err := w.Verifier.Try(t.Context(), a, otp.SignIn, challenge, code, noon)
	if err != nil {
		t.Fatal(err)
	}
	if got := units(); got != 1 {
		t.Errorf("the try of a right code costs %v units", got)
	}
	if err := w.DB.Commit(t.Context(), w.Verifier.Use(right)); err != nil {
		t.Fatal(err)
	}
	if got := units(); got != 1 {
		t.Errorf("the use alone costs %v units", got)
	}
}
