package credential

import "phoneotp/shared/audit"

// What happens to credentials, as the audit trail has it. Ref is the challenge's id, or the phone's.
const (
	EventCodeSent       audit.Event = "code-sent"        // through the table's stream
	EventNotSent        audit.Event = "code-undelivered" // likewise
	EventCodeTried      audit.Event = "code-tried"       // likewise
	EventCodesLocked    audit.Event = "codes-locked"     // likewise
	EventCodesWatched   audit.Event = "codes-watched"    // likewise: a person must look
	EventCodeRight      audit.Event = "code-accepted"    // a login
	EventPhoneAdded     audit.Event = "phone-added"
	EventPhoneRemoved   audit.Event = "phone-removed"
	EventPhoneReplaced  audit.Event = "phone-replaced"
	EventPhoneRefused   audit.Event = "phone-refused" // a right code, but too many accounts have the number
	EventChangeRejected audit.Event = "phone-change-rejected"
	EventActivated      audit.Event = "credential-activated"
	EventReminded       audit.Event = "credential-expiry-told" // before the expiry, or long after
	EventExpired        audit.Event = "credential-expired"     // told at the first sweep after it
)
