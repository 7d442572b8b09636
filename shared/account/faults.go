package account

import (
	"errors"

	"phoneotp/shared/fault"
)

var (
	// ErrUserIDTaken: somebody has this user ID, or registered with it in the last 24 hours.
	ErrUserIDTaken = fault.New(fault.Conflict, "user-id-taken", "This user ID is taken")
	// ErrTokenSpent: a mail token is unknown, used, too old, or another account confirmed the email first.
	ErrTokenSpent = fault.New(fault.Gone, "token-spent", "This link has been used or is too old")
	// ErrEmailUnconfirmed: the password was right, but the link in the mail has not been opened yet.
	ErrEmailUnconfirmed = fault.New(fault.Forbidden, "email-unconfirmed", "Please confirm your email address first").Then("confirm-email")
	// ErrPasswordWrong: the current password that came with a change is not the right one.
	ErrPasswordWrong = fault.New(fault.Invalid, "password-wrong", "The current password is not right")
	// ErrPasswordLocked: too many wrong current passwords; RetryAt says when changing works again.
	ErrPasswordLocked = fault.New(fault.Throttled, "password-locked", "Too many wrong passwords, please wait")
	// ErrPasswordRefused: the new password is too short, too long or too easy to guess.
	ErrPasswordRefused = fault.New(fault.Invalid, "password-refused", "Please choose another password")
	// ErrNameLocked: name and country stand as they are while an identity proofing goes on, and after a pass.
	ErrNameLocked = fault.New(fault.Conflict, "name-locked", "Name and country cannot be changed now").Then("contact-support")
	// ErrUnknown: there is no such account, or it has lapsed.
	ErrUnknown = fault.New(fault.NotFound, "account-unknown", "There is no such account")
)

// ErrMoved is what a transaction meets that ends the sessions of an account when another session has begun
// since they were listed. Whoever lists them (EndSessions) looks again.
var ErrMoved = errors.New("account: a session has begun meanwhile")
