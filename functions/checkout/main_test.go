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
	store := func(name, stripe string) string {
		made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
			Name: aws.String(f.Table("OUTBOX_TABLE") + name), SecretString: aws.String(`{"current":"k1","k1":"` + strings.Repeat("k", 64) + `","stripe_key":"` + stripe + `"}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		return *made.ARN
	}
	vars := map[string]string{"VAULT_SECRET": store("-vault", ""), "COMMERCE_SECRET": store("-commerce", "sk_test_wire"), "PUBLIC_ORIGIN": origin}
	if served, err := wire(t.Context(), f.Vars(vars)); err != nil || len(served.Routes) != 7 {
		t.Fatal(served, err)
	}
	vars["COMMERCE_SECRET"] = store("-fresh", "")
	if _, err := wire(t.Context(), f.Vars(vars)); err == nil || !strings.Contains(err.Error(), "stripe_key") {
		t.Errorf("without Stripe's key: %v", err)
	}
	_, err := wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"ACCOUNTS_TABLE", "SESSIONS_TABLE", "ORDERS_TABLE", "LICENSES_TABLE", "CREDENTIALS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "LIMITS_TABLE", "VAULT_SECRET", "COMMERCE_SECRET", "PUBLIC_ORIGIN"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
