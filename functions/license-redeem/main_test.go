package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"phoneotp/shared/dynamo/dynamotest"
)

func TestWire(t *testing.T) {
	t.Parallel()
	f := dynamotest.Start(t)
	api := secretsmanager.New(secretsmanager.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SECRETS_MANAGER")})
	made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String(f.Table("OUTBOX_TABLE") + "-secret"), SecretString: aws.String(`{"current":"k1","k1":"` + strings.Repeat("k", 64) + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"VAULT_SECRET": *made.ARN, "COMMERCE_SECRET": *made.ARN, "PUBLIC_ORIGIN": origin, "KEYS_PER_ADDRESS": "30"}
	if served, err := wire(t.Context(), f.Vars(vars)); err != nil || len(served.Routes) != 1 {
		t.Fatal(served, err)
	}
	_, err = wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"SESSIONS_TABLE", "LICENSES_TABLE", "CREDENTIALS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "LIMITS_TABLE", "CASES_TABLE", "ACCOUNTS_TABLE", "ORDERS_TABLE", "VAULT_SECRET", "COMMERCE_SECRET", "PUBLIC_ORIGIN", "KEYS_PER_ADDRESS"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
