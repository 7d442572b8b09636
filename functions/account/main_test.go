package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"phoneotp/shared/dynamo/dynamotest"
)

func TestWire(t *testing.T) {
	f := dynamotest.Start(t)
	api := secretsmanager.New(secretsmanager.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SECRETS_MANAGER")})
	made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String(f.Table("ACCOUNTS_TABLE") + "-secret"), SecretString: aws.String(`{"current":"k1","k1":"` + strings.Repeat("k", 64) + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire(t.Context(), f.Vars(map[string]string{"VAULT_SECRET": *made.ARN, "PUBLIC_ORIGIN": "https://otp.example.org"}))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Routes) != 9 || got.Origin != "https://otp.example.org" {
		t.Errorf("%d routes for %s", len(got.Routes), got.Origin)
	}
	_, err = wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"ACCOUNTS_TABLE", "SESSIONS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "LIMITS_TABLE", "VAULT_SECRET", "PUBLIC_ORIGIN"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
