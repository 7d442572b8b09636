// Package front owns the one port that people and tests meet: what API Gateway answers, and beside it the
// routes under /_local, which exist on the local stack alone (design/api.md, "The local stack").
//
//	/_local                            handset and mailbox, a page
//	/_local/messages                   the same as JSON
//	/_local/messages/{number}/source   the MIME source of a mail
//	/_local/payments/{order}           what a person at the checkout or the bank does
//	                                   {event}: pay, fail, expire, void, mark-paid-out-of-band, wired-late, pay-part,
//	                                   overpay, credit, uncollectible, invoice-failed, overdue, finalization-failed,
//	                                   refund, refund-part, refund-failed, dispute, dispute-won, dispute-lost, fraud-warning
//	/_local/stripe/                    the hosted pages of the payment sandbox; /_local/stripe/control/ makes deliveries
//	                                   and API calls go wrong (package infra/local/stripe)
//	/_local/sweep                      every schedule, now
//	/_local/accounts/{user}/age        moves an account into the past
//	/_local/meetings/{room}            stands in for the meeting service, a page
//	/_local/outage                     lets SNS, SES and End User Messaging fail, or ends that
//	/_local/inside                     where the emulator is and what its resources are called
//	everything else                    the HTTP API
//
// A failed function is answered as API Gateway does: the emulator would show its error and stack trace.
package front
