// Package notice owns the outbox: every message to a person about something that happened (mail, or text
// about a change) is an item written in the transaction of its cause, and sent later by functions of its own
// (product.md 10).
//
// One notice is one message to one receiver, so that it can be sent, retried and counted alone: a change told
// by mail and to two numbers is three notices.
//
//   - Written with its cause (Outbox.Write; WriteOnce where the cause may repeat), everything but its kind
//     sealed with the vault's key; the notice's id is the associated data. License keys are never in it: they
//     are opened from the license when it is sent.
//   - Relayed by the table's stream to the queue, as an id and nothing else.
//   - Taken for 50 seconds by one sender (Outbox.Take), sent, marked (Outbox.MarkSent). A sender that learns
//     that the supplier is down gives it back (Outbox.Release). Marking erases the sealed part.
//   - What is not sent 5 minutes after its cause is put on the queue again by a sweep every 5 minutes, for 7
//     days (Sweeper). Then only the dead letter's replay brings it back.
//
// Delivery is at least once: a message whose answer from the supplier was lost is sent once more.
//
//	p   S  notice id: 26 random symbols, or named by its cause
//	k   S  kind, as "license-key"
//	v   B  sealed JSON of receiver and parameters; gone once sent or refused
//	at  N  written, ms
//	ds  S  shard "0" to "7" of the index due; gone once sent, refused or given up
//	da  N  when the sweep takes it up, ms; goes with ds
//	c   N  taken until, ms; absent when nobody has it
//	w   S  which taking that is
//	n   N  how often it was taken
//	s   N  sent or refused at, ms
//	e   S  "sent" or "refused"
//	x   N  lifetime, s: 30 days after s
package notice
