package notice

import "time"

// Kinds about renewals (product.md 8).
const (
	KindRenewalPlaced    Kind = "renewal-placed"
	KindRenewalPaid      Kind = "renewal-paid"
	KindRenewalLapsed    Kind = "renewal-lapsed"
	KindRenewalClosed    Kind = "renewal-closed"
	KindRenewalRefunded  Kind = "renewal-refunded"
	KindRenewalTakenBack Kind = "renewal-taken-back"
	KindRenewalReturned  Kind = "renewal-returned"
)

// RenewalPlaced confirms a renewal order to the holder, as OrderPlaced does another.
func RenewalPlaced(holder, number string, lines []Line, total, payment string) Notice {
	n := OrderPlaced(holder, number, lines, total, payment)
	n.Kind = KindRenewalPlaced
	return n
}

// RenewalPaid tells the holder until when the credential runs now.
func RenewalPaid(holder, number string, until time.Time) Notice {
	return renewal(KindRenewalPaid, holder, number, until)
}

// RenewalLapsed tells the holder that a renewal order was not paid in time.
func RenewalLapsed(holder, number string) Notice {
	return toAccount(KindRenewalLapsed, holder, map[string]string{paramOrder: number})
}

// RenewalClosed tells the holder that a renewal order ended since a brand-new key was entered.
func RenewalClosed(holder, number string) Notice {
	return toAccount(KindRenewalClosed, holder, map[string]string{paramOrder: number})
}

// RenewalRefunded tells the holder that the money for a renewal went back, and that a person decides about the
// term.
func RenewalRefunded(holder, number string) Notice {
	return toAccount(KindRenewalRefunded, holder, map[string]string{paramOrder: number})
}

// RenewalTakenBack tells the holder that a term that had not begun was taken back with its money, and until when
// the credential runs now.
func RenewalTakenBack(holder, number string, until time.Time) Notice {
	return renewal(KindRenewalTakenBack, holder, number, until)
}

// RenewalReturned tells the holder that the money stands after all, and until when the credential runs now.
func RenewalReturned(holder, number string, until time.Time) Notice {
	return renewal(KindRenewalReturned, holder, number, until)
}

func renewal(kind Kind, holder, number string, until time.Time) Notice {
	return toAccount(kind, holder, map[string]string{paramOrder: number, paramUntil: instant(until)})
}

// renewalMail words the kinds of this file.
func renewalMail(t Taken, p params) (subject string, paragraphs []string, ok bool) {
	page, manage := "The order:\n"+p.page("/orders/"+p.order()), p.page("/account/otp")
	switch t.Kind {
	case KindRenewalPlaced:
		return "Your renewal order " + p.order(), []string{
			"Thank you. We have received your order " + p.order() + ":",
			orderLines(t.body.Lines) + "\nTotal: " + p.with[paramTotal] + ", " + p.payment(),
			"Your credential is renewed as soon as your payment is received in full: one year is added to the day on which it expires. Your numbers stay as they are, and no license key is needed.",
			page,
		}, true
	case KindRenewalPaid:
		return "Your credential is renewed", []string{
			"Your order " + p.order() + " is paid, and your credential now runs until " + p.when(paramUntil) + ". Your numbers stay as they are.",
			"Manage OTP:\n" + manage,
		}, true
	case KindRenewalLapsed:
		return "Your renewal order " + p.order() + " was cancelled", []string{
			"Your renewal order " + p.order() + " was not paid in time and is cancelled. If you have paid a part of it, a person on our side gives that back.",
			"Until your credential expires you can order the renewal again:\n" + manage,
		}, true
	case KindRenewalClosed:
		return "Your renewal order " + p.order() + " was cancelled", []string{
			"You have entered a brand-new license key, so your renewal order " + p.order() + " has nothing left to renew and is cancelled. Please do not pay it any more.",
			"Have you paid it all the same? Then a person on our side sees to it:\n" + p.page("/help/contact"),
		}, true
	case KindRenewalRefunded:
		return "Your renewal " + p.order() + " was refunded", []string{
			"The money for your renewal order " + p.order() + " went back. A person on our side decides about the year that it paid for, and writes to you if anything changes.",
			page,
		}, true
	case KindRenewalTakenBack:
		return "The year of your order " + p.order() + " was taken back", []string{
			"The money for your renewal order " + p.order() + " went back or is disputed. The year that it paid for had not begun, so it was taken back: your credential runs until " + p.when(paramUntil) + ".",
			"Until then you can renew it again:\n" + manage,
			page,
		}, true
	case KindRenewalReturned:
		return "The year of your order " + p.order() + " counts again", []string{
			"The payment of your renewal order " + p.order() + " stands after all: your credential runs until " + p.when(paramUntil) + ".",
			page,
		}, true
	}
	return "", nil, false
}
