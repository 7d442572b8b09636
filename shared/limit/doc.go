// Package limit owns counters of events that must not happen too often: wrong passwords, bad license keys,
// mails asked for. A use is counted before the thing it guards is done, so parallel callers cannot slip
// through.
//
//   - A window opens with its first use and ends Window later; a rule that Extends ends Window after its
//     last use instead. Half-open: at its end it is over. Within a window exactly Max uses are allowed.
//   - "Five wrong passwords lock for 15 minutes" is Max 5, Window 15 min, Extends: the fifth use fixes the
//     end 15 minutes later, refused uses move nothing, and 15 quiet minutes end the count.
//   - Anchored windows, not a sliding log: one small item and one conditional write whatever Max is, exact
//     under any number of parallel callers, and "allowed again at" is one known instant. The price is that
//     up to 2 x Max - 1 uses can lie within one Window across an end. Not windows by the clock: five guesses
//     before and five after the full hour would both pass.
//   - Several rules are used together in one transaction, all or none.
//   - Limits fail closed: when the store struggles the use is refused with dynamo.ErrUnavailable or ErrBusy.
//     A use whose answer was lost is counted once when the SDK repeats it, unless another use of the same
//     counter came between: then it may count twice.
//   - Subjects are stored as SHA-256, so neither addresses nor what people type stand in the table. An IPv6
//     address counts as its /64 (Address).
//
// Besides, it owns breakers: groups of sends whose answers are counted (Tallies) from the credentials table's
// stream, and which stop when too few come. What is stopped stands in one item, which every environment reads at
// most once a minute (Stops), so that no send costs a call more for it. A breaker looks at sends that have had
// time to be answered, and only at a burst without waiting for that. Money is counted likewise and stopped at a
// ceiling.
//
// Table LIMITS_TABLE:
//
//	p  S  rule's name + "#" + first 16 bytes of SHA-256 of the subject, base64url (Rule.Key)
//	n  N  uses in the window
//	m  B  mark of the last use
//	e  N  instant at which the window ends
//	x  N  time to live: the end; only tidies
//
//	p  S  "tally-" + breaker's name + "#" + 9 bytes of SHA-256 of the group, base64url
//	n  N  sends       v  N  answers       e  N  end of the window       x  N  time to live
//	cn N  sends when it was noted         ct N  when that was
//
//	p  S  "spent-" + name      n  N  sum      x  N  time to live
//
//	p  S  "stopped"            g  M  until when, by group
package limit
