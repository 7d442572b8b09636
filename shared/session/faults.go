package session

import "phoneotp/shared/fault"

var (
	// ErrNotSignedIn: there is no session cookie, or its session has ended or expired. They are not told apart.
	ErrNotSignedIn = fault.New(fault.Unauthenticated, "not-signed-in", "Please sign in").Then("sign-in")
	// ErrSignInFailed: unknown user ID or email, or wrong password. They are not told apart.
	ErrSignInFailed = fault.New(fault.Unauthenticated, "sign-in-failed", "User ID or password is not right")
	// ErrSignInLocked: too many wrong passwords for what was typed; RetryAt says when it may be tried again.
	ErrSignInLocked = fault.New(fault.Throttled, "sign-in-locked", "Too many wrong passwords, please wait")
	// ErrSessionUnknown: the account has no live session of this id.
	ErrSessionUnknown = fault.New(fault.NotFound, "session-unknown", "There is no such session")
)
