// Package figures lets a test state what it measured beside what it must be, in a form that `make bench`
// gathers into one table (quality.md 1). A figure over its must fails the test, so the table cannot lie.
package figures
