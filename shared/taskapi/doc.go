// Package taskapi owns how functions talk to Step Functions: start an execution once, complete a task, stop. It
// knows no noun of the product.
//
//   - The name of an execution makes starting it idempotent: one that exists already is success.
//   - A task token that is used, dead or junk is success: what the task waited for is known elsewhere.
//   - Stopping what does not run is success.
package taskapi
