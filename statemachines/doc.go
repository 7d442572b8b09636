// Package statemachines owns the workflow definitions, as the bytes that are deployed: valid JSON as it stands,
// JSONata, string placeholders named after logical ids of template.yaml. Identity proofing is the one workflow
// of the product (architecture.md 4).
//
// Doing and waiting are separate states. Every wait ends after a whole number of seconds that stands in the file;
// its end only wakes the step Look, which asks the case what has come. Payloads hold ids alone.
//
// TestEveryStateAndTransition executes all of it twice: by a walker of its own, and on the emulator over the real
// function, in a copy with short waits; it prints the table of what was covered by which.
package statemachines

import _ "embed"

// Proofing is the workflow of a proofing case.
//
//go:embed proofing.asl.json
var Proofing []byte
