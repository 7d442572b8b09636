// Package history owns how the audit trail reads: a sentence in plain words for every event, for the holder's own
// history (My Account) and for the timeline that support sees (product.md 9). Who reads the trail, and of whom,
// the functions decide.
//
//   - Every event of every room has a sentence (texts.go); infra/policy holds that none is missing. An event that
//     is not known, left by a version that is gone, is shown by its name.
//   - A sentence names details of its entry in braces. What stands in brackets is left out when a detail that it
//     names is not there.
//   - Events of reviews that a holder must not learn of while they run, and staff looking at a person, are for
//     staff alone (ForHolder).
//   - Texts come as they were stored, from anybody: whoever shows them encodes them.
//
// The package keeps no data.
package history
