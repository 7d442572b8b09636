// Package credential owns the second factor of a holder: its term and state, its phones, the live code and
// all the limits around it. One item a holder holds everything that a login touches, so that a send is one
// conditional update, a try is one conditional update that reserves before it compares, and expiry, freezing
// and phone changes are seen by the same write (architecture.md 3).
//
// Rules (product.md 3, 5 to 8; the numbers of codes stand in otp/policy.go):
//
//   - One live credential an account. Live means registered, proofing, proofed, active or frozen, and before
//     expires_at. A dead one is replaced; the failure ladder and the record of sends are kept.
//   - expires_at = purchased_at + 12 months x terms, calendar months from the anchor, clamped to the month's
//     end; half-open. Expiry is a predicate, never a job.
//   - Renewable iff activated, not revoked, without an open renewal order, and expires_at - 12 months <= now <
//     expires_at + grace (a setting, 0). The open order stands here, so that one write keeps there being one; a
//     paid one adds a term to the old expiry. A term whose money goes back before it begins is taken back.
//   - Reminders by mail 60, 30, 15, 7 and 0 days before expiry and 30 after, each once a term, of those that came
//     due together only the latest. The next one's instant stands in the sparse index due, so that the sweep
//     reads what is due and nothing else; a renewal sets it anew, the last one takes it out.
//   - At most 3 phones, and one pending. A phone's id is a keyed digest of holder and number, so the same
//     number cannot be there twice. The first confirmed phone activates.
//   - Changing numbers needs a code login of the last 15 minutes. A login through a number that is younger than
//     24 hours cannot remove or replace the others, unless all are that young. The last one stays. A new number
//     is verified before it takes another's place, in one transaction. Removing voids a live code that went there.
//   - Every change is told by mail, and by text to the other numbers that take texts, with a link of 10 days
//     that takes it back: the numbers stand as before it whatever came after, the credential is frozen, all
//     sessions end, at once. What stood before each change lies in package phonebook. hn counts changes, so a
//     change and a rejection that race see each other.
//   - Staff unlocks, freezes, thaws, resets and revokes by writes that hold only while the credential stands as it was seen
//     (staff.go). A reset takes all numbers and a pass; term, activation and ladder stay, and no link leads back behind it.
//   - At most 5 accounts have the same number, told only after the right code, which is then used up. Who is
//     not live any more is struck out when a number's set is full; a renewal paid after expiry may so make a
//     sixth.
//   - Numbers are sealed (bound to holder and phone id), with a keyed index beside.
//   - A send to a number that is not confirmed passes a gate (gate.go): by number, holder and address, by what it
//     costs, and while its prefix or country answers. The table's stream feeds that (meter.go); what is stopped is
//     read once a minute, so that a login code costs no call for it.
//   - Save first, then send, at most once. A new send voids the live code; the codes of the last two
//     challenges before it are recognised and never accepted.
//   - A call is claimed once, which sets its code's two minutes; it is never placed late.
//   - Wrong codes in a row lock by the ladder; the reserving write itself sets the lock. That it was reached
//     by a wrong code is marked afterwards (lw), and the table's stream turns the mark into mail and audit.
//     60 wrong codes in 30 days are marked likewise (mc), whatever right ones come between.
//   - So that support sees why a code never came, an earlier code is marked on its try (ec), and a refused send once a
//     rule until a code is sent or the limit is over (rf): who asks on while he is refused writes nothing more. These
//     are only told: their failure changes no answer.
//
// Table CREDENTIALS_TABLE, partition key p, stream of new and old images:
//
//	p   B  account id
//	st  S  state: r registered, q in proofing, p proofed, a active, f frozen, v revoked
//	li  B  digest of the license key it was opened with
//	pr  S  product code         rg  S  service: us, intl      pf  BOOL  needs proofing (else absent)
//	pm  S  how it was proofed: kbv, video (absent: not)
//	pa  N  purchased            te  N  terms paid             ex  N  expires       aa  N  activated (absent: not yet)
//	ph  M  phones by id: n B sealed number, x B index, c S channel, r S country, a N added
//	pe  M  the pending phone: the same, i S id, re S id of the one that it replaces (absent: none)
//	hn  N  changes of numbers and rejections so far (absent: none)      hd  N  the last change that stands, 0: none
//	c   B  the live challenge: id 16, mark 16, phone id 8, digest 33; empty before the first
//	o   L  the two challenges before it, likewise
//	cs  N  sent, or asked for   ce  N  dead from              ct  N  tries taken
//	cu  N  used at, 0: not      cr  N  looks at a used code
//	cg  S  tag                  cc  S  channel: s, v          cd  S  delivery: a accepted, s sent, f failed, u and d unknown
//	ec  L  which tries of it were earlier codes (absent: none)
//	rf  S  sends that limits refused since it was sent, one a rule: "gap:s1795608030 spend:v1795651200", channel and end (absent: none)
//	an  B  nonce of the last try or claim: whose a lost answer was
//	r   L  instants of the last 20 sends, newest first        k   L  of the last 3 calls
//	na  N  end of the gap, 0: no sequence runs                q   L  gaps to come, ms
//	f   N  wrong codes in a row                               lk  N  locked until
//	ls  N  when the lock was set                              lw  N  wrong codes at which it was told
//	wn  N  wrong codes in the window of 30 days               we  N  its end
//	mc  N  when it was marked that a person must look (absent: never)
//	ro  S  number of the open renewal order
//	ds  S  shard "0" to "7" of the index due                  da  N  when the sweep looks at it next (absent: never)
//
// Instants are epoch milliseconds. Challenge attributes are absent until the first send.
package credential
