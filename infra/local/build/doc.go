// Package build owns how the functions become programs: one static binary a folder of functions/, with the
// flags of the Makefile's build target (quality.md 1).
package build
