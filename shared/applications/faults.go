package applications

import "phoneotp/shared/fault"

// ErrUnknown: there is no application of this id.
var ErrUnknown = fault.New(fault.NotFound, "application-unknown", "There is no such application")
