package journeys_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// sign signs a request of a protocol that no client of ours speaks, as the emulator's administrator.
func sign(t *testing.T, req *http.Request, body []byte, service string) {
	t.Helper()
	config := local.Cloud.Config()
	credentials, err := config.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(t.Context(), credentials, req, hex.EncodeToString(sum[:]), service, config.Region, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// as returns credentials of a function's own role.
func as(t *testing.T, function string) aws.Credentials {
	t.Helper()
	form := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleSessionName": {"journey"}, "RoleArn": {"arn:aws:iam::000000000000:role/" + named(t, function+"Role")}}.Encode()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, local.Cloud.Endpoint, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("content-type", "application/x-www-form-urlencoded")
	sign(t, req, []byte(form), "sts")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("assume the role of %s: %d %s %v", function, res.StatusCode, answer, err)
	}
	var out struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string } `xml:"AssumeRoleResult>Credentials"`
	}
	if err := xml.Unmarshal(answer, &out); err != nil || out.Credentials.AccessKeyId == "" {
		t.Fatalf("assume the role of %s: %s %v", function, answer, err)
	}
	return aws.Credentials{AccessKeyID: out.Credentials.AccessKeyId, SecretAccessKey: out.Credentials.SecretAccessKey, SessionToken: out.Credentials.SessionToken}
}

// Each function may do its own work, which the stories show, and nothing beside it: no role may scan or
// delete, and none reaches a table that it does not name.
func TestEachRoleIsRefusedWhatItDoesNotNeed(t *testing.T) {
	t.Parallel()
	key := map[string]map[string]types.AttributeValue{
		"AccountsTable": {"p": &types.AttributeValueMemberS{Value: "a#none"}},
		"AuditTable":    {"p": &types.AttributeValueMemberS{Value: "none"}, "s": &types.AttributeValueMemberS{Value: "none"}},
		"LicensesTable": {"p": &types.AttributeValueMemberB{Value: []byte("none")}},
		"OrdersTable":   {"p": &types.AttributeValueMemberS{Value: "none"}},
		"SessionsTable": {"p": &types.AttributeValueMemberB{Value: []byte("none")}, "s": &types.AttributeValueMemberB{Value: []byte("none")}},
	}
	for _, tt := range []struct {
		function, table string
	}{
		{"OtpSendFunction", "AccountsTable"}, {"OtpSendFunction", "LicensesTable"}, {"OtpSendFunction", "AuditTable"},
		{"OtpVerifyFunction", "AccountsTable"}, {"OtpVerifyFunction", "OrdersTable"}, {"OtpVerifyFunction", "AuditTable"},
		{"ApplicationsFunction", "OrdersTable"}, {"CheckoutWebhookFunction", "SessionsTable"},
		{"SessionFunction", "LicensesTable"}, {"AccountFunction", "LicensesTable"}, {"VoiceCallFunction", "AccountsTable"},
		{"CredentialStreamFunction", "OrdersTable"}, {"NoticeRelayFunction", "AccountsTable"}, {"PortalFunction", "AccountsTable"},
	} {
		t.Run(tt.function+" reads "+tt.table, func(t *testing.T) {
			config := local.Cloud.Config()
			credentials := as(t, tt.function)
			config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil })
			db := dynamodb.NewFromConfig(config)
			_, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(named(t, tt.table)), Key: key[tt.table]})
			wantDenied(t, err)
			_, err = db.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(named(t, tt.table))})
			wantDenied(t, err)
			_, err = db.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String(named(t, tt.table))})
			wantDenied(t, err)
		})
	}
}

func wantDenied(t *testing.T, err error) {
	t.Helper()
	refusal, ok := errors.AsType[smithy.APIError](err)
	if !ok || !strings.Contains(refusal.ErrorCode(), "AccessDenied") {
		t.Errorf("err = %v, want access denied", err)
	}
}
