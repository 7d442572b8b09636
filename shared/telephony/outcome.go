package telephony

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Outcome is what is known of a send. The values are the API's delivery states (api.md, Challenge).
type Outcome string

// The outcomes.
const (
	Accepted Outcome = "accepted" // AWS has taken it
	Failed   Outcome = "failed"   // certainly not sent
	Unknown  Outcome = "unknown"  // no readable answer: it may have been sent
)

// Of tells what the error of a call to AWS says about the send.
func Of(err error) Outcome {
	if err == nil {
		return Accepted
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return Failed // no connection, so nothing was asked
	}
	if refused, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		if s := refused.HTTPStatusCode(); s >= http.StatusBadRequest && s < http.StatusInternalServerError {
			return Failed
		}
	}
	return Unknown
}

// Cause names the reason of a failed call for the log. The supplier's own sentence is left out: it repeats
// the number.
func Cause(err error) string {
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		return refused.ErrorCode()
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return "no answer in time"
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok {
		return "connection: " + dial.Op
	}
	return "no readable answer"
}

// optedOut tells whether AWS refused because the number's owner wants no texts.
func optedOut(err error) bool {
	return err != nil && strings.Contains(strings.ToLower(err.Error()), "opted out")
}
