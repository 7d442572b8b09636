package main

import (
	"strings"
	"testing"
)

func TestWire(t *testing.T) {
	vars := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
		"OUTBOX_TABLE": "outbox", "NOTICE_QUEUE": "http://127.0.0.1:1/q", "CASE_QUEUE": "http://127.0.0.1:1/c", "METRICS_NAMESPACE": "test",
	}
	if _, err := wire(t.Context(), func(n string) string { return vars[n] }); err != nil {
		t.Fatal(err)
	}
	_, err := wire(t.Context(), func(string) string { return "" })
	if err == nil || !strings.Contains(err.Error(), "OUTBOX_TABLE") || !strings.Contains(err.Error(), "NOTICE_QUEUE") || !strings.Contains(err.Error(), "CASE_QUEUE") {
		t.Errorf("missing variables are not all named: %v", err)
	}
}
