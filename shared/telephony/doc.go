// Package telephony owns how a code or a notice reaches a telephone: a text by SNS Publish to the number,
// a call by a message on the voice topic (package outbound), which voice-call takes from its queue (package voice
// places it).
//
//   - A text is sent at most once: one attempt, no repeat by the SDK, because Publish has no idempotency
//     token for numbers. What came of it is an Outcome: accepted, failed for certain, or unknown (the
//     answer was lost). Unknown is told, never sent again by itself (product.md 6).
//   - Every text is Transactional and carries the highest price we pay for it.
//   - A call's code travels sealed; topic, queue and dead letters never hold it, nor the number, in clear.
//
// The package keeps no data.
package telephony
