// Package secret owns keys and everything made with them: keyed digests, sealed values, and text that
// cannot print itself.
//
// A Secrets Manager secret is one JSON document: "current" names the version that makes new digests and
// ciphertexts, "k1", "k2", ... are master keys of at least 32 characters, other members are plain secret
// values (as "stripe_key"). Three of them exist, cut by trust (architecture.md 4): codes (code digests,
// session derivation), vault (number index and encryption, sealed payloads), commerce (license digest and
// seal, Stripe keys). A key for one purpose comes from a master by HKDF-SHA-256 with the purpose's label.
//
// Every digest and ciphertext begins with one byte, the version of its master, so a master can be replaced
// while old data lives: add "k2", make it current, remove "k1" when nothing bears its version.
package secret
