package phone

import "phoneotp/shared/fault"

// The refusals of a number (product.md 5). Copies carry the reason and the field.
var (
	ErrInvalid     = fault.New(fault.Invalid, "phone-invalid", "This is not a telephone number that we can read")
	ErrNotUsable   = fault.New(fault.Invalid, "phone-not-usable", "This number cannot receive our codes")
	ErrWrongRegion = fault.New(fault.Invalid, "phone-wrong-region", "This number lies outside the region of your subscription or of the chosen country")
)
