package support

import "phoneotp/shared/fault"

// Faults of searching and acting.
var (
	ErrSearch = fault.New(fault.Invalid, "search-too-short", "A search needs between 3 and 120 characters")
	ErrNobody = fault.New(fault.NotFound, "person-unknown", "Nobody has this user ID")
)
