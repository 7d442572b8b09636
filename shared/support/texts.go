package support

const (
	textRequired     = "is required"
	textTooLong      = "must have at most 500 characters"
	textAct          = "must be one of the acts"
	textNotNeeded    = "belongs to confirm-name alone"
	textKeyNotNeeded = "belongs to void-key alone"

	becauseNoCredential = "This person holds no credential that this can be done to."
	becauseEnded        = "The credential has ended. A brand-new one is needed."
)
