package chain

import (
	"fmt"
	"strings"
)

// sequence is a place in the audit table's stream: the stream's label and a decimal number without zeros in front,
// a space between. A stream gives the changes of a subject in the order of their numbers. A table that was restored
// has another stream, whose numbers may be lower; labels are instants, so that the later stream comes after.
type sequence string

// unnumbered is before every place of a stream: the sequence of what no stream brought.
const unnumbered sequence = "0"

const mostDigits = 40 // as DynamoDB says

func newSequence(stream, number string) (sequence, error) {
	digits := strings.TrimLeft(number, "0")
	if digits == "" || len(digits) > mostDigits || strings.Trim(digits, "0123456789") != "" {
		return "", fmt.Errorf("chain: %q is no number of a stream", number)
	}
	if stream <= string(unnumbered) || strings.Contains(stream, " ") {
		return "", fmt.Errorf("chain: %q is no label of a stream", stream)
	}
	return sequence(stream + " " + digits), nil
}

// sound tells whether newSequence made it.
func (s sequence) sound() bool {
	stream, number, _ := strings.Cut(string(s), " ")
	made, err := newSequence(stream, number)
	return s == unnumbered || err == nil && made == s
}

// after compares labels as texts and numbers as numbers.
func (s sequence) after(other sequence) bool {
	stream, number, _ := strings.Cut(string(s), " ")
	otherStream, otherNumber, _ := strings.Cut(string(other), " ")
	switch {
	case stream != otherStream:
		return stream > otherStream
	case len(number) != len(otherNumber):
		return len(number) > len(otherNumber)
	}
	return number > otherNumber
}
