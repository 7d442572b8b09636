// Package statemachines owns the workflow definitions, as the bytes that are deployed: valid JSON as it
// stands, JSONata, string placeholders named after logical ids of template.yaml. Identity proofing is the one
// workflow of the product (architecture.md 4); products without proofing, which are all that is sold so far,
// need none.
package statemachines
