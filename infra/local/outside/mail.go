package outside

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"phoneotp/infra/local/messages"
)

// sendEmail is the part of SES v2's SendEmail that the stand-in reads.
type sendEmail struct {
	Destination struct {
		ToAddresses, CcAddresses, BccAddresses []string
	}
	Content struct {
		Raw *struct {
			Data []byte
		}
		Simple *struct {
			Subject struct{ Data string }
			Body    struct {
				Text struct{ Data string }
			}
		}
	}
}

// mail keeps a mail of SES v2's SendEmail.
func (w *World) mail(in *http.Request, body []byte) error {
	if in.Method != http.MethodPost || in.URL.Path != "/v2/email/outbound-emails" {
		return nil
	}
	var call sendEmail
	if err := json.Unmarshal(body, &call); err != nil {
		return err
	}
	var m messages.Message
	switch {
	case call.Content.Raw != nil:
		var err error
		if m, err = messages.ReadMail(call.Content.Raw.Data); err != nil {
			return err
		}
	case call.Content.Simple != nil:
		m = messages.Message{Kind: messages.Email, Subject: call.Content.Simple.Subject.Data, Body: call.Content.Simple.Body.Text.Data}
	default:
		return errors.New("a mail that is neither simple nor raw")
	}
	to := append(append(call.Destination.ToAddresses, call.Destination.CcAddresses...), call.Destination.BccAddresses...)
	if len(to) == 0 {
		return errors.New("a mail without a destination")
	}
	m.To = strings.Join(to, ", ")
	w.box.Add(m)
	return nil
}
