package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/audit"
	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/metric"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*dynamotest.Fixture
	h   *handler
	key *ecdsa.PrivateKey
	out bytes.Buffer // the log
	seq int
}

func start(t *testing.T) *fixture {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Fixture: dynamotest.Start(t), key: key}
	f.h = &handler{
		count: metric.Counter{Namespace: "phoneotp/test"},
		sealer: &chain.Sealer{DB: f.DB, Table: f.Table("CHAINS_TABLE"), Sign: func(_ context.Context, digest [32]byte) ([]byte, error) {
			return ecdsa.SignASN1(rand.Reader, key, digest[:])
		}},
	}
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&f.out, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return f
}

// Holds checks a signature.
func (f *fixture) Holds(digest [32]byte, signature []byte) bool {
	return ecdsa.VerifyASN1(&f.key.PublicKey, digest[:], signature)
}

// write makes an entry and returns what the stream says of it.
func (f *fixture) write(t *testing.T, e audit.Entry) events.DynamoDBEventRecord {
	t.Helper()
	write := audit.Log{Table: f.Table("AUDIT_TABLE")}.Write(e)
	if err := f.DB.Commit(t.Context(), write); err != nil {
		t.Fatal(err)
	}
	return f.record(t, "INSERT", nil, write.Item.Put.Item)
}

