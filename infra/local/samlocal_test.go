package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestRelay(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "through") }))
	defer s.Close()
	address, err := relay(t.Context(), "127.0.0.1", s.URL)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{s.URL: address}
	res, err := http.Get(throughRelay(s.URL+"/_local/stripe", seen))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil || string(body) != "through" || address == s.URL {
		t.Errorf("%q by %s (%v)", body, address, err)
	}
	if got := throughRelay("a-table", seen); got != "a-table" {
		t.Errorf("a name became %q", got)
	}
}
