package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/limit"
	"phoneotp/shared/metric"
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
	f := &fixture{
		World: credentialtest.New(t, base), holder: account.IDOf("grace"), log: audit.Reader{DB: base.DB, Table: log.Table},
		h: &handler{recorder: credential.Recorder{DB: base.DB, Log: log, Outbox: outbox}},
	}
	f.h.meter = credential.Meter{
		Tallies: limit.Tallies{DB: base.DB, Table: base.Table("LIMITS_TABLE")}, Numbers: f.Registry.Numbers, DailySpend: 200,
		Metrics: metric.Counter{Namespace: "phoneotp/test"},
	}
	return f
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
	f := dynamo.Read(item)
	phones, registered := map[string]any{}, f.Map("ph")
	for _, id := range registered.Names() {
		phones[id] = map[string]any{"M": map[string]any{"r": map[string]any{"S": registered.Map(id).Text("r")}}}
	}
	out := map[string]any{"ph": map[string]any{"M": phones}, "r": map[string]any{"L": []any{map[string]any{"N": "0"}}}}
	for name := range item {
		switch name {
		case "c":
			out[name] = map[string]any{"B": base64.StdEncoding.EncodeToString(f.Bytes(name))}
		case "cc", "cg", "cd", "st", "rf":
			out[name] = map[string]any{"S": f.Text(name)}
		case "pe":
			p := f.Map("pe")
			out[name] = map[string]any{"M": map[string]any{
				"i": map[string]any{"S": p.Text("i")}, "r": map[string]any{"S": p.Text("r")},
				"n": map[string]any{"B": base64.StdEncoding.EncodeToString(p.Bytes("n"))},
			}}
		case "ec":
			var tries []any
			for _, v := range f.List(name) {
				tries = append(tries, map[string]any{"N": fmt.Sprint(dynamo.Read(dynamo.Item{name: v}).Int(name))})
			}
			out[name] = map[string]any{"L": tries}
		case "cs", "ce", "ct", "cu", "f", "lk", "lw", "wn", "mc":
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
			if name != "tag" && name != "phone" {
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
	want := []string{"code-sent channel=sms until=2026-11-25T12:02:00Z", "code-sent channel=sms until=2026-11-25T12:02:00Z", "code-tried tries_left=3", "code-tried tries_left=4"}
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
	f.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault { // the second record, with the SDK's repeat
		if n == 1 || n == 2 {
			return dynamotest.CutRequest
		}
		return dynamotest.None
	})
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

// What cannot be counted is told again as a whole: the audit trail stands it, and nothing is left out.
func TestABatchThatCannotBeCounted(t *testing.T) {
	f := start(t)
	if _, err := f.Enrol(t, f.open(t), credentialtest.Number(t), phone.SMS, noon); err != nil {
		t.Fatal(err)
	}
	e := f.change(t)
	f.Faults.FromCall(1, dynamotest.Throttle)
	res, err := f.h.handle(t.Context(), e)
	f.Faults.Clear()
	if err != nil || len(res.BatchItemFailures) != 1 || res.BatchItemFailures[0].ItemIdentifier != e.Records[0].Change.SequenceNumber {
		t.Errorf("%+v, %v", res, err)
	}
	f.handle(t, e)
	if d := cmp.Diff([]string{"code-sent channel=sms until=2026-11-25T12:02:00Z"}, f.recorded(t)); d != "" {
		t.Errorf("recorded (-want +got):\n%s", d)
	}
}

// open gives the holder a credential.
func (f *fixture) open(t *testing.T) credential.Asker {
	t.Helper()
	f.Open(t, f.holder, phone.USService, noon, noon)
	return credential.Asker{Holder: f.holder, Session: "session"}
}

// tally reads what is counted of a group, as "sends/answers".
func (f *fixture) tally(t *testing.T, prefix string) string {
	t.Helper()
	out, err := f.Client.Scan(t.Context(), scan(f.Table("LIMITS_TABLE")))
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range out.Items {
		if r := dynamo.Read(item); strings.HasPrefix(r.Text("p"), prefix) {
			return fmt.Sprintf("%d/%d", r.MayInt("n"), r.MayInt("v"))
		}
	}
	return "none"
}

// TestSendsAndAnswersAreCounted follows a number from its first code to a login.
func TestSendsAndAnswersAreCounted(t *testing.T) {
	f := start(t)
	a, n := f.open(t), credentialtest.Number(t)
	once := func() {
		t.Helper()
		if res, err := f.h.handle(t.Context(), f.change(t)); err != nil || len(res.BatchItemFailures) != 0 {
			t.Fatalf("%v, %v", res, err)
		}
	}
	counted := func(what, tally string, cost int) {
		t.Helper()
		once()
		for _, group := range []string{"tally-prefix#", "tally-country#"} {
			if got := f.tally(t, group); got != tally {
				t.Errorf("%s: %s %s, want %s", what, group, got, tally)
			}
		}
		if got := f.tally(t, "spent-2026-11-25"); got != fmt.Sprintf("%d/0", cost) {
			t.Errorf("%s: spent %s, want %d", what, got, cost)
		}
	}
	once()
	ch, err := f.Enrol(t, a, n, phone.SMS, noon)
	if err != nil {
		t.Fatal(err)
	}
	counted("a code to a new number", "1/0", 12)
	if ch, err = f.Sender.Resend(t.Context(), a, credentialtest.ID(t, ch), "", noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	counted("another", "2/0", 24)
	right, err := f.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, ch), f.Code(t, n), noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	done := f.Verifier.Confirm(right)
	if err := f.DB.Commit(t.Context(), done.Write); err != nil {
		t.Fatal(err)
	}
	counted("its answer", "2/1", 24)
	login, err := f.Sender.Send(t.Context(), a, done.Phone.ID, phone.Voice, noon.Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	counted("a call to log in", "2/1", 54)
	if _, err := f.Verifier.Try(t.Context(), a, otp.SignIn, credentialtest.ID(t, login), "000000", noon.Add(2*time.Minute)); err == nil {
		t.Fatal("guessed")
	}
	counted("a wrong code", "2/1", 54)
}

// TestEveryRungIsMailed tells the whole ladder of product.md 6, each rung once.
func TestEveryRungIsMailed(t *testing.T) {
	f := start(t)
	f.Active(t, credential.Asker{Holder: f.holder, Session: "session"}, noon.Add(-time.Hour))
	f.change(t) // up to here
	var want []string
	for i, rung := range otp.Ladder() {
		until := rung.Until(noon)
		f.set(t, map[string]dynamo.Value{"lw": dynamo.N(rung.Wrong), "lk": dynamo.Ms(until)})
		f.handle(t, f.change(t))
		if n := f.mails(t); n != i+1 {
			t.Errorf("%d mails after %d wrong codes", n, rung.Wrong)
		}
		end := until.Format(time.RFC3339)
		if rung.Lock == 0 {
			end = "support acts"
		}
		want = append(want, fmt.Sprintf("codes-locked until=%s wrong=%d", end, rung.Wrong))
	}
	slices.Sort(want)
	if d := cmp.Diff(want, f.recorded(t)); d != "" {
		t.Errorf("recorded (-want +got):\n%s", d)
	}
}

// set puts attributes of the holder's item.
func (f *fixture) set(t *testing.T, values map[string]dynamo.Value) {
	t.Helper()
	item, err := f.DB.Get(t.Context(), f.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(f.holder[:])})
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(item, values)
	name := f.Table("CREDENTIALS_TABLE")
	if _, err := f.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: item}); err != nil {
		t.Fatal(err)
	}
}

// TestSixtyWrongCodesAreMailedOnce is product.md 6: a notice, and a person looks.
func TestSixtyWrongCodesAreMailedOnce(t *testing.T) {
	f := start(t)
	f.Active(t, credential.Asker{Holder: f.holder, Session: "session"}, noon.Add(-time.Hour))
	f.change(t) // up to here
	f.set(t, map[string]dynamo.Value{"wn": dynamo.N(60), "mc": dynamo.Ms(noon)})
	f.handle(t, f.change(t))
	f.handle(t, f.change(t)) // nothing new
	if d := cmp.Diff([]string{"codes-watched wrong=60"}, f.recorded(t)); d != "" || f.mails(t) != 1 {
		t.Errorf("%d mails, recorded (-want +got):\n%s", f.mails(t), d)
	}
}
