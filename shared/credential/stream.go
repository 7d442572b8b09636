package credential

import (
	"strconv"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/otp"
)

// Image is what the table's stream tells of an item before or after a change, as far as it is recorded.
type Image struct {
	Challenge   otp.ID // zero before the first send
	Channel     string // as stored
	Tag         string
	Delivery    Delivery
	Target      Target
	Used        bool // by a right code
	SentAt      time.Time
	Tries       int64
	Told        int64 // wrong codes at which a lock was told
	LockedUntil time.Time
	Watched     int64 // wrong codes in 30 days
	Flagged     int64 // when it was marked that a person must look, ms
}

// Target is the phone that the challenge went to.
type Target struct {
	ID      string
	Country string
	Pending bool
	Sealed  []byte // the number, of a pending one alone
}

// Change is one record of the stream. Event and Sequence name it, however often it is delivered.
type Change struct {
	Event    string
	Sequence string // grows with every change of the holder
	Holder   account.ID
	At       time.Time // about when, by DynamoDB's clock
	Old      Image
	New      Image
}

// Recorder turns changes into audit entries and, at a rung of the ladder, a mail (product.md 6 and 10).
type Recorder struct {
	DB     *dynamo.DB
	Log    audit.Log
	Outbox *notice.Outbox
}

// Writes are what a change leaves behind; writing them again changes nothing. None for a change that says
// nothing about codes.
func (r Recorder) Writes(c Change) []dynamo.Write {
	var writes []dynamo.Write
	nth := 0
	record := func(what audit.Event, at time.Time, detail map[string]string) {
		if at.Before(c.New.SentAt) {
			at = c.New.SentAt // the stream's clock tells seconds: nothing happens to a code before it was sent
		}
		writes = append(writes, r.Log.WriteOnce(audit.Entry{
			Subject: audit.Account(c.Holder.String()), What: what, At: at, Ref: c.New.Challenge.String(), Detail: detail,
		}, c.Sequence, nth))
		nth++
	}
	fresh := c.New.Challenge != c.Old.Challenge
	if fresh && c.New.Challenge != (otp.ID{}) {
		channel, err := channelOf(c.New.Channel)
		if err != nil {
			channel = "unknown" // a later version's channel is recorded all the same
		}
		record(EventCodeSent, c.New.SentAt, map[string]string{"tag": c.New.Tag, "channel": string(channel)})
	}
	if !fresh && c.New.Tries > c.Old.Tries {
		record(EventCodeTried, c.At, map[string]string{"tag": c.New.Tag, "tries_left": strconv.FormatInt(otp.Tries-c.New.Tries, 10)})
	}
	if !fresh && c.New.Delivery != c.Old.Delivery && undelivered(c.New.Delivery) {
		record(EventNotSent, c.At, map[string]string{"tag": c.New.Tag, "delivery": c.New.Delivery.String()})
	}
	if c.New.Told != c.Old.Told && c.New.Told > 0 {
		record(EventCodesLocked, c.At, map[string]string{"wrong": strconv.FormatInt(c.New.Told, 10), "until": lockEnd(c.New.LockedUntil)})
		until := c.New.LockedUntil
		if !until.Before(otp.Never) {
			until = time.Time{} // until support acts
		}
		writes = append(writes, r.Outbox.WriteOnce(notice.CodesLocked(c.Holder.String(), int(c.New.Told), until), c.Event, c.At))
	}
	if c.New.Flagged > c.Old.Flagged {
		record(EventCodesWatched, c.At, map[string]string{"wrong": strconv.FormatInt(c.New.Watched, 10)})
		writes = append(writes, r.Outbox.WriteOnce(notice.CodesWatched(c.Holder.String(), int(c.New.Watched)), c.Event, c.At))
	}
	return writes
}

func undelivered(d Delivery) bool {
	return d == DeliveryFailed || d == DeliveryUnknown || d == deliveryDoubtful
}

func lockEnd(until time.Time) string {
	if !until.Before(otp.Never) {
		return "support acts"
	}
	return instant(until)
}
