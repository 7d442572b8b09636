package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

var now = time.Date(2026, 11, 25, 18, 30, 0, 0, time.UTC)

type fixture struct {
	*dynamotest.Fixture
	h   *handler
	api *sqs.Client
	url string
}

func start(t *testing.T) fixture {
	t.Helper()
	f := dynamotest.Start(t)
	api := sqs.New(sqs.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SQS")})
	name := f.Table("OUTBOX_TABLE") + "-queue"
	made, err := api.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Faults.Clear()
		_, _ = api.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: made.QueueUrl})
	})
	f.Faults.Clear()
	h := &handler{
		sweeper: notice.NewSweeper(f.DB, f.Table("OUTBOX_TABLE")),
		queue:   newQueue(t.Context(), f.Account, *made.QueueUrl),
		now:     func() time.Time { return now.Add(time.Hour) },
	}
	return fixture{f, h, api, *made.QueueUrl}
}

// queued takes every message off the queue.
func (f fixture) queued(t *testing.T) []string {
	t.Helper()
	var bodies []string
	for {
		out, err := f.api.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &f.url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			slices.Sort(bodies)
			return bodies
		}
		for _, m := range out.Messages {
			bodies = append(bodies, *m.Body)
			if _, err := f.api.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &f.url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// inserted is a stream event as Lambda gets it.
func inserted(t *testing.T, ids ...string) event {
	t.Helper()
	var records []string
	for i, id := range ids {
		records = append(records, fmt.Sprintf(`{"eventID":"e%d","eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":{
			"Keys":{"p":{"S":%q}},"NewImage":{"p":{"S":%q},"k":{"S":"license-key"},"v":{"B":"AAEC"},"at":{"N":"1795631400000"}},
			"SequenceNumber":"%d","StreamViewType":"NEW_IMAGE"}}`, i, id, id, 100+i))
	}
	var e event
	if err := json.Unmarshal([]byte(`{"Records":[`+strings.Join(records, ",")+`]}`), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNewNoticesAreEnqueuedAsIdsAlone(t *testing.T) {
	f := start(t)
	var ids, want []string
	for i := range 25 {
		ids = append(ids, fmt.Sprintf("notice%02d", i))
		want = append(want, fmt.Sprintf(`{"id":"notice%02d"}`, i))
	}
	res, err := f.h.handle(t.Context(), inserted(t, ids...))
	if err != nil || len(res.BatchItemFailures) != 0 {
		t.Fatalf("%v, %v", res, err)
	}
	if got := f.queued(t); !slices.Equal(got, want) {
		t.Errorf("on the queue: %v", got)
	}
	if n := len(f.Faults.Calls()); n == 0 {
		t.Error("no call was counted")
	}
}

func TestChangedNoticesAreNotEnqueued(t *testing.T) {
	f := start(t)
	e := inserted(t, "a", "b")
	e.Records[0].EventName = "MODIFY"
	if _, err := f.h.handle(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if got := f.queued(t); !slices.Equal(got, []string{`{"id":"b"}`}) {
		t.Errorf("on the queue: %v", got)
	}
}

func TestStreamStartsAgainWhereTheQueueFailed(t *testing.T) {
	f := start(t)
	var ids []string
	for i := range 25 {
		ids = append(ids, fmt.Sprint(i))
	}
	f.Faults.FromCall(1, dynamotest.CutRequest) // the second batch, in every try
	res, err := f.h.handle(t.Context(), inserted(t, ids...))
	if err != nil {
		t.Fatal(err)
	}
	if len(res.BatchItemFailures) != 1 || res.BatchItemFailures[0].ItemIdentifier != "110" {
		t.Errorf("got %+v, want the first record of the second batch", res.BatchItemFailures)
	}
}

func TestSweepEnqueuesWhatIsUnsent(t *testing.T) {
	f := start(t)
	ring, err := secret.ParseRing([]byte(`{"current":"k1","k1":"` + strings.Repeat("v", 64) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	outbox, err := notice.NewOutbox(f.DB, f.Table("OUTBOX_TABLE"), ring)
	if err != nil {
		t.Fatal(err)
	}
	w := outbox.Write(notice.PasswordChanged("a", now), now)
	if err := f.DB.Commit(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	for range 2 { // the schedule may come twice
		if _, err := f.h.handle(t.Context(), event{Sweep: "notices"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := log.String(); strings.Count(got, `"NoticesSwept":1`) != 1 || strings.Count(got, `"NoticesSwept":0`) != 1 {
		t.Errorf("the heartbeat: %s", got)
	}
	if got := f.queued(t); !slices.Equal(got, []string{`{"id":"` + dynamo.Read(w.Key).Text("p") + `","sweep":true}`}) {
		t.Errorf("on the queue: %v", got)
	}
}

func TestUnknownEventIsAnError(t *testing.T) {
	h := &handler{}
	for _, e := range []event{{}, {Sweep: "everything"}} {
		if _, err := h.handle(t.Context(), e); err == nil {
			t.Errorf("%+v was taken", e)
		}
	}
}
