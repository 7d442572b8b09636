package mail_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/mail"
	"phoneotp/shared/mail/attachment"
	"phoneotp/shared/secret"
)

var now = time.Date(2026, 11, 25, 18, 30, 0, 0, time.UTC)

// message is a mail as the emulator's SES shows it.
type message struct {
	Source, Subject, BodyText string
	To                        []string
}

type fixture struct {
	*dynamotest.Fixture
	sender *mail.Sender
	domain string
}

func start(t *testing.T) fixture {
	t.Helper()
	f := dynamotest.Start(t)
	domain := strings.TrimSuffix(f.Table("OUTBOX_TABLE"), "-outbox") + ".example.org" // nobody else's
	api := sesv2.New(sesv2.Options{Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("SESV2")})
	if _, err := api.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &domain}); err != nil {
		t.Fatal(err)
	}
	return fixture{f, mail.NewSender(t.Context(), f.Account, "otp@"+domain), domain}
}

// received lists what came for an address.
func (f fixture) received(t *testing.T, to string) []message {
	t.Helper()
	res, err := http.Get(*f.Account.Endpoint("SESV2") + "/_ministack/ses/messages")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var box struct{ Messages map[string][]message }
	if err := json.NewDecoder(res.Body).Decode(&box); err != nil {
		t.Fatal(err)
	}
	var found []message
	for _, account := range box.Messages {
		for _, m := range account {
			if len(m.To) == 1 && strings.Contains(m.To[0], to) {
				found = append(found, m)
			}
		}
	}
	return found
}

func TestMailArrivesAsWritten(t *testing.T) {
	f := start(t)
	to := "grace@" + f.domain
	text := "Hello Grüße,\n\nlink: https://otp.example.org/confirm#token=abc_-=\n" + strings.Repeat("long ", 40) + "\nend"
	err := f.sender.Send(t.Context(), mail.Message{ID: "n1", To: to, Subject: "Ünïcode subject", Text: "Hello Grüße," + "\n\n" + "x"}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.sender.Send(t.Context(), mail.Message{
		ID: "n2", To: to, Subject: "second", Text: secret.Text(text),
		Attachments: []attachment.File{{Name: "invite.ics", Type: "text/calendar; method=REQUEST", Data: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")}},
	}, now); err != nil {
		t.Fatal(err)
	}
	got := f.received(t, to)
	if len(got) != 2 {
		t.Fatalf("%d mails arrived, want 2", len(got))
	}
	if got[0].Subject != "Ünïcode subject" || !strings.Contains(got[0].Source, "otp@"+f.domain) {
		t.Errorf("subject %q from %q", got[0].Subject, got[0].Source)
	}
	if body := strings.TrimSpace(strings.ReplaceAll(got[1].BodyText, "\r\n", "\n")); body != text {
		t.Errorf("body %q\nwant %q", body, text)
	}
}

func TestAddressThatCannotBeMailed(t *testing.T) {
	f := start(t)
	for _, to := range []string{"", "grace", "grace@", "a b@example.org", "Grace <grace@example.org>", "grüße@example.org", "a@example.org, b@example.org", "a@example.org\r\nBcc: b@example.org"} {
		if err := f.sender.Send(t.Context(), mail.Message{ID: "n", To: to, Subject: "s", Text: "t"}, now); !errors.Is(err, mail.ErrRefused) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if n := len(f.Faults.Calls()); n != 1 { // the identity's
		t.Errorf("%d calls: SES was asked", n-1)
	}
}

func TestSubjectCannotAddHeaders(t *testing.T) {
	f := start(t)
	to := "heddy@" + f.domain
	if err := f.sender.Send(t.Context(), mail.Message{ID: "n", To: to, Subject: "one\r\nBcc: other@" + f.domain, Text: "t"}, now); err != nil {
		t.Fatal(err)
	}
	got := f.received(t, to)
	if len(got) != 1 || !strings.HasPrefix(got[0].Subject, "one") {
		t.Fatalf("got %+v", got)
	}
	if other := f.received(t, "other@"+f.domain); len(other) != 0 {
		t.Errorf("a header came in by the subject: %+v", other)
	}
}

func TestTroubleIsTold(t *testing.T) {
	f := start(t)
	to := "grace@" + f.domain
	for name, fault := range map[string]dynamotest.Fault{
		"connection cut": dynamotest.CutRequest, "answer lost": dynamotest.CutReply, "server error": dynamotest.ServerFail, "throttled": dynamotest.Throttle,
	} {
		f.Faults.FromCall(0, fault)
		err := f.sender.Send(t.Context(), mail.Message{ID: "n", To: to, Subject: "s", Text: "t"}, now)
		if !errors.Is(err, mail.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(fmt.Sprint(err), to) {
			t.Errorf("%s: the address is in the error: %v", name, err)
		}
	}
	f.Faults.Clear()
	stranger := mail.NewSender(t.Context(), f.Account, "otp@unknown.example.net")
	err := stranger.Send(t.Context(), mail.Message{ID: "n", To: to, Subject: "s", Text: "t"}, now)
	if err == nil || errors.Is(err, mail.ErrRefused) || errors.Is(err, mail.ErrUnavailable) {
		t.Errorf("a sender that SES does not know, which is our mistake: %v", err)
	}
}
