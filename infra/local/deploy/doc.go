// Package deploy owns how the real template.yaml gets onto the emulator.
//
// It does what `sam deploy` does, without it: uploads the functions' code, creates or updates the stack by
// the CloudFormation API (the emulator runs the SAM transform), and then adds by API what the emulator takes
// from the template without doing it:
//
//	routes of the HTTP API       from the processed template's OpenAPI body
//	time to live of tables       from each table's TimeToLiveSpecification
//	reserved concurrency         from each function's ReservedConcurrentExecutions
//
// Nothing of the template is changed but the place of the code.
package deploy
