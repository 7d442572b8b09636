package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"phoneotp/shared/fault"
)

var (
	// ErrUnavailable: the database is slow, throttling or down. What was asked may or may not be done.
	ErrUnavailable = fault.New(fault.Unavailable, "unavailable", "The service cannot answer just now")
	// ErrBusy: other requests changed the same things at the same moment, several times in a row.
	ErrBusy = fault.New(fault.Unavailable, "busy", "Too many changes at once, please try again")
)

var (
	// ErrNone tells that there is no such item. It is not a fault: its room says what that means.
	ErrNone = errors.New("dynamo: no such item")
	// ErrAlready is what a Judge returns when the change that was refused is already done, by this caller.
	ErrAlready = errors.New("dynamo: already done")
)

// Refused is the error of an Update whose condition failed.
type Refused struct {
	// Stands is the item as it is; empty when there is none.
	Stands Item
}

// Error is for logs and says nothing about the item.
func (*Refused) Error() string { return "dynamo: the condition failed" }

// trouble tells what err means to a caller: service trouble becomes ErrUnavailable, the rest stays
// unexpected. The cause stays in the chain for the log.
func trouble(operation string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("dynamo: %s: %w", operation, err)
	}
	if passing(err) {
		return fmt.Errorf("dynamo: %s: %w: %w", operation, ErrUnavailable, err)
	}
	return fmt.Errorf("dynamo: %s: %w", operation, err)
}

func passing(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, ok := errors.AsType[*types.TransactionInProgressException](err); ok {
		return true
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok { // no answer that can be read: the connection failed
		return true
	}
	if _, throttled := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; throttled {
		return true
	}
	return api.ErrorFault() == smithy.FaultServer
}
