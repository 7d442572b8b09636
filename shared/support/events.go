package support

import "phoneotp/shared/audit"

// What staff does, as the audit trail has it. Cancelling a case, voiding a key and sending keys again are told by the
// rooms that own them.
const (
	EventViewed        audit.Event = "person-viewed" // staff looking at a person
	EventSearched      audit.Event = "people-searched"
	EventUnlocked      audit.Event = "codes-unlocked"
	EventThawed        audit.Event = "credential-thawed"
	EventSessionsEnded audit.Event = "support-ended-sessions"
	EventPhonesReset   audit.Event = "phones-reset"
	EventFrozen        audit.Event = "credential-frozen"
	EventRevoked       audit.Event = "credential-revoked"
	EventNamed         audit.Event = "name-confirmed"
	EventAsked         audit.Event = "approval-asked" // a second person has to agree
	EventRefused       audit.Event = "approval-refused"
	EventApproved      audit.Event = "approval-given" // what was asked for had become so meanwhile
)
