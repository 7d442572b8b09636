// Package names owns how two names of people are compared (product.md 4, the agent's checklist): the name on
// an account with the one on a document. It is pure and knows no case.
//
// A name is cleaned before it counts: NFC, one line, at most 100 characters, no control, format or private
// characters, no token in two scripts. What is not clean equals nothing.
//
// Titles (Dr, Mrs) are dropped, suffixes (Jr, III) compared apart. Then, best first:
//
//	exact       the same but for case, accents, width and blanks
//	equivalent  the same with hyphens, apostrophes and blanks removed, with letters spelled out as documents
//	            do (ß ss, ø o or oe, ü u or ue), with a middle name missing or an initial, or with given and
//	            family name swapped as a whole
//	review      one name is part of the other, a nickname, one letter apart in tokens of 5 or more, a first
//	            name as an initial, another suffix, or another script: two people must look
//	mismatch    anything else
//
// The class decides; no score does. Only the class is ever logged or stored, never the two names.
package names
