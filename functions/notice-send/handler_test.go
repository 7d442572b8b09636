package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/mail"
	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
	"phoneotp/shared/telephony/outbound"
)

var now = time.Date(2026, 11, 25, 18, 30, 0, 0, time.UTC)

const origin = "https://otp.example.org"

type fixture struct {
	*accounttest.World
	h     *handler
	clock time.Time
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: accounttest.New(t, dynamotest.Start(t)), clock: now}
	domain := strings.TrimSuffix(f.Table("OUTBOX_TABLE"), "-outbox") + ".example.org"
	api := sesv2.New(sesv2.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SESV2")})
	if _, err := api.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &domain}); err != nil {
		t.Fatal(err)
	}
	keys, err := license.NewKeyring(accounttest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	f.h = &handler{
		accounts: f.Accounts, licenses: license.Licenses{DB: f.DB, Table: f.Table("LICENSES_TABLE")}, keys: keys, outbox: f.Outbox,
		mail: mail.NewSender(t.Context(), f.Account, "otp@"+domain), text: outbound.New(t.Context(), f.Account, ""),
		origin: origin, from: "otp@" + domain, now: func() time.Time { return f.clock },
	}
	f.Faults.Clear()
	return f
}

// write puts a notice into the outbox and returns the message that the relay makes of it.
func (f *fixture) write(t *testing.T, n notice.Notice) notice.Message {
	t.Helper()
	w := f.Outbox.Write(n, f.clock)
	if err := f.DB.Commit(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	return notice.Message{ID: dynamo.Read(w.Key).Text("p")}
}

// deliver hands messages to the function as the queue does and returns how many it gives back.
func (f *fixture) deliver(t *testing.T, messages ...notice.Message) int {
	t.Helper()
	var e events.SQSEvent
	for i, m := range messages {
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		e.Records = append(e.Records, events.SQSMessage{MessageId: fmt.Sprint("m", i), Body: string(body)})
	}
	res, err := f.h.handle(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return len(res.BatchItemFailures)
}

type letter struct {
	Subject, BodyText string
	To                []string
}

// mailbox lists the mails that came for an address.
func (f *fixture) mailbox(t *testing.T, to string) []letter {
	t.Helper()
	var box struct{ Messages map[string][]letter }
	f.peek(t, "/_ministack/ses/messages", &box)
	var found []letter
	for _, account := range box.Messages {
		for _, m := range account {
			if len(m.To) == 1 && m.To[0] == to {
				found = append(found, m)
			}
		}
	}
	return found
}

// handset lists the texts that came for a number.
func (f *fixture) handset(t *testing.T, number string) []string {
	t.Helper()
	var box struct {
		Messages map[string][]struct{ Message string } `json:"sms_messages"`
	}
	f.peek(t, "/_ministack/sns/sms-messages?phoneNumber="+url.QueryEscape(number), &box)
	var found []string
	for _, m := range box.Messages[number] {
		found = append(found, m.Message)
	}
	return found
}

func (f *fixture) peek(t *testing.T, path string, into any) {
	t.Helper()
	res, err := http.Get(*f.Account.Endpoint("SESV2") + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// person makes a confirmed account with an address of its own.
func (f *fixture) person(t *testing.T) account.Account {
	t.Helper()
	return f.Person(t, "u"+strings.TrimSuffix(f.Table("OUTBOX_TABLE"), "-outbox"), now.Add(-time.Hour))
}

// cut makes every call to SES and SNS fail; DynamoDB's have a target in their headers, those have none.
func (f *fixture) cut(how dynamotest.Fault) {
	f.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
		if c.Operation == "" {
			return how
		}
		return dynamotest.None
	})
}

func TestEachReceiverGetsItsNotice(t *testing.T) {
	f := start(t)
	p := f.person(t)
	stranger := "new-" + p.Email
	number, err := phone.FromE164("+12025550" + fmt.Sprintf("%03d", len(p.Email)*7%1000))
	if err != nil {
		t.Fatal(err)
	}
	texts := len(f.handset(t, number.E164()))
	if n := f.deliver(t,
		f.write(t, notice.PasswordChanged(p.ID.String(), now)),
		f.write(t, notice.ConfirmAccount(stranger, "ada", "Ada", "dG9rZW4")),
		f.write(t, notice.PhoneAddedText(number, "0199", "")),
	); n != 0 {
		t.Fatalf("%d given back", n)
	}
	if got := f.mailbox(t, p.Email); len(got) != 1 || got[0].Subject != "Your password was changed" || !strings.HasPrefix(got[0].BodyText, "Hello Grace,") {
		t.Errorf("the holder got %+v", got)
	}
	if got := f.mailbox(t, stranger); len(got) != 1 || !strings.Contains(got[0].BodyText, origin+"/confirm#token=dG9rZW4") || !strings.HasPrefix(got[0].BodyText, "Hello Ada,") {
		t.Errorf("the stranger got %+v", got)
	}
	if got := f.handset(t, number.E164()); len(got) != texts+1 || !strings.Contains(got[len(got)-1], "ending 0199") {
		t.Errorf("the number got %v", got)
	}
}

// issue stores a license as an order does and returns its digest and key.
func (f *fixture) issue(t *testing.T) (digest []byte, shown string) {
	t.Helper()
	l, w, err := license.Issuer{Licenses: f.h.licenses, Keys: f.h.keys}.Issue("us", "SO-1234ABCD", now)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.DB.Commit(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	found, err := f.h.licenses.Find(t.Context(), l.Digest)
	if err != nil {
		t.Fatal(err)
	}
	key, ok, err := f.h.keys.Open(found[0])
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return l.Digest, key.Shown()
}

// become changes a license's state as other functions do, without their rules.
func (f *fixture) become(t *testing.T, digest []byte, state license.State, more string) {
	t.Helper()
	if _, err := f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(f.Table("LICENSES_TABLE")), Key: dynamo.Item{"p": dynamo.B(digest)},
		UpdateExpression: aws.String("SET st = :s" + more), ExpressionAttributeValues: dynamo.Item{":s": dynamo.S(string(state))},
	}); err != nil {
		t.Fatal(err)
	}
}

func TestKeyIsOpenedWhenItsMailGoesOut(t *testing.T) {
	f := start(t)
	p := f.person(t)
	for i, tt := range []struct {
		what    string
		state   license.State
		more    string
		shows   bool
		content string
	}{
		{"issued", license.Issued, "", true, "/redeem"},
		{"entered meanwhile", license.Registered, " REMOVE v", false, "entered meanwhile"},
		{"activated meanwhile", license.Activated, " REMOVE v", false, "entered meanwhile"},
		{"void", license.Void, "", false, "not valid at present"},
		{"suspended", license.Suspended, "", false, "not valid at present"},
	} {
		digest, key := f.issue(t)
		m := f.write(t, notice.LicenseKey(p.ID.String(), "SO-1234ABCD", "Phone Based OTP", digest))
		f.become(t, digest, tt.state, tt.more)
		if n := f.deliver(t, m); n != 0 {
			t.Fatalf("%s: given back", tt.what)
		}
		got := f.mailbox(t, p.Email)
		if len(got) != i+1 {
			t.Fatalf("%s: %d mails, want %d", tt.what, len(got), i+1)
		}
		body := got[i].BodyText
		if strings.Contains(body, key) != tt.shows || !strings.Contains(body, tt.content) || !strings.Contains(body, "SO-1234ABCD") {
			t.Errorf("%s:\n%s", tt.what, body)
		}
		if _, err := f.Outbox.Take(t.Context(), m.ID, f.clock.Add(time.Hour)); !errors.Is(err, notice.ErrGone) {
			t.Errorf("%s: it does not count as delivered: %v", tt.what, err)
		}
	}
}

// Requirement: mail stopped for an hour: all arrive once it returns, none twice (quality.md 2 row 6).
func TestMailThatStopsForAnHour(t *testing.T) {
	f := start(t)
	p := f.person(t)
	var queue []notice.Message
	for range 8 {
		queue = append(queue, f.write(t, notice.PasswordChanged(p.ID.String(), now)))
	}
	f.cut(dynamotest.CutRequest)
	for range 5 { // the queue's five tries, a minute apart
		if n := f.deliver(t, queue...); n != len(queue) {
			t.Fatalf("%d of %d given back", n, len(queue))
		}
		f.clock = f.clock.Add(time.Minute)
	}
	sweeper := notice.NewSweeper(f.DB, f.Table("OUTBOX_TABLE"))
	for range 11 { // five minutes each: the dead letters lie, the sweep brings every notice again
		swept := f.sweep(t, sweeper)
		if len(swept) != len(queue) {
			t.Fatalf("%d of %d taken up", len(swept), len(queue))
		}
		if n := f.deliver(t, swept...); n != 0 {
			t.Fatalf("%d of the sweep's given back: each would become a dead letter", n)
		}
		f.clock = f.clock.Add(5 * time.Minute)
	}
	f.Faults.Clear()
	f.deliver(t, f.sweep(t, sweeper)...)
	f.deliver(t, queue...) // the dead letters, replayed
	if got := f.mailbox(t, p.Email); len(got) != len(queue) {
		t.Errorf("%d mails arrived, want %d", len(got), len(queue))
	}
	f.clock = f.clock.Add(time.Hour)
	if left := f.sweep(t, sweeper); len(left) != 0 {
		t.Errorf("%d are still unsent", len(left))
	}
}

func (f *fixture) sweep(t *testing.T, s *notice.Sweeper) []notice.Message {
	t.Helper()
	q := &queue{}
	if _, err := s.Sweep(t.Context(), q.enqueue, f.clock); err != nil {
		t.Fatal(err)
	}
	return q.messages
}

func TestTextThatStops(t *testing.T) {
	f := start(t)
	number, err := phone.FromE164("+12065550177")
	if err != nil {
		t.Fatal(err)
	}
	before := len(f.handset(t, number.E164()))
	m := f.write(t, notice.PhoneAddedText(number, "0199", ""))
	f.cut(dynamotest.CutRequest)
	if n := f.deliver(t, m); n != 1 {
		t.Fatal("a text that did not go out counts as sent")
	}
	f.Faults.Clear()
	if n := f.deliver(t, m, m); n != 0 {
		t.Fatal("given back")
	}
	if got := f.handset(t, number.E164()); len(got) != before+1 {
		t.Errorf("%d texts, want one", len(got)-before)
	}
}

func TestCutAnswerOfSESCostsOneDuplicate(t *testing.T) {
	f := start(t)
	p := f.person(t)
	m := f.write(t, notice.PasswordChanged(p.ID.String(), now))
	cuts := 1
	var mu sync.Mutex
	f.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if c.Operation == "" && cuts > 0 {
			cuts--
			return dynamotest.CutReply
		}
		return dynamotest.None
	})
	for f.deliver(t, m) != 0 {
	}
	f.Faults.Clear()
	f.deliver(t, m)
	if got := f.mailbox(t, p.Email); len(got) != 2 {
		t.Errorf("%d mails, want the one whose answer was lost and its repeat", len(got))
	}
}

