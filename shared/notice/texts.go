package notice

import (
	"fmt"
	"strings"
	"time"

	"phoneotp/shared/secret"
)

// Compose puts a notice into words. A kind that it does not know is an error.
func Compose(t Taken, f Facts) (Letter, error) {
	p := params{t.body.Params, f}
	if t.body.Number != "" {
		return composeText(t.Kind, p)
	}
	subject, paragraphs, err := mailOf(t, p)
	if err != nil {
		return Letter{}, err
	}
	files, err := invitations(t.Kind, p)
	if err != nil {
		return Letter{}, fmt.Errorf("notice %s: %w", t.ID, err)
	}
	greeting := "Hello,"
	if f.GivenName != "" {
		greeting = "Hello " + f.GivenName + ","
	}
	text := greeting + "\n\n" + strings.Join(paragraphs, "\n\n") + "\n\n" + p.signature()
	return Letter{Subject: subject, Text: secret.Text(text), Attachments: files}, nil
}

// params reads what a notice carries, in the form that its words need.
type params struct {
	with  map[string]string
	facts Facts
}

func (p params) order() string { return p.with[paramOrder] }

// link is a page of the portal. A token goes into the fragment, which no server and no log sees.
func (p params) link(path string) string {
	if token := p.with[paramToken]; token != "" {
		return p.facts.Origin + path + "#token=" + token
	}
	return p.facts.Origin + path
}

// page is a link without the token.
func (p params) page(path string) string { return p.facts.Origin + path }

func (p params) when(name string) string {
	t, err := time.Parse(time.RFC3339, p.with[name])
	if err != nil {
		return "just now"
	}
	return t.Format("2 January 2006 at 15:04") + " UTC"
}

func (p params) signature() string {
	return "Phone OTP\nHelp: " + p.page("/help") + "\n\n" +
		"We never ask for a code, a license key or a password by mail or by phone."
}

func (p params) notYou() string {
	if p.with[paramToken] != "" {
		return "This was not you? This link takes the change back and stops all codes until support has spoken with you. It works for 10 days:\n" + p.link(rejectPage)
	}
	return "This was not you? Set a new password now, then contact support:\n" + p.page("/forgot") + "\n" + p.page("/help/contact")
}

const mailHelp = "Mail about an order can take up to 24 hours when you pay by card. If it does not come, look in your spam folder, then contact support."

// mailOf words every kind that goes by mail.
func mailOf(t Taken, p params) (subject string, paragraphs []string, err error) {
	switch t.Kind {
	case KindConfirmAccount:
		return "Confirm your email address", []string{
			"Please confirm that this is your email address, for the account with the user ID " + p.with[paramUserID] + ". The link works for 24 hours:\n" + p.link("/confirm"),
			"Until then you cannot sign in. If you did not sign up for Phone OTP, do nothing: nothing is kept after 24 hours.",
		}, nil
	case KindEmailAlreadyRegistered:
		return "You already have an account", []string{
			"Somebody signed up for Phone OTP with this email address. It already belongs to your account, so nothing was changed.",
			"If it was you, sign in with this address, or set a new password:\n" + p.page("/sign-in") + "\n" + p.page("/forgot"),
			"If it was not you, you need not do anything.",
		}, nil
	case KindResetPassword:
		return "Set a new password", []string{
			"This link lets you set a new password. It works once, for 30 minutes:\n" + p.link("/reset"),
			"If you did not ask for it, do nothing: your password stays as it is.",
		}, nil
	case KindPasswordChanged:
		return "Your password was changed", []string{
			"The password of your account was changed on " + p.when(paramAt) + ". Every other session has ended.",
			p.notYou(),
		}, nil
	case KindPhoneAdded:
		return "A phone number was added", []string{
			fmt.Sprintf("The number ending %s (%s) was registered for your account on %s. It can receive codes from now on.", p.with[paramEnding], p.channel(), p.when(paramAt)),
			p.notYou(),
		}, nil
	case KindCodesLocked:
		return "Too many wrong codes", []string{
			p.with[paramCount] + " wrong codes in a row were entered for your account. " + p.lockEnds(),
			"If these were not your tries, somebody knows your password. Set a new one:\n" + p.page("/forgot"),
		}, nil
	}
	if subject, paragraphs, ok := appointmentMail(t.Kind, p); ok {
		return subject, paragraphs, nil
	}
	if subject, paragraphs, ok := phonesMail(t.Kind, p); ok {
		return subject, paragraphs, nil
	}
	if subject, paragraphs, ok := caseMail(t.Kind, p); ok {
		return subject, paragraphs, nil
	}
	if subject, paragraphs, ok := expiryMail(t.Kind, p); ok {
		return subject, paragraphs, nil
	}
	if subject, paragraphs, ok := supportMail(t.Kind, p); ok {
		return subject, paragraphs, nil
	}
	if subject, paragraphs, ok := renewalMail(t, p); ok {
		return subject, paragraphs, nil
	}
	return orderMail(t, p)
}

