package messages

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

var (
	spaces    = regexp.MustCompile(`[ \t\r\n]+`)
	beforeDot = regexp.MustCompile(` +([.,;:!?])`)
)

// longPause is where a listener hears a new sentence begin.
const longPause = 700 * time.Millisecond

// Speech is what a person hears of SSML: the words, digits one by one where the text asks for it, a new line
// after every sentence, paragraph or long pause. Markup that End User Messaging would refuse is an error.
func Speech(ssml string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(ssml))
	var out strings.Builder
	var digits, depth int
	var root string
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", fmt.Errorf("SSML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			if root == "" {
				root = t.Name.Local
			}
			if spelled(t) {
				digits = depth
			}
			if sentence(t) || t.Name.Local == "break" && pause(t) >= longPause {
				out.WriteString("\n")
			}
		case xml.EndElement:
			if digits == depth {
				digits = 0
			}
			depth--
			if t.Name.Local == "p" || t.Name.Local == "s" {
				out.WriteString("\n")
			}
		case xml.CharData:
			out.WriteString(words(string(t), digits > 0))
		}
	}
	if root != "speak" {
		return "", errors.New("SSML: the root is not speak")
	}
	return lines(out.String()), nil
}

func sentence(e xml.StartElement) bool { return e.Name.Local == "p" || e.Name.Local == "s" }

func spelled(e xml.StartElement) bool {
	if e.Name.Local != "say-as" {
		return false
	}
	how := attribute(e, "interpret-as")
	return how == "digits" || how == "characters" || how == "spell-out"
}

func words(text string, spelled bool) string {
	text = spaces.ReplaceAllString(text, " ")
	if !spelled {
		return text
	}
	return " " + strings.Join(strings.Split(strings.TrimSpace(text), ""), " ") + " "
}

func pause(e xml.StartElement) time.Duration {
	if d, err := time.ParseDuration(attribute(e, "time")); err == nil {
		return d
	}
	if s := attribute(e, "strength"); s == "strong" || s == "x-strong" {
		return longPause
	}
	return 0
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func lines(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		line = beforeDot.ReplaceAllString(spaces.ReplaceAllString(line, " "), "$1")
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
