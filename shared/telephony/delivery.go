package telephony

import "log/slog"

// Delivery is what came of a send, and why where that helps the person.
type Delivery struct {
	Outcome Outcome
	Detail  string
}

// OptedOut tells that the number's owner wants no texts of ours, so that trying again is of no use.
func (d Delivery) OptedOut() bool { return d.Detail == textOptedOut }

// OfText is what the error of publishing a text says, which it also writes into the log.
func OfText(err error) Delivery { return of("publish a text", err, textFailed) }

// OfCall is what the error of publishing an order for a call says, likewise.
func OfCall(err error) Delivery { return of("publish a call", err, callFailed) }

func of(what string, err error, failed string) Delivery {
	d := Delivery{Outcome: Of(err)}
	switch {
	case err == nil:
		return d
	case optedOut(err):
		d.Detail = textOptedOut
	case d.Outcome == Failed:
		d.Detail = failed
	default:
		d.Detail = unknown
	}
	slog.Error("telephony", "call", what, "outcome", string(d.Outcome), "cause", Cause(err), "blame", "supplier")
	return d
}
