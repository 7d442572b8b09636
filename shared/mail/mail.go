package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	gomail "github.com/wneessen/go-mail"

	"phoneotp/shared/awsx"
	"phoneotp/shared/mail/attachment"
	"phoneotp/shared/secret"
)

var (
	// ErrRefused tells that the receiver's address can never be mailed to. Trying again is of no use.
	ErrRefused = errors.New("mail: the receiver's address is refused")
	// ErrUnavailable tells that SES is slow, throttling or down. The mail may have gone out all the same.
	ErrUnavailable = errors.New("mail: SES cannot be reached just now")
)

// Message is one mail to one receiver.
type Message struct {
	ID          string // names the message for good: letters, digits, - and #
	To          string // address
	Subject     string
	Text        secret.Text
	Attachments []attachment.File
}

// Sender sends mails. It is safe for concurrent use.
type Sender struct {
	api  *sesv2.Client
	from string
}

// brand is the name that mails come from.
const brand = "Phone OTP"

// NewSender returns a sender of mails from an address of a verified SES identity. The endpoint may be set by
// AWS_ENDPOINT_URL_SESV2.
func NewSender(ctx context.Context, account *awsx.Account, from string) *Sender {
	endpoint := account.Endpoint("SESV2")
	if endpoint == nil {
		account.Warm(ctx, "email")
	}
	return &Sender{from: from, api: sesv2.New(sesv2.Options{
		Region: account.Region, Credentials: account.Credentials(), HTTPClient: account.HTTP, Retryer: account.Retryer(), BaseEndpoint: endpoint,
	})}
}

// Send sends one mail. It returns ErrRefused for a receiver that can never be mailed to, ErrUnavailable when
// SES is down, slow or throttling.
func (s *Sender) Send(ctx context.Context, m Message, now time.Time) error {
	raw, err := s.build(m, now)
	if err != nil {
		return err
	}
	_, err = s.api.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: &s.from,
		Destination:      &types.Destination{ToAddresses: []string{m.To}},
		Content:          &types.EmailContent{Raw: &types.RawMessage{Data: raw}},
	})
	if err == nil {
		return nil
	}
	// SES's words may repeat the address: only its code goes into the log.
	api, answered := errors.AsType[smithy.APIError](err)
	if !answered {
		return fmt.Errorf("%w: no answer", ErrUnavailable)
	}
	code := api.ErrorCode()
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	switch {
	case throttled, status(err) >= http.StatusInternalServerError:
		return fmt.Errorf("%w: %s", ErrUnavailable, code)
	case code == "BadRequestException":
		return fmt.Errorf("%w: %s", ErrRefused, code)
	}
	return fmt.Errorf("mail: SES refuses us: %s", code)
}

func status(err error) int {
	if res, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return res.HTTPStatusCode()
	}
	return 0
}

// build makes the MIME message.
func (s *Sender) build(m Message, now time.Time) ([]byte, error) {
	if !mailable(m.To) {
		return nil, ErrRefused
	}
	_, domain, _ := strings.Cut(s.from, "@")
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(brand, s.from); err != nil {
		return nil, errors.New("mail: the sender's address cannot be read")
	}
	if err := msg.To(m.To); err != nil {
		return nil, ErrRefused
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(now)
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text.Reveal())
	for _, a := range m.Attachments {
		msg.AttachReadSeeker(a.Name, bytes.NewReader(a.Data), gomail.WithFileContentType(gomail.ContentType(a.Type)))
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("mail: build: %w", err)
	}
	return raw.Bytes(), nil
}

// mailable tells whether SES takes the address at all: one plain address, in ASCII before the @ (SES knows no
// internationalised local parts).
func mailable(address string) bool {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address {
		return false
	}
	local := address[:strings.LastIndexByte(address, '@')]
	return !strings.ContainsFunc(local, func(r rune) bool { return r > '~' })
}

// oneLine keeps a subject from ending its header.
func oneLine(subject string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, subject)
}
