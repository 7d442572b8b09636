// Package directory owns how support finds a person by what the person can say: the last four digits of a
// registered number and the family name (product.md 9). It is an index and the truth about nothing: whoever it
// finds is read from the rooms that own accounts and credentials.
//
//   - An entry's key is a keyed digest of digits and name, so that the table tells nobody who has which number.
//     The name is folded (names.Key): case, accents and punctuation do not matter.
//   - A person is indexed anew whenever a name or the numbers have changed, by the streams of accounts and
//     credentials: nothing that a person waits for writes here. Indexing twice changes nothing; an old entry goes
//     in the transaction that brings the new one.
//   - A search is one query of one key, however many people there are.
//
// Table DIRECTORY_TABLE, partition p, sort s:
//
//	"n#" + digest, hex, 33 bytes   s B account id     an entry
//	"h#" + account id              s B account id     what the person's entries are: k L of digests, v B mark of the indexing
package directory
