// Package support owns what staff may see of a person and do for one (product.md 9).
//
//   - A search names a person exactly: by user ID, email address, order number, or the last four digits of a number
//     with the family name. Each is a read by key, whatever the number of people.
//   - What is shown has no code, key, activation code, password, token or full number in it: the function holds no
//     key that could open a code or a license key.
//   - The timeline is the audit trail of the account and of its orders in plain words, with who and why.
//   - Each of the newest codes is told at one glance: what it was asked by, where it went, and its steps to its end. A
//     request that a limit refused stands among them, with its rule.
//   - Every limit that holds a person back now is shown with its end: those of codes stand on the credential; those of
//     signing in (the newest ten addresses that failed in its span), keys, activation codes, the password and mails are
//     looked at in one call, which counts nothing.
//   - Looking at a person is recorded (EventViewed), in the person's own trail and for staff alone.
//   - An act has a reason, of at most 500 characters. It is one transaction of the writes that the owner rooms build
//     for what stands, its audit entry and the mail to the person. What stands so already is changed no more, and
//     nobody acts on the own account, orders or keys. The mail does not give the reason.
//   - Two people: the reset of a proofed credential's numbers, and a name that its pass does not survive, which does
//     all that a reset does. The first asks, another one decides with a reason within 72 hours, half-open; the act is
//     judged by what stands then and is done with the decision, once. One approval an account at a time: asking
//     for the same again finds it, something else has to wait. Neither who asked nor whom it is about may decide.
//   - A reset keeps the term and the failure ladder, ends sessions, and sends a proofed holder through video again.
//
// Table APPROVALS_TABLE, partition key p, one item an account:
//
//	p   S  account id                i   S  approval id: account id, hyphen, 12 symbols
//	st  S  open, approved, refused   w   S  act                g, fn  S  the names of confirm-name
//	y   S  reason                    u   S  user ID of whom it is about
//	by  B  who asked                 bu  S  their user ID      at  N  when     un  N  expires
//	db  B  who decided               da  N  when
//	o   S  "open" while it is: index open, by un
//	x   N  time to live: 30 days after un; only tidies
package support
