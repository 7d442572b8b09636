package support

import "phoneotp/shared/fault"

// Faults of searching and acting.
var (
	ErrSearch = fault.New(fault.Invalid, "search-too-short", "A search needs between 3 and 120 characters")
	ErrNobody = fault.New(fault.NotFound, "person-unknown", "Nobody has this user ID")
	// ErrStaffOnly: the session has not the role support.
	ErrStaffOnly = fault.New(fault.Forbidden, "support-only", "Only support may do this")
	// ErrOwnAccount: staff acts for others, never on the own account, orders and keys.
	ErrOwnAccount = fault.New(fault.Forbidden, "own-account", "Nobody acts on their own account")
	// ErrOwnApproval: who asked cannot be the second person.
	ErrOwnApproval = fault.New(fault.Forbidden, "own-approval", "Another person must agree")
	// ErrApprovalUnknown: there is no such approval, or a newer one took its place.
	ErrApprovalUnknown = fault.New(fault.NotFound, "approval-unknown", "There is no such approval")
	// ErrApprovalOpen: something else waits for a second person at this account.
	ErrApprovalOpen = fault.New(fault.Conflict, "approval-open", "Another act waits for a second person")
	// ErrApprovalDecided: it was decided the other way.
	ErrApprovalDecided = fault.New(fault.Conflict, "approval-decided", "This was decided already")
	// ErrApprovalExpired: nobody decided within 72 hours.
	ErrApprovalExpired = fault.New(fault.Gone, "approval-expired", "Nobody decided in time")
)
