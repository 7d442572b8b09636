package notice

import (
	"strconv"
	"time"
)

// Kinds about the end of a credential's term and of keys that nobody entered (product.md 3 and 8).
const (
	KindCredentialExpiring Kind = "credential-expiring"
	KindCredentialExpired  Kind = "credential-expired"
	KindCredentialOver     Kind = "credential-over"
	KindCredentialUnused   Kind = "credential-unused"
	KindKeysExpired        Kind = "keys-expired"
)

const (
	paramExpires = "expires"
	paramLast4   = "last4"
	paramUnused  = "unused"
	paramCloses  = "closes"
	paramRenewal = "renewal"
)

// Expiry is what a mail about a credential's end needs to know of it.
type Expiry struct {
	At time.Time
	// RenewableUntil is until when a renewal can be ordered, zero if none can.
	RenewableUntil time.Time
	// Renewal is the number of a renewal order that is not paid yet; empty if there is none. It counts however late
	// it is paid.
	Renewal string
}

// Bought names the credentials of an order that end at one instant to the person who bought their keys: by that, and
// never by who holds them.
type Bought struct {
	Order          string
	Active, Unused int    // how many: activated ones, and such as never were
	Last4          string // of the key, where it is one in all
}

func (e Expiry) toHolder(kind Kind, holder string) Notice {
	params := map[string]string{paramExpires: instant(e.At)}
	if !e.RenewableUntil.IsZero() {
		params[paramCloses] = instant(e.RenewableUntil)
	}
	if e.Renewal != "" {
		params[paramRenewal] = e.Renewal
	}
	return toAccount(kind, holder, params)
}

func (e Expiry) toPurchaser(kind Kind, purchaser string, b Bought) Notice {
	e.Renewal = "" // is the holder's own affair
	n := e.toHolder(kind, purchaser)
	n.body.Params[paramOrder], n.body.Params[paramLast4] = b.Order, b.Last4
	n.body.Params[paramCount], n.body.Params[paramUnused] = strconv.Itoa(b.Active), strconv.Itoa(b.Unused)
	return n
}

// CredentialExpiring reminds the holder that the year ends. The mail says when, not how long it is until then.
func CredentialExpiring(holder string, e Expiry) Notice {
	return e.toHolder(KindCredentialExpiring, holder)
}

// CredentialExpired tells the holder that the year has ended.
func CredentialExpired(holder string, e Expiry) Notice {
	return e.toHolder(KindCredentialExpired, holder)
}

// CredentialOver is the last mail to the holder, 30 days after the end.
func CredentialOver(holder string, e Expiry) Notice { return e.toHolder(KindCredentialOver, holder) }

// CredentialUnused tells the holder that the year has ended before the credential was activated.
func CredentialUnused(holder string, e Expiry) Notice {
	return e.toHolder(KindCredentialUnused, holder)
}

// BoughtExpiring is CredentialExpiring for the purchaser, who is somebody else: one mail for all of an order.
func BoughtExpiring(purchaser string, b Bought, e Expiry) Notice {
	return e.toPurchaser(KindCredentialExpiring, purchaser, b)
}

// BoughtExpired is CredentialExpired and CredentialUnused for the purchaser.
func BoughtExpired(purchaser string, b Bought, e Expiry) Notice {
	return e.toPurchaser(KindCredentialExpired, purchaser, b)
}

// BoughtOver is CredentialOver for the purchaser.
func BoughtOver(purchaser string, b Bought, e Expiry) Notice {
	return e.toPurchaser(KindCredentialOver, purchaser, b)
}

// KeysExpired tells the purchaser that keys of an order were entered by nobody within their 12 months.
func KeysExpired(purchaser, number string, count int) Notice {
	return toAccount(KindKeysExpired, purchaser, map[string]string{paramOrder: number, paramCount: strconv.Itoa(count)})
}

