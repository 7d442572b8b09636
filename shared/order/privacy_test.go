package order_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"phoneotp/shared/order"
)

// TestS20NothingAboutPeopleInMetadataAndLogs sells by card and by invoice. What goes to Stripe beside the customer
// whom an invoice needs names orders and products alone, and the rooms log nothing. Not parallel: it reads the log.
func TestS20NothingAboutPeopleInMetadataAndLogs(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	f := startBilled(t)
	card, billed := f.sold(t, order.Card), f.sold(t, order.Invoice)
	keys := append(f.keys(t, card.Number), f.keys(t, billed.Number)...)
	var account bytes.Buffer
	fatal(t, f.stripe.Save(&account))
	var saved any
	fatal(t, json.Unmarshal(account.Bytes(), &saved))
	seen := 0
	walk(saved, "", func(path string, metadata map[string]any) {
		for name, v := range metadata {
			if text := fmt.Sprint(v); name != "order" && name != "product" || strings.ContainsAny(text, " @") {
				t.Errorf("%s: %s = %q", path, name, text)
			}
			seen++
		}
	})
	if seen < 10 {
		t.Errorf("only %d values looked at", seen)
	}
	for _, secret := range append(keys, "Grace", "Hopper", "Navy", "buyer-1@") {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, key := range keys {
		if strings.Contains(account.String(), key) {
			t.Error("Stripe has a license key")
		}
	}
}

// walk visits every metadata of a JSON value.
func walk(v any, path string, visit func(path string, metadata map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if m, ok := inner.(map[string]any); ok && strings.EqualFold(name, "metadata") {
				visit(path+"/"+name, m)
				continue
			}
			walk(inner, path+"/"+name, visit)
		}
	case []any:
		for _, inner := range v {
			walk(inner, path, visit)
		}
	}
}
