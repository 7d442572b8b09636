package main

import (
	"strings"
	"testing"

	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
)

func TestWire(t *testing.T) {
	f := dynamotest.Start(t)
	arn := credentialtest.Secret(t, f)
	if _, err := wire(t.Context(), f.Vars(map[string]string{
		"CODES_SECRET": arn, "VAULT_SECRET": arn, "VOICE_ORIGINATION": "pool-1", "PUBLIC_ORIGIN": credentialtest.Origin,
	})); err != nil {
		t.Fatal(err)
	}
	_, err := wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"CREDENTIALS_TABLE", "CODES_SECRET", "VAULT_SECRET", "VOICE_ORIGINATION", "PUBLIC_ORIGIN"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
