package session

// Texts about fields of a request.
const (
	textRequired = "is required"
	textTooLong  = "is too long"
)