// expiryMail words the kinds of this file.
func expiryMail(kind Kind, p params) (subject string, paragraphs []string, ok bool) {
	switch kind {
	case KindCredentialExpiring, KindCredentialExpired, KindCredentialOver, KindCredentialUnused:
		if p.order() != "" {
			subject, paragraphs = boughtMail(kind, p)
		} else {
			subject, paragraphs = heldMail(kind, p)
		}
		return subject, paragraphs, true
	case KindKeysExpired:
		return "License keys of your order " + p.order() + " have expired", []string{
			"Nobody entered " + p.with[paramCount] + " of the license keys of your order " + p.order() + " within 12 months of the purchase. They are no longer valid.",
			"You can order new ones at any time:\n" + p.page("/store"),
		}, true
	}
	return "", nil, false
}

// heldMail words them for the holder.
func heldMail(kind Kind, p params) (subject string, paragraphs []string) {
	switch kind {
	case KindCredentialExpiring:
		return "Your Phone OTP credential expires on " + p.date(paramExpires), []string{
			"Your Phone OTP credential is valid until " + p.when(paramExpires) + ". From then on no codes are sent, and applications that ask for Phone OTP stay shut to you.",
			p.wayBefore(),
			"A renewal adds one year to that date, so renewing early loses no days. Your phones stay registered, an identity check that you have passed still counts, and there is no license key to enter.",
			p.otherwise(),
		}
	case KindCredentialUnused:
		return "Your Phone OTP subscription has ended", []string{
			"The Phone OTP subscription whose license key you entered ended on " + p.when(paramExpires) + ", one year after it was bought. No phone had been registered, so it was never active.",
			"If you still want Phone OTP, a brand-new credential is needed:\n" + p.page("/store"),
		}
	case KindCredentialOver:
		return "Your Phone OTP credential is no longer valid", []string{
			"Your Phone OTP credential expired on " + p.when(paramExpires) + " and was not renewed. This is our last mail about it.",
			p.wayOn(),
			"If you do not need Phone OTP any more, there is nothing to do.",
		}
	}
	return "Your Phone OTP credential has expired", []string{
		"Your Phone OTP credential expired on " + p.when(paramExpires) + ". You can still sign in with your password, but no codes are sent, and applications that ask for Phone OTP stay shut to you.",
		p.wayOn(),
	}
}

// wayBefore is how to go on before the end.
func (p params) wayBefore() string {
	if number := p.with[paramRenewal]; number != "" {
		return "You have ordered its renewal, which is not paid yet:\n" + p.page("/orders/"+number)
	}
	return "Renew it before that: sign in and open Manage OTP.\n" + p.page("/account/otp")
}

// otherwise is what becomes of it when nothing is done before the end.
func (p params) otherwise() string {
	if p.with[paramRenewal] != "" {
		return "Paid after that date it still counts; until then your credential stays expired."
	}
	return p.closing() + " no renewal can be ordered; you would buy a brand-new credential and set it up again."
}

// wayOn is how to go on after the end.
func (p params) wayOn() string {
	if number := p.with[paramRenewal]; number != "" {
		return "You have ordered its renewal, order " + number + ", which is not paid yet. It still counts as soon as it is paid:\n" + p.page("/orders/"+number)
	}
	if p.with[paramCloses] != "" {
		return "It can still be renewed until " + p.when(paramCloses) + ". Sign in and open Manage OTP:\n" + p.page("/account/otp")
	}
	return "It cannot be renewed any more. To go on, buy a brand-new credential, enter its license key and register your phones again:\n" + p.page("/store")
}

// closing says from when on a renewal cannot be ordered any more: the expiry, or the end of the grace after it.
func (p params) closing() string {
	if closes := p.with[paramCloses]; closes != "" && closes != p.with[paramExpires] {
		return "After " + p.when(paramCloses)
	}
	return "After that date"
}

// date is the day of an instant, in UTC, as people write it.
func (p params) date(name string) string {
	t, err := time.Parse(time.RFC3339, p.with[name])
	if err != nil {
		return "a day soon"
	}
	return t.Format("2 January 2006")
}
