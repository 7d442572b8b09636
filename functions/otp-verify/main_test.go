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
	api, err := wire(t.Context(), f.Vars(map[string]string{"CODES_SECRET": arn, "VAULT_SECRET": arn, "PUBLIC_ORIGIN": credentialtest.Origin}))
	if err != nil || len(api.Routes) != 1 {
		t.Fatal(api, err)
	}
	_, err = wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"SESSIONS_TABLE", "CREDENTIALS_TABLE", "AUDIT_TABLE", "CODES_SECRET", "VAULT_SECRET", "PUBLIC_ORIGIN"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
