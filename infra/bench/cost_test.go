package main

import "testing"

func TestTheCostIsReckonedFromWhatTestsState(t *testing.T) {
	rows := []row{
		{what: "AWS calls, otp-send", got: "3"}, {what: "AWS calls, otp-verify", got: "3"},
		{what: "write units, send", got: "1"}, {what: "write units, right code, before its transaction", got: "1"},
		{what: "writes in the transaction of a right code", got: "4"},
		{what: "write units, an audit entry sealed in a batch of forty", got: "5"},
		{what: "warm right code without the tables, p50, ms", got: "0.5"},
	}
	got, err := cost(rows)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: 2.00 + 0.40 + 0.16 + 6.25 + 0.25 + 0.50 + 1.20; three writes; three entries of five units, 3/40 signature.
	for i, want := range []string{"10.76", "1.88", "10.50", "23.13"} {
		if got[i].got != want {
			t.Errorf("%s: %s, want %s", got[i].what, got[i].got, want)
		}
	}
	if !got[3].missed {
		t.Error("more than the must is not told")
	}
	if _, err := cost(rows[1:]); err == nil {
		t.Error("a figure that nobody states is not missed")
	}
}
