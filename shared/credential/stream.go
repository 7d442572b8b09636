package credential

import (
	"slices"
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
	ExpiresAt   time.Time
	Tries       int64
	Earlier     []int64 // which of them were earlier codes
	Refused     string  // sends that limits refused since, as stored
	Told        int64   // wrong codes at which a lock was told
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
	for nth, e := range c.entries() {
		writes = append(writes, r.Log.WriteOnce(e, c.Sequence, nth))
	}
	if c.locked() {
		until := c.New.LockedUntil
		if !until.Before(otp.Never) {
			until = time.Time{} // until support acts
		}
		writes = append(writes, r.Outbox.WriteOnce(notice.CodesLocked(c.Holder.String(), int(c.New.Told), until), c.Event, c.At))
	}
	if c.flagged() {
		writes = append(writes, r.Outbox.WriteOnce(notice.CodesWatched(c.Holder.String(), int(c.New.Watched)), c.Event, c.At))
	}
	return writes
}

// entries are what a change records, always in the same order: an entry's number among them is part of its place.
func (c Change) entries() []audit.Entry {
	var entries []audit.Entry
	record := func(what audit.Event, at time.Time, detail map[string]string) {
		if at.Before(c.New.SentAt) {
			at = c.New.SentAt // the stream's clock tells seconds: nothing happens to a code before it was sent
		}
		entries = append(entries, audit.Entry{
			Subject: audit.Account(c.Holder.String()), What: what, At: at, Ref: c.New.Challenge.String(), Detail: detail,
		})
	}
	tag, fresh := c.New.Tag, c.New.Challenge != c.Old.Challenge
	if fresh && c.New.Challenge != (otp.ID{}) {
		detail := map[string]string{"tag": tag, "channel": channelWord(c.New.Channel), "until": instant(c.New.ExpiresAt)}
		if c.New.Target.ID != "" {
			detail["phone"] = c.New.Target.ID
		}
		record(EventCodeSent, c.New.SentAt, detail)
	}
	if !fresh && c.New.Tries > c.Old.Tries {
		record(EventCodeTried, c.At, map[string]string{"tag": tag, "tries_left": left(c.New.Tries)})
	}
	if !fresh && c.New.Delivery != c.Old.Delivery && undelivered(c.New.Delivery) {
		record(EventNotSent, c.At, map[string]string{"tag": tag, "delivery": c.New.Delivery.String()})
	}
	if !fresh && c.New.Delivery != c.Old.Delivery && c.New.Delivery == DeliverySent {
		record(EventCodeCalled, c.At, map[string]string{"tag": tag, "until": instant(c.New.ExpiresAt)})
	}
	if c.locked() {
		record(EventCodesLocked, c.At, map[string]string{"wrong": strconv.FormatInt(c.New.Told, 10), "until": lockEnd(c.New.LockedUntil)})
	}
	if c.flagged() {
		record(EventCodesWatched, c.At, map[string]string{"wrong": strconv.FormatInt(c.New.Watched, 10)})
	}
	for _, try := range c.New.Earlier {
		if !slices.Contains(c.Old.Earlier, try) {
			record(EventCodeEarlier, c.At, map[string]string{"tag": tag, "tries_left": left(try)})
		}
	}
	for _, s := range refusedSends(c.New.Refused).since(refusedSends(c.Old.Refused)) {
		record(EventCodeRefused, c.At, map[string]string{"rule": s.rule, "channel": channelWord(s.channel), "until": lockEnd(s.until)})
		entries[len(entries)-1].Ref = "" // no challenge came of it
	}
	return entries
}

// locked tells whether a lock was told just now, flagged whether a person must look from now on.
func (c Change) locked() bool { return c.New.Told != c.Old.Told && c.New.Told > 0 }

func (c Change) flagged() bool { return c.New.Flagged > c.Old.Flagged }

// left is what a try left of its code's tries.
func left(try int64) string { return strconv.FormatInt(otp.Tries-try, 10) }

// channelWord is a stored channel in the API's word; a later version's is recorded all the same.
func channelWord(letter string) string {
	channel, err := channelOf(letter)
	if err != nil {
		return "unknown"
	}
	return string(channel)
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
