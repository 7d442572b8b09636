package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*credentialtest.World
	h      *handler
	log    audit.Reader
	holder account.ID
	last   dynamo.Item
	events int
}

func start(t *testing.T) *fixture {
	t.Helper()
	base := dynamotest.Start(t)
	outbox, err := notice.NewOutbox(base.DB, base.Table("OUTBOX_TABLE"), credentialtest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	log := audit.Log{Table: base.Table("AUDIT_TABLE")}
	return &fixture{
		World: credentialtest.New(t, base), holder: account.IDOf("grace"), log: audit.Reader{DB: base.DB, Table: log.Table},
		h: &handler{recorder: credential.Recorder{DB: base.DB, Log: log, Outbox: outbox}},
	}
}

// change is the stream's event about everything that happened to the item since the last one.
func (f *fixture) change(t *testing.T) events.DynamoDBEvent {
	t.Helper()
	item, err := f.DB.Get(t.Context(), f.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(f.holder[:])})
	if err != nil {
		t.Fatal(err)
	}
	f.events++
	text := fmt.Sprintf(`{"Records":[{"eventID":"e%d","eventName":"MODIFY","dynamodb":{"ApproximateCreationDateTime":%d,
		"Keys":{"p":{"B":%q}},"OldImage":%s,"NewImage":%s,"SequenceNumber":"%d"}}]}`,
		f.events, noon.Unix(), base64.StdEncoding.EncodeToString(f.holder[:]), image64(t, f.last), image64(t, item), f.events)
	f.last = item
	var e events.DynamoDBEvent
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

// image64 is an item as the stream writes it: the attributes that are recorded, and a list and a map beside.
func image64(t *testing.T, item dynamo.Item) string {
	t.Helper()
	out := map[string]any{"ph": map[string]any{"M": map[string]any{}}, "r": map[string]any{"L": []any{map[string]any{"N": "0"}}}}
	f := dynamo.Read(item)
	for name := range item {
		switch name {
		case "c":
			out[name] = map[string]any{"B": base64.StdEncoding.EncodeToString(f.Bytes(name))}
		case "cc", "cg", "cd", "st":
			out[name] = map[string]any{"S": f.Text(name)}
		case "cs", "ct", "cu", "f", "lk", "lw":
			out[name] = map[string]any{"N": fmt.Sprint(f.Int(name))}
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (f *fixture) handle(t *testing.T, e events.DynamoDBEvent) {
	t.Helper()
	for range 2 { // a stream delivers at least once
		res, err := f.h.handle(t.Context(), e)
		if err != nil || len(res.BatchItemFailures) != 0 {
			t.Fatalf("%v, %v", res, err)
		}
	}
}

// recorded lists what was recorded, as "event details".
func (f *fixture) recorded(t *testing.T) []string {
	t.Helper()
	entries, err := f.log.For(t.Context(), audit.Account(f.holder.String()))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		var details []string
		for name, v := range e.Detail {
			if name != "tag" {
				details = append(details, name+"="+v)
			}
		}
		slices.Sort(details)
		all = append(all, strings.TrimSpace(string(e.What)+" "+strings.Join(details, " ")))
	}
	slices.Sort(all)
	return all
}

func (f *fixture) mails(t *testing.T) int {
	t.Helper()
	out, err := f.Client.Scan(t.Context(), scan(f.Table("OUTBOX_TABLE")))
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Items)
}

func TestCodesSentAndTriedAreRecordedOnce(t *testing.T) {
	f := start(t)
	a := credential.Asker{Holder: f.holder, Session: "session"}
	f.Open(t, f.holder, phone.USService, noon, noon)
	f.handle(t, f.change(t)) // an opening says nothing about codes
	n := credentialtest.Number(t)
	ch, err := f.Enrol(t, a, n, phone.SMS, noon)
	if err != nil {
		t.Fatal(err)
	}
	f.handle(t, f.change(t))
	code := f.Code(t, n)
	_, _ = f.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, ch), credentialtest.Wrong(code), noon)
	f.handle(t, f.change(t))
	right, err := f.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, ch), code, noon)
	if err != nil {
		t.Fatal(err)
	}
	f.handle(t, f.change(t))
	done := f.Verifier.Confirm(right)
	if err := f.DB.Commit(t.Context(), done.Write); err != nil {
		t.Fatal(err)
	}
	f.handle(t, f.change(t))
	f.Faults.OnCall(1, dynamotest.CutReply)
	if _, err := f.Sender.Send(t.Context(), a, done.Phone.ID, "", noon); err != nil {
		t.Fatal(err)
	}
	f.Faults.Clear()
	f.handle(t, f.change(t))
	want := []string{"code-sent channel=sms", "code-sent channel=sms", "code-tried tries_left=3", "code-tried tries_left=4"}
	if d := cmp.Diff(want, f.recorded(t)); d != "" {
		t.Errorf("recorded (-want +got):\n%s", d)
	}
	if n := f.mails(t); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func TestAnUndeliveredCodeIsRecorded(t *testing.T) {
	f := start(t)
	a := credential.Asker{Holder: f.holder, Session: "session"}
	id, _ := f.Active(t, a, noon.Add(-time.Hour))
	if _, err := f.Sender.Send(t.Context(), a, id, phone.Voice, noon); err != nil {
		t.Fatal(err)
	}
	order := f.Order(t)
	if _, err := f.Claimer.Claim(t.Context(), order, noon); err != nil {
		t.Fatal(err)
	}
	f.change(t) // up to here
	f.Claimer.Ended(t.Context(), order, "failed")
	f.handle(t, f.change(t))
	if d := cmp.Diff([]string{"code-undelivered delivery=failed"}, f.recorded(t)); d != "" {
		t.Errorf("recorded (-want +got):\n%s", d)
	}
}

