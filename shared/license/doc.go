// Package license owns license keys: their form, how they lie in the database, and their way from issued to
// activated (product.md 3).
//
//   - A key is 24 random Crockford symbols (120 bits) and one GF(32) check symbol, shown in groups of five.
//     Input is forgiving; a failed check is a typing error and costs neither a database read nor a try.
//
//   - It is found by a keyed digest. A sealed copy lies on the item until the key is entered and is erased in
//     that very transaction; the key mail and the order page open it. Nothing else ever holds a key.
//
//   - Entering a key binds it to an account in one transaction that also opens the credential. The owner who
//     enters it again resumes. Unknown and somebody else's are the same answer after the same calls.
//
//   - Order of checks: typing error, limit, unknown or another's in any state, own (resume), void or
//     suspended, live credential.
//
//   - 10 unknown keys an hour an account, 30 (a setting) an hour an address. A try is counted before its
//     answer is given; a good key counts nothing but meets the limit.
//
//   - A key that was not entered dies 12 months after its purchase, by the clock; the sweep only tidies (expire.go).
//
//   - Money that goes back, or a proofing that has failed, suspends, voids and restores a key by writes that hold only
//     while it stands as it was seen (revoke.go); the order or the case decides which. A void key that nobody entered
//     keeps its sealed copy, since a refund can fail later.
//
//   - The holder's own key, entered and not activated, takes up what time has ended since: higher rooms add their
//     writes (Redeemer.Resuming), which hold only while the key is still the holder's.
//
//     state       means                                             next
//     issued      bought, in nobody's hands                         registered, suspended, void
//     registered  bound to an account, its credential not active    activated, suspended, void
//     activated   the credential was activated                      void (by a person)
//     suspended   the payment is disputed                           what it was, void
//     void        refunded, by support, proofing used up, expired   -
//
// Table LICENSES_TABLE, key p; index due (ds, da):
//
//	p   B  keyed digest of the key, 33 bytes (label "license digest")
//	st  S  state
//	pr  S  product code
//	o   S  order number
//	l4  S  last four symbols
//	v   B  sealed key (label "license seal", bound to p); gone once entered
//	at  N  purchased, ms
//	ex  N  dies unless entered before, ms
//	h   B  holder's account id, once entered
//	rm  B  mark of the request that entered it
//	ra  N  entered, ms
//	aa  N  activated, ms
//	y   S  why it is void       va  N  since when, ms
//	ds  S  shard "0" to "7"     da  N  when the sweep looks at it, ms: ex, while issued; else both gone
package license
