// Package credentialtest gives tests holders: credentials opened, activated and sent codes by the real doers on
// the test's own tables, with the texts and call orders that those cause.
package credentialtest

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/limit"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/telephony"
	"phoneotp/shared/telephony/outbound"
)

// World is the credential room over one fixture, with a voice topic of its own.
type World struct {
	*dynamotest.Fixture
	Registry *credential.Registry
	Keys     *otp.Keys
	Sender   *credential.Sender
	Verifier *credential.Verifier
	Claimer  *credential.Claimer
	Book     phonebook.Book
	Topic    string

	queue string
	sqs   *sqs.Client
}

// Origin is the portal of these tests.
const Origin = "https://otp.example.org"

// Ring is a secret document for tests, the same every time.
func Ring(t testing.TB) *secret.Ring {
	t.Helper()
	r, err := secret.ParseRing([]byte(`{"current":"k1","k1":"` + strings.Repeat("test", 16) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// New builds the room over a fixture.
func New(t testing.TB, f *dynamotest.Fixture) *World {
	t.Helper()
	numbers, err := credential.NewNumbers(Ring(t))
	must(t, err)
	keys, err := otp.NewKeys(Ring(t))
	must(t, err)
	wording, err := otp.NewWording(Origin)
	must(t, err)
	w := &World{Fixture: f, Keys: keys, Registry: &credential.Registry{DB: f.DB, Table: f.Table("CREDENTIALS_TABLE"), Numbers: numbers}}
	w.Book = phonebook.Book{DB: f.DB, Table: f.Table("PHONEBOOK_TABLE")}
	w.voice(t)
	w.Sender = &credential.Sender{
		Registry: w.Registry, Keys: keys, Wording: wording, SNS: outbound.New(t.Context(), f.Account, w.Topic),
		Gate: credential.Gate{
			Counters: limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")}, PerAddress: 100_000, DailySpend: 100_000,
			Stops: limit.NewStops(f.DB, f.Table("LIMITS_TABLE"), 100*365*24*time.Hour), // read before the test begins, and never again
		},
	}
	must(t, w.Sender.Gate.Stops.Refresh(t.Context(), time.Unix(0, 0)))
	w.Verifier = &credential.Verifier{Registry: w.Registry, Keys: keys}
	w.Claimer = &credential.Claimer{Registry: w.Registry, Keys: keys}
	f.Faults.Clear()
	return w
}

// voice makes a topic that a queue takes raw messages from, as the template does.
func (w *World) voice(t testing.TB) {
	t.Helper()
	name := aws.String("voice-" + strconv.FormatUint(rand.Uint64(), 36))
	topics := sns.New(sns.Options{Region: w.Account.Region, Credentials: w.Account.Credentials(), BaseEndpoint: w.Account.Endpoint("SNS")})
	w.sqs = sqs.New(sqs.Options{Region: w.Account.Region, Credentials: w.Account.Credentials(), BaseEndpoint: w.Account.Endpoint("SQS")})
	topic, err := topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: name})
	must(t, err)
	queue, err := w.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: name})
	must(t, err)
	attributes, err := w.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: queue.QueueUrl, AttributeNames: []types.QueueAttributeName{"QueueArn"}})
	must(t, err)
	_, err = topics.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(attributes.Attributes["QueueArn"]),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	must(t, err)
	w.Topic, w.queue = *topic.TopicArn, *queue.QueueUrl
}

// Orders takes the call orders that wait in the queue, as their messages.
func (w *World) Orders(t testing.TB) []string {
	t.Helper()
	out, err := w.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &w.queue, MaxNumberOfMessages: 10, VisibilityTimeout: 600})
	must(t, err)
	var messages []string
	for _, m := range out.Messages {
		messages = append(messages, *m.Body)
	}
	return messages
}

// Order takes the one call order that waits.
func (w *World) Order(t testing.TB) telephony.CallOrder {
	t.Helper()
	messages := w.Orders(t)
	if len(messages) != 1 {
		t.Fatalf("%d call orders wait, want 1", len(messages))
	}
	o, err := telephony.ReadCallOrder(messages[0])
	must(t, err)
	return o
}

