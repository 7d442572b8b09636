// Package fault owns how a refusal is expressed inside the product: a coarse kind, a stable code and a
// sentence that is safe to show. Rooms declare their faults in faults.go; doers return copies that carry
// what this occurrence adds; only httpapi turns them into problem documents (RFC 9457).
//
// An error that holds no *Error is an unexpected failure: the caller learns nothing from it.
package fault
