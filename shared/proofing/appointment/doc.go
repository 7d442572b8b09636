// Package appointment owns live video sessions: booking a half hour, moving and cancelling it, the agent who
// claims and concludes it, and the second agent (product.md 4). What comes of it stands on the case, which a
// change of an appointment moves in the same transaction (proofing.Desk).
//
//   - Free half hours are the agenda's less those that are taken; none is stored. Booking is one transaction: the
//     slot of one agent's hours is put where none may stand, the appointment beside it, the case moved, the name
//     locked, the mail written. The hours of the agent with the fewest bookings that day are taken.
//
//   - From 2 hours ahead, up to 28 days ahead; moved or cancelled until 1 hour before; one open booking a holder
//     (the case has room for one). Another's hours are never told, only how many are free.
//
//   - The room and the claim are open from 10 minutes before the start until 30 minutes after the end. Whoever
//     works as an agent may claim, whosever hours were booked; the first wins and claiming again shows the same.
//     Claiming draws a verification word, which the holder's page shows too, and two different cues of a pool.
//
//   - Agents never proof themselves, at no step.
//
//   - Concluding, by who claimed it. The server decides whether "passed" is allowed: every point of the checklist,
//     a known type of document that has not expired, and the name on it (package names): exact or equivalent
//     passes, review goes to a second agent, a mismatch does not pass.
//
//   - failed counts; incomplete does not; no-show is the holder's, said from 10 minutes after the start on, and
//     counts; an appointment that nobody claimed or ended is ours and does not count.
//
//   - fraud looks like any end to the holder: the case is in review. A second agent ends either review; who
//     concluded may not.
//
//   - A pass is told with the activation code, once. Concluding again as passed within 10 minutes of the pass or
//     its approval draws a fresh one for the same agent.
//
//     state      means                                    next
//     booked     waits                                    claimed, cancelled, over
//     claimed    an agent has it                          the rest, cancelled
//     passed     also by the second agent                 -
//     failed     also by the second agent                 -
//     incomplete could not be finished                    -
//     no-show    the holder did not come                  -
//     approval   a second agent looks at the name         passed, failed, over, cancelled
//     fraud      a second agent looks at a suspicion      incomplete (unfounded), failed, cancelled
//     over       nobody ended it, or decided, in time     -
//     cancelled  by the holder, or with the case          -
//
// Table SLOTS_TABLE, partition key p:
//
//	s#<agent's account id>#<start, ms>  a half hour that is taken: i S appointment, x N lifetime, s
//	a#<appointment id>                  an appointment
//	  c  S  case        h  B  holder          g  S  whose hours it takes, an account id
//	  at N  start, ms   en N  end, ms         z  S  the holder's zone        n  N  sequence
//	  st S  state       r  S  meeting room    m  B  mark of the last change
//	  dy S  UTC day, of index `day` with at
//	  b  B  who claimed it                    w  S  verification word        cu L  its two cues, as keys of the pool
//	  ca N  claimed, ms      ct N  concluded, ms    y  S  reason
//	  ck M  checklist of a conclusion: dt S type, dc S country, de S expires on, dl S last four, nc S name class;
//	        the name on the document is not kept
package appointment
