package catalog

import "phoneotp/shared/fault"

// ErrPartnerUnknown: there is no such partner (404).
var ErrPartnerUnknown = fault.New(fault.NotFound, "partner-unknown", "We do not know this partner")
