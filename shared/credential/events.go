package credential

import "phoneotp/shared/audit"

// What happens to codes, as the audit trail has it. Ref is the challenge's id, the detail tag the two letters of its
// code, tries_left what is left of its tries after the one told: Ref and tries_left name one try. Instants are RFC
// 3339, or "support acts" where only that ends it.
//
// All but the last come through the table's stream, within moments, by its clock, which knows seconds. Those of one
// challenge stand in the order in which they happened.
const (
	// A code was made and is handed over: tag, phone (id of the number), channel ("sms", "voice"), until (what it
	// lives to; a call's moves when it is placed).
	EventCodeSent audit.Event = "code-sent"
	// The text or the call did not go out, or it is not known: tag, delivery ("failed", "unknown").
	EventNotSent audit.Event = "code-undelivered"
	// A call is placed now: tag, until (what its code lives to from here on). Where placing it fails, the code is
	// undelivered after this.
	EventCodeCalled audit.Event = "code-called"
	// A code was typed: tag, tries_left. Right, if the entry of a right code names the same try: code-accepted,
	// phone-added, phone-replaced or phone-refused. Wrong otherwise.
	EventCodeTried audit.Event = "code-tried"
	// The code of that try was one of the two before: tag, tries_left. Where a crash, or a newer code at that very
	// moment, left this out, the try stands there as a wrong one.
	EventCodeEarlier audit.Event = "code-earlier"
	// Wrong codes in a row reached a rung: wrong, until.
	EventCodesLocked audit.Event = "codes-locked"
	// Wrong codes in 30 days, a person must look: wrong.
	EventCodesWatched audit.Event = "codes-watched"
	// A limit refused a send: rule (that of the refusal, otp.RuleGap to RuleSpend), channel, until. Once a rule until a
	// code is sent, or until is over, however often somebody asks. Without Ref: no challenge came of it.
	EventCodeRefused audit.Event = "code-refused"
	// A right code raised the session: tries_left. In the transaction that did.
	EventCodeRight audit.Event = "code-accepted"
)

// What happens to numbers and to the credential. Ref is the phone's id. An entry of a right code names its try by
// the details challenge and tries_left; that of a refused number has the challenge as Ref.
const (
	EventPhoneAdded     audit.Event = "phone-added"
	EventPhoneRemoved   audit.Event = "phone-removed"
	EventPhoneReplaced  audit.Event = "phone-replaced"
	EventPhoneRefused   audit.Event = "phone-refused" // a right code, but too many accounts have the number
	EventChangeRejected audit.Event = "phone-change-rejected"
	EventActivated      audit.Event = "credential-activated"
	EventReminded       audit.Event = "credential-expiry-told" // before the expiry, or long after
	EventExpired        audit.Event = "credential-expired"     // told at the first sweep after it
)
