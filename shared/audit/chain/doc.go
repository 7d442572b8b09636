// Package chain makes the audit trail one that can be trusted: entries are linked in a hash chain a subject,
// and every step of all chains is signed (product.md 10, ASVS 16.4.2). A verifier that has an export of the two
// tables and the public key, and nothing else, finds any entry that was edited, dropped, added, or put in
// another place.
//
//   - The table's own stream brings each new entry once it stands, so that no transaction of a person waits for
//     the chain, and no function that writes entries can write links.
//   - A link holds the digest of the entry's bytes (dynamo.Canonical) and a hash over the link before it. The
//     links of one batch, the new heads of their chains and a checkpoint go in one transaction: there is never a
//     link without a signature above it. A batch that comes again finds its links and adds nothing.
//   - A checkpoint names every head that its batch moved, and the checkpoint before it. It is signed by a key of
//     KMS. Removing the newest entries together with their links and checkpoints leaves a shorter record that is
//     sound in itself, so the number and hash of each checkpoint also go to the log, which is kept elsewhere: an
//     anchor. The verifier takes one.
//   - An entry that was sealed before and comes with other bytes is told (Sealed.Altered), and never sealed anew.
//
// Table CHAINS_TABLE, partition p, sort s:
//
//	subject       "e" + sort key of the entry   a link
//	  n N  place in the subject's chain, from 1    d B  digest of the entry    h B  hash of the link
//	subject       "head"                        the newest link's n and h
//	"checkpoint"  16 digits                     a checkpoint
//	  b B  body (JSON)                             g B  signature              h B  hash, which is what is signed
//	"checkpoint"  "head"                        the newest checkpoint's n and h
package chain