// Number makes a US number that hardly any other test uses.
func Number(t testing.TB) phone.Number {
	t.Helper()
	// The exchange's middle digit stays 0, since none ends in 11.
	n, err := phone.FromE164("+1202" + strconv.Itoa(2+rand.IntN(8)) + "0" + strconv.Itoa(10_000+rand.IntN(90_000)))
	must(t, err)
	return n
}

// Texts lists the texts that were sent to a number, in order.
func (w *World) Texts(t testing.TB, to phone.Number) []string {
	t.Helper()
	res, err := http.Get(*w.Account.Endpoint("SNS") + "/_ministack/sns/sms-messages?phoneNumber=" + url.QueryEscape(to.E164()))
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	var out struct {
		Messages map[string][]struct{ Message string } `json:"sms_messages"`
	}
	must(t, json.NewDecoder(res.Body).Decode(&out))
	var texts []string
	for _, m := range out.Messages[to.E164()] {
		texts = append(texts, m.Message)
	}
	return texts
}

var codeFirst = regexp.MustCompile(`^([0-9]{6}) `)

// Code is the code of the last text to a number.
func (w *World) Code(t testing.TB, to phone.Number) secret.Text {
	t.Helper()
	texts := w.Texts(t, to)
	if len(texts) == 0 {
		t.Fatal("no text was sent")
	}
	found := codeFirst.FindStringSubmatch(texts[len(texts)-1])
	if found == nil {
		t.Fatalf("a text without a code: %q", texts[len(texts)-1])
	}
	return secret.Text(found[1])
}

// Wrong is a code that is not the given one.
func Wrong(code secret.Text) secret.Text {
	if code.Reveal() == "000000" {
		return "111111"
	}
	return "000000"
}

// License is the digest of the license that Open uses for a holder.
func License(holder account.ID) []byte { return append([]byte{1}, append(holder[:], holder[:]...)...) }

// Open opens a credential without proofing for a holder.
func (w *World) Open(t testing.TB, holder account.ID, service phone.Service, purchased, now time.Time) {
	t.Helper()
	must(t, w.DB.Commit(t.Context(), w.Registry.Open(credential.Opening{
		Holder: holder, License: License(holder), Product: string(service), Service: service, PurchasedAt: purchased,
	}, now)))
}

// Find reads a holder's credential.
func (w *World) Find(t testing.TB, holder account.ID) *credential.Credential {
	t.Helper()
	c, err := w.Registry.Find(t.Context(), holder)
	must(t, err)
	return c
}

// Enrol asks for a code to a new number.
func (w *World) Enrol(t testing.TB, a credential.Asker, n phone.Number, channel phone.Channel, now time.Time) (credential.Challenge, error) {
	t.Helper()
	return w.Sender.Enrol(t.Context(), a, w.Find(t, a.Holder), credential.Enrolment{Number: n, Country: "US", Channel: channel}, now)
}

// Register adds a number by text and confirms it, and returns its id.
func (w *World) Register(t testing.TB, a credential.Asker, n phone.Number, now time.Time) string {
	t.Helper()
	ch, err := w.Enrol(t, a, n, phone.SMS, now)
	must(t, err)
	right, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, ID(t, ch), w.Code(t, n), now)
	must(t, err)
	done := w.Verifier.Confirm(right)
	must(t, w.DB.Commit(t.Context(), done.Write))
	return done.Phone.ID
}

// Active opens a US credential bought and activated at now, with one phone.
func (w *World) Active(t testing.TB, a credential.Asker, now time.Time) (phoneID string, n phone.Number) {
	t.Helper()
	w.Open(t, a.Holder, phone.USService, now, now)
	n = Number(t)
	return w.Register(t, a, n, now), n
}

// ID is the id of a challenge as its view tells it.
func ID(t testing.TB, ch credential.Challenge) otp.ID {
	t.Helper()
	id, err := otp.ParseID(ch.ChallengeID)
	must(t, err)
	return id
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
