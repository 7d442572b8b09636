package notice

import "strconv"

// boughtMail words the end of credentials for the purchaser of their keys.
func boughtMail(kind Kind, p params) (subject string, paragraphs []string) {
	active, unused := p.ending(kind)
	order := "The order:\n" + p.page("/orders/"+p.order())
	again := "What is still needed can be bought as a brand-new credential:\n" + p.page("/store")
	on := " on " + p.when(paramExpires)
	switch {
	case kind == KindCredentialExpiring:
		return counted(active, "A credential that you bought expires", "credentials that you bought expire") + " on " + p.date(paramExpires), []string{
			p.setUp(active) + oneOr(active, " is", " are") + " valid until " + p.when(paramExpires) + ".",
			"Only " + oneOr(active, "the person who uses it can renew it", "the people who use them can renew them, each the own one") +
				", signed in, under Manage OTP. We have written to them too; please make sure that they know.\n" + p.page("/account/otp"),
			p.closing() + " no renewal can be ordered; a brand-new credential would be needed.",
			order,
		}
	case kind == KindCredentialOver:
		return counted(active, "A credential that you bought is", "credentials that you bought are") + " no longer valid", []string{
			p.setUp(active) + " expired" + on + oneOr(active, " and was not renewed. This is our last mail about it.", " and were not renewed. This is our last mail about them."),
			again, order,
		}
	case active == 0 && unused == 1:
		return "A subscription that you bought has ended", []string{
			"The Phone OTP subscription of the license key ending " + p.with[paramLast4] + " of your order " + p.order() + " ended" + on +
				", one year after you bought it. The key had been entered, but no phone was registered with it.",
			again, order,
		}
	case active == 0:
		return strconv.Itoa(unused) + " subscriptions that you bought have ended", []string{
			strconv.Itoa(unused) + " Phone OTP subscriptions of your order " + p.order() + " ended" + on +
				", one year after you bought them. Their license keys had been entered, but no phone was registered with them.",
			again, order,
		}
	}
	paragraphs = []string{p.setUp(active) + " expired" + on + "."}
	if unused > 0 {
		paragraphs = append(paragraphs, counted(unused, "One more license key had been entered, but no phone was registered with it. Its subscription",
			"more license keys had been entered, but no phone was registered with them. Their subscriptions")+" ended at the same time.")
	}
	return counted(active, "A credential that you bought has", "credentials that you bought have") + " expired", append(paragraphs,
		"We have written to "+oneOr(active+unused, "the person who uses it", "the people who use them")+" too. "+again, order)
}

// ending is how many credentials of the order a mail is about: activated ones, and such as never were. One that an
// earlier release wrote is about one.
func (p params) ending(kind Kind) (active, unused int) {
	if p.with[paramCount] == "" {
		if kind == KindCredentialUnused {
			return 0, 1
		}
		return 1, 0
	}
	active, _ = strconv.Atoi(p.with[paramCount]) // our own writing
	unused, _ = strconv.Atoi(p.with[paramUnused])
	return active, unused
}

// setUp names activated credentials of the order: the only one by its key, several by their number.
func (p params) setUp(n int) string {
	if last4 := p.with[paramLast4]; last4 != "" {
		return "The Phone OTP credential that somebody set up with the license key ending " + last4 + " of your order " + p.order()
	}
	return counted(n, "One Phone OTP credential that somebody set up with a license key of your order ", "Phone OTP credentials that people set up with license keys of your order ") + p.order()
}

// oneOr is the text for one, or that for more.
func oneOr(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// counted is the text for one, or that for more after their number.
func counted(n int, one, more string) string { return oneOr(n, one, strconv.Itoa(n)+" "+more) }
