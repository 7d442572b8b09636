// Package stacks tells an operator's commands what the resources of a deployed stack are called.
package stacks
