package messages

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// ReadMail turns the MIME source of a mail into a message: the subject, the text body and the attachments.
// Who it goes to is the caller's to say, since the envelope decides that, not the header.
func ReadMail(raw []byte) (Message, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, fmt.Errorf("mail: %w", err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return Message{}, fmt.Errorf("mail subject: %w", err)
	}
	out := Message{Kind: Email, Subject: subject, Raw: raw}
	if err := readPart(&out, part{header: m.Header.Get, body: m.Body}); err != nil {
		return Message{}, err
	}
	return out, nil
}

// part is a MIME entity: the mail itself or one of its parts.
type part struct {
	header func(string) string
	body   io.Reader
	name   string // of the file, if it has one
}

func readPart(m *Message, p part) error {
	kind, params, err := mime.ParseMediaType(orElse(p.header("Content-Type"), "text/plain"))
	if err != nil {
		return fmt.Errorf("mail content type: %w", err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		return readParts(m, multipart.NewReader(p.body, params["boundary"]))
	}
	content, err := decoded(p)
	if err != nil {
		return fmt.Errorf("mail part %s: %w", kind, err)
	}
	disposition, _, _ := mime.ParseMediaType(p.header("Content-Disposition"))
	switch {
	case kind == "text/plain" && disposition != "attachment" && m.Body == "":
		m.Body = strings.ReplaceAll(string(content), "\r\n", "\n")
	case kind == "text/html" && disposition != "attachment":
		// People's mail programs show it; here the text stands for it. The source keeps it.
	default:
		m.Attachments = append(m.Attachments, Attachment{Name: orElse(p.name, params["name"]), Type: p.header("Content-Type"), Content: content})
	}
	return nil
}

func readParts(m *Message, r *multipart.Reader) error {
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("mail parts: %w", err)
		}
		if err := readPart(m, part{header: p.Header.Get, body: p, name: p.FileName()}); err != nil {
			return err
		}
	}
}

func decoded(p part) ([]byte, error) {
	switch strings.ToLower(p.header("Content-Transfer-Encoding")) {
	case "base64":
		return io.ReadAll(base64.NewDecoder(base64.StdEncoding, p.body))
	case "quoted-printable":
		return io.ReadAll(quotedprintable.NewReader(p.body))
	default:
		return io.ReadAll(p.body)
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
