// Package account owns people: who they are, how to reach them, what they may do, and their passwords
// (product.md 1). What a password may be lies in the package password below it.
//
//   - User ID: 3 to 40 of a-z 0-9 . _ -, compared without regard to case, never changed. The account's id is the
//     first 16 bytes of a SHA-256 of it, so sign-in finds the account with one read.
//   - Email: taken only once confirmed; the first account to confirm it wins. Registering with a taken one
//     makes the same unconfirmed account, whose link is never sent, and mails the owner: nobody learns who has
//     an account.
//   - An account that is not confirmed lapses 24 hours after registration: from that instant its user ID is
//     free, whatever still lies in the table.
//   - Mail tokens: 32 random bytes, base64url; stored as SHA-256; used once. Confirmation ends with the
//     registration's 24 hours, a password reset after 30 minutes. At most 5 mails an hour of a kind to one
//     address; what is over that is not sent and not told.
//   - Asking for a mail answers the same after the same calls, whether there is an account or not.
//   - A new password ends every other session in the same transaction, and every sign-in that is under way:
//     a sign-in counts itself on the account (SignedIn) and checks the epoch, a new password checks that count
//     and raises the epoch. Five wrong current passwords lock changing it for 15 minutes.
//   - Name and country cannot be changed while the name is locked (proofing, product.md 1).
//   - Roles are set by an operator (Grant), never through the API.
//
// Table ACCOUNTS_TABLE, partition key p:
//
//	a#<account id>              an account
//	  u  S  user ID             m  S  email as it was typed
//	  g  S  given name          fn S  family name          c  S  country, ISO 3166
//	  h  S  password hash       hn B  mark of the request that set it
//	  at N  registered          la N  lapses; gone once confirmed
//	  cf N  confirmed           ct B  digest of the token that confirmed it
//	  r  B  random mark of the registration
//	  ep N  epoch               sn N  count of sign-ins
//	  ro L  roles               lk BOOL  name is locked   b  M  billing address
//	  x  N  time to live while not confirmed; only tidies
//	e#<email, lower case>       an email: a B account that confirmed it; while nobody has: pa B account that registered
//	                            with it last, x N; tk N instant of the last registration with it
//	t#<SHA-256, hex>            a mail token: k S kind, a B account id, r B registration, e N expires, u B mark of
//	                            the request that used it, x N
package account
