package invitation

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"phoneotp/shared/mail/attachment"
)

// Event is what is invited to, or called off.
type Event struct {
	UID         string // names the event for good
	Sequence    int64  // grows by one with every change
	Cancelled   bool
	Stamp       time.Time // when this change was made
	Start       time.Time
	Length      time.Duration
	Organizer   string // address, the one that the mail comes from
	Attendee    string // address
	Name        string // the attendee's
	Summary     string
	Description string
	URL         string // also the place
}

// product names the program that wrote the file, as RFC 5545 wants it.
const product = "-//Phone OTP//Identity proofing//EN"

// Attachment is the invitation as a file of a mail.
func (e Event) Attachment() attachment.File {
	return attachment.File{Name: "invite.ics", Type: "text/calendar; charset=utf-8; method=" + e.method(), Data: e.encode()}
}

func (e Event) method() string {
	if e.Cancelled {
		return "CANCEL"
	}
	return "REQUEST"
}

func (e Event) encode() []byte {
	status := "CONFIRMED"
	if e.Cancelled {
		status = "CANCELLED"
	}
	var b strings.Builder
	for _, l := range []string{
		"BEGIN:VCALENDAR",
		"VERSION:2.0",
		"PRODID:" + product,
		"CALSCALE:GREGORIAN",
		"METHOD:" + e.method(),
		"BEGIN:VEVENT",
		"UID:" + text(e.UID),
		"SEQUENCE:" + strconv.FormatInt(e.Sequence, 10),
		"STATUS:" + status,
		"DTSTAMP:" + instant(e.Stamp),
		"DTSTART:" + instant(e.Start),
		"DTEND:" + instant(e.Start.Add(e.Length)),
		"SUMMARY:" + text(e.Summary),
		"DESCRIPTION:" + text(e.Description),
		"LOCATION:" + text(e.URL),
		"URL:" + plain(e.URL),
		"TRANSP:OPAQUE",
		"CLASS:PRIVATE",
		"ORGANIZER;CN=Phone OTP:mailto:" + plain(e.Organizer),
		fmt.Sprintf("ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE;CN=%s:mailto:%s", parameter(e.Name), plain(e.Attendee)),
		"END:VEVENT",
		"END:VCALENDAR",
	} {
		fold(&b, l)
	}
	return []byte(b.String())
}

func instant(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

var escapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// text is the value of a property that is a text.
func text(s string) string {
	return strings.Map(printable, escapes.Replace(s))
}

// plain is a value that is no text: what cannot stand there is left out.
func plain(s string) string { return strings.Map(printable, s) }

func printable(r rune) rune {
	if unicode.IsControl(r) || r == utf8.RuneError {
		return -1
	}
	return r
}

// parameter is the value of a parameter; one that is empty needs quotes.
func parameter(s string) string {
	kept := strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == ' ' || r == '.' || r == '-' {
			return r
		}
		return -1
	}, s))
	if kept == "" {
		return `""`
	}
	return kept
}

// octets is how long a line may be.
const octets = 75

// fold writes a line, broken where it is too long. A continued line begins with a blank, which counts.
func fold(b *strings.Builder, line string) {
	room := octets
	for _, r := range line {
		n := utf8.RuneLen(r)
		if n > room {
			b.WriteString("\r\n ")
			room = octets - 1
		}
		b.WriteRune(r)
		room -= n
	}
	b.WriteString("\r\n")
}
