package license

import (
	"errors"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
)

// EventVoided is the end of a key, as the audit trail has it.
const EventVoided audit.Event = "license-voided"

// ErrMoved: the key is not in the state that was seen. Who meets it reads the key again.
var ErrMoved = errors.New("license: it was changed meanwhile")

// Reason is why a key is void. It tells which void may be taken back.
type Reason string

// The reasons: an order gives the first two, a proofing case the third, staff the fourth, the sweep the last.
const (
	ByRefund   Reason = "refunded" // taken back if the refund fails
	ByDispute  Reason = "disputed" // the bank decided
	ByProofing Reason = "proofing" // the third failure
	BySupport  Reason = "support"  // never taken back
	Expired    Reason = "expired"  // not entered within 12 months
)

// Free tells a key that nobody has entered: it can be suspended and restored without anybody's loss.
func (l License) Free() bool { return l.Holder == nil }

// Voiding is the one write that ends a key: it holds while the key stands as it was seen, so the first reason stays. The
// sealed copy of one that nobody entered stays too, so that a refund that fails later can be undone; a void key is
// neither shown nor taken. What an entered key opened is ended in the same transaction, by its caller.
func (s Licenses) Voiding(seen License, why Reason, now time.Time) dynamo.Write {
	return s.moving(seen, Void, "SET #st = :to, #y = :why, #va = :now REMOVE #ds, #da", map[string]string{"#y": "y", "#va": "va", "#ds": "ds", "#da": "da"},
		dynamo.Item{":why": dynamo.S(string(why)), ":now": dynamo.Ms(now)})
}

// Suspending is the write that keeps an issued key from being entered while its payment is disputed.
func (s Licenses) Suspending(seen License) dynamo.Write {
	return s.moving(seen, Suspended, "SET #st = :to REMOVE #ds, #da", map[string]string{"#ds": "ds", "#da": "da"}, dynamo.Item{})
}

// Restoring is the write that makes a suspended or void key what it was before: registered if it had been
// entered, else issued.
func (s Licenses) Restoring(seen License) dynamo.Write {
	names := map[string]string{"#y": "y", "#va": "va"}
	if !seen.Free() {
		return s.moving(seen, Registered, "SET #st = :to REMOVE #y, #va", names, dynamo.Item{})
	}
	names["#ds"], names["#da"] = "ds", "da"
	return s.moving(seen, Issued, "SET #st = :to, #ds = :ds, #da = :da REMOVE #y, #va", names,
		dynamo.Item{":ds": dynamo.S(shard(seen.Order)), ":da": dynamo.Ms(seen.DiesAt)})
}
