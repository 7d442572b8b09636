package notice

import (
	"strconv"
	"time"

	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

// Kind names what a notice tells, in the past tense where something happened.
type Kind string

// The kinds. Each has a constructor below and its words in texts.go.
const (
	KindConfirmAccount         Kind = "confirm-account"
	KindEmailAlreadyRegistered Kind = "email-already-registered"
	KindResetPassword          Kind = "reset-password"
	KindPasswordChanged        Kind = "password-changed"
	KindOrderPlaced            Kind = "order-placed"
	KindOrderHeld              Kind = "order-held"
	KindCheckoutExpired        Kind = "checkout-expired"
	KindOrderRefunded          Kind = "order-refunded"
	KindKeysSuspended          Kind = "keys-suspended"
	KindKeysRestored           Kind = "keys-restored"
	KindLicenseKey             Kind = "license-key"
	KindKeysReady              Kind = "keys-ready"
	KindLicenseEntered         Kind = "license-entered"
	KindPhoneAdded             Kind = "phone-added"
	KindCodesLocked            Kind = "codes-locked"
)

// Notice is one message to one receiver. The zero Notice is none; make one with a constructor.
type Notice struct {
	Kind Kind

	body body
}

// body is the part that is sealed.
type body struct {
	Account string            `json:"account,omitempty"` // mailed to the address it has when the mail goes out
	Address string            `json:"address,omitempty"` // or to this address,
	Name    string            `json:"name,omitempty"`    // greeting this person,
	Number  string            `json:"number,omitempty"`  // or texted to this number, E.164
	Params  map[string]string `json:"params,omitempty"`
	Lines   []Line            `json:"lines,omitempty"`
}

// Names of parameters.
const (
	paramToken   = "token"
	paramUserID  = "user_id"
	paramOrder   = "order"
	paramProduct = "product"
	paramLicense = "license"
	paramCount   = "count"
	paramEnding  = "ending"
	paramChannel = "channel"
	paramAt      = "at"
	paramUntil   = "until"
	paramTotal   = "total"
	paramPayment = "payment"
	paramVoid    = "void"
)

func toAccount(kind Kind, account string, params map[string]string) Notice {
	return Notice{Kind: kind, body: body{Account: account, Params: params}}
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// ConfirmAccount carries the link that confirms an email address (24 hours, product.md 1). It goes to the
// address given, since the account does not own it yet.
func ConfirmAccount(address, userID, givenName string, token secret.Text) Notice {
	return Notice{Kind: KindConfirmAccount, body: body{Address: address, Name: givenName, Params: map[string]string{paramToken: token.Reveal(), paramUserID: userID}}}
}

// EmailAlreadyRegistered tells the owner of an address that somebody registered with it (product.md 1).
func EmailAlreadyRegistered(account string) Notice {
	return toAccount(KindEmailAlreadyRegistered, account, nil)
}

// ResetPassword carries the link that sets a new password (30 minutes, one use, product.md 1).
func ResetPassword(account string, token secret.Text) Notice {
	return toAccount(KindResetPassword, account, map[string]string{paramToken: token.Reveal()})
}

// PasswordChanged tells that the password was changed or reset and that other sessions ended.
func PasswordChanged(account string, at time.Time) Notice {
	return toAccount(KindPasswordChanged, account, map[string]string{paramAt: instant(at)})
}

// Line is one line of an order as a mail shows it. Price is of one unit, as "34.00 USD".
type Line struct {
	Title    string `json:"title"`
	Quantity int    `json:"quantity"`
	Price    string `json:"price"`
}

// OrderPlaced confirms an order to its purchaser (product.md 2). Total is as "34.00 USD"; payment is "card" or
// "invoice".
func OrderPlaced(purchaser, number string, lines []Line, total, payment string) Notice {
	n := toAccount(KindOrderPlaced, purchaser, map[string]string{paramOrder: number, paramTotal: total, paramPayment: payment})
	n.body.Lines = lines
	return n
}

// OrderHeld tells the purchaser that a person at our side looks at the order before it goes on.
func OrderHeld(purchaser, number string) Notice {
	return toAccount(KindOrderHeld, purchaser, map[string]string{paramOrder: number})
}

// CheckoutExpired tells the purchaser that an unpaid order was cancelled.
func CheckoutExpired(purchaser, number string) Notice {
	return toAccount(KindCheckoutExpired, purchaser, map[string]string{paramOrder: number})
}

// OrderRefunded tells the purchaser that the order's money went back, and whether its keys ended with that.
func OrderRefunded(purchaser, number string, void bool) Notice {
	params := map[string]string{paramOrder: number}
	if void {
		params[paramVoid] = "true"
	}
	return toAccount(KindOrderRefunded, purchaser, params)
}

// KeysSuspended tells the purchaser that unused keys rest while the payment is disputed.
func KeysSuspended(purchaser, number string) Notice {
	return toAccount(KindKeysSuspended, purchaser, map[string]string{paramOrder: number})
}

// KeysRestored tells the purchaser that keys work again: the refund failed, or the dispute is over.
func KeysRestored(purchaser, number string) Notice {
	return toAccount(KindKeysRestored, purchaser, map[string]string{paramOrder: number})
}

// LicenseKey is the mail with the key of an order of one (product.md 2). The key itself is not in the notice:
// license is the license item's digest, under which the sender opens the sealed copy. If the key was entered
// meanwhile the mail says so and shows none (product.md 3).
func LicenseKey(purchaser, number, product string, license []byte) Notice {
	return toAccount(KindLicenseKey, purchaser, map[string]string{paramOrder: number, paramProduct: product, paramLicense: encode(license)})
}

// KeysReady tells that the keys of an order of several are on its page; it holds none (product.md 2).
func KeysReady(purchaser, number string, count int) Notice {
	return toAccount(KindKeysReady, purchaser, map[string]string{paramOrder: number, paramCount: strconv.Itoa(count)})
}

// LicenseEntered tells the holder that a license key was entered on the account.
func LicenseEntered(holder, product string, at time.Time) Notice {
	return toAccount(KindLicenseEntered, holder, map[string]string{paramProduct: product, paramAt: instant(at)})
}

// PhoneAdded tells the holder by mail that a number was registered (product.md 5). Ending is its last four
// digits, channel "sms" or "voice". With a token the mail carries the "this was not me" link; an empty token
// leaves it out.
func PhoneAdded(holder, ending, channel string, at time.Time, token secret.Text) Notice {
	params := map[string]string{paramEnding: ending, paramChannel: channel, paramAt: instant(at)}
	if token != "" {
		params[paramToken] = token.Reveal()
	}
	return toAccount(KindPhoneAdded, holder, params)
}

// PhoneAddedText tells the same by text to another number of the holder's that takes texts. With a token the
// text carries the "this was not me" link.
func PhoneAddedText(to phone.Number, ending string, token secret.Text) Notice {
	params := map[string]string{paramEnding: ending}
	if token != "" {
		params[paramToken] = token.Reveal()
	}
	return Notice{Kind: KindPhoneAdded, body: body{Number: to.E164(), Params: params}}
}

// CodesLocked tells the holder that too many wrong codes in a row stopped code login until an instant
// (product.md 6, the ladder). The zero instant means until support acts.
func CodesLocked(holder string, wrong int, until time.Time) Notice {
	params := map[string]string{paramCount: strconv.Itoa(wrong)}
	if !until.IsZero() {
		params[paramUntil] = instant(until)
	}
	return toAccount(KindCodesLocked, holder, params)
}
