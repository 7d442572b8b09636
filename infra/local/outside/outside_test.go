package outside

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	eum "github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	eumtypes "github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"phoneotp/infra/local/bureau"
	"phoneotp/infra/local/messages"
)

// world is the stand-ins in front of an emulator that answers what answer says.
func world(t *testing.T, answer http.HandlerFunc) (*World, aws.Config) {
	t.Helper()
	e := httptest.NewServer(answer)
	t.Cleanup(e.Close)
	w, err := Open(e.URL, &messages.Box{Now: time.Now}, http.NotFoundHandler(), &bureau.Bureau{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w, aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(w.URL()), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
}

const published = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>`

// A text that the emulator accepts is kept; one that it refuses, and a publication to a topic, are not. The
// signed host reaches the emulator.
func TestTexts(t *testing.T) {
	status, host := http.StatusOK, ""
	w, config := world(t, func(out http.ResponseWriter, in *http.Request) {
		host = in.Host
		out.WriteHeader(status)
		_, _ = io.WriteString(out, published)
	})
	client := sns.NewFromConfig(config)
	if _, err := client.Publish(t.Context(), &sns.PublishInput{PhoneNumber: aws.String("+12025550101"), Message: aws.String("hi #1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:t"), Message: aws.String("sealed")}); err != nil {
		t.Fatal(err)
	}
	status = http.StatusForbidden
	if _, err := client.Publish(t.Context(), &sns.PublishInput{PhoneNumber: aws.String("+12025550102"), Message: aws.String("denied")}); err == nil {
		t.Error("a refusal does not reach the caller")
	}
	list := w.box.List(messages.Filter{})
	if len(list) != 1 || list[0].To != "+12025550101" || list[0].Body != "hi #1" || list[0].Kind != messages.SMS {
		t.Errorf("kept %+v", list)
	}
	if host != strings.TrimPrefix(w.URL(), "http://") {
		t.Errorf("the emulator saw host %q, which the signature does not cover", host)
	}
}

func TestMails(t *testing.T) {
	w, config := world(t, func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(out, `{"MessageId":"m-1"}`)
	})
	client := sesv2.NewFromConfig(config)
	send := func(c *sestypes.EmailContent) {
		t.Helper()
		if _, err := client.SendEmail(t.Context(), &sesv2.SendEmailInput{
			FromEmailAddress: aws.String("a@b.test"), Destination: &sestypes.Destination{ToAddresses: []string{"grace@example.test"}}, Content: c,
		}); err != nil {
			t.Fatal(err)
		}
	}
	raw := "Subject: Raw\r\n\r\nBody of the raw one"
	send(&sestypes.EmailContent{Raw: &sestypes.RawMessage{Data: []byte(raw)}})
	send(&sestypes.EmailContent{Simple: &sestypes.Message{
		Subject: &sestypes.Content{Data: aws.String("Simple")}, Body: &sestypes.Body{Text: &sestypes.Content{Data: aws.String("Body")}},
	}})
	list := w.box.List(messages.Filter{To: "grace@example.test", Kinds: []messages.Kind{messages.Email}})
	if len(list) != 2 || list[0].Subject != "Simple" || list[1].Body != "Body of the raw one" || string(list[1].Raw) != raw {
		t.Errorf("kept %+v", list)
	}
}

func TestCalls(t *testing.T) {
	w, config := world(t, func(http.ResponseWriter, *http.Request) { t.Error("a call reached the emulator") })
	client := eum.NewFromConfig(config)
	call := func(change func(*eum.SendVoiceMessageInput)) error {
		in := &eum.SendVoiceMessageInput{
			DestinationPhoneNumber: aws.String("+12025550103"), OriginationIdentity: aws.String("pool-1"),
			MessageBody: aws.String("<speak>1, 2</speak>"), MessageBodyTextType: eumtypes.VoiceMessageBodyTextTypeSsml, TimeToLive: aws.Int32(60),
		}
		change(in)
		_, err := client.SendVoiceMessage(t.Context(), in)
		return err
	}
	if err := call(func(*eum.SendVoiceMessageInput) {}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*eum.SendVoiceMessageInput){
		"number":  func(in *eum.SendVoiceMessageInput) { in.DestinationPhoneNumber = aws.String("202-555-0103") },
		"SSML":    func(in *eum.SendVoiceMessageInput) { in.MessageBody = aws.String("<speak>1") },
		"type":    func(in *eum.SendVoiceMessageInput) { in.MessageBodyTextType = "XML" },
		"life":    func(in *eum.SendVoiceMessageInput) { in.TimeToLive = aws.Int32(4) },
		"no text": func(in *eum.SendVoiceMessageInput) { in.MessageBody = aws.String(" "); in.MessageBodyTextType = "XML" },
	} {
		var invalid *eumtypes.ValidationException
		if err := call(change); !errors.As(err, &invalid) {
			t.Errorf("a bad %s: %v", name, err)
		}
	}
	w.Outage(true)
	if err := call(func(*eum.SendVoiceMessageInput) {}); err == nil {
		t.Error("an outage answers")
	}
	list := w.box.List(messages.Filter{})
	if len(list) != 1 || list[0].Kind != messages.Voice || list[0].Body != "1, 2" {
		t.Errorf("kept %+v", list)
	}
}

// The bureau is met at the same address, and an outage is meant for it too.
func TestTheBureauIsServed(t *testing.T) {
	w, _ := world(t, func(http.ResponseWriter, *http.Request) { t.Error("the call reached the emulator") })
	ask := func() int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL()+"/oauth2/experianone/v1/token",
			strings.NewReader(`{"username":"u","password":"p","client_id":"i","client_secret":"s"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {"application/json"}, "X-Correlation-Id": {"1"}, "X-User-Domain": {"d"}}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if status := ask(); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	w.Outage(true)
	if status := ask(); status != http.StatusServiceUnavailable {
		t.Errorf("status %d in an outage", status)
	}
}
