// Package order owns purchases: what was ordered, how it is paid, and the keys that came of it (product.md 2).
//
//   - An order is at most 50 keys over any lines; each unit is one license key. Lines of one product are put
//     together. Names and prices are the catalog's at that instant and stay on the order.
//
//   - The date of purchase is the instant of placing.
//
//   - Placing needs an idempotency key, kept an account and 24 hours: the same key and body is the same
//     order, another body is refused, one that is still being worked on is told so.
//
//   - Card: a Stripe session of 30 minutes (and one for the difference of clocks). When it has ended, a fresh
//     one may be asked for until 23 and a half hours after placing; the old one is closed first. At 24 hours
//     the sweep closes what is open, fulfils what was paid and cancels the rest.
//
//   - Invoice: customer, draft, lines, finalising, sending; the step reached is stored after each, so that the same
//     request, or a fresh link asked for, goes on after a crash. An attempt whose idempotency keys hold a failure
//     or may be forgotten is followed by the next, which looks at Stripe before each step: one invoice comes of
//     it. Keys follow when it is paid in full, also outside Stripe; one that is given up can still be paid; voided,
//     it ends the order, 7 days after it was due at the latest. The purchaser sees what was paid of it and what is
//     left; a part that was paid of a voided one is for a person to give back.
//
//   - A payment event is a hint. Session or invoice is read again from Stripe and held against the order: mode,
//     currency, total, every product, price and quantity. What differs holds the order and issues nothing.
//
//   - One transaction makes the order fulfilled, stores its licenses and writes notice and audit entry. The
//     order's state makes a repeat harmless.
//
//   - Money that arrives for an order that is fulfilled already, or cancelled, is noted on the order for a
//     person to look at; it never issues keys.
//
//   - Refunds and disputes are made in Stripe; the charge is read again and Policy, a table, says what it does to
//     each key and to the order. Days count from payment. A refund that fails, or a dispute that is won, is
//     undone.
//
//   - What a payment needs a person for is a mark on the order, an audit entry and an alarm (Outcome.Alarming), each
//     once; the purchaser is mailed where a person would expect it (tell.go).
//
//   - Reconciliation lists Stripe's events since the last run, and every open order, and acts as the webhook would.
//     It also ends what was not paid in time, and counts the orders that are paid and without keys for 15 minutes.
//
//   - A renewal order is for the twin of the purchaser's own credential and issues no key. It stands on the
//     credential while it is open: one write keeps there being one, and asking again gives that one, with a fresh
//     link. Paid, however late, it adds one term to the old expiry in the transaction that fulfils it. It leaves the
//     credential with its end; one that is held for a person stays there.
//
//   - A brand-new key closes it: the new credential is without it, which is what payments are judged by, and a
//     pointer leads the next sweep to it, which closes it at Stripe. Money that still arrives is for a person.
//
//   - RenewalPolicy says what refunds and disputes do to its term: one that has not begun goes with the money and
//     comes back with it; one that runs is for a person.
//
//   - The purchaser sees the keys on the order page until they are entered, and may have the mail sent again.
//
//     state      means                                     next
//     placed     not paid yet                              fulfilled, paid, cancelled
//     paid       paid, but held for a person               fulfilled, refunded
//     fulfilled  its keys are issued                       refunded, disputed
//     cancelled  by the purchaser, or not paid in time     -
//     refunded   given back in full                        fulfilled, disputed
//     disputed   the bank is asked                         fulfilled, refunded
//
// Table ORDERS_TABLE, key p; index purchaser (by, at), index due (ds, da):
//
//	SO-XXXXXXXX                an order
//	  by B  purchaser's account id       at N  placed, ms
//	  st S  state                        hd S  why it is held
//	  pa S  partner                      pm S  payment: card, invoice
//	  ln L  lines {p product, n name, q quantity, a price}
//	  tt N  total, minor units           cu S  currency
//	  bi M  billing address {n, l1, l2, c, r, z, k}
//	  po S  the buyer's purchase order
//	  ca N  checkout attempt             ct N  when it began, ms
//	  cs S  Stripe session               su S  its link        se N  its end, ms
//	  ru N  somebody opens a checkout until, ms
//	  ic S  Stripe customer              iv S  Stripe invoice
//	  ip N  step reached                 in S  its number
//	  iu S  its page                     ie N  due, ms
//	  is S  its status, as Stripe's
//	  ia N  a part that was paid of it   il N  what is left to pay then, minor units
//	  pi S  payment intent or invoice that paid
//	  pd N  paid, ms
//	  rv S  what refunds and disputes made of it last
//	  xp L  payments that came on top, for a person
//	  tl L  marks of what was told once
//	  ks L  digests of the licenses      ff N  fulfilled, ms
//	  cn N  cancelled, ms
//	  rw B  license of the credential that it renews; absent: it is for keys
//	  tm N  which term of it             tk BOOL  that term was taken back
//	  ds S  shard "0" to "7"             da N  when it lapses, or is an alarm if held, ms; both gone else
//	s#events, -break, s#shard#<n>  how far reconciliation has come: u N ms
//	k#<account>#<SHA-256>      an idempotency key
//	  o S order number   h B SHA-256 of the request   k N ms   x N lifetime, s
//	h#<account>                leads to the renewal order that was opened last
//	  o S order number   ds S its shard   da N a brand-new key was entered, ms   x N lifetime, s
package order