// TestARungIsMailedOnce climbs the first rung of the ladder.
func TestARungIsMailedOnce(t *testing.T) {
	f := start(t)
	a := credential.Asker{Holder: f.holder, Session: "session"}
	id, n := f.Active(t, a, noon.Add(-time.Hour))
	now := noon
	for range 2 {
		ch, err := f.Sender.Send(t.Context(), a, id, "", now)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			_, _ = f.Verifier.Try(t.Context(), a, otp.SignIn, credentialtest.ID(t, ch), credentialtest.Wrong(f.Code(t, n)), now)
		}
		now = now.Add(time.Minute)
	}
	f.handle(t, f.change(t))
	locked := "codes-locked until=" + now.Add(29*time.Minute).Format(time.RFC3339) + " wrong=10"
	if got := f.recorded(t); !slices.Contains(got, locked) {
		t.Errorf("recorded %v, want %s", got, locked)
	}
	if n := f.mails(t); n != 1 {
		t.Errorf("%d mails", n)
	}
	f.handle(t, f.change(t)) // nothing new
	if n := f.mails(t); n != 1 {
		t.Errorf("%d mails after a change of nothing", n)
	}
}

func TestTheStreamStartsAgainWhereItFailed(t *testing.T) {
	f := start(t)
	a := credential.Asker{Holder: f.holder, Session: "session"}
	f.Active(t, a, noon)
	e := f.change(t)
	e.Records = append(e.Records, e.Records[0])
	e.Records[1].EventID, e.Records[1].Change.SequenceNumber = "another", "77"
	f.Faults.FromCall(1, dynamotest.CutRequest)
	res, err := f.h.handle(t.Context(), e)
	f.Faults.Clear()
	if err != nil || len(res.BatchItemFailures) != 1 || res.BatchItemFailures[0].ItemIdentifier != "77" {
		t.Errorf("%+v, %v", res, err)
	}
	e.Records = e.Records[:1]
	e.Records[0].Change.Keys = nil
	if res, _ := f.h.handle(t.Context(), e); len(res.BatchItemFailures) != 1 {
		t.Error("a record without a holder is passed over")
	}
}
