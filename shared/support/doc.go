// Package support owns what staff may see of a person and do for one (product.md 9).
//
//   - A search names a person exactly: by user ID, email address, order number, or the last four digits of a number
//     with the family name. Each is a read by key, whatever the number of people.
//   - What is shown has no code, key, activation code, password, token or full number in it: the function holds no
//     key that could open one.
//   - The timeline is the audit trail of the account and of its orders in plain words, with who and why.
//   - Looking at a person is recorded (EventViewed), in the person's own trail and for staff alone.
package support
