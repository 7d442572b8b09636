package order

// Texts about fields of a request and about refusals.
const (
	becauseSeveralKeys = "Several keys of the order end so. A person with access to the stage has to look."
	becauseActivated   = "A credential was activated with this key. Revoke the credential instead."

	textLinesRequired        = "needs at least one line"
	textNotSold              = "is not sold here"
	textQuantity             = "must be 1 to 50"
	textTooMany              = "adds up to more than 50 keys; please place several orders"
	textPartner              = "is not a partner that we know"
	textPayment              = "must be card or invoice"
	textPurchaseOrder        = "must have at most 30 printable characters"
	textPurchaseOrderInvoice = "is taken with an invoice only"
	textPurchaseOrderLabel   = "Purchase order"
	textPaidMeanwhile        = "A payment for this order has arrived or is on its way. The order page will show it."
	textLinksEnded           = "An order can be paid for 24 hours. Please place it again."
	textPayInvoice           = "It is paid on the page of its invoice."
	textFooter               = "This invoice is voided, and the order cancelled, when it is not paid in full 7 days after it is due. The license keys follow the payment."
	textAlreadySettled       = "It is paid already, or over."

	textRequired      = "is required"
	textRenewalFooter = "This invoice is voided, and the order cancelled, when it is not paid in full 7 days after it is due. The credential is renewed when it is paid."

	textRenewalWrong    = "What renews your credential is: "
	textRenewalInactive = "It is not active yet: register a phone first."
	textRenewalEarly    = "It is renewed already. The next renewal can be bought when the new year begins."
	textRenewalLate     = "There is no running year to renew. A brand-new credential is needed."
	textRenewalRevoked  = "It was revoked."
	textRenewalLapsed   = "An order can be paid for 24 hours. A brand-new credential is needed."
	textRenewalReplaced = "A brand-new license key was entered meanwhile, so there is nothing left to renew."
)
