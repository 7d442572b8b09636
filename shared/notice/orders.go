package notice

import "time"

// The kinds of what becomes of an order's money beside the straight way.
const (
	KindPaymentFailed  Kind = "payment-failed"
	KindInvoiceOverdue Kind = "invoice-overdue"
	KindInvoiceVoided  Kind = "invoice-voided"
	KindPaidTooMuch    Kind = "paid-too-much"
	KindRefundedInPart Kind = "order-refunded-in-part"
)

// PaymentFailed tells the purchaser that a try to pay did not go through; the order can still be paid.
func PaymentFailed(purchaser, number string) Notice {
	return toAccount(KindPaymentFailed, purchaser, map[string]string{paramOrder: number})
}

// InvoiceOverdue tells the purchaser that the order's invoice is due and until when it can be paid.
func InvoiceOverdue(purchaser, number string, voided time.Time) Notice {
	return toAccount(KindInvoiceOverdue, purchaser, map[string]string{paramOrder: number, paramUntil: instant(voided)})
}

// InvoiceVoided tells the purchaser that the order is cancelled with its invoice.
func InvoiceVoided(purchaser, number string) Notice {
	return toAccount(KindInvoiceVoided, purchaser, map[string]string{paramOrder: number})
}

// PaidTooMuch tells the purchaser that money came for the order that it did not need: beyond the total, a second
// time, or after it was cancelled. A person gives it back.
func PaidTooMuch(purchaser, number string) Notice {
	return toAccount(KindPaidTooMuch, purchaser, map[string]string{paramOrder: number})
}

// RefundedInPart tells the purchaser that a part of the money was given back.
func RefundedInPart(purchaser, number string) Notice {
	return toAccount(KindRefundedInPart, purchaser, map[string]string{paramOrder: number})
}

// moneyMail words what became of an order's money beside the straight way.
func moneyMail(kind Kind, p params, page string) (subject string, paragraphs []string) {
	order := "your order " + p.order()
	switch kind {
	case KindPaymentFailed:
		return "The payment of " + order + " failed", []string{
			"A payment for " + order + " did not go through. Nothing was charged by it, and the order still waits for its payment.",
			"You can try again, or pay in another way, from the order's page:\n" + page,
		}
	case KindInvoiceOverdue:
		return "The invoice of " + order + " is overdue", []string{
			"The invoice of " + order + " is due and not paid in full. It can be paid until " + p.when(paramUntil) + "; then it is voided and the order is cancelled.",
			"The order, with the link to its invoice:\n" + page,
			"If you have paid in the last days, you need not do anything: the order goes on by itself as soon as the money has arrived.",
		}
	case KindInvoiceVoided:
		return "Your order " + p.order() + " was cancelled", []string{
			"The invoice of " + order + " was voided, so the order is cancelled. Please do not pay it any more. Money that is on its way is looked at by a person and given back.",
			"You can order again at any time:\n" + p.page("/store"),
		}
	case KindPaidTooMuch:
		return "We received too much for " + order, []string{
			"A payment for " + order + " has arrived that is more than it needs, or came after it was paid or cancelled. A person on our side looks at it and gives the money back. You need not do anything.",
			"The order:\n" + page,
		}
	}
	return "A part of " + order + " was refunded", []string{
		"A part of the money for " + order + " was given back. What you bought stays as it is unless a person on our side writes to you.",
		"The order:\n" + page,
	}
}
