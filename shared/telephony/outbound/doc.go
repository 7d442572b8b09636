// Package outbound publishes texts and orders for calls by SNS. It stands by itself so that a function which only knows
// what came of codes does not link the service's client, a third of a million instructions of its start.
//
// The package keeps no data.
package outbound
