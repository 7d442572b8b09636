package notice

import "errors"

// What a sender meets instead of a notice to send. None of them is shown to anybody.
var (
	// ErrGone tells that there is no such notice, or that it was sent or refused already: nothing is left to do.
	ErrGone = errors.New("notice: nothing is left to send")
	// ErrTaken tells that another sender works on the notice. Should it stop halfway, its own message on the
	// queue comes back, or the sweep.
	ErrTaken = errors.New("notice: another sender has it")
)

// ErrWritten is what a transaction meets whose notice was written by another before (WriteFirst).
var ErrWritten = errors.New("notice: it is written already")
