// Package policy owns the rules about the repository itself, as tests: where things lie, who may import whom,
// what must be documented, and that template.yaml, the OpenAPI file, the problem list and the code agree.
//
// The permission test (permissions_test.go) follows the code of each function from main through this module
// and compares every AWS call that it can reach with the statements of its role: no call without a
// statement, no statement without a call. See calls_test.go for what it knows and assumes.
package policy
