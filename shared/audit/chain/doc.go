// Package chain makes the audit trail one that can be trusted: entries are linked in a hash chain a subject,
// and every step of all chains is signed (product.md 10, ASVS 16.4.2). A verifier that has an export of the two
// tables and the public key, and nothing else, finds any entry that was edited, dropped, added, or put in
// another place.
//
//   - The table's own stream brings each new entry once it stands, so that no transaction of a person waits for
//     the chain, and no function that writes entries can write links.
//   - A link holds the digest of the entry's bytes (dynamo.Canonical) and a hash over the link before it. A
//     checkpoint holds the links of a batch, up to 1,000 and 300,000 bytes, the new heads of the chains that they
//     move, and the hash of the checkpoint before it. It is signed by a key of KMS: there is never a link without a
//     signature. Hashes between two heads follow from the links and are not stored.
//   - The checkpoints are a log, and the only truth. Putting number N+1, if there is none, is the one commit. Then the
//     heads of its chains are written one by one, and the newest checkpoint moves from N to N+1: all up to there is
//     applied. A sealer begins by applying what it finds put and not applied, by a crash or by somebody who is
//     still at it; heads only go forward, so this may be repeated. Losing the put means beginning anew.
//   - Repeats are told by the stream, which brings the entries of a subject in the order of its numbers: a head
//     remembers the last one. An entry that is not after it was sealed before, and adds nothing; its bytes are not
//     looked at (a changed entry comes as a change, which rings: functions/audit-chain).
//   - What the stream has lost is sealed late by a command, from an export (Record.Late), if nothing that was sealed
//     since links it. If the stream brings such an entry after all it is linked a second time: the verifier counts it
//     once, and with other bytes finds it edited.
//   - Removing the newest checkpoints and their entries leaves a shorter record that is sound in itself, so the number
//     and hash of each checkpoint also go to the log, which is kept elsewhere: an anchor. The verifier takes one.
//   - Heads serve the sealer and prove nothing; the verifier does not look at them. A sealer that reads a head which
//     somebody removed or set back cannot know, and signs a chain that goes on from there: the verifier finds that
//     it does not fit (Forked). What a sealer can see it refuses: a head ahead of the checkpoints, a newest
//     checkpoint that is not there, a next one that does not name it. It tells of a head in the right place with another hash (Sealed.Strays). A changed
//     place in the stream makes entries look sealed: the verifier calls them never linked.
//
// Table CHAINS_TABLE, partition p, sort s:
//
//	"checkpoint"  16 digits   a checkpoint
//	  b B  body: JSON of type checkpoint, in these very bytes    g B  signature    h B  hash, which is what is signed
//	"checkpoint"  "head"      the newest checkpoint that is applied: its number n N and h
//	subject       "head"      the newest link of a chain
//	  n N  its place, from 1    h B  its hash    c N  the checkpoint that put it there
//	  q S  the last place of the stream that is sealed: the stream's label, a space, a number of up to 40 digits
//
// A body is {"n":number,"before":hash of the one before,"at":instant,"moved":[{"p":subject,"n":place of the newest
// link,"h":its hash,"q":last place of the stream,"e":[{"s":sort key of the entry,"d":its digest},...]},...]}; before is
// hexadecimal, h and d are base64 without padding. Every hash is SHA-256 over a text that names its kind and the parts,
// each with its length as a uvarint before it: a link's over the hash before it (zeros before the first), subject,
// place (8 bytes), sort key and digest.
package chain
