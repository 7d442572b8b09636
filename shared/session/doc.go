// Package session owns who is signed in and how strongly (product.md 7).
//
//   - Token: base64url of the account's 16-byte id and 32 random bytes, in the cookie __Host-session. Only its
//     SHA-256 is stored. The id that people see is another one, which stays when the token changes.
//   - Idle 15 minutes, absolute 8 hours, both half-open. The idle clock moves at most once a minute, on every
//     request but GET of session, challenge and order.
//   - Strength: password, or phone_otp with the instant of the code. Every raise gives a new token and kills
//     the old one; for 60 s the old one still answers a repeat of the very same verification.
//   - Five wrong passwords for one identifier from one address lock that pair for 15 minutes from the fifth; a
//     slower and higher cap (a setting, an hour) guards the identifier alone. Both count what was typed, in
//     lower case, whether it exists or not, and count before the password is compared. A right password
//     clears the pair and gives the other one back.
//   - A signed-in session is a snapshot: user ID, name and roles as they were at sign-in.
//   - Ending all sessions is exact: a sign-in counts itself on the account and a raise leaves a tombstone, and
//     either makes a transaction that ends what was listed before look again (Ender).
//
// How a code is verified (otp-verify, phone-register), with a Raiser; every other function needs Sessions only:
//
//	cur, err := raiser.Require(ctx, req)   // like Sessions.Require, but a token raised just now passes too
//	if cur.Raised() {                      // its code was right already: only the very same again counts
//	        next, err := raiser.Repeat(ctx, cur, challengeID, code, now)
//	        -> the same answer as the first time, or ErrNotSignedIn
//	}
//	... reserve the try, compare ...
//	next, writes := raiser.Raise(cur.Through(number), challengeID, code, now)
//	db.Commit(ctx, append(writes, consumeCode, auditEntry)...) // writes: new session put, old one a tombstone
//	-> view of next, cookie next.Token()
//
// The tombstone is judged as already done when this very verification made it, so the write that consumes the
// code must judge likewise.
//
// Table SESSIONS_TABLE:
//
//	p   B  account id
//	s   B  SHA-256 of the token
//	i   S  id that people see
//	u   S  user ID          g  S  given name      fn S  family name      r  L  roles (absent: none)
//	k   S  strength
//	at  N  signed in        l  N  idle clock      o  N  code login (absent: none)
//	op  S  number of the code login, its id       oa N  when that number was added (both absent: no code login)
//	f   S  address it was started from
//	x   N  time to live: absolute end, or the end of a tombstone; only tidies
//
// A tombstone has besides:
//
//	d   N  until when it answers a repeat
//	dc  S  challenge that raised it
//	dv  B  keyed digest of token, challenge and code
package session
