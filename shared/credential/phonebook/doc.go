// Package phonebook is the credential room's second table: how a holder's numbers stood before each change of
// the last days, for the "this was not me" link, and which holders a number belongs to, for the cap on sharing
// (product.md 5). It lies beside the credential's item, which every login touches and which stays small.
//
//   - A change is an item under its holder and a number that only grows. It keeps the numbers that stood before
//     it, sealed as the credential has them, and which change it came after. So changes are a chain: what the
//     credential calls its last change, the one before that, and so on. A change that was taken back is out of
//     the chain, with all that came after it, and never comes in again.
//   - The link's token is base64url of the account's 16-byte id and 16 random bytes: short enough for a text of
//     one segment. Only its SHA-256 is stored. A link works for 10 days, half-open, and once.
//   - Who has a number is a set of account ids under the number's keyed index, at most 5. Entering and leaving
//     it are one write each, in the transaction of the change. A credential that ends leaves its entries behind:
//     when a set is full, the credential room strikes those out which are not true any more. Under a new version
//     of the index's key a number has a new set: who registered it before counts no longer against the five.
//
// Table PHONEBOOK_TABLE, two kinds of items:
//
//	p  B  account id
//	s  N  number of the change, from 1
//	b  N  the change before it, 0: none
//	d  B  SHA-256 of the link's token
//	l  B  digest of the license that the credential was opened with
//	at N  when
//	ph M  the numbers before it, as the credential's item had them
//	u  B  mark of the request that took it back (absent: not)
//	x  N  time to live: the link's end; only tidies
//
//	p  B  a number's keyed index (17 bytes)
//	s  N  0
//	h  BS account ids of those who have it registered (absent: nobody)
package phonebook
