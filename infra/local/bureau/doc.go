// Package bureau stands in for the credit bureau of shared/bureau: the two calls of the vendor's interface, as far as the product uses
// them, with the vendor's ways of refusing. It is an implementation of its own, which shares no line with the
// adapter, so that the two are a contract test of each other.
//
// In its quizzes the right choice's text ends in " (right)". A quiz has 4 questions of 5 choices, the last "None of the above"; 75 % of
// all questions asked, rounded up, is a pass. Questions live for 5 minutes. The family name chooses what happens:
//
//	Nomatch        result code 9: nobody found
//	Thinfile       message 57: no questions can be made
//	Locked         score 9013: the file is blocked
//	Deceased       result code 8
//	Down           status 503 to the start
//	Slow           the answers are taken in and never answered
//	Morequestions  two further questions after the first four, then a decision over all six
//	Nodecision     NODECISION instead of a decision, whatever the answers
//	anyone else    a quiz of four
//
// Play makes the next calls go wrong in other ways. Asked tells what came in, so that a test sees that nothing else leaves
// the product. Everything is kept in memory only.
package bureau
