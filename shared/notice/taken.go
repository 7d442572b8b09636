package notice

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"phoneotp/shared/mail/attachment"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

// Taken is a notice in the hands of one sender, opened.
type Taken struct {
	ID   string
	Kind Kind

	by   string // which taking this is
	body body
}

// Account is the account to mail, empty for a notice that brings its own receiver.
func (t Taken) Account() string { return t.body.Account }

// Address is the mail address that the notice brings, with Name of the person to greet.
func (t Taken) Address() (address, givenName string) { return t.body.Address, t.body.Name }

// Number is the number to text; the zero number for a mail.
func (t Taken) Number() (phone.Number, error) {
	if t.body.Number == "" {
		return phone.Number{}, nil
	}
	n, err := phone.FromE164(t.body.Number)
	if err != nil {
		return phone.Number{}, fmt.Errorf("notice %s: %w", t.ID, err)
	}
	return n, nil
}

// License is the digest of the license item whose key the mail shows; nil for other kinds.
func (t Taken) License() ([]byte, error) {
	v := t.body.Params[paramLicense]
	if v == "" {
		return nil, nil
	}
	digest, err := base64.RawURLEncoding.DecodeString(v)
	if err != nil {
		return nil, fmt.Errorf("notice %s: the license is not a digest: %w", t.ID, err)
	}
	return digest, nil
}

func (o *Outbox) open(id string, sealed []byte) (body, error) {
	plain, err := o.key.Open(sealed, []byte(id))
	if err != nil {
		return body{}, err
	}
	var b body
	if err := json.Unmarshal(plain, &b); err != nil {
		return body{}, fmt.Errorf("what was sealed is not a notice: %w", err)
	}
	return b, nil
}

// Letter is a composed message. A text to a number has no subject.
type Letter struct {
	Subject string
	Text    secret.Text // holds links with tokens, or a license key
	// Attachments are an invitation for the calendar, for kinds about appointments.
	Attachments []attachment.File
}

// Facts are what is only known when the message goes out.
type Facts struct {
	Origin    string // the portal's, as "https://otp.example.org": what links begin with
	GivenName string // whom to greet
	Name      string // the receiver's whole name
	Address   string // the receiver's mail address
	From      string // the address that mails come from
	// LicenseKey is the key in clear, as it is typed; empty if it was entered meanwhile.
	LicenseKey secret.Text
	// LicenseVoid tells that the key is not valid any more, or suspended.
	LicenseVoid bool
}
