package main

import (
	"bytes"
	"os"
	"testing"
)

// TestTheTableIsWhatTheLibrarySays fails after a library update that changes the numbering plan: run
// go generate ./shared/phone and look at the difference.
func TestTheTableIsWhatTheLibrarySays(t *testing.T) {
	want, err := render()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../areacodes.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("areacodes.go is not what the library gives: run go generate ./shared/phone")
	}
}
