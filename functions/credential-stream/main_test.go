package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
)

func scan(table string) *dynamodb.ScanInput { return &dynamodb.ScanInput{TableName: &table} }

func TestWire(t *testing.T) {
	f := dynamotest.Start(t)
	if _, err := wire(t.Context(), f.Vars(map[string]string{
		"VAULT_SECRET": credentialtest.Secret(t, f), "DAILY_SPEND": "200", "METRICS_NAMESPACE": "phoneotp/test",
	})); err != nil {
		t.Fatal(err)
	}
	_, err := wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"OUTBOX_TABLE", "AUDIT_TABLE", "LIMITS_TABLE", "DAILY_SPEND", "METRICS_NAMESPACE", "VAULT_SECRET"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
