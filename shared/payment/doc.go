// Package payment owns how the product talks to Stripe: a small port over stripe-go, so that a later major
// of the library is one package's work. It decides nothing about orders.
//
//   - Amounts are catalog.Money. What Stripe says is passed on as it stands and compared by package order.
//   - A checkout is created under an idempotency key of order, attempt and a hash of its parameters, so the
//     same attempt is the same session however often it is asked for, and a stored failure is got past by
//     raising the attempt (ErrAttemptSpent).
//   - An invoice comes about in steps: customer, draft, lines, finalising, sending. Each is a call under its own
//     idempotency key of order, attempt, step and parameters; package order keeps the step reached.
//   - Retries are our own: the library does not repeat 409, 429 or 5xx answers that are JSON. At most 3
//     tries, 2.5 s each, 4 s in all, so that a person has an answer within 5 (quality.md 2 row 7). What is
//     left then is ErrUnavailable, and nothing of ours has changed.
//   - Telemetry and the library's log are off; bodies are never logged, since they hold names and addresses.
//   - An event is a hint: its signature is checked on the exact bytes, its time may lie 300 s before or
//     after ours, its mode must be that of our key, and nothing but type and ids is read from it, so other
//     API versions do not matter. The object is read again from Stripe.
//   - Metadata holds the order number and nothing about people. It stands on session and payment intent,
//     since refunds and disputes carry only the latter.
//
// The commerce secret holds stripe_key, and stripe_webhook_secrets: one or more, apart by spaces or commas,
// the current first; the one before stays until Stripe has stopped using it.
package payment