func (f *fixture) record(t *testing.T, name string, before, after dynamo.Item) events.DynamoDBEventRecord {
	t.Helper()
	f.seq++
	either := after
	if either == nil {
		either = before
	}
	text := fmt.Sprintf(`{"eventID":"e%d","eventName":%q,"eventSourceARN":"arn:aws:dynamodb:us-east-1:000000000000:table/audit/stream/2026-11-25T08:00:00.000","dynamodb":{"Keys":%s,"OldImage":%s,"NewImage":%s,"SequenceNumber":"%d"}}`,
		f.seq, name, image(t, dynamo.Item{"p": either["p"], "s": either["s"]}), image(t, before), image(t, after), f.seq)
	var r events.DynamoDBEventRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

// image is an item as the stream writes it.
func image(t *testing.T, item dynamo.Item) string {
	t.Helper()
	if item == nil {
		return "null"
	}
	f := dynamo.Read(item)
	out := map[string]json.RawMessage{}
	for name := range item {
		switch name {
		case "d":
			texts := dynamo.Item{}
			for _, detail := range f.Map(name).Names() {
				texts[detail] = dynamo.S(f.Map(name).Text(detail))
			}
			out[name] = json.RawMessage(`{"M":` + image(t, texts) + `}`)
		case "at":
			out[name] = json.RawMessage(fmt.Sprintf(`{"N":"%d"}`, f.Int(name)))
		default:
			text, _ := json.Marshal(f.Text(name))
			out[name] = json.RawMessage(`{"S":` + string(text) + `}`)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (f *fixture) handle(t *testing.T, records ...events.DynamoDBEventRecord) events.DynamoDBEventResponse {
	t.Helper()
	res, err := f.h.handle(t.Context(), events.DynamoDBEvent{Records: records}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// verify holds both tables against the key.
func (f *fixture) verify(t *testing.T) (chain.Verified, []chain.Finding) {
	t.Helper()
	r := chain.NewRecord()
	for variable, add := range map[string]func(dynamo.Item){"AUDIT_TABLE": r.AddEntry, "CHAINS_TABLE": r.AddChained} {
		table := f.Table(variable)
		out, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range out.Items {
			add(item)
		}
	}
	newest, err := chain.Newest(t.Context(), f.DB, f.Table("CHAINS_TABLE"))
	if err != nil {
		t.Fatal(err)
	}
	return r.Verify(f, chain.Anchor{}, chain.Taken{At: noon.Add(time.Hour), Newest: newest})
}

func full(subject string) audit.Entry {
	return audit.Entry{
		Subject: subject, Actor: audit.System, What: "codes-locked", At: noon, Why: "ünïcode \"quoted\"\r\n", From: "192.0.2.1", Ref: "KM",
		Detail: map[string]string{"ending": "0123", "until": "2026"},
	}
}

// What the stream brings and what the table holds are the same bytes: else every entry would look edited.
func TestEntriesOfTheStreamAreSealedAsTheTableHoldsThem(t *testing.T) {
	f := start(t)
	batch := []events.DynamoDBEventRecord{f.write(t, full("a#one")), f.write(t, audit.Entry{Subject: "o#SO-1", What: "order-placed", At: noon}), f.write(t, full("a#one"))}
	for range 2 { // a stream delivers at least once
		if res := f.handle(t, batch...); len(res.BatchItemFailures) != 0 {
			t.Fatalf("%+v: %s", res, &f.out)
		}
	}
	if v, findings := f.verify(t); len(findings) != 0 || v.Entries != 3 || v.Newest.N != 1 {
		t.Errorf("%+v, %v", v, findings)
	}
	if !strings.Contains(f.out.String(), `"msg":"audit sealed","entries":3,"checkpoint":1`) {
		t.Errorf("no anchor in the log: %s", &f.out)
	}
}

func TestAChangedOrRemovedEntryRings(t *testing.T) {
	f := start(t)
	kept := audit.Log{Table: f.Table("AUDIT_TABLE")}.Write(full("a#one")).Item.Put.Item
	edited := audit.Log{Table: f.Table("AUDIT_TABLE")}.Write(full("a#one")).Item.Put.Item
	edited["p"], edited["s"], edited["w"] = kept["p"], kept["s"], dynamo.S("signed-in")
	f.handle(t, f.record(t, "MODIFY", kept, kept)) // written once more as it stood: no change
	if strings.Contains(f.out.String(), entryAltered) {
		t.Errorf("a repeat rings: %s", &f.out)
	}
	f.handle(t, f.record(t, "MODIFY", kept, edited), f.record(t, "REMOVE", kept, nil))
	if !strings.Contains(f.out.String(), `"AuditEntryAltered":2`) {
		t.Errorf("a change and a removal do not ring: %s", &f.out)
	}
}

// What a crash left is brought to its end, with its anchor in the log; a head that somebody made rings.
func TestWhatOthersLeftIsToldInTheLog(t *testing.T) {
	f := start(t)
	left := f.write(t, full("a#one"))
	f.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
		if c.Operation == "UpdateItem" {
			return dynamotest.CutRequest
		}
		return dynamotest.None
	})
	if res := f.handle(t, left); len(res.BatchItemFailures) != 1 {
		t.Fatalf("%+v", res)
	}
	f.Faults.Clear()
	if strings.Contains(f.out.String(), "audit sealed") {
		t.Errorf("an anchor of what is not applied: %s", &f.out)
	}
	table := f.Table("CHAINS_TABLE")
	if _, err := f.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: dynamo.Item{
		"p": dynamo.S("a#one"), "s": dynamo.S("head"), "n": dynamo.N(1), "h": dynamo.B(make([]byte, 32)), "q": dynamo.S("0"), "c": dynamo.N(1),
	}}); err != nil {
		t.Fatal(err)
	}
	f.handle(t, f.write(t, full("a#two")))
	for _, want := range []string{`"entries":1,"checkpoint":1`, `"entries":1,"checkpoint":2`, `"msg":"audit chain altered","subject":"a#one"`, `"AuditEntryAltered":1`} {
		if !strings.Contains(f.out.String(), want) {
			t.Errorf("no %s in the log: %s", want, &f.out)
		}
	}
	if v, findings := f.verify(t); len(findings) != 0 || v.Entries != 2 {
		t.Errorf("%+v, %v", v, findings)
	}
}

func TestTheWholeBatchComesAgainAfterAFailure(t *testing.T) {
	f := start(t)
	batch := []events.DynamoDBEventRecord{f.write(t, full("a#one")), f.write(t, full("a#two"))}
	sign := f.h.sealer.Sign
	f.h.sealer.Sign = func(context.Context, [32]byte) ([]byte, error) { return nil, errors.New("down") }
	res := f.handle(t, batch...)
	if len(res.BatchItemFailures) != 1 || res.BatchItemFailures[0].ItemIdentifier != batch[0].Change.SequenceNumber {
		t.Fatalf("%+v", res)
	}
	f.h.sealer.Sign = sign
	f.handle(t, batch...)
	if v, findings := f.verify(t); len(findings) != 0 || v.Entries != 2 {
		t.Errorf("%+v, %v", v, findings)
	}
	odd := f.write(t, full("a#three"))
	odd.Change.NewImage["y"] = events.NewBooleanAttribute(true)
	if res := f.handle(t, odd); len(res.BatchItemFailures) != 1 {
		t.Error("an entry of a form that cannot be read is passed over")
	}
	nowhere := f.write(t, full("a#four"))
	nowhere.EventSourceArn = "arn"
	if res := f.handle(t, nowhere); len(res.BatchItemFailures) != 1 {
		t.Error("an entry of no stream is passed over")
	}
	if res := f.handle(t); len(res.BatchItemFailures) != 0 {
		t.Error("an empty batch fails")
	}
}

func TestWire(t *testing.T) {
	f := dynamotest.Start(t)
	if _, err := wire(t.Context(), f.Vars(map[string]string{"AUDIT_KEY": "arn", "METRICS_NAMESPACE": "n"})); err != nil {
		t.Fatal(err)
	}
	_, err := wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"CHAINS_TABLE", "AUDIT_KEY", "METRICS_NAMESPACE"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
