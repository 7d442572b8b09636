// Package parsing reads telephone numbers as people type them, with libphonenumber. Only phone-register
// links it: the library costs megabytes and milliseconds (research modules.md part 3), and everywhere else
// a number is already in E.164 form.
//
// Forgiven: spaces of any kind, brackets, dots, slashes, dashes, full-width signs and digits, zero-width
// characters, a missing country code (the chosen country's is taken), a national trunk prefix. Refused with
// phone-invalid and the reason: letters, extensions, 00 without +, other signs, other digits, more than 15
// digits, what no numbering plan can hold.
package parsing
