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
	api, err := wire(t.Context(), f.Vars(map[string]string{
		"CODES_SECRET": arn, "VAULT_SECRET": arn, "VOICE_TOPIC": "arn:aws:sns:us-east-1:000000000000:voice", "PUBLIC_ORIGIN": credentialtest.Origin, "SENDS_PER_ADDRESS": "100", "DAILY_SPEND": "200",
	}))
	if err != nil || len(api.Routes) != 3 {
		t.Fatal(api, err)
	}
	_, err = wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"SESSIONS_TABLE", "CREDENTIALS_TABLE", "LIMITS_TABLE", "SENDS_PER_ADDRESS", "DAILY_SPEND", "CODES_SECRET", "VAULT_SECRET", "VOICE_TOPIC", "PUBLIC_ORIGIN"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
