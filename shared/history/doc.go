// Package history owns how the audit trail reads: a sentence in plain words for every event, for the holder's own
// history (My Account) and for the timeline that support sees (product.md 9). Who reads the trail, and of whom,
// the functions decide.
//
//   - Every event of every room has a sentence (texts.go); infra/policy holds that none is missing. An event that
//     is not known, left by a version that is gone, is shown by its name.
//   - A sentence names details of its entry in braces. What stands in brackets is left out when a detail that it
//     names is not there.
//   - Codes are told by what their entries say together (Tell). A try is right, or an earlier code's, if the entry of
//     that try says so, which is then its only line; else it is wrong. Nobody records that a code's life ends: it follows
//     from its entries and the clock that it expired, at its end, or was replaced by a newer one that was sent before.
//     A lock, and the last try, end a code too. Handed over means that the carrier service took a text: nobody confirms
//     that it reached the phone.
//   - What follows stands on the page on which the code was asked for. A page that is not the newest is told with the
//     entries of the minutes after it (Read), and each with a few before it, so that all pages tell what one would.
//   - Events of reviews that a holder must not learn of while they run, and staff looking at a person, are for
//     staff alone (ForHolder).
//   - Texts come as they were stored, from anybody: whoever shows them encodes them.
//
// The package keeps no data.
package history
