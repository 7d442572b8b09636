package main

import (
	"strings"
	"testing"

	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
)

func TestWire(t *testing.T) {
	f := dynamotest.Start(t)
	served, err := wire(t.Context(), f.Vars(map[string]string{
		"VAULT_SECRET": credentialtest.Secret(t, f), "PUBLIC_ORIGIN": credentialtest.Origin,
		"WORKFLOW": "arn:aws:states:us-east-1:000000000000:stateMachine:proofing", "SIGN_IN_FAILURES_PER_IDENTIFIER": "50",
	}))
	if err != nil || len(served.Routes) != 6 {
		t.Fatal(served, err)
	}
	_, err = wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{
		"SESSIONS_TABLE", "ACCOUNTS_TABLE", "CREDENTIALS_TABLE", "LICENSES_TABLE", "ORDERS_TABLE", "CASES_TABLE", "SLOTS_TABLE", "PHONEBOOK_TABLE",
		"DIRECTORY_TABLE", "APPROVALS_TABLE", "LIMITS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "VAULT_SECRET", "PUBLIC_ORIGIN", "WORKFLOW",
		"SIGN_IN_FAILURES_PER_IDENTIFIER",
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
