// Package pyenv owns the project's Python tools: one virtual environment a set of pinned requirements,
// under .tools/ at the root of the repository (ignored by git).
//
// Rules: every version stands with its hashes and only wheels are taken; an environment is made in a folder
// of its own and gets its final name when it is whole, which is the digest of its requirements, so a
// half-made one is never used and a changed file makes a new one; a file lock lets two processes prepare
// at once.
package pyenv
