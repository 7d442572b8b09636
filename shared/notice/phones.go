package notice

import (
	"fmt"
	"strconv"
	"time"

	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

// Kinds about a holder's numbers and codes (product.md 5 and 6), beside KindPhoneAdded.
const (
	KindPhoneRemoved   Kind = "phone-removed"
	KindPhoneReplaced  Kind = "phone-replaced"
	KindPhonesRestored Kind = "phones-restored"
	KindCodesWatched   Kind = "codes-watched"
)

const paramOld = "old"

// PhoneRemoved tells the holder by mail that a number was removed, with the "this was not me" link.
func PhoneRemoved(holder, ending string, at time.Time, token secret.Text) Notice {
	return toAccount(KindPhoneRemoved, holder, map[string]string{paramEnding: ending, paramAt: instant(at), paramToken: token.Reveal()})
}

// PhoneRemovedText tells the same by text to another number of the holder's that takes texts.
func PhoneRemovedText(to phone.Number, ending string, token secret.Text) Notice {
	return toNumber(KindPhoneRemoved, to, map[string]string{paramEnding: ending, paramToken: token.Reveal()})
}

// PhoneReplaced tells the holder by mail that a number took another one's place, with the link.
func PhoneReplaced(holder, ending, channel, old string, at time.Time, token secret.Text) Notice {
	return toAccount(KindPhoneReplaced, holder, map[string]string{
		paramEnding: ending, paramChannel: channel, paramOld: old, paramAt: instant(at), paramToken: token.Reveal(),
	})
}

// PhoneReplacedText tells the same by text to another number of the holder's that takes texts.
func PhoneReplacedText(to phone.Number, ending, old string, token secret.Text) Notice {
	return toNumber(KindPhoneReplaced, to, map[string]string{paramEnding: ending, paramOld: old, paramToken: token.Reveal()})
}

// PhonesRestored tells the holder by mail that a change was taken back by its link, and what that stopped.
func PhonesRestored(holder string, at time.Time) Notice {
	return toAccount(KindPhonesRestored, holder, map[string]string{paramAt: instant(at)})
}

// PhonesRestoredText tells the same by text to a number that is the holder's again.
func PhonesRestoredText(to phone.Number) Notice {
	return toNumber(KindPhonesRestored, to, nil)
}

// CodesWatched tells the holder that so many wrong codes were entered within 30 days that a person looks at the
// account (product.md 6).
func CodesWatched(holder string, wrong int) Notice {
	return toAccount(KindCodesWatched, holder, map[string]string{paramCount: strconv.Itoa(wrong)})
}

func toNumber(kind Kind, to phone.Number, params map[string]string) Notice {
	return Notice{Kind: kind, body: body{Number: to.E164(), Params: params}}
}

// rejectPage is where the "this was not me" link leads.
const rejectPage = "/phone-changes/reject"

// phonesMail words the kinds of this file that go by mail.
func phonesMail(kind Kind, p params) (subject string, paragraphs []string, ok bool) {
	switch kind {
	case KindPhoneRemoved:
		return "A phone number was removed", []string{
			fmt.Sprintf("The number ending %s was removed from your account on %s. It receives no codes any more.", p.with[paramEnding], p.when(paramAt)),
			p.notYou(),
		}, true
	case KindPhoneReplaced:
		return "A phone number was replaced", []string{
			fmt.Sprintf("The number ending %s (%s) took the place of the one ending %s on %s. It can receive codes from now on.", p.with[paramEnding], p.channel(), p.with[paramOld], p.when(paramAt)),
			p.notYou(),
		}, true
	case KindPhonesRestored:
		return "Your phone numbers were put back", []string{
			"On " + p.when(paramAt) + " somebody said by the link in our message that a change of your numbers was not yours. Your numbers are again what they were before that change.",
			"To be safe, every session has ended and no codes are sent or accepted until you have spoken with support:\n" + p.page("/help/contact"),
			"Whoever made the change had your password. Set a new one now:\n" + p.page("/forgot"),
		}, true
	case KindCodesWatched:
		return "Many wrong codes", []string{
			p.with[paramCount] + " wrong codes were entered for your account within 30 days. Your codes work as before, and a person on our side looks at it.",
			"If these were not your tries, somebody knows your password. Set a new one:\n" + p.page("/forgot"),
		}, true
	}
	return "", nil, false
}

// segment is how many GSM-7 characters one text has.
const segment = 160

// composeText words what goes to a number: GSM-7 characters alone, one segment. A link that does not fit, as
// under a very long origin, is left to the mail that tells the same.
func composeText(kind Kind, p params) (Letter, error) {
	text := "Phone OTP: number ending " + p.with[paramEnding]
	switch kind {
	case KindPhoneAdded:
		text += " was added. Not you? "
	case KindPhoneRemoved:
		text += " was removed. Not you? "
	case KindPhoneReplaced:
		text += " replaced " + p.with[paramOld] + ". Not you? "
	case KindPhonesRestored:
		return Letter{Text: "Phone OTP: a change of your numbers was taken back. No codes work until you have spoken with support. See our mail."}, nil
	default:
		return Letter{}, fmt.Errorf("notice: unknown kind of text %q", kind)
	}
	link := p.link(rejectPage)
	if p.with[paramToken] == "" {
		link = "Set a new password: " + p.page("/forgot")
	}
	if len(text)+len(link) > segment {
		link = "See our mail."
	}
	return Letter{Text: secret.Text(text + link)}, nil
}