// keysFollow is how the keys of an order come: one in a mail, several on the order's page (product.md 2).
func keysFollow(lines []Line) string {
	if len(lines) == 1 && lines[0].Quantity == 1 {
		return "A mail with the license key follows"
	}
	return "A mail with a link to your license keys follows"
}

// orderMail words the kinds about orders and license keys.
func orderMail(t Taken, p params) (subject string, paragraphs []string, err error) {
	page := p.page("/orders/" + p.order())
	switch t.Kind {
	case KindOrderPlaced:
		return "Your order " + p.order(), []string{
			"Thank you. We have received your order " + p.order() + ":",
			orderLines(t.body.Lines) + "\nTotal: " + p.with[paramTotal] + ", " + p.payment(),
			keysFollow(t.body.Lines) + " as soon as your payment is received in full. See the order here:\n" + page,
			mailHelp,
		}, nil
	case KindOrderHeld:
		return "Your order " + p.order() + " is being looked at", []string{
			"A person on our side looks at your order " + p.order() + " before it goes on. You need not do anything; we will write to you.",
			"The order:\n" + page,
		}, nil
	case KindCheckoutExpired:
		return "Your order " + p.order() + " was cancelled", []string{
			"Your order " + p.order() + " was not paid in time and is cancelled. Nothing was charged.",
			"You can order again at any time:\n" + p.page("/store"),
		}, nil
	case KindOrderRefunded, KindKeysSuspended, KindKeysRestored:
		subject, paragraphs = reversalMail(t.Kind, p, page)
		return subject, paragraphs, nil
	case KindPaymentFailed, KindInvoiceOverdue, KindInvoiceVoided, KindPaidTooMuch, KindRefundedInPart:
		subject, paragraphs = moneyMail(t.Kind, p, page)
		return subject, paragraphs, nil
	case KindLicenseKey:
		return "Your license key for order " + p.order(), p.licenseKey(page), nil
	case KindKeysReady:
		return "Your license keys for order " + p.order(), []string{
			"Your order " + p.order() + " is paid. Its " + p.with[paramCount] + " license keys are on the order's page; sign in to see them:\n" + page,
			"Each key makes one credential, for you or for the person you give it to. A key that nobody enters expires 12 months after the purchase.",
		}, nil
	case KindLicenseEntered:
		return "Your license key was entered", []string{
			"The license key for " + p.with[paramProduct] + " was entered on your account on " + p.when(paramAt) + ".",
			"What comes next is shown here:\n" + p.page("/dashboard"),
		}, nil
	}
	return "", nil, fmt.Errorf("notice %s: unknown kind %q", t.ID, t.Kind)
}

// reversalMail words what refunds and disputes do.
func reversalMail(kind Kind, p params, page string) (subject string, paragraphs []string) {
	switch kind {
	case KindKeysSuspended:
		return "The payment of your order " + p.order() + " is disputed", []string{
			"The bank has told us that the payment of your order " + p.order() + " is disputed. Its unused license keys cannot be entered until that is settled.",
			"The order:\n" + page + "\nIf this is a mistake, contact support:\n" + p.page("/help/contact"),
		}
	case KindKeysRestored:
		return "The license keys of your order " + p.order() + " work again", []string{
			"The payment of your order " + p.order() + " stands, so its unused license keys can be entered again.",
			"The order:\n" + page,
		}
	}
	keys := "A person on our side decides about its license keys and writes to you if anything changes."
	if p.with[paramVoid] != "" {
		keys = "Its license keys are no longer valid."
	}
	return "Your order " + p.order() + " was refunded", []string{
		"The money for your order " + p.order() + " was given back. " + keys,
		"The order:\n" + page,
	}
}

func (p params) licenseKey(page string) []string {
	switch {
	case p.facts.LicenseVoid:
		return []string{
			"The license key of your order " + p.order() + " is not valid at present, so this mail does not show it.",
			"The order's page says how it stands:\n" + page,
		}
	case p.facts.LicenseKey == "":
		return []string{
			"Your order " + p.order() + " is paid. Its license key has been entered meanwhile, so this mail does not show it. There is nothing left to do with it.",
			"The order:\n" + page,
		}
	}
	return []string{
		"Your order " + p.order() + " is paid. This is your license key for " + p.with[paramProduct] + ":",
		"    " + p.facts.LicenseKey.Reveal(),
		"Enter it here, or pass it on to the person who will use it:\n" + p.page("/redeem"),
		"It works once. A key that nobody enters expires 12 months after the purchase. The order:\n" + page,
	}
}

func (p params) channel() string {
	if p.with[paramChannel] == "voice" {
		return "voice only"
	}
	return "text message"
}

func (p params) payment() string {
	if p.with[paramPayment] == "invoice" {
		return "by invoice"
	}
	return "by card"
}

func (p params) lockEnds() string {
	if p.with[paramUntil] == "" {
		return "No code is sent or accepted until you have spoken with support:\n" + p.page("/help/contact")
	}
	return "No code is sent or accepted until " + p.when(paramUntil) + "."
}

func orderLines(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%d x %s, %s each\n", l.Quantity, l.Title, l.Price)
	}
	return b.String()
}
