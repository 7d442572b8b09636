// Package mail owns how a mail leaves: a MIME message built by go-mail goes raw to SES (v2 API).
//
// Plain text in UTF-8, one receiver, attachments where the notice has any (calendar invitations). Every mail
// says auto-submitted, so that holiday answers stay away. The message id comes from the caller, so that a
// repeat of the same notice is the same message to whoever looks.
//
// A failed send is one of two things: ErrRefused (this receiver can never have it) or trouble that another try
// may get past (ErrUnavailable, or an error of ours as a sender that SES does not know).
package mail
