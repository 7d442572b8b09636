package session

import "phoneotp/shared/audit"

// What happens to sessions, as the audit trail has it. Ref is the session's id.
const (
	SignedIn     audit.Event = "signed-in"
	SignInFailed audit.Event = "sign-in-failed"
	SignedOut    audit.Event = "signed-out"
	Ended        audit.Event = "session-ended"
)
