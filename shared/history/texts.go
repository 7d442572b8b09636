package history

import (
	"fmt"
	"strings"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/otp"
)

// sentences is what each event says. {name} is a detail of the entry; [...] is left out where a detail in it is
// missing.
var sentences = map[audit.Event]string{
	// accounts
	"account-registered":       "The account was made.",
	"confirmation-requested":   "A link to confirm the email address was asked for.",
	"email-confirmed":          "The email address was confirmed.",
	"profile-changed":          "The profile was changed[: {fields}].",
	"password-reset-requested": "A link to choose a new password was asked for.",
	"password-changed":         "The password was changed.",
	"password-reset":           "The password was reset by a mailed link.",
	"roles-granted":            "The account's roles were set[ to: {roles}].",

	// sessions
	"signed-in":            "Signed in with the password.",
	"sign-in-failed":       "A sign-in failed[: {reason}].",
	"signed-out":           "Signed out.",
	"session-ended":        "Another session was ended.",
	"application-launched": "A partner's application was opened.",

	// codes
	"code-sent":        "Code[ {tag}] was asked for[ by {channel}].",
	"code-undelivered": "Code[ {tag}] could not be delivered.",
	"code-called":      "The call with code[ {tag}] was placed.",
	"code-tried":       "A wrong code was entered[ for {tag}][; tries left: {tries_left}].",
	"code-earlier":     "The code of an earlier message was entered[ in place of {tag}][; tries left: {tries_left}].",
	"codes-locked":     "Codes were locked[ for {lock}] after[ {wrong}] wrong codes in a row[, until {until}].",
	"code-refused":     "No code was sent[ by {channel}][: {rule}][; wait until {until}].",
	"code-accepted":    "The right code was entered[ for {tag}].",
	"code-expired":     "Code[ {tag}] expired before the right one was entered.",
	"code-replaced":    "Code[ {tag}] was replaced by a newer one[, {newer}].",

	// phones and the credential
	"phone-added":           "A number was registered[, ending {ending}].",
	"phone-removed":         "A number was removed[, ending {ending}].",
	"phone-replaced":        "A number was replaced[, ending {replaced}][, by the one ending {ending}].",
	"phone-refused":         "A number was not registered: too many accounts have it.",
	"phone-change-rejected": "A change of the numbers was rejected by its link: the numbers were restored[, from {before} to {after}], and the credential frozen.",
	"codes-watched":         "Many wrong codes in 30 days[: {wrong}]. A person looks at it.",
	"credential-activated":  "The credential was activated.",

	"credential-expiry-told":     "The coming end of the credential was told by mail.",
	"credential-expired":         "The credential expired.",
	"credential-renewed":         "The credential was renewed[ until {until}].",
	"credential-term-taken-back": "The renewed year was taken back with its payment[; the credential ends {until}].",
	"credential-term-returned":   "The renewed year was given back[; the credential ends {until}].",

	// support
	"person-viewed":          "Support looked at this person.",
	"people-searched":        "People were searched[, found: {people}].",
	"codes-unlocked":         "Support unlocked the codes.",
	"credential-thawed":      "Support took the freeze off the credential.",
	"support-ended-sessions": "Support ended every session.",
	"phones-reset":           "Support took all numbers off the credential.",
	"credential-frozen":      "Support froze the credential.",
	"credential-revoked":     "Support revoked the credential.",
	"name-confirmed":         "Support changed the name.",
	"approval-asked":         "Support asked for a second person to agree[: {act}].",
	"approval-refused":       "A second person of support did not agree[: {act}].",
	"approval-given":         "A second person of support agreed[: {act}].",

	// licenses and orders
	"license-entered":   "A license key was entered[, ending {last4}].",
	"license-voided":    "A license key was voided[, ending {last4}].",
	"order-placed":      "The order was placed[: {total}, keys: {keys}, by {payment}].",
	"order-fulfilled":   "The order was paid and its keys were issued.",
	"order-held":        "The payment differs from the order, and a person must look at it[: {differs}].",
	"order-cancelled":   "The order was cancelled.",
	"order-paid-again":  "Another payment arrived for the order[: {paid}].",
	"order-keys-resent": "The mail with the keys was sent again.",
	"order-reversed":    "Money went back, or the bank asks about it.",
	"order-restored":    "The payment stands again.",
	"licenses-expired":  "Keys that nobody entered expired[: {keys}].",

	"order-payment-failed":  "A payment for the order failed.",
	"order-invoice-overdue": "The invoice is overdue.",
	"order-paid-in-part":    "A part of the invoice had been paid when the order ended, and a person must give it back.",
	"order-overpaid":        "More than the invoice's total was paid[: {paid}].",
	"order-invoice-stuck":   "The payment service could not finish the invoice.",
	"order-fraud-warning":   "The bank warned that the payment may be fraud.",
	"order-credited":        "The invoice was credited.",

	// proofing
	"proofing-opened":             "Identity proofing began.",
	"proofing-consent":            "Consent to identity proofing was given[ ({method})].",
	"proofing-quiz-asked":         "Identity questions were asked.",
	"proofing-not-verified":       "The identity could not be verified this way.",
	"proofing-passed":             "The identity was verified[ ({method})].",
	"proofing-flagged":            "The case was flagged.",
	"proofing-failed":             "Identity proofing failed.",
	"proofing-code-given":         "An activation code was given by the agent.",
	"proofing-expired":            "Identity proofing expired after 30 idle days.",
	"proofing-cancelled":          "Identity proofing was cancelled.",
	"proofing-reopened":           "Identity proofing was opened again.",
	"appointment-booked":          "A video appointment was booked[ for {starts_at}].",
	"appointment-moved":           "The video appointment was moved[ to {starts_at}].",
	"appointment-cancelled":       "The video appointment was cancelled.",
	"appointment-over":            "The video appointment ended without an outcome.",
	"appointment-claimed":         "An agent took the video appointment.",
	"appointment-concluded":       "The agent concluded the video appointment[: {outcome}].",
	"appointment-second-decision": "A second agent decided[: {state}].",
}

