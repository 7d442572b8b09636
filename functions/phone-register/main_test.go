package main

import (
	"slices"
	"strings"
	"testing"

	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
)

func ptr[T any](v T) *T { return &v }

// kindsOf lists the kinds of notices in the outbox.
func kindsOf(items []dynamo.Item) []string {
	var kinds []string
	for _, item := range items {
		if kind := dynamo.Read(item).Text("k"); strings.HasPrefix(kind, "phone-") || strings.HasPrefix(kind, "license-") {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

func TestWire(t *testing.T) {
	f := dynamotest.Start(t)
	arn := credentialtest.Secret(t, f)
	api, err := wire(t.Context(), f.Vars(map[string]string{
		"CODES_SECRET": arn, "VAULT_SECRET": arn, "VOICE_TOPIC": "arn:aws:sns:us-east-1:000000000000:voice", "PUBLIC_ORIGIN": credentialtest.Origin, "SENDS_PER_ADDRESS": "100", "DAILY_SPEND": "200",
	}))
	if err != nil || len(api.Routes) != 5 {
		t.Fatal(api, err)
	}
	_, err = wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{
		"ACCOUNTS_TABLE", "PHONEBOOK_TABLE", "SESSIONS_TABLE", "LICENSES_TABLE", "CREDENTIALS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "LIMITS_TABLE", "SENDS_PER_ADDRESS", "DAILY_SPEND",
		"CODES_SECRET", "VAULT_SECRET", "VOICE_TOPIC", "PUBLIC_ORIGIN",
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
