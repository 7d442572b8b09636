package proofing

import "phoneotp/shared/fault"

// The refusals of this room (api.md, Proofing).
var (
	// ErrNone: the account has no case: no product with proofing was entered.
	ErrNone = fault.New(fault.NotFound, "case-unknown", "There is no identity proofing under way").Then("redeem")
	// ErrOver: the case has ended, whichever way.
	ErrOver = fault.New(fault.Conflict, "case-over", "This identity proofing has ended")
	// ErrBusy: the case is at another point: an appointment is booked, a decision is being made.
	ErrBusy = fault.New(fault.Conflict, "case-busy", "This cannot be done at this point of the identity proofing")
	// ErrInstantNotOffered: questions are for addresses in the 50 states and DC.
	ErrInstantNotOffered = fault.New(fault.Conflict, "instant-not-offered", "Questions are not offered for this address").Then("video")
	// ErrAttemptsUsed: two quizzes were taken by this account or this person.
	ErrAttemptsUsed = fault.New(fault.Conflict, "attempts-used", "Both sets of questions are used up").Then("video")
	// ErrConsentOutdated: the consent was not given, or to another text than the one in force.
	ErrConsentOutdated = fault.New(fault.Invalid, "consent-outdated", "Please read the consent again and agree to it")
	// ErrQuizExpired: the quiz is over: its time has passed, it was answered or replaced.
	ErrQuizExpired = fault.New(fault.Gone, "quiz-expired", "These questions can no longer be answered")
	// ErrCodeWrong: the activation code is not the right one.
	ErrCodeWrong = fault.New(fault.Invalid, "activation-code-wrong", "The activation code is not right")
	// ErrCodeLocked: five activation codes were tried within an hour.
	ErrCodeLocked = fault.New(fault.Throttled, "activation-locked", "Too many activation codes were tried")
	// ErrCodeNotNeeded: there is no activation code to enter.
	ErrCodeNotNeeded = fault.New(fault.Conflict, "activation-code-not-needed", "There is no activation code to enter")
)
