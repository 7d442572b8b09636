// Package env owns how a function reads its settings. Every missing or malformed variable is reported in
// one error, so that a wrong template is corrected in one round. The lookup is an argument: only a
// function's main.go knows the process environment.
package env