// A lost answer at every other call changes nothing: one notice, one mail.
func TestCutAnswersOfTheDatabaseCostNone(t *testing.T) {
	f := start(t)
	p := f.person(t)
	f.Faults.Clear()
	f.deliver(t, f.write(t, notice.PasswordChanged(p.ID.String(), now)))
	calls := f.Faults.Calls()
	for n, c := range calls {
		if c.Operation == "" || c.Operation == "PutItem" { // SES's own; the test's write
			continue
		}
		before := len(f.mailbox(t, p.Email))
		m := f.write(t, notice.PasswordChanged(p.ID.String(), now))
		f.Faults.OnCall(n-1, dynamotest.CutReply) // the write was call 0
		f.deliver(t, m)
		f.Faults.Clear()
		f.clock = f.clock.Add(time.Minute)
		if left := f.deliver(t, m); left != 0 {
			t.Errorf("%s: given back", c.Operation)
		}
		if got := len(f.mailbox(t, p.Email)) - before; got != 1 {
			t.Errorf("the answer of call %d (%s) cut: %d mails", n, c.Operation, got)
		}
	}
	if len(calls) < 5 {
		t.Errorf("only %d calls were seen", len(calls))
	}
}

func TestParallelMessagesSendOneMail(t *testing.T) {
	f := start(t)
	p := f.person(t)
	m := f.write(t, notice.PasswordChanged(p.ID.String(), now))
	if n := f.deliver(t, m, m, m, m, m, m, m, m, m, m); n != 0 {
		t.Errorf("%d given back", n)
	}
	if got := f.mailbox(t, p.Email); len(got) != 1 {
		t.Errorf("%d mails", len(got))
	}
}

