package proofing

import (
	"crypto/sha256"
	"time"
)

// ConsentVersion names the consent's text in force. A new text is a new version.
const ConsentVersion = "1"

// ConsentText is what people agree to before a quiz or a booking.
const ConsentText = "I ask Phone OTP to check that I am who I say I am. For questions, I give Phone OTP written instructions under the Fair Credit " +
	"Reporting Act to send my name, address, telephone number, date of birth and the last four digits of my social security number to a credit " +
	"bureau and to obtain information from my credit file for this identity check alone. It is a soft inquiry: it does not change my credit " +
	"score. My birth date, the digits, the questions and my answers are not kept. For live video, I agree to show my face and an identity " +
	"document to an agent; the call is not recorded, and the kind, country, expiry and last four characters of the document are kept. " +
	"Phone OTP keeps the method, the outcome, the time and this consent. I may use live video instead of questions at any time."

const (
	textConsent     = "must be accepted, with the text version in force"
	textRequired    = "is required"
	textOnceEach    = "must answer each question of the quiz once"
	becauseOutdated = "The consent must be accepted in its present version, " + ConsentVersion + "."
	becauseBureau   = "Questions cannot be asked just now. Nothing was counted; live video is open to you."
	becauseLast     = "Questions are open, and leaving them would use up the last try. Answer them, or wait until their five minutes are over."
	becauseUnknown  = "The answers cannot be judged just now. Nothing was counted, and they are not sent again; live video is open to you."
)

// NewConsent is the consent to a method, given now.
func NewConsent(how, from string, now time.Time) Consent {
	sum := sha256.Sum256([]byte(ConsentText))
	return Consent{How: how, Version: ConsentVersion, Hash: sum[:], At: now, From: from}
}

// CheckConsent returns ErrConsentOutdated unless the text in force was accepted.
func CheckConsent(accepted bool, version string) error {
	if accepted && version == ConsentVersion {
		return nil
	}
	return ErrConsentOutdated.Because(becauseOutdated).At("/consent", textConsent)
}
