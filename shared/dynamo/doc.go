// Package dynamo owns how rooms talk to DynamoDB: consistent reads, one conditional update, or one
// transaction whose refusal is judged by what stands there now. It knows no noun of the product.
//
//   - There is no read-then-write. A change is Update (one conditional write) or Commit (one transaction).
//   - A refused condition is not yet a "no": the SDK repeats a request whose answer was lost, and the
//     repeat meets its own first effect. So a refusal is judged: Commit reads what stands and asks each
//     write's Judge, which returns a fault, ErrAlready (this very change is done) or nil (nothing in the
//     way any more). All done already is success.
//   - Trouble with the service (throttling, time-outs) is ErrUnavailable; a transaction that others keep
//     getting in the way of is ErrBusy. In both the caller may repeat its request.
//
// Attribute names are short because DynamoDB bills them. Instants are epoch milliseconds.
package dynamo
