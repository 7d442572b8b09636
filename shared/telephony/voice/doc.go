// Package voice places calls with AWS End User Messaging (SendVoiceMessage). It is apart from telephony so
// that only voice-call links its client.
//
// A call is placed at most once: one attempt, no repeat by the SDK. It carries a time to live, so that AWS
// drops it rather than ring late (product.md 6).
package voice
