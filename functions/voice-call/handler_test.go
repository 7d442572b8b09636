package main

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/account"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/telephony/voice"
	"phoneotp/shared/telephony/voicetest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*credentialtest.World
	h         *handler
	supplier  *voicetest.Server
	clock     time.Time
	asker     credential.Asker
	number    phone.Number
	challenge credential.Challenge
	order     string
}

// start has a holder who asked for a call at noon, whose order waits.
func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{World: credentialtest.New(t, dynamotest.Start(t)), supplier: voicetest.Start(t), clock: noon}
	f.asker = credential.Asker{Holder: account.IDOf("grace"), Session: "session"}
	id, n := f.Active(t, f.asker, noon.Add(-time.Hour))
	f.number = n
	var err error
	if f.challenge, err = f.Sender.Send(t.Context(), f.asker, id, phone.Voice, noon); err != nil {
		t.Fatal(err)
	}
	f.order = f.Orders(t)[0]
	aws, err := awsx.New(f.Vars(map[string]string{"AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": f.supplier.URL, "AWS_CALL_TIMEOUT": "2s"}))
	if err != nil {
		t.Fatal(err)
	}
	wording, err := otp.NewWording(credentialtest.Origin)
	if err != nil {
		t.Fatal(err)
	}
	f.h = &handler{claimer: f.Claimer, caller: voice.NewCaller(t.Context(), aws, "pool-1"), wording: wording, now: func() time.Time { return f.clock }}
	f.Faults.Clear()
	return f
}

// deliver hands the order over as the queue does, and returns how many messages failed.
func (f *fixture) deliver(t *testing.T, body string) int {
	t.Helper()
	res, err := f.h.handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m1", Body: body}}})
	if err != nil {
		t.Fatal(err)
	}
	return len(res.BatchItemFailures)
}

func (f *fixture) view(t *testing.T) credential.Challenge {
	t.Helper()
	id, err := otp.ParseID(f.challenge.ChallengeID)
	if err != nil {
		t.Fatal(err)
	}
	v, err := f.Find(t, f.asker.Holder).Challenge(f.asker, id, f.clock)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestACallReadsTheCodeThreeTimes(t *testing.T) {
	f := start(t)
	f.clock = noon.Add(2 * time.Second)
	if failed := f.deliver(t, f.order); failed != 0 {
		t.Fatal("the message failed")
	}
	calls := f.supplier.Calls()
	if len(calls) != 1 || calls[0].To != f.number.E164() || calls[0].From != "pool-1" || calls[0].TimeToLive != 118*time.Second {
		t.Fatalf("calls %+v", calls)
	}
	said := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(calls[0].SSML, "")
	digits := strings.Join(regexp.MustCompile(`\d`).FindAllString(said, -1), "")
	if len(digits) != 18 || digits[:6] != digits[6:12] || digits[:6] != digits[12:] {
		t.Errorf("said %q", said)
	}
	if v := f.view(t); v.Delivery != "sent" || v.ExpiresAt != "2026-11-25T12:02:02Z" {
		t.Errorf("challenge %+v", v)
	}
	id, _ := otp.ParseID(f.challenge.ChallengeID)
	code, err := otp.ReadCode(secret.Text(digits[:6]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Verifier.Try(t.Context(), f.asker, otp.SignIn, id, code, noon.Add(121*time.Second)); err != nil {
		t.Errorf("the code that was said: %v", err)
	}
}

// TestManyDeliveriesOneCall is what an at-least-once topic and queue may do.
func TestManyDeliveriesOneCall(t *testing.T) {
	f := start(t)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if failed := f.deliver(t, f.order); failed != 0 {
				t.Error("a message failed")
			}
		})
	}
	wg.Wait()
	if calls := f.supplier.Calls(); len(calls) != 1 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestNeverALateCall(t *testing.T) {
	f := start(t)
	f.clock = noon.Add(otp.LatestCall)
	if failed := f.deliver(t, f.order); failed != 0 || len(f.supplier.Calls()) != 0 {
		t.Errorf("two minutes late: %d failed, %d calls", failed, len(f.supplier.Calls()))
	}
	if v := f.view(t); v.Delivery != "accepted" || v.ExpiresAt != "2026-11-25T12:03:00Z" {
		t.Errorf("challenge %+v", v)
	}
}

func TestWhatTheSupplierAnswers(t *testing.T) {
	for answer, want := range map[voicetest.Answer]struct {
		delivery string
		calls    int
	}{voicetest.Refuse: {"failed", 0}, voicetest.CutReply: {"unknown", 1}, voicetest.ServerFail: {"unknown", 0}} {
		f := start(t)
		f.supplier.From(answer)
		if failed := f.deliver(t, f.order); failed != 0 {
			t.Errorf("answer %d: the message comes again, after its call was claimed", answer)
		}
		f.supplier.From(voicetest.Take)
		f.deliver(t, f.order)
		if v := f.view(t); v.Delivery != want.delivery || len(f.supplier.Calls()) != want.calls {
			t.Errorf("answer %d: %s after %d calls", answer, v.Delivery, len(f.supplier.Calls()))
		}
	}
}

func TestTroubleBeforeTheClaimComesAgain(t *testing.T) {
	f := start(t)
	f.Faults.FromCall(0, dynamotest.Throttle)
	if failed := f.deliver(t, f.order); failed != 1 {
		t.Error("the message is lost")
	}
	f.Faults.Clear()
	f.Faults.OnCall(0, dynamotest.CutReply)
	if failed := f.deliver(t, f.order); failed != 0 || len(f.supplier.Calls()) != 1 {
		t.Errorf("again: %d calls", len(f.supplier.Calls()))
	}
	f.Faults.Clear()
}

func TestWhatIsNoOrderGoesToTheDeadLetters(t *testing.T) {
	f := start(t)
	for _, body := range []string{"", "{}", strings.Replace(f.order, `"s":"`, `"s":"AAAA`, 1)} {
		if failed := f.deliver(t, body); failed != 1 {
			t.Errorf("%q is taken for an order", body)
		}
	}
	if n := len(f.supplier.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}
