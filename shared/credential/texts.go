package credential

// The sentences of this room, in English.
const (
	becauseNone         = "Buy a credential, or enter a license key that you have."
	becauseProofing     = "Your identity must be proofed before a number can be registered."
	becauseExpired      = "Your credential has expired."
	becauseNoPhone      = "Register a number first."
	becauseFrozen       = "Your numbers were changed by somebody else, or support stopped them. Contact support."
	becauseStale        = "Log in with a code again: numbers can be changed for 15 minutes after that."
	becauseTooNew       = "A number that was added less than 24 hours ago cannot remove or replace the others. Log in through another number."
	becauseLast         = "A credential keeps at least one number. Replace it, or add another one first."
	becauseReplacedGone = "The number to be replaced is not registered any more."
	becauseShared       = "At most five accounts may have the same number."
	becauseVoided       = "Your credential is not active any more."
	becauseWeak         = "Log in with a code first."

	textRequired            = "is required"
	reasonNotThere          = "is not one of your numbers"
	reasonVoiceOnly         = "This number takes calls only."
	becauseNumber           = "Too many codes were sent to this number before it was confirmed."
	becauseAddress          = "Too many codes to new numbers were asked for from your network."
	becausePrefix           = "Codes to numbers like this one are not being answered. Sending to new ones pauses; use another number, or wait."
	becauseCountry          = "Codes to new numbers of this country are not being answered. Sending to them pauses for a while."
	becauseSpend            = "No more codes are sent today. Contact support if you must sign in."
	becauseUnconfirmedSpend = "No more codes to new numbers are sent today. Numbers that are registered still receive them."
	becauseNewNumbers       = "Too many numbers were tried. Use one that you tried before, or wait."
)
