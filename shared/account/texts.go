package account

// Texts about fields of a request.
const (
	textRequired   = "is required"
	textTooLong    = "is too long"
	textPlain      = "must be plain text on one line"
	textUserID     = "must have 3 to 40 of the letters a to z, digits, dot, underscore and hyphen"
	textEmail      = "must be an email address, as name@example.org"
	textCountry    = "must be a country's two-letter code, as US"
	textNothingNew = "nothing to change was given"
)
