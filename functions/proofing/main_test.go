package main

import (
	"encoding/json"
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
	doc := map[string]string{"current": "k1", "k1": strings.Repeat("k", 64)}
	for _, name := range []string{"tenant", "domain", "username", "password", "client_id", "client_secret", "subscriber", "pid_username", "pid_password"} {
		doc["bureau_"+name] = name
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(f.Table("OUTBOX_TABLE") + "-secret"), SecretString: aws.String(string(raw))})
	if err != nil {
		t.Fatal(err)
	}
	served, err := wire(t.Context(), f.Vars(map[string]string{
		"CODES_SECRET": *made.ARN, "VAULT_SECRET": *made.ARN, "PUBLIC_ORIGIN": appointmenttest.Origin, "MEETING_LINK": "https://meet.example.org/{room}",
		"METRICS_NAMESPACE": "phoneotp/test", "WORKFLOW": "arn:aws:states:us-east-1:000000000000:stateMachine:proofing",
	}))
	if err != nil || len(served.Routes) != 8 {
		t.Fatal(served, err)
	}
	_, err = wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{
		"SESSIONS_TABLE", "ACCOUNTS_TABLE", "CREDENTIALS_TABLE", "LICENSES_TABLE", "CASES_TABLE", "SLOTS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "LIMITS_TABLE",
		"CODES_SECRET", "VAULT_SECRET", "PUBLIC_ORIGIN", "MEETING_LINK", "METRICS_NAMESPACE",
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
