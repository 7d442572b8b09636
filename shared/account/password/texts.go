package password

// Reasons why a password is refused, as sentences for people.
const (
	TooShort    = "must have at least 12 characters"
	TooLong     = "must have at most 128 characters"
	TooCommon   = "is too easy to guess: it is among the passwords that are tried first"
	TooRegular  = "is too easy to guess: it is a row of neighbouring or repeated characters"
	TooPersonal = "must not be made of your own name, email or user ID"
	TooOurs     = "must not be made of the words of this service"
)
