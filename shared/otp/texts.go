package otp

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

// The sentences of this room, in English.

const (
	lockedForNow  = "Too many wrong codes were typed in a row. Wait, then ask for a new code."
	lockedForGood = "Too many wrong codes were typed in a row. Contact support to use codes again."
)

func limited(channel phone.Channel, h History, now time.Time) string {
	if channel == phone.Voice && h.callEnd().After(now) {
		return fmt.Sprintf("At most %d calls an hour are placed.", CallsKept)
	}
	var parts []string
	for _, w := range Windows() {
		parts = append(parts, fmt.Sprintf("%d in %s", w.Sends, span(w.Span)))
	}
	return "At most this many codes are sent: " + strings.Join(parts, ", ") + "."
}

func span(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%d minutes", int(d/time.Minute))
	}
	return fmt.Sprintf("%d hours", int((d+time.Hour-1)/time.Hour))
}

// brand is the sender's name in every message.
const brand = "Phone OTP"

// Wording makes the messages of one portal.
type Wording struct{ host string }

// NewWording takes the portal's origin (PUBLIC_ORIGIN), whose host stands in the last line of a text, where
// browsers look for it. It fails if no text with that host would fit one segment.
func NewWording(origin string) (Wording, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return Wording{}, errors.New("otp: the public origin has no host")
	}
	w := Wording{host: u.Hostname()}
	if text := w.Text("000000", "XX").Reveal(); len(text) > LongestText || !gsm7(text) {
		return Wording{}, errors.New("otp: a text with this host does not fit one segment of GSM-7")
	}
	return w, nil
}

// Text is the text message with a code: code first, brand, tag, minutes, warning; the last line lets a
// browser fill the code in on this host alone.
func (w Wording) Text(code secret.Text, tag string) secret.Text {
	return secret.Text(fmt.Sprintf("%s is your %s code (ref %s), good for %d minutes. Never share it.\n\n@%s #%s",
		code.Reveal(), brand, tag, int(Life/time.Minute), w.host, code.Reveal()))
}

// gsm7 tells whether every character costs one septet.
func gsm7(s string) bool {
	for _, r := range s {
		switch {
		case r == '\n', r >= ' ' && r <= '~' && !strings.ContainsRune("[\\]^`{|}~", r):
		default:
			return false
		}
	}
	return true
}

// readings is how often a call says the code.
const readings = 3

// Speech is what a call says, in SSML: three readings, digit by digit, slowly. No digit but the code's is
// in it, so that a transcript cannot be misread.
func (Wording) Speech(code secret.Text, tag string) secret.Text {
	var b strings.Builder
	b.WriteString(`<speak><prosody rate="slow">` + brand + `. `)
	for i := range readings {
		if i == 0 {
			b.WriteString("Code for " + spaced(tag) + `: <break time="500ms"/> `)
		} else {
			b.WriteString(`<break time="1s"/> Again: <break time="500ms"/> `)
		}
		b.WriteString(strings.ReplaceAll(spaced(code.Reveal()), " ", `, <break time="400ms"/> `) + ". ")
	}
	b.WriteString("Never share it. Goodbye.</prosody></speak>")
	return secret.Text(b.String())
}

// spaced puts a space between symbols, so that each is read by itself.
func spaced(s string) string { return strings.Join(strings.Split(s, ""), " ") }
