package telephony

// The sentences of this room, in English.
const (
	textFailed   = "The text could not be sent. Ask for a call, or choose another number."
	textOptedOut = "This number has opted out of our texts. Ask for a call, or text START to us first."
	callFailed   = "The call could not be placed. Ask for a text, or choose another number."
	unknown      = "We do not know whether the code is on its way. Wait a moment before you ask for a new one."
)
