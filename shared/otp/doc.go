// Package otp owns what a one-time code is: how it is drawn, digested, read from input, worded for text
// and voice, and how often one may be sent or tried. It is pure; the state lies on the credential.
//
// Every number of product.md 6 stands in policy.go, and nowhere else:
//
//	code            6 random digits, uniform, leading zeros; shown with a tag of two letters
//	life            120 s from sending; a call: 120 s from placing, at most 180 s from the request
//	tries           5 a code, reserved before the compare
//	between sends   30, 60, 120, 120 s; a right code or 30 quiet minutes end the sequence
//	sends           5 in 15 min, 10 an hour, 20 a day; 3 calls an hour
//	ladder          10 wrong in a row: 30 min; 20: 2 h; 30: 24 h; 50: off until support acts
//	watch           60 wrong in 30 days: a person looks, whatever right ones come between
//	new numbers     5 sends an hour to one, 10 of them in 30 days a holder; breakers by prefix and country; a
//	                share of what a day may cost
//
// The README's table of limits is made of them (infra/limits).
//
// A code is stored only as an HMAC over the challenge, the holder, the phone and the mark of purpose and
// session, and travels sealed with its challenge as the context. All intervals are half-open: at the very
// instant a code ends it is dead, at the very instant a wait ends one may go on.
package otp
