package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"phoneotp/shared/dynamo/dynamotest"
)

func TestWire(t *testing.T) {
	t.Parallel()
	f := dynamotest.Start(t)
	api := secretsmanager.New(secretsmanager.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SECRETS_MANAGER")})
	made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String(f.Table("OUTBOX_TABLE") + "-renewal"), SecretString: aws.String(`{"current":"k1","k1":"` + strings.Repeat("k", 64) + `","stripe_key":"sk_test_wire"}`),
	})
	fatal(t, err)
	vars := map[string]string{"VAULT_SECRET": *made.ARN, "COMMERCE_SECRET": *made.ARN, "PUBLIC_ORIGIN": origin, "RENEWAL_GRACE_DAYS": "0"}
	if served, err := wire(t.Context(), f.Vars(vars)); err != nil || len(served.Routes) != 2 {
		t.Fatal(served, err)
	}
	for days, want := range map[string]time.Duration{"0": 0, "1": 24 * time.Hour, "365": 365 * 24 * time.Hour, "366": -1, "-1": -1, "a week": -1} {
		vars["RENEWAL_GRACE_DAYS"] = days
		s, err := read(f.Vars(vars))
		if (err != nil) != (want < 0) || err == nil && s.grace != want || err != nil && !strings.Contains(err.Error(), "RENEWAL_GRACE_DAYS") {
			t.Errorf("%q days: %s, %v", days, s.grace, err)
		}
	}
	_, err = wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"ACCOUNTS_TABLE", "SESSIONS_TABLE", "ORDERS_TABLE", "CREDENTIALS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "VAULT_SECRET", "COMMERCE_SECRET", "PUBLIC_ORIGIN", "RENEWAL_GRACE_DAYS"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
