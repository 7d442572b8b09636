package credential

import (
	"errors"
	"time"

	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// core is what names and checks one challenge, packed: what is kept of earlier ones.
type core struct {
	id     otp.ID
	mark   otp.Mark
	phone  string // 8 symbols
	digest []byte
}

const (
	phoneIDSize = 8
	coreSize    = len(otp.ID{}) + len(otp.Mark{}) + phoneIDSize + otp.DigestSize
)

func (c core) bytes() []byte {
	b := append(make([]byte, 0, coreSize), c.id[:]...)
	b = append(b, c.mark[:]...)
	b = append(b, c.phone...)
	return append(b, c.digest...)
}

// stored is how a core stands in the item: empty where there is none.
func (c core) stored() []byte {
	if len(c.digest) == 0 {
		return []byte{}
	}
	return c.bytes()
}

// prefix is the part of a core that a request must name.
func prefix(id otp.ID, mark otp.Mark) []byte { return append(id[:], mark[:]...) }

func readCore(b []byte) (core, error) {
	if len(b) == 0 {
		return core{}, nil
	}
	if len(b) != coreSize {
		return core{}, errors.New("credential: a challenge has another length")
	}
	var c core
	b = b[copy(c.id[:], b):]
	b = b[copy(c.mark[:], b):]
	c.phone, c.digest = string(b[:phoneIDSize]), b[phoneIDSize:]
	return c, nil
}

// PhoneOf is the id of the phone that a stored challenge went to; empty for what is none.
func PhoneOf(stored []byte) string {
	c, err := readCore(stored)
	if err != nil {
		return ""
	}
	return c.phone
}

// is tells whether a request by this session and purpose means this challenge.
func (c core) is(id otp.ID, mark otp.Mark) bool {
	return len(c.digest) > 0 && c.id == id && c.mark == mark
}

func (c core) binding(holder []byte) otp.Binding {
	return otp.Binding{Challenge: c.id, Holder: holder, Phone: c.phone, Mark: c.mark}
}

// challenge is the live one, or the last one.
type challenge struct {
	core
	tag      string
	channel  phone.Channel
	sent     time.Time
	expires  time.Time
	tries    int // taken
	used     time.Time
	delivery Delivery
}

// Delivery is how far the way of a code is known (api.md, Challenge).
type Delivery string

// The states of delivery, as they are stored.
const (
	DeliveryAccepted Delivery = "a"
	DeliverySent     Delivery = "s" // a call was placed
	DeliveryFailed   Delivery = "f"
	DeliveryUnknown  Delivery = "u" // the answer to the publish was lost
	deliveryDoubtful Delivery = "d" // a call was claimed, the answer to its placing was lost: never claimed again
)

// String is the word of the API.
func (d Delivery) String() string {
	switch d {
	case DeliverySent:
		return "sent"
	case DeliveryFailed:
		return "failed"
	case DeliveryUnknown, deliveryDoubtful:
		return "unknown"
	}
	return "accepted"
}

// open tells whether the challenge still waits for its code.
func (c challenge) open(now time.Time) bool {
	return len(c.digest) > 0 && c.used.IsZero() && c.tries < otp.Tries && now.Before(c.expires)
}

// triesLeft is what remains of a code's tries.
func (c challenge) triesLeft() int {
	if !c.used.IsZero() {
		return 0
	}
	return max(0, otp.Tries-c.tries)
}
