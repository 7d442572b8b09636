package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"math"
	"math/big"
	"strconv"
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

// keyInOrder places an entry among those of the same millisecond by its number in a stream, which grows.
func keyInOrder(at time.Time, sequence string, nth int) string {
	n, ok := new(big.Int).SetString(sequence, 10)
	if !ok || nth < 0 || nth > math.MaxUint8 {
		return keyOf(at, sequence+" "+strconv.Itoa(nth))
	}
	var b [entropySize]byte
	n.And(n, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 8*(entropySize-1)), big.NewInt(1))) // what fits
	n.FillBytes(b[:entropySize-1])
	b[entropySize-1] = byte(nth)
	return key(at, b[:])
}

func keyOf(at time.Time, event string) string {
	sum := sha256.Sum256([]byte(event))
	return key(at, sum[:entropySize])
}
