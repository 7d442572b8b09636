// Package audit owns the record of what happened: who did what, to whom, when, why and from where
// (product.md 10). Every state change puts its entry in the transaction that makes the change.
//
//   - Append only: rooms get a write that puts a new entry. A function's role on this table may put and
//     nothing else; staff functions, and the one that shows holders their own history, may query.
//   - An entry holds no secret and no full number: no code, key, token, password, activation code; a phone
//     is "ending 0123", a license key its last four symbols. Texts are stored as they are and must be
//     encoded by whoever shows them.
//   - Events are constants in the past tense, in kebab case, declared by the room where they happen.
//   - An entry written through a stream or queue is delivered at least once, so its sort key comes from the
//     event's own id: writing it again puts the very same bytes, which needs no permission to read.
//
// Table AUDIT_TABLE:
//
//	p   S  subject: "a#" + account id, or "o#" + order number
//	s   S  ULID: instant in milliseconds, then 80 random bits (or bits from the event's id)
//	w   S  what: the event
//	by  S  actor: a subject, or "system", "stripe", "operator"
//	at  N  instant
//	y   S  why, where a reason was given
//	f   S  from: the client's address
//	r   S  ref: id of the thing concerned (order number, challenge id, session's public id)
//	d   M  details, texts by name
//
// Package chain links and signs what stands here, in a table of its own.
package audit