// What an entry of a code turns out to be among the others of that code.
const (
	handedOver = "handed over"
	outUnknown = "out unknown"
	triedRight = "tried right"
	untyped    = "nothing was typed"
	uncalled   = "no call was placed"
)

// codeLines are the sentences of those.
var codeLines = map[string]string{
	handedOver: "Code[ {tag}] was asked for by {channel}, accepted and handed to the carrier service; no failure was reported.",
	outUnknown: "It is not known whether code[ {tag}] went out: the answer was lost.",
	triedRight: "The right code was entered[ for {tag}].",
	untyped:    "Code[ {tag}] expired; no code was entered.",
	uncalled:   "Code[ {tag}] expired; no call was placed.",
}

// codeSteps are the same in the story of one code, by event or by what it turned out to be.
var codeSteps = map[string]string{
	codeSent:                  "Asked for",
	handedOver:                "Asked for, accepted and handed to the carrier service; no failure was reported",
	codeCalled:                "The call was placed",
	codeUndelivered:           "It could not be delivered",
	outUnknown:                "Whether it went out is not known: the answer was lost",
	codeTried:                 "A wrong code was entered[, tries left: {tries_left}]",
	codeEarlier:               "The code of an earlier message was entered[, tries left: {tries_left}]",
	triedRight:                "The right code was entered",
	codeAccepted:              "The right code was entered",
	phoneAdded:                "The right code was entered, and the number registered",
	phoneReplaced:             "The right code was entered, and the number registered in place of another",
	phoneRefused:              "The right code was entered, but too many accounts have the number",
	codesLocked:               "Codes were locked[ for {lock}] after[ {wrong}] wrong codes in a row[, until {until}]",
	codeRefused:               "No code was sent[: {rule}][; wait until {until}]",
	string(EventCodeExpired):  "It expired before the right code was entered",
	untyped:                   "It expired; no code was entered",
	uncalled:                  "It expired; no call was placed",
	string(EventCodeReplaced): "It was replaced by a newer one[, {newer}]",
}

// rules are the limits that refuse a code.
var rules = map[string]string{
	otp.RuleGap:        "the last one was sent a moment before",
	otp.RuleSends:      fmt.Sprintf("too many were asked for (%s)", windows()),
	otp.RuleCalls:      fmt.Sprintf("too many calls were asked for (%d in %s)", otp.CallsKept, span(otp.CallSpan)),
	otp.RuleWrongCodes: "codes are locked after too many wrong ones in a row",
	otp.RuleNumber:     fmt.Sprintf("too many were sent to this number before it was confirmed (%d in %s)", otp.NumberSends, span(otp.NumberSpan)),
	otp.RuleNewNumbers: fmt.Sprintf("too many new numbers were tried (%d in 30 days)", otp.NewNumbers),
	otp.RuleAddress:    "too many to new numbers were asked for from one network",
	otp.RulePrefix:     "sending to new numbers like this one pauses, since few are answered",
	otp.RuleCountry:    "sending to new numbers of this country pauses, since few are answered",
	otp.RuleSpend:      "what codes may cost in a day is used up",
}

// windows are the limits of a holder's sends.
func windows() string {
	var parts []string
	for _, w := range otp.Windows() {
		parts = append(parts, fmt.Sprintf("%d in %s", w.Sends, span(w.Span)))
	}
	return strings.Join(parts, ", ")
}

// span says how long something is, in minutes below an hour and in whole hours from there.
func span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	case d == time.Hour:
		return "an hour"
	}
	return fmt.Sprintf("%d hours", d/time.Hour)
}

// words are details that are codes of ours, in the reader's words.
var words = map[string]string{
	"sms": "text message", "voice": "voice call", "kbv": "questions", "video": "live video", "email-unconfirmed": "the email address is not confirmed",
	"reset-phones": "take the numbers off the credential", "confirm-name": "change the name",
}

// staffOnly events are not shown to the holder: reviews that must stay silent, and what agents note.
var staffOnly = map[audit.Event]bool{
	"proofing-flagged": true, "appointment-claimed": true, "appointment-concluded": true, "appointment-second-decision": true,
	"roles-granted": true, "person-viewed": true, "order-fraud-warning": true, "approval-asked": true, "approval-refused": true, "approval-given": true,
}

// unproven events are caused by whoever types a user ID or an address.
var unproven = map[audit.Event]bool{
	"account-registered": true, "confirmation-requested": true, "password-reset-requested": true, "sign-in-failed": true,
}
