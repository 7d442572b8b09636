package journeys_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Every value that the story met and that nobody but its owner may see is looked for in every table, every
// log line and every queue (quality.md 3).
func TestNoSecretOfTheStoryIsKept(t *testing.T) {
	p := tellStory(t)
	p.keep(p.token(), "session token")
	elsewhere := map[string]string{}
	for logical, text := range everyTable(t) {
		elsewhere["table "+logical] = text
	}
	elsewhere["logs"] = everyLog(t)
	for _, queue := range []string{"NoticeQueue", "VoiceQueue", "NoticeDeadLetters", "VoiceDeadLetters", "RelayDeadLetters", "CredentialDeadLetters", "AuditDeadLetters", "DirectoryDeadLetters"} {
		elsewhere[queue] = peek(t, named(t, queue))
	}
	if !strings.Contains(elsewhere["table AccountsTable"], strings.ToLower(p.userID)) || !strings.Contains(elsewhere["logs"], "POST /api/otp/verify") {
		t.Fatal("the search does not see what must be there")
	}
	for value, what := range p.secrets {
		if value == "" {
			t.Fatalf("the story kept no %s", what)
		}
		for place, text := range elsewhere {
			if what == "code" && place != "logs" && place != "table AuditTable" && place != "table OutboxTable" {
				continue // six digits stand in epoch instants and digests by chance
			}
			if strings.Contains(text, value) {
				t.Errorf("a %s stands in %s", what, place)
			}
		}
	}
	for place, text := range elsewhere {
		for value, what := range p.secrets {
			if what == "code" && strings.Contains(text, `"`+value+`"`) {
				t.Errorf("a code stands in %s", place)
			}
		}
	}
}

// everyTable renders every item of every table: texts and binary both as they are and as base64.
func everyTable(t *testing.T) map[string]string {
	t.Helper()
	db := dynamodb.NewFromConfig(local.Cloud.Config())
	all := map[string]string{}
	for _, logical := range []string{"AccountsTable", "SessionsTable", "OrdersTable", "LicensesTable", "CredentialsTable", "PhonebookTable", "OutboxTable", "AuditTable", "ChainsTable", "DirectoryTable", "LimitsTable", "CasesTable", "SlotsTable", "ApprovalsTable"} {
		var text bytes.Buffer
		pages := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: aws.String(named(t, logical))})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				render(&text, &types.AttributeValueMemberM{Value: item})
				text.WriteByte('\n')
			}
		}
		if text.Len() == 0 && logical != "SlotsTable" && logical != "ApprovalsTable" { // not every story books, or takes two people
			t.Errorf("%s is empty after the story", logical)
		}
		all[logical] = text.String()
	}
	return all
}

func render(w *bytes.Buffer, v types.AttributeValue) {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		fmt.Fprintf(w, "%q", v.Value)
	case *types.AttributeValueMemberN:
		w.WriteString(v.Value)
	case *types.AttributeValueMemberB:
		w.Write(v.Value)
		w.WriteByte(' ')
		w.WriteString(base64.StdEncoding.EncodeToString(v.Value))
		w.WriteByte(' ')
		w.WriteString(base64.RawURLEncoding.EncodeToString(v.Value))
	case *types.AttributeValueMemberL:
		for _, e := range v.Value {
			render(w, e)
			w.WriteByte(' ')
		}
	case *types.AttributeValueMemberM:
		for name, e := range v.Value {
			w.WriteString(name + ": ")
			render(w, e)
			w.WriteByte(' ')
		}
	}
}

// everyLog reads every log group by the emulator's own protocol; the Logs client is no dependency of ours.
func everyLog(t *testing.T) string {
	t.Helper()
	time.Sleep(time.Second) // the last lines are on their way
	var groups struct {
		LogGroups []struct{ LogGroupName string }
	}
	logs(t, "DescribeLogGroups", map[string]any{}, &groups)
	var text strings.Builder
	for _, g := range groups.LogGroups {
		next := ""
		for {
			var page struct {
				Events    []struct{ Message string }
				NextToken string
			}
			ask := map[string]any{"logGroupName": g.LogGroupName}
			if next != "" {
				ask["nextToken"] = next
			}
			logs(t, "FilterLogEvents", ask, &page)
			for _, e := range page.Events {
				text.WriteString(e.Message + "\n")
			}
			if page.NextToken == "" || page.NextToken == next {
				break
			}
			next = page.NextToken
		}
	}
	if text.Len() == 0 {
		t.Fatal("there are no logs")
	}
	return text.String()
}

func logs(t *testing.T, operation string, in, out any) {
	t.Helper()
	ask(t, "logs", "Logs_20140328."+operation, "application/x-amz-json-1.1", in, out)
}

// ask makes one call in the emulator's own protocol, for services whose clients are no dependency of ours.
func ask(t *testing.T, service, target, kind string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, local.Cloud.Endpoint, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("content-type", kind)
	req.Header.Set("x-amz-target", target)
	sign(t, req, body, service)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", target, res.StatusCode, answer, err)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		t.Fatalf("%s: %v", target, err)
	}
}

// peek reads a queue's messages without taking them.
func peek(t *testing.T, queue string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, local.Cloud.Endpoint+"/_ministack/sqs/messages?QueueUrl="+queue, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("peek at %s: %d %s %v", queue, res.StatusCode, text, err)
	}
	return string(text)
}
