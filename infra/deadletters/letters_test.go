package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"phoneotp/infra/stacks"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo/dynamotest"
)

// small is a stack of every dead-letter queue, the queues that letters go back to, a key, and four tables.
func small() string {
	var parts []string
	for name := range kinds() {
		parts = append(parts, fmt.Sprintf(`%q:{"Type":"AWS::SQS::Queue"}`, name))
	}
	parts = append(parts, `"NoticeQueue":{"Type":"AWS::SQS::Queue"}`, `"CaseQueue":{"Type":"AWS::SQS::Queue"}`,
		`"AuditKey":{"Type":"AWS::KMS::Key","Properties":{"KeySpec":"ECC_NIST_P256","KeyUsage":"SIGN_VERIFY"}}`)
	for name, sort := range map[string]string{"AccountsTable": "", "AuditTable": "s", "ChainsTable": "s", "CredentialsTable": ""} {
		keys, attributes := `{"AttributeName":"p","KeyType":"HASH"}`, `{"AttributeName":"p","AttributeType":"S"}`
		if sort != "" {
			keys, attributes = keys+`,{"AttributeName":"s","KeyType":"RANGE"}`, attributes+`,{"AttributeName":"s","AttributeType":"S"}`
		}
		parts = append(parts, fmt.Sprintf(`%q:{"Type":"AWS::DynamoDB::Table","Properties":{"BillingMode":"PAY_PER_REQUEST",
			"KeySchema":[%s],"AttributeDefinitions":[%s],"StreamSpecification":{"StreamViewType":"NEW_AND_OLD_IMAGES"}}}`, name, keys, attributes))
	}
	return `{"Resources":{` + strings.Join(parts, ",") + `}}`
}

// functions stands in for Lambda: it keeps what it is given, and may refuse.
type functions struct {
	mu      sync.Mutex
	invoked []string // function, invocation type, payload
	answer  string
}

func (f *functions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	name, _ := url.PathUnescape(strings.TrimSuffix(r.URL.EscapedPath()[strings.LastIndex(strings.TrimSuffix(r.URL.EscapedPath(), "/invocations"), "/")+1:], "/invocations"))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.invoked = append(f.invoked, strings.TrimSpace(name+" "+r.Header.Get("X-Amz-Invocation-Type")+" "+string(body)))
	if r.Header.Get("X-Amz-Invocation-Type") == "Event" {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	_, _ = io.WriteString(w, f.answer)
}

type fixture struct {
	*deadLetters
	account *awsx.Account
	stack   string
	lambda  *functions
	out     bytes.Buffer
}

func start(t *testing.T) *fixture {
	t.Helper()
	base := dynamotest.Start(t)
	f := &fixture{lambda: &functions{answer: `{"batchItemFailures":[]}`}, stack: strings.ReplaceAll(base.Table("OUTBOX_TABLE"), "_", "-")}
	server := httptest.NewServer(f.lambda)
	t.Cleanup(server.Close)
	var err error
	if f.account, err = awsx.New(base.Vars(map[string]string{"AWS_ENDPOINT_URL_LAMBDA": server.URL})); err != nil {
		t.Fatal(err)
	}
	f.deadLetters = open(t.Context(), f.account)
	made := cloudformation.New(cloudformation.Options{
		Region: f.account.Region, Credentials: f.account.Credentials(), HTTPClient: f.account.HTTP, BaseEndpoint: f.account.Endpoint("CLOUDFORMATION"),
	})
	if _, err := made.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &f.stack, TemplateBody: aws.String(small())}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = made.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &f.stack})
	})
	for range 100 {
		out, err := made.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &f.stack})
		if err != nil {
			t.Fatal(err)
		}
		if out.Stacks[0].StackStatus == "CREATE_COMPLETE" {
			break
		}
	}
	if f.names, err = stacks.Names(t.Context(), f.account, f.stack); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ExpirySweepFunction", "NoticeRelayFunction", "AuditChainFunction", "DirectoryFunction", "CredentialStreamFunction"} {
		f.names[name] = name
	}
	return f
}

