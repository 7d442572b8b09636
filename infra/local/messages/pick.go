package messages

import (
	"regexp"
	"slices"
	"strings"
)

var (
	lastLine   = regexp.MustCompile(`@\S+ #([0-9]{6})\s*$`)
	sixDigits  = regexp.MustCompile(`(?:^|[^0-9#])([0-9]{6})(?:[^0-9]|$)`)
	oneDigit   = regexp.MustCompile(`\b[0-9]\b`)
	licenseKey = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){4}\b`)
	link       = regexp.MustCompile(`https?://[^\s<>"]+`)
)

// code finds the one-time code of a text or a call; a mail has none.
func code(m Message) string {
	switch m.Kind {
	case SMS:
		if found := lastLine.FindStringSubmatch(m.Body); found != nil {
			return found[1]
		}
	case Voice:
		if digits := oneDigit.FindAllString(m.Body, 6); len(digits) == 6 {
			return strings.Join(digits, "")
		}
		if found := sixDigits.FindStringSubmatch(m.Body); found != nil {
			return found[1]
		}
	case Email:
	}
	return ""
}

func licenseKeys(body string) []string { return unique(licenseKey.FindAllString(body, -1)) }

func links(body string) []string {
	found := link.FindAllString(body, -1)
	for i, l := range found {
		found[i] = strings.TrimRight(l, ".,;:!?)'")
	}
	return unique(found)
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
