package credentialtest

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"phoneotp/shared/dynamo/dynamotest"
)

// Secret puts the document of Ring into Secrets Manager and returns its ARN, for tests of wiring.
func Secret(t testing.TB, f *dynamotest.Fixture) string {
	t.Helper()
	api := secretsmanager.New(secretsmanager.Options{
		Region: f.Account.Region, Credentials: f.Account.Credentials(), BaseEndpoint: f.Account.Endpoint("SECRETS_MANAGER"),
	})
	made, err := api.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String(f.Table("CREDENTIALS_TABLE") + "-secret"), SecretString: aws.String(`{"current":"k1","k1":"` + strings.Repeat("test", 16) + `"}`),
	})
	must(t, err)
	return *made.ARN
}
