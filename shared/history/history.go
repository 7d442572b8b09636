package history

import (
	"strings"

	"phoneotp/shared/audit"
)

// By says who acted, as a holder may know it.
type By string

// The kinds of actors.
const (
	Holder   By = "you"     // the person whose history it is
	Staff    By = "staff"   // support or an agent
	Payments By = "payment" // the payment service
	System   By = "system"  // a sweep, a queue, an operator's command
	Anyone   By = "anyone"  // somebody who had not signed in, the holder or not
)

// Actor is who acted in an entry of that subject's history.
func Actor(e audit.Entry, subject string) By {
	switch {
	case e.Actor == subject && unproven[e.What]:
		return Anyone
	case e.Actor == subject:
		return Holder
	case e.Actor == audit.Stripe:
		return Payments
	case strings.HasPrefix(e.Actor, audit.Account("")):
		return Staff
	}
	return System
}

// ForHolder tells whether the holder may see an event.
func ForHolder(what audit.Event) bool { return !staffOnly[what] }

// Sentence says in plain words what happened.
func Sentence(e audit.Entry) string {
	text, known := sentences[e.What]
	if !known {
		return string(e.What)
	}
	return say(text, e.Detail)
}

// say fills a text with details.
func say(text string, detail map[string]string) string {
	var out strings.Builder
	for text != "" {
		before, rest, optional := strings.Cut(text, "[")
		filled, _ := fill(before, detail)
		out.WriteString(filled)
		if !optional {
			break
		}
		part, after, _ := strings.Cut(rest, "]")
		if filled, whole := fill(part, detail); whole {
			out.WriteString(filled)
		}
		text = after
	}
	return out.String()
}

// word is a detail in the reader's words.
func word(name, value string) string {
	all := words
	if name == "rule" {
		all = rules
	}
	if text, known := all[value]; known {
		return text
	}
	return value
}

// fill puts details in place of their names; whole is false if one is missing.
func fill(text string, detail map[string]string) (filled string, whole bool) {
	var out strings.Builder
	whole = true
	for {
		before, rest, more := strings.Cut(text, "{")
		out.WriteString(before)
		if !more {
			return out.String(), whole
		}
		name, after, _ := strings.Cut(rest, "}")
		value, there := detail[name]
		if !there {
			value, whole = "?", false
		}
		out.WriteString(word(name, value))
		text = after
	}
}
