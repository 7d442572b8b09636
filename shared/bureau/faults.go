package bureau

import (
	"errors"

	"phoneotp/shared/fault"
)

// ErrUnavailable: the bureau did not answer in time, answered nonsense or could make no questions just now. After Start
// nothing has happened that counts; after Answer what came of the answers is unknown, and they must not be sent again.
var ErrUnavailable = fault.New(fault.Unavailable, "bureau-unavailable", "Questions cannot be asked just now")

var (
	// ErrUnwritable: the name or the address cannot be written in the bureau's alphabet. Nothing was sent;
	// video is the way.
	ErrUnwritable = errors.New("bureau: the applicant cannot be written in the bureau's alphabet")
	// ErrUnfit: the bureau's quiz is too small to be shown (product.md 4). It comes with ErrUnavailable.
	ErrUnfit = errors.New("bureau: the quiz has too few questions or choices")
	// ErrMisconfigured: the bureau refuses our credentials or our form of asking. Somebody must look: it comes
	// with ErrUnavailable, and the log shows it as an error.
	ErrMisconfigured = errors.New("bureau: the bureau refuses our credentials or request")
	// ErrChoices: the answers are not one choice for each question of the session. Nothing was sent.
	ErrChoices = errors.New("bureau: the answers do not fit the questions")
)
