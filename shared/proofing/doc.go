// Package proofing owns proofing cases: how somebody who holds a credential of a product with proofing shows who
// they are, and what came of it (product.md 4).
//
//   - One license, one case: its id is 26 symbols of the license's digest, so it is found without a look-up.
//
//   - The case is the truth. A change is decided by pure rules on the case as it was read (the methods of Case) and
//     saved under its version in one transaction with everything that belongs to it (Desk.Change); whoever was
//     overtaken decides again on what stands now. States only move along the table below.
//
//   - Two quizzes, three failures in all. Quizzes and failures count by case and by person (keyed digest of name,
//     birth date and last four), the person's over 30 days. The third failure voids the license and revokes the
//     credential in the same transaction.
//
//   - A quiz has 5 minutes. Asking again before answering replaces it and counts once; late or abandoned is a
//     failure, also one that a booking abandons (Desk.Leave), which is refused where it would be the last. Asking in
//     vain for another keeps the one that was shown. Answers are sent to the bureau once; no answer of the bureau counts
//     nothing.
//
//   - Never kept: digits of a social security number, birth date, questions, answers. Kept: the bureau's sealed
//     session while a quiz is open with random ids of ours for questions and choices, consents, method, outcome,
//     instants, the bureau's reference.
//
//   - A passed video gives an activation code: 13 random Crockford symbols and a check symbol, 30 days, kept as a
//     digest, 5 tries an hour. A passed quiz needs none.
//
//   - 30 days without an act end a case, and its name lock. The instant decides; workflow and sweep only carry out.
//     The owner who enters the key again takes it up where nothing runs, with the next generation (Desk.Reopening): what
//     was counted stays counted, license and credential keep their dates, and one that has ended brings no case back.
//     So does a case that support cancelled (decision 0017): by video alone where fraud was suspected.
//
//   - A second agent should decide within 72 hours; from then on the sweep's metric ReviewOverdue tells an operator, and
//     the holder keeps seeing "in review". After 14 days a suspicion of fraud is failed. A name is given up: that is
//     ours, counts nothing, and the holder is asked by mail to book again.
//
//   - A refund that voids the license cancels the case in its own transaction (Desk.Cancelling): slot, appointment, code,
//     quiz and name lock are given back, the calendar is told, the execution is stopped through the outbox. There is no
//     other compensation, so it happens once; a stop that fails comes back and ends among the dead letters.
//
//   - A passed case begins again where support resets the numbers of a proofed credential or gives it another name
//     (Desk.Again): the next generation, by video alone, failures still counted. Its name stays locked, also when it
//     expires, so that nobody takes an account over under another name.
//
//   - The workflow (statemachines/proofing.asl.json) drives time. It is started through the outbox, once a
//     generation; its task token lies sealed on the case, stored under the version that the step has seen.
//
//     state      means                                            next
//     choose     a method may be chosen                           quiz, video, booked, expired
//     quiz       a quiz is open                                   choose, video, booked, passed, failed
//     video      only video is left                               booked, expired
//     booked     an appointment is booked                         choose, video, approval, fraud, ready, failed
//     approval   a second agent must agree                        ready, failed; choose, video (14 days)
//     fraud      fraud is suspected; the holder sees in-review    video, failed (after 14 days by itself)
//     ready      passed by video, the code is not entered yet     passed, booked (proofing again), video (code too old)
//     passed     done; the credential may be activated            video (begun again)
//     failed     three failures, or fraud: the key is void        -
//     expired    30 idle days                                     choose, video (the key entered again), cancelled
//     cancelled  by a refund or by support, from any open state   choose, video (the key entered again, if it lives)
//
// Table CASES_TABLE, partition key p:
//
//	c#<case id>  a case
//	  a  B  account id           li B  license digest         pr S  product code
//	  st S  state                v  N  version                g  N  generation of the workflow
//	  m  B  mark of the last change
//	  at N  opened               tt N  last act: the idle clock
//	  f  N  failures             q  N  quizzes                pe B  digest of the person, once known
//	  co L  consents: h how, t text version, d B hash of the text, at N, f S address
//	  qz M  the open quiz: i S id, e N deadline, s B sealed session and ids, u BOOL submitted, r BOOL replaces a shown one
//	  ap M  the appointment: i S id, g S agent's schedule, at N start, en N end, z S zone, n N sequence, r N reminders sent
//	  rv M  what a second agent decides: i S appointment, a B first agent, n S name class, at N, w S reason
//	  ac M  activation code: d B digest, e N expires, at N of the pass or approval, b B agent
//	  me S  method passed: kbv, video     dt N  decided       rf S  the bureau's reference
//	  fl BOOL  staff should look                              ag BOOL  passed before, begun again
//	  tk B  sealed task token    tv N  version it waits at    tg N  its generation
//	  ds S  shard, da N  next look of the sweep: index due, open cases only
//	p#<digest>   a person: q L instants of quizzes, f L instants of failures (30 days), v N version, x N time to live
//
// Table SLOTS_TABLE is described in package appointment.
package proofing
