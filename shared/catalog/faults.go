package catalog

import "phoneotp/shared/fault"

// ErrPartnerUnknown: there is no such partner (422).
var ErrPartnerUnknown = fault.New(fault.Invalid, "partner-unknown", "We do not know this partner")
