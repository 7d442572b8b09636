package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/oklog/ulid/v2"
)

// Event says what happened, in the past tense and kebab case, as "signed-in". Rooms declare their own.
type Event string

// Actors that are no person.
const (
	System   = "system"   // a sweep, a stream, a queue
	Stripe   = "stripe"   // a verified payment event
	Operator = "operator" // somebody with access to the stage, by a command
)

// Entry is one thing that happened.
type Entry struct {
	Subject string    // whom it concerns: Account or Order
	Actor   string    // who did it: Account, or one of the constants; empty means the subject
	What    Event     // required
	At      time.Time // required
	Why     string    // the stated reason, where an act needs one
	From    string    // the client's address, where a request caused it
	Ref     string    // id of the thing concerned
	Detail  map[string]string
}

// Account is the subject or actor that is an account, by the text of its id.
func Account(id string) string { return "a#" + id }

// Order is the subject that is an order, by its number.
func Order(number string) string { return "o#" + number }

// key places an entry among the others of its subject by time. entropy has 10 bytes.
func key(at time.Time, entropy []byte) string {
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(at)) // fails only after the year 10889
	_ = id.SetEntropy(entropy)         // fails only for another length
	return id.String()
}

const entropySize = 10

func randomKey(at time.Time) string {
	var b [entropySize]byte
	_, _ = rand.Read(b[:])
	return key(at, b[:])
}

func keyOf(at time.Time, event string) string {
	sum := sha256.Sum256([]byte(event))
	return key(at, sum[:entropySize])
}
