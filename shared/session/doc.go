// Package session owns who is signed in and how strongly (product.md 7).
//
//   - A session is one item from its first instant to its last. Its id is where it lies and what people, support and
//     the audit trail see; knowing it gives nothing.
//   - Token: base64url of the account's 16-byte id, the session's id of 16 symbols and 32 random bytes, in the cookie
//     __Host-session. The first two say where to look; only the SHA-256 of the whole is stored, and compared in
//     constant time.
//   - Idle 15 minutes, absolute 8 hours, both half-open. The idle clock moves at most once a minute, on every
//     request but GET of session, challenge and order.
//   - Strength: password, or phone_otp with the instant of the code. Every raise puts a new token in the place of the
//     last one, by one conditional update; for 60 s the last one still answers a repeat of the very same verification,
//     unless another raise comes before that. It opens nothing else.
//   - Five wrong passwords for one identifier from one address lock that pair for 15 minutes from the fifth; a
//     slower and higher cap (a setting, an hour) guards the identifier alone. Both count what was typed, in
//     lower case, whether it exists or not, and count before the password is compared. A right password
//     clears the pair and gives the other one back.
//   - A signed-in session is a snapshot: user ID, name and roles as they were at sign-in.
//   - Whoever may end a session removes its item, whichever token opens it by then; a raise or an idle clock that
//     comes later finds nothing. A sign-in ends the session that the browser's token opens, and none if the token is
//     not its last. Ending all is exact: a sign-in counts itself on the account, which makes a transaction that ends
//     what was listed before look again (Ender).
//
// How a code is verified (otp-verify, phone-register), with a Raiser; every other function needs Sessions only:
//
//	cur, err := raiser.Require(ctx, req)   // like Sessions.Require, but a token raised just now passes too
//	if cur.Raised() {                      // its code was right already: only the very same again counts
//	        next, err := raiser.Repeat(cur, challengeID, code, now)
//	        -> the same answer as the first time, or ErrNotSignedIn
//	}
//	... reserve the try, compare ...
//	next, raise := raiser.Raise(cur.Through(number), challengeID, code, now)
//	db.Commit(ctx, raise, consumeCode, auditEntry)
//	-> view of next, cookie next.Token()
//
// The raise is judged as already done when this very verification made it, so the write that consumes the code must
// judge likewise.
//
// Table SESSIONS_TABLE:
//
//	p   B  account id
//	s   B  id of the session
//	t   B  SHA-256 of the token that opens it
//	u   S  user ID          g  S  given name      fn S  family name      r  L  roles (absent: none)
//	k   S  strength
//	at  N  signed in        l  N  idle clock      o  N  code login (absent: none)
//	op  S  number of the code login, its id       oa N  when that number was added (both absent: no code login)
//	f   S  address it was started from
//	x   N  time to live: absolute end; only tidies
//
// and once it was raised, of the last raise:
//
//	dt  B  SHA-256 of the token before
//	d   N  until when that one answers a repeat
//	dc  S  challenge that raised it
//	dv  B  keyed digest of the token before, challenge and code
package session
