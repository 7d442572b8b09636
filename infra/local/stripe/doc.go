// Package stripe owns the payment sandbox of the local stack and of tests: an http.Handler that speaks
// Stripe's protocol to the real client library, shows the hosted checkout page that a person clicks
// through, and sends signed webhooks. It holds no real money and refuses every key but sk_test_ ones.
//
// It is strict where Stripe is strict and where the client library forgives: an unknown parameter, a
// missing one or one of the wrong form is refused by name; a parameter that Stripe has and the sandbox
// does not act on is refused too, so that no call can pass here by being ignored.
//
//	what it serves                                   rules kept
//	POST /v1/checkout/sessions                       price_data lines, expires_at 30 minutes to 24 hours ahead
//	GET  /v1/checkout/sessions, .../{id}             newest first; line_items only when expanded or listed
//	POST /v1/checkout/sessions/{id}/expire           only while open
//	GET  /v1/payment_intents, /v1/charges (.../{id}) read-only; metadata is the intent's own, not the session's
//	GET  /v1/refunds, POST /v1/refunds               partial or whole, never more than was paid
//	POST /v1/customers, /v1/invoices, /v1/invoiceitems, then .../{id}/finalize, /send, /void, /pay, DELETE
//	                                                 send_invoice alone; draft, open, paid, void, uncollectible
//	GET  /v1/invoices, .../{id}                      number, due date and page only once finalised
//	GET  /v1/invoice_payments, /v1/disputes          read-only; an invoice's charge has none of its metadata
//	GET  /v1/credit_notes/{id}, /v1/radar/early_fraud_warnings/{id}
//	                                                 read-only
//	GET  /v1/events, .../{id}                        snapshots taken when the event happened, for 30 days
//	GET, POST {BaseURL}/c/pay/{id}                   the hosted page: pay, decline, cancel
//	GET, POST {BaseURL}/i/{id}                       the invoice's page: pay, tell of a wire
//
// What goes wrong on demand, from outside the process (from inside: Deliver, Inject, Hold, Release):
//
//	POST   /control/deliveries       {type?, times?, copies?, delay_ms?, signature?: wrong, stale or future, api_version?,
//	                                 drop?}: how further events are delivered; type is a prefix, times 0 is until deleted
//	DELETE /control/deliveries       forgets that and sends what was not taken in; order=newest-first, shuffled or none
//	POST   /control/deliveries/{id}  sends one event once more
//	GET    /control/events           all of them, with what is unsent
//	POST   /control/faults           {kind: error-before, error-kept, error-after, drop-before, drop-after, too-many,
//	                                 unavailable or slow; method?, path?, wait_ms?, times?}: of API calls; path is a prefix
//	DELETE /control/faults           forgets those
//
// Idempotency: a key is kept 24 hours with the hash of method, path and body. The same call again is
// answered from memory with Idempotent-Replayed: true, another call under the key is 400
// idempotency_error, a call under way is 409. What validation refused is not kept; a 500 is.
//
// Webhooks are sent outside the lock, signed by code of our own (the product checks them with Stripe's
// library, so the two sides are independent), and tried again with waits of Options.BackOff until they
// are answered 2xx. Deliveries and API answers can be made to go wrong on demand: see Rule and Fault.
//
// The sandbox cannot prove how Stripe itself behaves; it is checked against the shapes that the client
// library demands, and the product's calls are checked against stripe-mock as well (shared/payment).
package stripe
