package outbound_test

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/phone"
	"phoneotp/shared/telephony"
	"phoneotp/shared/telephony/outbound"
)

func number(t *testing.T, e164 string) phone.Number {
	t.Helper()
	n, err := phone.FromE164(e164)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// texts asks the emulator for what was sent to a number.
func texts(t *testing.T, f *dynamotest.Fixture, e164 string) []map[string]any {
	t.Helper()
	res, err := http.Get(*f.Account.Endpoint("SNS") + "/_ministack/sns/sms-messages?phoneNumber=" + url.QueryEscape(e164))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Messages map[string][]map[string]any `json:"sms_messages"`
	}
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return out.Messages[e164]
}

// fresh makes a number that hardly any other test run has used.
func fresh(prefix string) string {
	return prefix + strconv.Itoa(2_000_000+rand.IntN(8_000_000))
}

func TestATextGoesOutOnceAndTransactional(t *testing.T) {
	f := dynamotest.Start(t)
	s := outbound.New(t.Context(), f.Account, "")
	for e164, price := range map[string]string{fresh("+1202"): "0.05", fresh("+4477"): "0.50"} {
		if d := s.Text(t.Context(), number(t, e164), "hello"); d != (telephony.Delivery{Outcome: telephony.Accepted}) {
			t.Fatalf("%+v", d)
		}
		got := texts(t, f, e164)
		if len(got) != 1 || got[0]["Message"] != "hello" {
			t.Fatalf("messages %v", got)
		}
		attributes, _ := json.Marshal(got[0]["MessageAttributes"])
		var a map[string]struct{ DataType, StringValue string }
		if err := json.Unmarshal(attributes, &a); err != nil {
			t.Fatal(err)
		}
		if a["AWS.SNS.SMS.SMSType"].StringValue != "Transactional" || a["AWS.SNS.SMS.MaxPrice"].StringValue != price {
			t.Errorf("%s: attributes %s", e164, attributes)
		}
	}
}

func TestWhatCameOfAText(t *testing.T) {
	f := dynamotest.Start(t)
	s := outbound.New(t.Context(), f.Account, "")
	for fault, want := range map[dynamotest.Fault]struct {
		outcome telephony.Outcome
		sent    int
	}{
		dynamotest.CutReply:   {telephony.Unknown, 1},
		dynamotest.CutRequest: {telephony.Unknown, 0},
		dynamotest.ServerFail: {telephony.Unknown, 0},
		dynamotest.Throttle:   {telephony.Failed, 0},
	} {
		e164 := fresh("+1303")
		f.Faults.OnCall(0, fault)
		d := s.Text(t.Context(), number(t, e164), "hello")
		calls := len(f.Faults.Calls())
		f.Faults.Clear()
		if d.Outcome != want.outcome || d.Detail == "" || calls != 1 {
			t.Errorf("fault %d: %+v after %d attempts", fault, d, calls)
		}
		if got := texts(t, f, e164); len(got) != want.sent {
			t.Errorf("fault %d: sent %d times", fault, len(got))
		}
	}
}

func TestACallOrderTravelsByTheTopic(t *testing.T) {
	f := dynamotest.Start(t)
	api := sns.New(sns.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), BaseEndpoint: f.Account.Endpoint("SNS")})
	name := "voice-contract"
	topic, err := api.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	s := outbound.New(t.Context(), f.Account, *topic.TopicArn)
	order := telephony.CallOrder{Holder: [16]byte{1}, Challenge: [16]byte{2}, Sealed: []byte("sealed"), Requested: time.UnixMilli(1_795_000_000_123).UTC()}
	if d := s.Call(t.Context(), order); d.Outcome != telephony.Accepted {
		t.Fatalf("%+v", d)
	}
	absent := outbound.New(t.Context(), f.Account, *topic.TopicArn+"-absent")
	if d := absent.Call(t.Context(), order); d.Outcome != telephony.Failed || d.Detail == "" {
		t.Errorf("no such topic: %+v", d)
	}
}
