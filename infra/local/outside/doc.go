// Package outside owns the stand-ins between the product and the world: what the functions reach in place of
// SNS, SES, End User Messaging, Stripe and the credit bureau. It listens on a port of its own on 127.0.0.1.
//
//	SNS    the call goes on to the emulator, which enforces the caller's permissions; a text that it
//	       accepted is kept with the instant, which the emulator does not tell
//	SES    likewise; a mail keeps its MIME source and its attachments, which the emulator drops
//	voice  End User Messaging is not emulated: SendVoiceMessage is answered here, in its own protocol (AWS JSON
//	       1.0), after the checks that AWS makes
//	Stripe the payment sandbox (package stripe)
//	bureau the credit bureau (package bureau)
//
// A call that nobody answers (Outage) is how tests let the suppliers fail.
package outside