func (f *fixture) put(t *testing.T, queue string, bodies ...string) {
	t.Helper()
	address := f.names[queue]
	for _, body := range bodies {
		if _, err := f.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &address, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
}

func notices(n int) (bodies []string) {
	for i := range n {
		bodies = append(bodies, fmt.Sprintf(`{"id":"n%d"}`, i))
	}
	return bodies
}

func (f *fixture) holds(t *testing.T, queue string, want int) {
	t.Helper()
	n, err := f.count(t.Context(), f.names[queue])
	if err != nil {
		t.Fatal(err)
	}
	if n != want {
		t.Errorf("%s holds %d letters, want %d", queue, n, want)
	}
}

// Every dead-letter queue of the template is known here, and nothing else.
func TestEveryQueueOfTheTemplateIsKnown(t *testing.T) {
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  (\w+DeadLetters):$`).FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = true
		if _, ok := kinds()[m[1]]; !ok {
			t.Errorf("%s is not known", m[1])
		}
	}
	for name := range kinds() {
		if !found[name] {
			t.Errorf("template.yaml has no %s", name)
		}
	}
}

func TestTheListNamesEveryQueueAndLeavesEveryLetter(t *testing.T) {
	f := start(t)
	f.put(t, "NoticeDeadLetters", notices(3)...)
	f.put(t, "VoiceDeadLetters", `{"order":"a sealed order","number":"sealed too"}`)
	f.put(t, "AuditDeadLetters", `{"requestContext":{"condition":"RecordAgeExceeded"},"DDBStreamBatchInfo":{"batchSize":7,"approximateArrivalOfFirstRecord":"2026-11-25T10:00:00Z","streamArn":"arn"}}`)
	f.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if err := f.print(t.Context(), &f.out); err != nil {
		t.Fatal(err)
	}
	text := f.out.String()
	for _, want := range []string{
		`(?m)^3 +NoticeDeadLetters +2h0m\d+s +notices that were not sent +replay +n\d$`,
		`(?m)^1 +VoiceDeadLetters +2h0m\d+s +calls not placed +look at the log, then drop *$`,
		`(?m)^1 +AuditDeadLetters .* 7 records of 2026-11-25T10:00:00Z, RecordAgeExceeded$`,
		`(?m)^0 +CaseDeadLetters +- +`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no line %s in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "DeadLetters"); n != len(kinds()) || strings.Contains(text, "sealed order") {
		t.Errorf("%d queues:\n%s", n, text)
	}
	f.now = time.Now
	if err := f.replay(t.Context(), "NoticeDeadLetters", &f.out); err != nil { // none is out of sight
		t.Fatal(err)
	}
	f.holds(t, "NoticeQueue", 3)
}

func TestNoticesAndCasesGoBackToTheirQueues(t *testing.T) {
	f := start(t)
	f.put(t, "NoticeDeadLetters", notices(23)...)
	f.put(t, "CaseDeadLetters", notices(2)...)
	f.put(t, "VoiceDeadLetters", notices(1)...)
	for range 2 { // again: nothing is left to replay
		if err := run(t.Context(), f.account, f.stack, []string{"replay"}, &f.out); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(f.out.String(), "replayed"); n != 2 || !strings.Contains(f.out.String(), "NoticeDeadLetters: 23 letters replayed") {
		t.Errorf("printed %s", f.out.String())
	}
	for queue, want := range map[string]int{"NoticeDeadLetters": 0, "NoticeQueue": 23, "CaseDeadLetters": 0, "CaseQueue": 2, "VoiceDeadLetters": 1} {
		f.holds(t, queue, want)
	}
	if len(f.lambda.invoked) != 0 {
		t.Errorf("invoked %v", f.lambda.invoked)
	}
}

func TestASweepIsAskedForOnceForAllLetters(t *testing.T) {
	f := start(t)
	f.put(t, "SweepDeadLetters", `{"sweep":"expiry"}`, `{"sweep":"expiry"}`)
	f.put(t, "RelayDeadLetters", `{}`)
	for _, name := range []string{"SweepDeadLetters", "RelayDeadLetters"} {
		if err := f.replay(t.Context(), name, &f.out); err != nil {
			t.Fatal(err)
		}
		f.holds(t, name, 0)
	}
	want := []string{`ExpirySweepFunction Event {"sweep":"expiry"}`, `NoticeRelayFunction Event {"sweep":"notices"}`}
	if !slices.Equal(f.lambda.invoked, want) {
		t.Errorf("invoked %q", f.lambda.invoked)
	}
}

func (f *fixture) store(t *testing.T, table string, items ...map[string]types.AttributeValue) {
	t.Helper()
	name := f.names[table]
	for _, item := range items {
		if _, err := f.tables.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: item}); err != nil {
			t.Fatal(err)
		}
	}
}

func text(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

// fed are the records that functions were given.
func (f *fixture) fed(t *testing.T, function string) (records []string) {
	t.Helper()
	for _, line := range f.lambda.invoked {
		_, payload, ok := strings.Cut(line, function+" ")
		if !ok {
			continue
		}
		var e struct{ Records []json.RawMessage }
		if err := json.Unmarshal([]byte(payload[strings.Index(payload, "{"):]), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for _, r := range e.Records {
			records = append(records, string(r))
		}
	}
	slices.Sort(records)
	return records
}

func TestEverybodyIsIndexedAnew(t *testing.T) {
	f := start(t)
	f.put(t, "DirectoryDeadLetters", `{}`, `{}`)
	f.store(t, "AccountsTable",
		map[string]types.AttributeValue{"p": text("a#1"), "fn": text("Hopper"), "pw": text("a hash")},
		map[string]types.AttributeValue{"p": text("e#grace@example.test")})
	if err := f.replay(t.Context(), "DirectoryDeadLetters", &f.out); err != nil {
		t.Fatal(err)
	}
	want := []string{`{"dynamodb":{"Keys":{"p":{"S":"a#1"}},"NewImage":{"fn":{"S":"Hopper"},"p":{"S":"a#1"}},"SequenceNumber":"0"},"eventID":"replay","eventName":"INSERT"}`}
	if got := f.fed(t, "DirectoryFunction"); !slices.Equal(got, want) {
		t.Errorf("fed %q", got)
	}
	f.holds(t, "DirectoryDeadLetters", 0)
}

func TestEntriesThatTheStreamLostAreSealed(t *testing.T) {
	f := start(t)
	f.put(t, "AuditDeadLetters", `{}`, `{}`)
	f.store(t, "AuditTable", map[string]types.AttributeValue{"p": text("o#1"), "s": text("01KAXQ5Y000000000000000000"), "w": text("order-placed")})
	f.now = func() time.Time { return time.Now().Add(48 * time.Hour) }
	if err := f.replay(t.Context(), "AuditDeadLetters", &f.out); err != nil {
		t.Fatal(err)
	}
	f.holds(t, "AuditDeadLetters", 0)
	table := f.names["ChainsTable"]
	out, err := f.tables.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || len(out.Items) != 3 { // a checkpoint, its head, the newest
		t.Errorf("%d items, %v", len(out.Items), err)
	}
	if len(f.lambda.invoked) != 0 {
		t.Errorf("invoked %v", f.lambda.invoked)
	}
}

// A function that fails still keeps its letters.
func TestLettersStayWhileTheFunctionFails(t *testing.T) {
	f := start(t)
	f.put(t, "DirectoryDeadLetters", `{}`)
	f.store(t, "AccountsTable", map[string]types.AttributeValue{"p": text("a#1"), "fn": text("Hopper")})
	for _, answer := range []string{`{"batchItemFailures":[{"itemIdentifier":"0"}]}`, `not JSON`} {
		f.lambda.answer = answer
		if err := f.replay(t.Context(), "DirectoryDeadLetters", &f.out); err == nil {
			t.Errorf("%s is taken for done", answer)
		}
		f.holds(t, "DirectoryDeadLetters", 1)
	}
	f.lambda.answer = `{}`
	if err := f.replay(t.Context(), "DirectoryDeadLetters", &f.out); err != nil {
		t.Error(err)
	}
	f.holds(t, "DirectoryDeadLetters", 0)
}

func TestOneBrokenQueueKeepsNoOther(t *testing.T) {
	f := start(t)
	f.put(t, "AuditDeadLetters", `{}`)
	f.put(t, "NoticeDeadLetters", notices(1)...)
	f.store(t, "ChainsTable", map[string]types.AttributeValue{"p": text("checkpoint"), "s": text("0000000000000001"), "b": text("none")})
	if err := run(t.Context(), f.account, f.stack, []string{"replay"}, &f.out); err == nil {
		t.Error("a failure is not told")
	}
	f.holds(t, "NoticeDeadLetters", 0)
	f.holds(t, "AuditDeadLetters", 1)
}

func TestDropDeletesOneQueueAlone(t *testing.T) {
	f := start(t)
	f.put(t, "VoiceDeadLetters", notices(2)...)
	f.put(t, "NoticeDeadLetters", notices(1)...)
	if err := run(t.Context(), f.account, f.stack, []string{"drop", "VoiceDeadLetters"}, &f.out); err != nil {
		t.Fatal(err)
	}
	f.holds(t, "VoiceDeadLetters", 0)
	f.holds(t, "NoticeDeadLetters", 1)
}

func TestWrongUseIsRefused(t *testing.T) {
	f := start(t)
	for _, args := range [][]string{{"purge"}, {"drop"}, {"drop", "NoticeQueue"}, {"replay", "NoticeQueue"}, {"replay", "a", "b"}} {
		if err := run(t.Context(), f.account, f.stack, args, &f.out); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
	if err := run(t.Context(), f.account, "no-such-stack", nil, &f.out); err == nil {
		t.Error("a stack that does not exist was listed")
	}
}
