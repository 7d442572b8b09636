package notice

import "time"

// KindSupportActed tells a person what support did, KindKeyVoided that a key of theirs ended.
const (
	KindSupportActed Kind = "support-acted"
	KindKeyVoided    Kind = "key-voided"
)

const paramAct = "act"

// SupportActed tells the holder what support did to the account (product.md 9). Act is as api.md has it. The reason
// stays in the audit trail: it may speak of others.
func SupportActed(holder, act string, at time.Time) Notice {
	return toAccount(KindSupportActed, holder, map[string]string{paramAct: act, paramAt: instant(at)})
}

// KeyVoided tells who bought or entered a key that support ended it. Last4 are its last symbols.
func KeyVoided(to, number, last4 string, at time.Time) Notice {
	return toAccount(KindKeyVoided, to, map[string]string{paramOrder: number, paramLast4: last4, paramAt: instant(at)})
}

// acted says what each act did: a subject, and what it means.
var acted = map[string][2]string{
	"unlock-codes": {"Your codes are unlocked", "Support has unlocked your codes. The count of wrong codes begins anew."},
	"thaw":         {"Your credential works again", "Support has taken the freeze off your credential. If it has no phone number any more, register one next."},
	"end-sessions": {"Your sessions were ended", "Support has ended every session of your account. Sign in again to go on."},
	"reset-phones": {"Your phone numbers were reset", "Support has taken all phone numbers off your credential and ended every session. Its term stays as it is. Sign in and follow what the page says: if your identity was confirmed, it has to be confirmed again by live video before you register a phone."},
	"freeze":       {"Your credential is frozen", "Support has frozen your credential: no codes are sent or accepted until support takes the freeze off."},
	"revoke":       {"Your credential was revoked", "Support has ended your credential for good. Applications that need it are closed to you from now on."},
	"confirm-name": {"Your name was changed", "Support has changed the name on your account, as you asked. If the new name is another one than the one your identity was confirmed by, it has to be confirmed again by live video, and your phones registered after that."},
}

// supportMail words the kinds of this file.
func supportMail(kind Kind, p params) (subject string, paragraphs []string, ok bool) {
	unasked := "You did not ask for this? Contact support, and set a new password:\n" + p.page("/help/contact") + "\n" + p.page("/forgot")
	switch kind {
	case KindSupportActed:
		words, known := acted[p.with[paramAct]]
		if !known {
			words = [2]string{"Support changed something on your account", "Support has changed something on your account."}
		}
		return words[0], []string{words[1] + " This happened on " + p.when(paramAt) + ".", unasked}, true
	case KindKeyVoided:
		return "A license key was voided", []string{
			"Support has voided the license key ending " + p.with[paramLast4] + " of order " + p.order() + " on " + p.when(paramAt) + ". It cannot be used any more, and what it began has ended.",
			"Questions? We are here:\n" + p.page("/help/contact"),
		}, true
	}
	return "", nil, false
}