func TestNoticeThatCanNeverArriveIsPutToRest(t *testing.T) {
	f := start(t)
	gone := account.IDOf("nobody-at-all")
	for what, n := range map[string]notice.Notice{
		"no address":        notice.ConfirmAccount("grüße@example.org", "ada", "Ada", "t"),
		"no account":        notice.PasswordChanged(gone.String(), now),
		"a lapsed stranger": notice.ResetPassword(gone.String(), "t"),
	} {
		m := f.write(t, n)
		if f.deliver(t, m) != 0 {
			t.Errorf("%s: it goes round for ever", what)
		}
		if _, err := f.Outbox.Take(t.Context(), m.ID, f.clock.Add(time.Hour)); !errors.Is(err, notice.ErrGone) {
			t.Errorf("%s: it is not at rest: %v", what, err)
		}
	}
}

func TestPoisonBecomesADeadLetter(t *testing.T) {
	f := start(t)
	res, err := f.h.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "a", Body: "no JSON"}, {MessageId: "b", Body: `{}`}, {MessageId: "c", Body: `{"id":"never-written"}`},
	}})
	if err != nil || len(res.BatchItemFailures) != 2 {
		t.Errorf("%v, %v: want a and b given back, c passed over", res, err)
	}
	p := f.person(t)
	m := f.write(t, notice.LicenseKey(p.ID.String(), "SO-1234ABCD", "Phone Based OTP", []byte("no such license")))
	if f.deliver(t, m) != 1 {
		t.Error("a license that is not there passes for sent")
	}
	m.Sweep = true
	if f.deliver(t, m) != 0 {
		t.Error("the sweep's message becomes a dead letter of its own")
	}
}
