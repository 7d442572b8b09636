// Package bureau owns how the product asks a credit bureau whether somebody is who they say: a port that
// knows no vendor (Bureau), and the adapter of the one in use (Client, Experian's Precise ID with questions,
// as its public integrations show it: research commerce-proofing.md 3.1). It decides nothing about cases.
//
//   - A quiz is at least 4 questions of at least 4 choices (product.md 4); one that is not is never shown: ErrUnfit,
//     with ErrUnavailable, so that video is offered, and an error in the log. Further questions, which a bureau may ask
//     after the first, may be fewer than 4.
//   - Questions and choices are known by their place. Who shows them mints ids of its own for them.
//   - Answers are sent once. What came of them may stay unknown (ErrUnavailable): they are never sent again,
//     and only what the bureau says counts.
//   - A refusal arrives with HTTP 200 and is told by its code; a decision that is missing is looked for where the
//     bureau also puts it; anything that is not an acceptance in so many words is not one, and an acceptance
//     before any answer is none.
//   - A call has 4 s in all, a token's included, so that a person has an answer within 5 (quality.md 2 row 7). Only the
//     token call, which changes nothing, is repeated: at most twice, and only after trouble at the bureau's side.
//   - Names and streets go out in the bureau's alphabet, accents taken off; what cannot be written in it is
//     ErrUnwritable before anything is sent. Names are cut at 32 letters.
//   - Nothing that goes out or comes back is logged or kept. Types that hold it print as a placeholder. A session holds
//     no more than the bureau's number for it, our reference and the counts of choices; the caller seals it.
//
// The vault secret's plain values that CredentialsFrom takes; they are put in by hand after the first deployment:
//
//	bureau_tenant                                our tenant, also part of the address
//	bureau_domain                                our mail domain, for X-User-Domain
//	bureau_username, bureau_password             for the token
//	bureau_client_id, bureau_client_secret       for the token
//	bureau_subscriber                            sub code of the contract
//	bureau_pid_username, bureau_pid_password     for Precise ID
//
// Stop codes: result 8 and score 9001 reported deceased, result 9 nobody found, score 9013 file blocked, message 57 no
// questions can be made, message 710 the session's time is over. A code that is not among them is an error.
//
// The package keeps no data.
package bureau
