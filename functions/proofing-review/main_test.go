package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/proofing/appointment/appointmenttest"
)

func TestWire(t *testing.T) {
	f := dynamotest.Start(t)
	api := secretsmanager.New(secretsmanager.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SECRETS_MANAGER")})
	made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String(f.Table("OUTBOX_TABLE") + "-secret"), SecretString: aws.String(`{"current":"k1","k1":"` + strings.Repeat("k", 64) + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	served, err := wire(t.Context(), f.Vars(map[string]string{
		"CODES_SECRET": *made.ARN, "VAULT_SECRET": *made.ARN, "PUBLIC_ORIGIN": appointmenttest.Origin, "MEETING_LINK": "https://meet.example.org/{room}",
		"WORKFLOW": "arn:aws:states:us-east-1:000000000000:stateMachine:proofing",
	}))
	if err != nil || len(served.Routes) != 4 {
		t.Fatal(served, err)
	}
	_, err = wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{
		"SESSIONS_TABLE", "ACCOUNTS_TABLE", "CREDENTIALS_TABLE", "LICENSES_TABLE", "CASES_TABLE", "SLOTS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE",
		"CODES_SECRET", "VAULT_SECRET", "PUBLIC_ORIGIN", "MEETING_LINK",
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
