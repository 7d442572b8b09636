// Package trail reads the audit trail of a stack for an operator's commands: the export that infra/audit verifies
// offline, and the sealing of what the stream has lost, which infra/deadletters does too.
//
// An export is a line of JSON that says how it was taken, then one for each item of the chains' table, then one for
// each entry; items are in the form that DynamoDB's own exports have.
package trail
