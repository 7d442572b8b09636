package main

import "testing"

func TestTheCostIsReckonedFromWhatTestsState(t *testing.T) {
	rows := []row{
		{what: "AWS calls, otp-send", got: "3"}, {what: "AWS calls, otp-verify", got: "3"},
		{what: "write units, send", got: "1"}, {what: "write units, right code, before its transaction", got: "1"},
		{what: "writes in the transaction of a right code", got: "4"},
		{what: "bytes of log, otp-send", got: "500"}, {what: "bytes of log, otp-verify", got: "500"},
		{what: "bytes of log, a request at the door", got: "500"}, {what: "bytes of log, a login in the stream of codes", got: "1000"},
		{what: "write units, the three entries of a login sealed in a busy batch", got: "1.4"}, {what: "entries a signature, in a busy batch", got: "300"},
		{what: "warm right code without the tables, p50, ms", got: "0.5"},
	}
	got, err := cost(rows)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: 2.00 + 0.40 + 0.16 + 6.25 + 0.25 + 0.50 + 1.00; 2.75 for 4.4 writes and
	// 0.06 for their time, 0.14 of reads, 0.15 for a hundredth of a signature, 0.60 for batches, 0.50 of log.
	for i, want := range []string{"10.56", "4.20", "14.75"} {
		if got[i].got != want {
			t.Errorf("%s: %s, want %s", got[i].what, got[i].got, want)
		}
	}
	if !got[0].missed || got[1].missed {
		t.Error("more than the must is not told, or less is")
	}
	for i := range rows {
		if _, err := cost(append(rows[:i:i], rows[i+1:]...)); err == nil {
			t.Errorf("%q, which nobody states, is not missed", rows[i].what)
		}
	}
}
