package parsing

// The sentences of this room, in English.
const (
	reasonEmpty      = "Enter the number."
	reasonLetters    = "Enter digits only, without letters or an extension."
	reasonExtension  = "Extensions cannot be dialled: enter a direct number."
	reasonSign       = "The number holds a sign that we cannot read."
	reasonDoubleZero = "Begin with + and the country code instead of 00."
	reasonLength     = "A telephone number has at most 15 digits."
	reasonPlan       = "No number in this country looks like this: check the digits and the country."
	reasonCountry    = "Choose a country from the list."
)
