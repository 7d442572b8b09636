package appointment

import "phoneotp/shared/fault"

// The refusals of this room (api.md, Proofing).
var (
	// ErrSlotTaken: the half hour is not, or no longer, free; the fault carries those that are, as slots.
	ErrSlotTaken = fault.New(fault.Conflict, "slot-taken", "This time is no longer free")
	// ErrTooLate: the appointment can be moved or cancelled until an hour before it.
	ErrTooLate = fault.New(fault.Conflict, "too-late", "It is too late to change this appointment")
	// ErrUnknown: there is no such appointment; also for a holder who has none.
	ErrUnknown = fault.New(fault.NotFound, "appointment-unknown", "There is no such appointment")
	// ErrClaimed: another agent has it, or it is over.
	ErrClaimed = fault.New(fault.Conflict, "appointment-claimed", "Another agent has this appointment, or it has ended")
	// ErrNotOpen: the room opens 10 minutes before the start and closes 30 minutes after the end.
	ErrNotOpen = fault.New(fault.Conflict, "room-not-open", "The room of this appointment is not open now")
	// ErrNotClaimed: it must be claimed before it is concluded.
	ErrNotClaimed = fault.New(fault.Conflict, "appointment-not-claimed", "Claim this appointment first")
	// ErrWaitLonger: a holder counts as absent from 10 minutes after the start on.
	ErrWaitLonger = fault.New(fault.Conflict, "no-show-too-early", "Please wait until 10 minutes after the start")
	// ErrIncomplete: the checklist does not allow "passed"; the fields say why.
	ErrIncomplete = fault.New(fault.Invalid, "checklist-incomplete", "The checklist does not allow this outcome")
	// ErrAgentsOnly: the account has not the role of an agent.
	ErrAgentsOnly = fault.New(fault.Forbidden, "agents-only", "Only agents may do this")
	// ErrUntrained: the agent's training has ended (package agenda).
	ErrUntrained = fault.New(fault.Forbidden, "training-expired", "Your training as an agent has expired")
	// ErrOwn: agents never proof themselves.
	ErrOwn = fault.New(fault.Forbidden, "own-appointment", "Nobody may decide about themselves")
	// ErrSameAgent: the second agent is another one.
	ErrSameAgent = fault.New(fault.Forbidden, "second-agent-needed", "Another agent must decide this")
)
