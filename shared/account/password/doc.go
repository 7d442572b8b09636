// Package password owns what a password may be and how it is kept (product.md 1). It is pure.
//
//   - 12 to 128 characters, any Unicode, compared in NFC; no composition rules, no forced change.
//   - Refused: on the built-in blocklist, also with digits and signs around or look-alikes inside; a run along
//     the keyboard, the alphabet or the digits; a repetition; made of the person's own name, email or user ID
//     or of the product's words.
//   - Kept as argon2id with 19 MiB, t=2, p=1 and a 16-byte random salt, in the PHC text form. The parameters
//     stand in each hash, so they may be raised while old hashes live.
//
// common.txt holds whole passwords of 12 characters and more, words.txt what common ones are made of; both
// were written for this product, in lower case.
package password
