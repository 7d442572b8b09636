// Package attachment owns what a file of a mail is, so that rooms which word mails need not link what sends
// them: the mail library and the SES client would double the start of every function that tells people
// anything.
package attachment
