// Package signing owns signatures that only the signing service can make: the private key is drawn in AWS KMS
// and never leaves it, so that somebody who has every table and every secret still cannot sign. Whoever has the
// public key checks a signature without asking anybody.
//
//   - ECDSA on P-256 over a SHA-256 digest, ASN.1 DER, as KMS makes it.
//   - A signature is made again whenever it is asked for: two of one digest differ and both hold.
//
// The package keeps no data.
package signing
